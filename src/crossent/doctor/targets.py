"""Facts about one-hot and soft targets, collected block by block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.precision import BASE, WARN_LIMIT, sum_tolerance

HostArray = npt.NDArray[Any]


@dataclass
class TargetFacts:
    """What one pass over targets with a value for every class has seen."""

    classes: int
    rows: int = 0
    low: float = np.inf
    high: float = -np.inf
    nan: int = 0
    negative: int = 0
    only01: bool = True
    whole: bool = True
    one_hot: int = 0
    zeros: int = 0  # rows of zeros
    several: int = 0  # rows of 0 and 1 with more than one 1
    off: int = 0  # rows that do not sum to 1
    sum_low: float = np.inf
    sum_high: float = -np.inf
    first_bad: int | None = None
    bad_row: list[float] = field(default_factory=list)
    counts: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def add(self, block: HostArray) -> None:
        """Note rows of shape (n, C)."""
        if not len(block):
            return
        wide = block.astype(np.float64)
        sums = wide.sum(axis=-1)
        finite = np.isfinite(sums)
        if not finite.all():
            self.nan += int(np.count_nonzero(~finite))
            self._bad(wide, ~finite)
        low, high = wide.min(axis=-1), wide.max(axis=-1)
        with np.errstate(invalid="ignore"):
            negative = low < -BASE
            ones = np.count_nonzero(wide == 1, axis=-1)
            zeros = np.count_nonzero(wide == 0, axis=-1)
        binary = ones + zeros == self.classes
        self.only01 &= bool(binary.all())
        self.whole &= bool((wide[finite] == np.rint(wide[finite])).all())
        self.one_hot += int(np.count_nonzero(binary & (ones == 1)))
        self.zeros += int(np.count_nonzero(zeros == self.classes))
        self.several += int(np.count_nonzero(binary & (ones > 1)))
        self.negative += int(np.count_nonzero(negative))
        off = finite & (np.abs(sums - 1) > BASE)
        if off.any():
            tolerance = min(WARN_LIMIT, sum_tolerance(block[off]))
            off &= np.abs(sums - 1) > tolerance
        off &= zeros != self.classes
        self.off += int(np.count_nonzero(off))
        self._bad(wide, off | negative)
        self.rows += len(block)
        self.low = float(np.nanmin(low, initial=self.low))
        self.high = float(np.nanmax(high, initial=self.high))
        self.sum_low = float(np.min(sums[finite], initial=self.sum_low))
        self.sum_high = float(np.max(sums[finite], initial=self.sum_high))
        mass = wide[finite].sum(axis=0)
        self.counts = mass if not len(self.counts) else self.counts + mass

    def _bad(self, wide: HostArray, wrong: HostArray) -> None:
        if self.first_bad is None and wrong.any():
            at = int(np.argmax(wrong))
            self.first_bad = self.rows + at
            self.bad_row = [float(v) for v in wide[at]]

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
