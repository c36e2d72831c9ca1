"""The catalogue: every check, by its code."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Final

from crossent.doctor.check import Check
from crossent.doctor.checks import (
    arguments,
    dtypes,
    elsewhere,
    heads,
    language,
    marks,
    memory,
    nonfinite,
    numerics,
    own,
    predictions,
    probabilities,
    ranges,
    reductions,
    rows,
    shapes,
    targets,
    training,
    values,
    weights,
)

MODULES: Final[tuple[ModuleType, ...]] = (
    arguments, dtypes, elsewhere, heads, language, marks, memory, nonfinite, numerics, own,
    predictions, probabilities, ranges, reductions, rows, shapes, targets, training, values,
    weights,
)  # fmt: skip


@cache
def all_checks() -> tuple[Check, ...]:
    """Return one of every check, by code."""
    kinds = [kind for module in MODULES for kind in module.CHECKS]
    return tuple(sorted((kind() for kind in kinds), key=lambda check: check.code))


def check_named(code: str) -> Check | None:
    """Return the check of a code."""
    return next((check for check in all_checks() if check.code == code), None)
