"""A histogram of numbers from 0 upwards whose range is not known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SHIFT: Final = 42
"""The sign, the exponent and ten digits of a float64 are left: bins of 0.1 % of their value."""

_SMALLEST, _LARGEST = 2.0**-30, 2.0**30


def _bin(values: npt.NDArray[Any]) -> Ints:
    bits: Ints = np.clip(values, _SMALLEST, _LARGEST).astype(np.float64).view(np.int64)
    return (bits >> _SHIFT) - _FIRST


_FIRST: Final = int(np.float64(_SMALLEST).view(np.int64)) >> _SHIFT
_BINS: Final = (int(np.float64(_LARGEST).view(np.int64)) >> _SHIFT) - _FIRST + 1


@dataclass
class Histogram:
    """Counts of numbers, in bins so fine that any histogram can be drawn from them.

    Its size does not depend on how many numbers are counted, nor on how large they are.

    Examples
    --------
    >>> seen = Histogram()
    >>> seen.add(np.array([0.5, 1.0, 3.0, np.inf, np.nan]))
    >>> seen.counts(np.array([0.0, 2.0, 4.0])).tolist(), seen.infinite, seen.nan
    ([2, 1], 1, 1)
    """

    total: int = 0  # finite numbers
    infinite: int = 0
    nan: int = 0
    high: float = 0.0
    bins: Ints = field(default_factory=lambda: np.zeros(_BINS, np.int64))

    def add(self, values: npt.NDArray[Any]) -> None:
        """Count numbers; they are not negative."""
        finite = np.isfinite(values)
        if not finite.all():
            self.nan += int(np.count_nonzero(np.isnan(values)))
            self.infinite += int(np.count_nonzero(np.isinf(values)))
            values = values[finite]
        if values.size:
            self.total += values.size
            self.high = max(self.high, float(values.max()))
            self.bins += np.bincount(_bin(values), minlength=_BINS)

    def counts(self, edges: Floats) -> Ints:
        """Count the numbers between neighbouring edges, the lower one included.

        The first edge is taken for 0 and the last one for infinity, so that nothing is left out.
        """
        inner = _bin(edges[1:-1])
        below = np.concatenate([[0], np.cumsum(self.bins)])[inner]
        return np.diff(np.concatenate([[0], below, [self.total]]))

    def quantile(self, share: float) -> float:
        """Return a number that this share of the numbers does not exceed, to 0.1 %."""
        if not self.total:
            return 0.0
        at = int(np.searchsorted(np.cumsum(self.bins), share * self.total))
        edge = np.array([min(at, _BINS - 1) + 1 + _FIRST]) << _SHIFT
        return min(self.high, float(edge.view(np.float64)[0]))
