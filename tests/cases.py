"""The one table of named cases; every front end runs all of them, eager and traced."""

from __future__ import annotations

from collections import Counter

from contract import (
    table_labels,
    table_logits,
    table_options,
    table_shapes,
    table_targets,
    table_together,
    table_weights,
)
from contract.case import Call, Case

__all__ = ["CASES", "Call", "Case", "of_rule"]

CASES: list[Case] = [
    *table_labels.CASES,
    *table_shapes.CASES,
    *table_targets.CASES,
    *table_logits.CASES,
    *table_weights.CASES,
    *table_options.CASES,
    *table_together.CASES,
]

_twice = [name for name, count in Counter((c.rule, c.name) for c in CASES).items() if count > 1]
assert not _twice, f"cases that share a name: {_twice}"


def of_rule(rule: str) -> list[Case]:
    """The cases of one rule, such as "M01"."""
    found = [case for case in CASES if case.rule == rule]
    assert found, f"no case of rule {rule}"
    return found
