"""AUC and average precision of scores that come in pieces, in bounded memory.

Scores are counted by value, exactly, as long as there are at most `MOST` different ones; then
neighbours are counted together, by as few bits of their float64 as are needed. What that may
change is known: pairs within a bin may stand in either order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MOST: Final = 2**17
"""Different scores, or bins, that are kept."""

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


def _no_keys() -> Keys:
    return np.zeros(0, np.uint64)


def _no_counts() -> Counts:
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True, eq=False)
class Ranking:
    """How many rows of each class have each score; two of them add up in any order."""

    keys: Keys = field(default_factory=_no_keys)  # ascending; scores without their last bits
    counts: Counts = field(default_factory=_no_counts)  # of class 0 and of class 1
    dropped: int = 0  # bits

    @classmethod
    def of(cls, scores: npt.NDArray[Any], positive: npt.NDArray[np.bool_]) -> Ranking:
        """Count scores; NaN is left out."""
        kept = ~np.isnan(scores)
        values = scores[kept].astype(np.float64) + 0.0  # −0 is 0
        bits = values.view(np.uint64)
        top = np.uint64(1 << 63)
        keys = np.where(bits & top, ~bits, bits | top)  # in the order of the values
        return _binned(keys, np.stack([~positive[kept], positive[kept]], axis=1), 0)

    def __add__(self, other: Ranking) -> Ranking:
        dropped = max(self.dropped, other.dropped)
        keys = np.concatenate(
            [one.keys >> np.uint64(dropped - one.dropped) for one in (self, other)]
        )
        return _binned(keys, np.concatenate([self.counts, other.counts]), dropped)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ranking)
            and self.dropped == other.dropped
            and np.array_equal(self.keys, other.keys)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    def auc(self) -> tuple[float, float]:
        """Return the area under the ROC curve, and how far it may be from the exact one."""
        negative, positive = self.counts[:, 0], self.counts[:, 1]
        pairs = int(negative.sum()) * int(positive.sum())
        if not pairs:
            return math.nan, math.nan
        below = np.cumsum(negative) - negative
        within = _sum_of_products(negative, positive)
        twice = 2 * _sum_of_products(below, positive) + within
        return twice / (2 * pairs), within / (2 * pairs) if self.dropped else 0.0

    def average_precision(self) -> tuple[float, float]:
        """Return Σ (R_n − R_(n−1)) P_n, ties as one step, and half the span that it may have."""
        negative, positive = self.counts[::-1, 0], self.counts[::-1, 1]
        total = int(positive.sum())
        if not total:
            return math.nan, math.nan
        hits, falls = np.cumsum(positive), np.cumsum(negative)
        value = float((positive / total * hits / np.maximum(hits + falls, 1)).sum())
        if not self.dropped:
            return value, 0.0
        # All of class 1 first in each bin, and last.
        best = float((positive / total * hits / np.maximum(hits + falls - negative, 1)).sum())
        before = hits - positive
        worst = float((positive / total * before / np.maximum(before + falls, 1)).sum())
        return value, max(best - value, value - worst)


def _sum_of_products(a: Counts, b: Counts) -> int:
    """Return Σ a b, exactly: numbers of pairs go beyond 64 bits."""
    if len(a) and float(a.max()) * float(b.max()) * len(a) < 2.0**62:
        return int(a @ b)
    return sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True))


def _binned(keys: Keys, counts: npt.NDArray[Any], dropped: int) -> Ranking:
    """Count equal keys together, without as many of their last bits as leaves few enough."""
    keys, inverse = np.unique(keys, return_inverse=True)
    summed = np.stack(
        [np.bincount(inverse, counts[:, at], len(keys)).astype(np.int64) for at in (0, 1)], axis=1
    )
    while len(keys) > MOST:
        keys, inverse = np.unique(keys >> np.uint64(1), return_inverse=True)
        summed = np.stack(
            [np.bincount(inverse, summed[:, at], len(keys)).astype(np.int64) for at in (0, 1)],
            axis=1,
        )
        dropped += 1
    return Ranking(keys, summed, dropped)
