"""The catalogue: every check, by its code."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Final

from crossent.doctor.check import Check
from crossent.doctor.checks import (
    class_axis,
    crossent_errors,
    dtypes,
    environment,
    memory,
    misplaced,
    nonfinite,
    numerics,
    outputs,
    predictions,
    probabilities,
    ranges,
    reductions,
    sentinels,
    sequences,
    shapes,
    targets,
    training,
    values,
    weights,
)

MODULES: Final[tuple[ModuleType, ...]] = (
    class_axis, crossent_errors, dtypes, environment, memory, misplaced, nonfinite, numerics,
    outputs, predictions, probabilities, ranges, reductions, sentinels, sequences, shapes, targets,
    training, values, weights,
)  # fmt: skip


@cache
def all_checks() -> tuple[Check, ...]:
    """Return one of every check, by code."""
    kinds = [kind for module in MODULES for kind in module.CHECKS]
    return tuple(sorted((kind() for kind in kinds), key=lambda check: check.code))


def check_named(code: str) -> Check | None:
    """Return the check of a code."""
    return next((check for check in all_checks() if check.code == code), None)
