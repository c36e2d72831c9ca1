"""Exact sums: totals kept as integers, so that no order of adding changes a bit.

A float64 is an integer times 2**-1074. Sums are kept as that integer, a Python int; they can be
added in any order and split in any way, and are rounded once, when they are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SCALE_BITS: Final = 1074
"""Totals count units of 2**-1074, the smallest float64."""

_ONE: Final = 1 << SCALE_BITS
_BLOCK: Final = 2**20
_PASSES: Final = 4
_HUGE: Final = 2.0**960


def exact_sum(values: npt.NDArray[Any]) -> int:
    """Return the exact sum of finite floats, in units of 2**-1074.

    Parameters
    ----------
    values : ndarray of float
        Finite values of any shape.

    Returns
    -------
    int
        The sum times 2**1074.

    Notes
    -----
    Values of a similar size are split into a part that is a multiple of a power of two large
    enough for their float64 sum to be exact, and a rest, until no rest is left (error-free
    extraction: Rump, Ogita, Oishi, "Accurate floating-point summation", 2008). Values spread over
    more than about 130 binary orders of magnitude are summed by exponent instead.

    Examples
    --------
    >>> import numpy as np
    >>> exact_sum(np.array([1e30, 1.0, -1e30])) == 2**SCALE_BITS
    True
    """
    flat = values.reshape(-1)
    total = 0
    for start in range(0, flat.size, _BLOCK):
        total += _block_sum(flat[start : start + _BLOCK].astype(np.float64))
    return total


def _block_sum(rest: npt.NDArray[np.float64]) -> int:
    total = 0
    for _ in range(_PASSES):
        peak = float(np.maximum.reduce(np.abs(rest), initial=0.0))
        if peak == 0.0:
            return total
        if peak > _HUGE:
            break
        # Parts are multiples of 2**-52 * anchor and their sum stays below anchor: exact.
        anchor = 2.0 ** (math.frexp(peak)[1] + 21)
        part = (anchor + rest) - anchor
        rest = rest - part
        total += _integer(float(part.sum()))
    return total + _sum_by_exponent(rest)


def _integer(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return (numerator << SCALE_BITS) // denominator


def _sum_by_exponent(values: npt.NDArray[np.float64]) -> int:
    """Sum the 53-bit integers of the values apart for every exponent, in halves that fit."""
    fractions, exponents = np.frexp(values)
    integers = np.ldexp(fractions, 53).astype(np.int64)
    lowest = int(exponents.min())
    offsets = exponents.astype(np.int64) - lowest
    # 2**20 halves of at most 2**27 stay below 2**53, so float64 bins are exact.
    high = np.bincount(offsets, weights=(integers >> 26).astype(np.float64))
    low = np.bincount(offsets, weights=(integers & (2**26 - 1)).astype(np.float64))
    total = 0
    for offset in np.flatnonzero((high != 0) | (low != 0)):
        whole = (int(high[offset]) << 26) + int(low[offset])
        shift = lowest + int(offset) - 53 + SCALE_BITS
        total += whole << shift if shift >= 0 else whole >> -shift
    return total


def to_float(total: int) -> float:
    """Return an exact sum as the nearest float64; beyond its range, an infinity.

    >>> to_float(3 << SCALE_BITS)
    3.0
    """
    try:
        return total / _ONE
    except OverflowError:
        return math.inf if total > 0 else -math.inf


def with_odd(total: float, nan: int, posinf: int, neginf: int) -> float:
    """Return a total of finite terms and of so many that are not, as a sum gives it."""
    if nan or (posinf and neginf):
        return math.nan
    if posinf or neginf:
        return math.inf if posinf else -math.inf
    return total


@dataclass(frozen=True)
class Partial:
    """A total of terms and the weight that divides it, exact and mergeable in any order.

    Parameters
    ----------
    total, weight : int
        Exact sums of the finite terms and of the weights, in units of 2**-1074.
    nan, posinf, neginf : int
        How many terms were not finite.

    Examples
    --------
    >>> import numpy as np
    >>> left = Partial.of(np.array([0.5, 1.5]), np.array([1.0, 1.0]))
    >>> right = Partial.of(np.array([4.0]), np.array([2.0]))
    >>> (left + right).mean()
    1.5
    """

    total: int = 0
    weight: int = 0
    nan: int = 0
    posinf: int = 0
    neginf: int = 0

    @classmethod
    def of(cls, terms: npt.NDArray[Any], weights: npt.NDArray[Any] | None = None) -> Partial:
        """Sum terms and their weights; without weights every term weighs 1."""
        weight = terms.size << SCALE_BITS if weights is None else exact_sum(weights)
        finite = np.isfinite(terms)
        if finite.all():
            return cls(exact_sum(terms), weight)
        return cls(
            exact_sum(terms[finite]),
            weight,
            int(np.isnan(terms).sum()),
            int((terms == np.inf).sum()),
            int((terms == -np.inf).sum()),
        )

    def __add__(self, other: Partial) -> Partial:
        return Partial(
            self.total + other.total,
            self.weight + other.weight,
            self.nan + other.nan,
            self.posinf + other.posinf,
            self.neginf + other.neginf,
        )

    def round_total(self) -> float:
        """Return the total as the nearest float64; NaN and infinities as a sum gives them."""
        return with_odd(to_float(self.total), self.nan, self.posinf, self.neginf)

    def round_weight(self) -> float:
        """Return the weight as the nearest float64."""
        return to_float(self.weight)

    def mean(self) -> float:
        """Return the total divided by the weight, each rounded to float64; NaN if it is 0."""
        weight = self.round_weight()
        return self.round_total() / weight if weight else math.nan
