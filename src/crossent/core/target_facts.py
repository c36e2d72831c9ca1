"""Facts about one-hot and soft targets, collected block by block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.precision import BASE, misses_one, outside_unit

HostArray = npt.NDArray[Any]


@dataclass
class TargetFacts:
    """What one pass over targets with a value for every class has seen."""

    classes: int
    rows: int = 0
    low: float = np.inf
    high: float = -np.inf
    nan: int = 0  # rows that hold NaN or infinity
    negative: int = 0
    only01: bool = True
    whole: bool = True
    one_hot: int = 0
    zeros: int = 0  # rows of zeros
    several: int = 0  # rows of 0 and 1 with more than one 1
    off: int = 0  # rows that do not sum to 1, without those of zeros
    sum_low: float = np.inf
    sum_high: float = -np.inf
    first_bad: int | None = None
    bad_row: list[float] = field(default_factory=list)
    passed: int = 0  # rows, with those that were not to be looked at
    counts: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def add(self, block: HostArray, live: HostArray | None = None) -> None:
        """Note rows of shape (n, C), or those of them that are `live`."""
        places = np.arange(len(block)) if live is None else np.flatnonzero(live)
        rows = block if live is None else block[places]
        if len(rows):
            self._add(rows, places + self.passed)
        self.passed += len(block)

    def _add(self, rows: HostArray, places: HostArray) -> None:
        wide = rows.astype(np.float64)
        with np.errstate(invalid="ignore"):
            sums = wide.sum(axis=-1)
        finite = np.isfinite(sums)
        low, high = wide.min(axis=-1), wide.max(axis=-1)
        ones = np.count_nonzero(wide == 1, axis=-1)
        zeros = np.count_nonzero(wide == 0, axis=-1)
        binary = ones + zeros == self.classes
        wrong = _wrong(rows, sums, low, high)
        negative = finite & outside_unit(low, np.zeros(()), rows.dtype.name, self.classes)
        off = wrong & finite & ~negative & (zeros != self.classes)
        self.only01 &= bool(binary.all())
        self.whole &= bool((wide[finite] == np.rint(wide[finite])).all())
        self.nan += int(np.count_nonzero(~finite))
        self.one_hot += int(np.count_nonzero(binary & (ones == 1)))
        self.zeros += int(np.count_nonzero(zeros == self.classes))
        self.several += int(np.count_nonzero(binary & (ones > 1)))
        self.negative += int(np.count_nonzero(negative))
        self.off += int(np.count_nonzero(off))
        for one in (~finite, negative, off):
            if self.first_bad is None and one.any():
                at = int(np.argmax(one))
                self.first_bad, self.bad_row = int(places[at]), wide[at].tolist()
        self.rows += len(rows)
        self.low = float(np.nanmin(low, initial=self.low))
        self.high = float(np.nanmax(high, initial=self.high))
        self.sum_low = float(np.min(sums[finite], initial=self.sum_low))
        self.sum_high = float(np.max(sums[finite], initial=self.sum_high))
        mass = wide[finite].sum(axis=0)
        self.counts = mass if not len(self.counts) else self.counts + mass

    @property
    def is_one_hot(self) -> bool:
        """Whether every row holds one 1 and zeros."""
        return self.rows > 0 and self.one_hot == self.rows

    @property
    def is_distribution(self) -> bool:
        """Whether every row is a distribution."""
        sound = self.rows > 0 and not (self.nan or self.negative or self.off or self.zeros)
        return sound and self.high <= 1 + BASE

    @property
    def is_multi_label(self) -> bool:
        """Whether rows are sets of classes."""
        return self.only01 and self.several > 0


def not_distributions(rows: HostArray) -> npt.NDArray[np.bool_]:
    """Which rows of shape (n, C) hold a number outside of [0, 1], or do not sum to 1."""
    wide = rows.astype(np.float64)
    with np.errstate(invalid="ignore"):
        sums = wide.sum(axis=-1)
    return _wrong(rows, sums, wide.min(axis=-1), wide.max(axis=-1))


def _wrong(
    rows: HostArray, sums: HostArray, low: HostArray, high: HostArray
) -> npt.NDArray[np.bool_]:
    wrong = outside_unit(low, high, rows.dtype.name, rows.shape[-1]) | np.isnan(sums)
    # Integers are whole whatever their type, and bfloat16 is of a kind of its own.
    rows = rows if rows.dtype.kind in "fV" else rows.astype(np.float64)
    if not wrong.any():
        return misses_one(rows, sums)
    inside = np.flatnonzero(~wrong)
    wrong[inside] = misses_one(rows[inside], sums[inside])
    return wrong
