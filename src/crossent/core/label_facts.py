"""Facts about class indices, collected block by block: counts, extremes, a histogram."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

HostArray = npt.NDArray[Any]

COUNTED: Final = 2**22
"""Labels from 0 up to here are counted in a histogram, others one by one."""

KEPT_VALUES: Final = 1000
"""How many distinct values beyond the histogram are kept."""

POSITIONS: Final = 3


@dataclass
class LabelFacts:
    """What one pass over the labels has seen.

    Parameters
    ----------
    classes : int or None
        Number of classes, if known.
    ignore : tuple of int
        Labels that are meant to be left out.
    """

    classes: int | None
    ignore: tuple[int | float, ...]
    shape: tuple[int, ...] = ()
    dtype: str = ""
    count: int = 0
    ignored: int = 0
    weightless: int = 0  # in rows of weight 0, which may hold anything
    nan: int = 0
    fractional: int = 0
    outside: int = 0
    first_nan: list[tuple[int, ...]] = field(default_factory=list)
    first_fractional: list[tuple[int, ...]] = field(default_factory=list)
    first_outside: list[tuple[int, ...]] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)
    fraction_low: float = np.inf
    fraction_high: float = -np.inf
    odd: Counter[int] = field(default_factory=Counter)
    lost: tuple[int, int] | None = None  # the ends of the values that are too many to be kept
    histogram: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, block: HostArray, first_row: int, live: HostArray | None = None) -> None:
        """Note a block of labels that begins at this row of the first axis.

        `live`, of the shape of the block, tells which rows have a weight.
        """
        self.count += block.size
        if live is not None:
            self.weightless += int(np.count_nonzero(~live))
        if not block.size:
            return
        if block.dtype.kind == "b":
            block = block.view(np.uint8)
        floats = block.dtype.kind not in "iu"  # bfloat16 is of a kind of its own
        if floats:
            whole = self._add_floats(block, first_row, live)
        else:
            whole = block.reshape(-1) if live is None else block[live]
        if self.ignore:
            keep = np.ones(whole.shape, dtype=bool)
            for value in self.ignore:
                keep &= whole != value
            if not keep.all():
                self.ignored += int(np.count_nonzero(~keep))
                whole = whole[keep]
        if not whole.size:
            return
        low, high = int(whole.min()), int(whole.max())
        if self.classes is not None and (low < 0 or high >= self.classes):
            self._add_outside(block, first_row, live)
        if low < 0 or high >= COUNTED:
            beyond = (whole < 0) | (whole >= COUNTED)
            self._add_odd(whole[beyond])
            whole = whole[~beyond]
        if whole.size:
            counts = np.bincount(whole.astype(np.intp, copy=False))
            if len(counts) > len(self.histogram):
                counts[: len(self.histogram)] += self.histogram
                self.histogram = counts
            else:
                self.histogram[: len(counts)] += counts

    def _add_floats(self, block: HostArray, first_row: int, live: HostArray | None) -> HostArray:
        """Count the numbers that are not whole and return the rest."""
        wide = block if block.dtype.itemsize >= 4 else block.astype(np.float32)
        good = np.isfinite(wide)
        if not good.all():
            nan = ~good if live is None else ~good & live
            self.nan += int(np.count_nonzero(nan))
            _positions(self.first_nan, nan, first_row)
        if live is not None:
            good &= live
        whole = np.floor(wide) == wide
        part = good & ~whole
        if part.any():
            self.fractional += int(np.count_nonzero(part))
            _positions(self.first_fractional, part, first_row)
            if len(self.fractions) < KEPT_VALUES:
                seen = np.unique(wide[part])[:KEPT_VALUES]
                self.fractions = sorted({*self.fractions, *(float(v) for v in seen)})
            self.fraction_low = min(self.fraction_low, float(wide[part].min()))
            self.fraction_high = max(self.fraction_high, float(wide[part].max()))
        return np.asarray(wide[good & whole])

    def _add_outside(self, block: HostArray, first_row: int, live: HostArray | None) -> None:
        with np.errstate(invalid="ignore"):
            wrong = (block < 0) | (block >= self.classes)
        if live is not None:
            wrong &= live
        for value in self.ignore:
            wrong &= block != value
        if block.dtype.kind not in "iu":
            wrong &= np.floor(block) == block
        self.outside += int(np.count_nonzero(wrong))
        _positions(self.first_outside, wrong, first_row)

    def _add_odd(self, values: HostArray) -> None:
        for one, count in zip(*np.unique(values, return_counts=True), strict=True):
            value = int(one)
            if value in self.odd or len(self.odd) < KEPT_VALUES:
                self.odd[value] += int(count)
            else:
                low, high = self.lost or (value, value)
                self.lost = min(low, value), max(high, value)

    @property
    def kept(self) -> int:
        """Labels that are whole numbers, not ignored, and have a weight."""
        return self.count - self.ignored - self.weightless - self.nan - self.fractional

    @cached_property
    def present(self) -> list[int]:
        """The distinct values that are not ignored, in order, as many as are kept."""
        return sorted(self.odd) + [int(v) for v in np.flatnonzero(self.histogram)]

    @property
    def low(self) -> int | None:
        """The smallest value."""
        return min((*self.present, *(self.lost or ())), default=None)

    @property
    def high(self) -> int | None:
        """The largest value."""
        return max((*self.present, *(self.lost or ())), default=None)

    @cached_property
    def outside_values(self) -> list[int]:
        """The distinct values that are no class."""
        if self.classes is None:
            return []
        return [v for v in self.present if not 0 <= v < self.classes]

    @cached_property
    def inside_values(self) -> list[int]:
        """The distinct values that are classes; all of them if the number is not known."""
        if self.classes is None:
            return [v for v in self.present if v >= 0]
        return [v for v in self.present if 0 <= v < self.classes]

    def count_of(self, value: int) -> int:
        """How often a value occurs."""
        if 0 <= value < len(self.histogram):
            return int(self.histogram[value])
        return self.odd[value]

    def counts(self, classes: int) -> npt.NDArray[np.int64]:
        """How often each class occurs."""
        found = np.zeros(classes, np.int64)
        found[: len(self.histogram)] = self.histogram[:classes]
        return found

    @cached_property
    def entropy(self) -> float:
        """Entropy of the label frequencies in nats: the best loss without looking at the input."""
        counts = self.histogram[self.histogram > 0].astype(np.float64)
        if not counts.size:
            return 0.0
        share = counts / counts.sum()
        return float(-(share * np.log(share)).sum())

    @cached_property
    def greatest_divisor(self) -> int:
        """The number that divides all labels: 1 for ordinary ones, 64 for levels 0, 64, 128."""
        return math.gcd(*self.present) if self.present else 0


def _positions(found: list[tuple[int, ...]], wrong: HostArray, first_row: int) -> None:
    """Note the first few positions, in the whole array."""
    missing = POSITIONS - len(found)
    if missing <= 0 or not wrong.any():
        return
    flat = np.flatnonzero(wrong)[:missing]
    for position in zip(*np.unravel_index(flat, wrong.shape), strict=True):
        first, *rest = (int(i) for i in position)
        found.append((first + first_row, *rest))


def is_missing(value: Any) -> bool:
    """Whether a label is None, NaN, or what pandas has for them."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def gaps(objects: HostArray) -> list[int]:
    """Return the rows of Python objects that are missing, if all others are numbers."""
    if objects.ndim != 1:
        return []
    gone = np.array([is_missing(one) for one in objects], bool)
    numbers = all(isinstance(one, int | float | np.number) for one in objects[~gone])
    return np.flatnonzero(gone).tolist() if numbers and not gone.all() else []
