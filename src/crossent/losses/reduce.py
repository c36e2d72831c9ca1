"""From the terms of the rows to what `reduction` asks for (rules M07 and M08).

This is the one place that decides what a mean divides by. A front end adds terms and weights up,
exactly where it can, and hands two numbers over.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np

from crossent.core.messages import options as messages
from crossent.core.options import Options
from crossent.core.plan import Plan
from crossent.losses.ops import Array, Ops

NAN: Final = float("nan")
MOST_FLOAT32: Final = 3.4e38


class NumberOps(Protocol):
    """What a reduction does to numbers, beside Python's own operations."""

    def cast(self, x: Any, dtype: str) -> Any:
        """Convert to the dtype of that name."""
        ...

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """Choose one of two."""
        ...

    def is_zero(self, x: Any) -> bool:
        """Whether a number can be seen, and is 0."""
        ...


def sums_of(ops: Ops, terms: Array, weight: Array | None) -> tuple[Any, Any]:
    """Add terms and weights up, wide; without weights every term weighs 1."""
    return ops.total(terms), ops.size(terms) if weight is None else ops.total(weight)


def is_mean_of_kept(options: Options, normalizer: Any) -> bool:
    """Whether the total is divided by the weight of what was kept, which may be 0."""
    return normalizer is None and options.reduction == "mean"


def divisor_of(options: Options, weight: Any, normalizer: Any) -> Any:
    """Return what the total is divided by: 1 for a sum, 0 where a mean has nothing to divide."""
    if options.reduction != "mean":
        return 1.0
    return weight if normalizer is None else normalizer


def upstream(ops: NumberOps, bar: Any, divisor: Any) -> Any:
    """Return what comes down to each term from a value whose own derivative is `bar`."""
    return ops.where(divisor == 0, 0.0, bar / divisor)


def check_kept(ops: NumberOps, options: Options, weight: Any, normalizer: Any, rows: int) -> None:
    """Raise EmptyError if `empty` asks for it and a mean has nothing to divide."""
    if options.empty == "raise" and is_mean_of_kept(options, normalizer) and ops.is_zero(weight):
        raise messages.nothing_kept(rows)


def reduced(ops: NumberOps, plan: Plan, total: Any, weight: Any, normalizer: Any) -> Any:
    """Return the mean, the sum, or total and weight, which stay wide."""
    options = plan.options
    if options.reduction == "parts":
        return total, weight
    if not is_mean_of_kept(options, normalizer):
        value = total if options.reduction == "sum" else total / normalizer
        return ops.cast(value, plan.compute_dtype)
    nothing = weight == 0
    if nothing is False:  # of Python's numbers, which need not be chosen from
        return ops.cast(total / weight, plan.compute_dtype)
    mean = total / ops.where(nothing, 1.0, weight)
    empty = 0.0 if options.empty == "zero" else NAN
    return ops.cast(ops.where(nothing, empty, mean), plan.compute_dtype)


class Numbers:
    """The operations of a reduction on Python's numbers, which become NumPy's."""

    def cast(self, x: float, dtype: str) -> Any:
        if dtype == "float64":
            return np.float64(x)
        if abs(x) > MOST_FLOAT32:
            with np.errstate(over="ignore"):
                return np.float32(x)
        return np.float32(x)

    def where(self, condition: bool, x: float, y: float) -> float:
        return x if condition else y

    def is_zero(self, x: float) -> bool:
        return x == 0


def reduced_numbers(plan: Plan, total: float, weight: float, normalizer: Any, rows: int) -> Any:
    """Return what `reduction` asks for, from exact sums of the terms and weights."""
    check_kept(NUMBERS, plan.options, weight, normalizer, rows)
    number = None if normalizer is None else float(normalizer)
    value = reduced(NUMBERS, plan, total, weight, number)
    return tuple(map(np.float64, value)) if plan.options.reduction == "parts" else value


NUMBERS: Final = Numbers()
