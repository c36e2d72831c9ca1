"""The one table of named cases; every framework runs all of them, eager and traced.

Compiling takes minutes, so :func:`runs` leaves out what would show nothing new:

- An error that is decided before any array is touched comes from the same lines for every case of
  its kind. Compiled front ends show one of each kind.
- XLA compiles the same formula for JAX and for TensorFlow: each of the two has every other case.
  JAX runs the rest operation by operation, and all that ends in errors or NaN rows; TensorFlow
  runs every case both eager and traced.
- What torch.compile catches is run operation by operation here, as eager tensors are. It has every
  case that means something else where values cannot be seen, and every other one of the rest.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

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

__all__ = ["CASES", "Call", "Case", "of_rule", "runs"]

COMPILED = ("torch.compile", "tf.function", "jit_compile", "jit")
BY_XLA = ("jit_compile", "jit")

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


def _kind_of_error(case: Case) -> tuple[str, str, object]:
    """What a static error shows, whatever the words and numbers in it."""
    return case.rule, case.call.function, case.error


_first = {
    _kind_of_error(case): case for case in reversed(CASES) if case.static and case.only is None
}
_turn = {id(case): place % 2 for place, case in enumerate(CASES)}


def runs(front_end: str, case: Case) -> bool:
    """Whether a front end runs a case."""
    if case.only is not None:
        return case.only == front_end
    if front_end == "torch.no_float64" and np.asarray(case.call.y_pred).dtype == np.float64:
        return False  # there can be no such predictions
    if front_end in COMPILED and case.static:
        return _first[_kind_of_error(case)] is case
    if front_end in BY_XLA:
        return BY_XLA.index(front_end) == _turn[id(case)]
    if front_end in ("torch.compile", "jax"):
        return not case.values or _turn[id(case)] == 0
    return True
