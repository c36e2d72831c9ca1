"""Rows of probabilities that do not sum to 1, for an error or a warning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.precision import BASE, tolerance_of_predictions

HostArray = npt.NDArray[Any]


class Missed:
    """Rows of one kind whose sum is not 1: how many, the first, and the farthest from 1."""

    def __init__(self) -> None:
        self.count = 0
        self.first: tuple[int, ...] = ()
        self.row: HostArray = np.zeros(0)
        self.worst: tuple[int, ...] = ()
        self.worst_sum, self.tolerance = 1.0, 0.0

    @property
    def any(self) -> bool:
        """Whether there are some."""
        return self.count > 0

    def add(
        self, which: HostArray, rows: HostArray, sums: HostArray, place: Callable[[HostArray], Any]
    ) -> None:
        """Note the chosen rows of a block; `place` returns where the first of them is."""
        if not which.any():
            return
        if not self.any:
            self.first, self.row = place(which), rows[np.argmax(which)].astype(np.float64)
        self.count += int(np.count_nonzero(which))
        miss = np.where(which, np.abs(sums - 1), 0.0)
        at = int(np.argmax(miss))
        if not self.worst or miss[at] > abs(self.worst_sum - 1):
            self.worst, self.worst_sum = place(miss == miss[at]), float(sums[at])
            self.tolerance = tolerance_of_predictions(rows[np.abs(sums - 1) > BASE])
