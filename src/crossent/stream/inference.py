"""Logits or probabilities, told from the values; one-hot labels, told from the values.

What is seen of the rows is kept as counts, so that the same rule judges the first piece and, at
the end, all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from crossent.core.precision import (
    BASE,
    WARN_LIMIT,
    outside_unit,
    predictions_miss_one,
    tolerance_of_dtype,
)

HostArray = npt.NDArray[Any]
Kind = Literal["logits", "probabilities"]

FEW = 8
"""With fewer rows chance can make logits look like probabilities."""

_STRAY = 100
"""One row in so many may look like the other kind by chance; more means mixed data."""


@dataclass(frozen=True)
class Seen:
    """Counts over rows of predictions; over elements for binary ones."""

    rows: int = 0
    outside: int = 0  # hold a value outside [0, 1]
    vectors: int = 0  # probability vectors: in [0, 1] and of sum 1
    near: int = 0  # in [0, 1], of a sum within 0.05 of 1
    one_hot: int = 0  # hold nothing but 0 and 1
    low: float = np.inf
    high: float = -np.inf
    sum_low: float = np.inf  # of the rows in [0, 1]
    sum_high: float = -np.inf
    odd: tuple[int, float] | None = None  # the first row outside, and the value

    def __add__(self, other: Seen) -> Seen:
        return Seen(
            self.rows + other.rows,
            self.outside + other.outside,
            self.vectors + other.vectors,
            self.near + other.near,
            self.one_hot + other.one_hot,
            min(self.low, other.low),
            max(self.high, other.high),
            min(self.sum_low, other.sum_low),
            max(self.sum_high, other.sum_high),
            self.odd or other.odd,
        )

    @property
    def near_unit(self) -> bool:
        """Whether all values lie in [0, 1], or so near that they may be rounded probabilities."""
        return -WARN_LIMIT <= self.low <= self.high <= 1 + WARN_LIMIT


@dataclass(frozen=True)
class Verdict:
    """What the predictions are; `kind` None: it cannot be told."""

    kind: Kind | None
    reason: str


def look_at_rows(scores: HostArray, keep: HostArray | None, first_row: int) -> Seen:
    """Count the rows of a piece whose classes are last.

    Parameters
    ----------
    scores : ndarray of float, shape (N, ..., C)
    keep : ndarray of bool or None
        Broadcasts to the rows; False where a row is ignored.
    first_row : int
        The number of the first row of the piece.
    """
    rows = scores.shape[:-1]
    flat = scores.reshape(-1, scores.shape[-1])
    low = flat.min(axis=-1).astype(np.float64)
    high = flat.max(axis=-1).astype(np.float64)
    counted = ~(np.isnan(low) | np.isnan(high))
    if keep is not None:
        keep = keep.reshape(keep.shape + (1,) * (len(rows) - keep.ndim))
        counted &= np.broadcast_to(keep, rows).reshape(-1)
    return count_rows(flat, rows, low, high, counted, first_row)


def count_rows(
    flat: HostArray,
    rows: tuple[int, ...],
    low: HostArray,
    high: HostArray,
    counted: HostArray,
    first_row: int,
) -> Seen:
    """Count rows whose extremes are known.

    Parameters
    ----------
    flat : ndarray of float, shape (n, C)
    rows : tuple of int
        The shape that the n rows have in the piece.
    low, high : ndarray of float64, shape (n,)
        Smallest and largest value of each row.
    counted : ndarray of bool, shape (n,)
        Which rows to look at; none with NaN.
    first_row : int
        The number of the first row of the piece.
    """
    slack = tolerance_of_dtype(flat.dtype.name, flat.shape[-1])
    outside = counted & outside_unit(low, high, flat.dtype.name, flat.shape[-1])
    inside = np.flatnonzero(counted & ~outside)
    part = flat[inside] if len(inside) < len(flat) else flat
    sums = part.sum(axis=-1, dtype=np.float64)
    return Seen(
        rows=int(np.count_nonzero(counted)),
        outside=int(np.count_nonzero(outside)),
        vectors=int(np.count_nonzero(~predictions_miss_one(part, sums))),
        near=int(np.count_nonzero(np.abs(sums - 1) <= WARN_LIMIT)),
        one_hot=int(np.count_nonzero(((part == 0) | (part == 1)).all(axis=-1)))
        if len(part) < FEW
        else 0,
        low=float(np.min(low[counted], initial=np.inf)),
        high=float(np.max(high[counted], initial=-np.inf)),
        sum_low=float(np.min(sums, initial=np.inf)),
        sum_high=float(np.max(sums, initial=-np.inf)),
        odd=_first_odd(outside, rows, low, high, first_row, slack),
    )


def look_at_elements(scores: HostArray, keep: HostArray | None, first_row: int) -> Seen:
    """Count the elements of a piece of binary predictions."""
    counted = ~np.isnan(scores)
    if keep is not None:
        counted &= keep.reshape(keep.shape + (1,) * (scores.ndim - keep.ndim))
    slack = tolerance_of_dtype(scores.dtype.name)
    outside = (counted & outside_unit(scores, scores, scores.dtype.name)).reshape(-1)
    values = scores[counted].astype(np.float64)
    flat = scores.reshape(-1).astype(np.float64)
    return Seen(
        rows=int(np.count_nonzero(counted)),
        outside=int(np.count_nonzero(outside)),
        low=float(np.min(values, initial=np.inf)),
        high=float(np.max(values, initial=-np.inf)),
        odd=_first_odd(outside, scores.shape, flat, flat, first_row, slack),
    )


def _first_odd(
    outside: HostArray,
    rows: tuple[int, ...],
    low: HostArray,
    high: HostArray,
    first_row: int,
    slack: float,
) -> tuple[int, float] | None:
    if not outside.any():
        return None
    at = int(np.argmax(outside))
    value = low[at] if low[at] < -slack else high[at]
    return first_row + int(np.unravel_index(at, rows)[0]), float(value)


def judge_rows(seen: Seen) -> Verdict:
    """Tell logits from probability vectors."""
    if seen.rows == 0:
        return Verdict(None, "no row has a weight and numbers")
    if seen.outside == 0:
        return _judge_inside(seen)
    if seen.near_unit:
        return Verdict(None, _span(seen))
    many_vectors = seen.vectors * _STRAY > seen.rows or seen.near * 2 > seen.rows
    if not many_vectors and seen.outside * _STRAY >= seen.rows:
        return Verdict("logits", _extreme(seen))
    row, value = seen.odd or (0, seen.low)
    if many_vectors:
        rest = f"{seen.near} of {seen.rows} rows are probabilities that sum to 1"
    else:
        rest = f"{seen.rows - seen.outside} of {seen.rows} rows lie in [0, 1]"
    return Verdict(None, f"{rest}, but row {row} holds {value:.6g}")


def _judge_inside(seen: Seen) -> Verdict:
    miss = max(abs(seen.sum_low - 1), abs(seen.sum_high - 1))
    within = "all values in [0, 1], rows sum to 1" + (f" within {miss:.1g}" if miss else "")
    if seen.rows < FEW and seen.one_hot == seen.rows:
        few = "is only 1 row, and it holds"
        if seen.rows != 1:
            few = f"are only {seen.rows} rows, and they hold"
        return Verdict(None, f"there {few} nothing but 0 and 1")
    if seen.vectors == seen.rows or (seen.near == seen.rows and seen.rows >= FEW):
        return Verdict("probabilities", within)
    return Verdict(
        None,
        "all values lie in [0, 1], but the rows do not sum to 1 "
        f"(sums from {seen.sum_low:.4g} to {seen.sum_high:.4g})",
    )


def judge_elements(seen: Seen) -> Verdict:
    """Tell logits from probabilities of single elements."""
    if seen.rows == 0:
        return Verdict(None, "no element has a weight and a number")
    if seen.outside == 0:
        if seen.rows < FEW:
            few = (
                "is only 1 value, in" if seen.rows == 1 else f"are only {seen.rows} values, all in"
            )
            return Verdict(None, f"there {few} [0, 1]")
        return Verdict("probabilities", f"all {seen.rows} values in [0, 1]")
    if seen.near_unit:
        return Verdict(None, _span(seen))
    if seen.outside * _STRAY >= seen.rows:
        return Verdict("logits", _extreme(seen))
    row, value = seen.odd or (0, seen.low)
    return Verdict(
        None,
        f"{seen.rows - seen.outside} of {seen.rows} values lie in [0, 1], but row {row} holds "
        f"{value:.6g}",
    )


def _span(seen: Seen) -> str:
    return f"the values lie just outside [0, 1], from {seen.low:.6g} to {seen.high:.6g}"


def _extreme(seen: Seen) -> str:
    return f"minimum {seen.low:.6g}" if seen.low < -BASE else f"maximum {seen.high:.6g}"


def looks_one_hot(values: HostArray) -> bool:
    """Whether every row along the last axis holds one 1 and zeros."""
    if values.ndim < 2 or values.shape[-1] < 2 or not values.size:
        return False
    only = bool(((values == 0) | (values == 1)).all())
    return only and bool((np.count_nonzero(values, axis=-1) == 1).all())


def looks_like_labels(values: HostArray) -> bool:
    """Whether all values are whole numbers."""
    with np.errstate(invalid="ignore"):
        return bool(values.size) and bool((np.floor(values) == values).all())
