"""How far the rows of probabilities are from a sum of 1, by powers of ten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

LOWEST: Final = -7
"""Sums that miss 1 by less than 1e-7 are counted together: float32 shows no less."""

NAMES: Final = (
    "under 1e-7", *(f"1e{power} to 1e{power + 1}" for power in range(LOWEST, -1)), "0.1 to 1",
    "1 or more",
)  # fmt: skip


@dataclass
class RowSums:
    """Rows counted by the distance of their sum from 1, apart for sums below and above.

    Examples
    --------
    >>> seen = RowSums()
    >>> seen.add(np.array([[0.5, 0.5], [0.5, 0.505], [0.2, 0.2]]))
    >>> seen.below.tolist(), seen.above.tolist()
    ([0, 0, 0, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 1, 0, 0, 0])
    """

    below: Ints = field(default_factory=lambda: np.zeros(len(NAMES), np.int64))
    above: Ints = field(default_factory=lambda: np.zeros(len(NAMES), np.int64))  # or equal
    low: float = np.inf
    high: float = -np.inf
    worst: int | None = None  # the row that is farthest away
    _rows: int = 0
    _farthest: float = 0.0

    def add(self, block: npt.NDArray[Any]) -> None:
        """Count rows of shape (n, C)."""
        sums = block.sum(axis=-1, dtype=np.float64)
        finite = np.isfinite(sums)
        miss = np.where(finite, np.abs(sums - 1), 0)
        if miss.size and miss.max() > self._farthest:
            self._farthest = float(miss.max())
            self.worst = self._rows + int(miss.argmax())
        self._rows += len(sums)
        sums, miss = sums[finite], miss[finite]
        with np.errstate(divide="ignore"):
            power = np.floor(np.log10(miss))
        place = (np.clip(power, LOWEST - 1, 0) - LOWEST + 1).astype(np.int64)
        under = sums < 1
        self.below += np.bincount(place[under], minlength=len(NAMES))
        self.above += np.bincount(place[~under], minlength=len(NAMES))
        self.low = float(np.min(sums, initial=self.low))
        self.high = float(np.max(sums, initial=self.high))

    @property
    def total(self) -> int:
        """Rows counted."""
        return int(self.below.sum() + self.above.sum())
