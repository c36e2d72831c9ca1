"""Sums of products, exact, and the standard error that they give.

Squares of float64 need twice the bits, so these totals count units of 2**-2148.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.exact_totals import SCALE_BITS, exact_sum

PRODUCT_BITS: Final = 2 * SCALE_BITS

_SMALL, _LARGE = 2.0**-480, 2.0**480
"""Between these the product of two floats and its rounding error are floats themselves."""

_SPLITTER = 2.0**27 + 1

Floats = npt.NDArray[np.float64]


def exact_product_sum(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> int:
    """Return the exact sum of ``a * b`` over finite floats, in units of 2**-2148.

    Every product is taken as its float64 value and the rounding error of that value (Dekker 1971);
    products too small or too large for it are taken as Python integers.

    >>> exact_product_sum(np.array([0.5, 3.0]), np.array([0.5, 3.0])) == 37 << (PRODUCT_BITS - 2)
    True
    """
    a, b = a.reshape(-1).astype(np.float64), b.reshape(-1).astype(np.float64)
    ordinary = _ordinary(a) & _ordinary(b)
    total = 0
    if not ordinary.all():
        for x, y in zip(a[~ordinary].tolist(), b[~ordinary].tolist(), strict=True):
            total += _integer(x) * _integer(y)
        a, b = a[ordinary], b[ordinary]
    product = a * b
    error = _product_error(a, b, product)
    return total + ((exact_sum(product) + exact_sum(error)) << SCALE_BITS)


def _ordinary(values: Floats) -> npt.NDArray[np.bool_]:
    size = np.abs(values)
    fits: npt.NDArray[np.bool_] = (size == 0) | ((size > _SMALL) & (size < _LARGE))
    return fits


def _product_error(a: Floats, b: Floats, product: Floats) -> Floats:
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error: Floats = a_low * b_low - (
        ((product - a_high * b_high) - a_low * b_high) - a_high * b_low
    )
    return error


def _split(values: Floats) -> tuple[Floats, Floats]:
    """Split into two halves of 26 bits (Veltkamp)."""
    scaled = _SPLITTER * values
    high = scaled - (scaled - values)
    return high, values - high


def _integer(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return (numerator << SCALE_BITS) // denominator


@dataclass(frozen=True)
class Moments:
    """Exact Σt², Σt·w and Σw² of the terms t and the weights w of rows, mergeable in any order."""

    term_squares: int = 0
    products: int = 0
    weight_squares: int = 0

    @classmethod
    def of(cls, terms: npt.NDArray[Any], weights: npt.NDArray[Any] | None) -> Moments:
        """Sum over rows; terms that are not finite are left out, weights None are all 1."""
        finite = np.isfinite(terms)
        if not finite.all():
            terms = terms[finite]
            weights = None if weights is None else weights[finite]
        squares = exact_product_sum(terms, terms)
        if weights is None:
            return cls(squares, exact_sum(terms) << SCALE_BITS, terms.size << PRODUCT_BITS)
        return cls(squares, exact_product_sum(terms, weights), exact_product_sum(weights, weights))

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.term_squares + other.term_squares,
            self.products + other.products,
            self.weight_squares + other.weight_squares,
        )

    def standard_error(self, total: int, weight: int, rows: int) -> float:
        """Return the standard error of the mean m = Σt / Σw.

        It is sqrt(n / (n - 1) Σ(t - m w)²) / Σw over n rows with a weight. With equal weights that
        is the usual s / sqrt(n). Nothing cancels: the sums and the difference are exact.

        Parameters
        ----------
        total, weight : int
            Σt and Σw in units of 2**-1074.
        rows : int
            n.
        """
        if rows < 2 or weight == 0:
            return math.nan
        mean = Fraction(total, weight)
        spread = self.term_squares - 2 * mean * self.products + mean * mean * self.weight_squares
        return _root(spread * rows / ((rows - 1) * weight * weight))


def _root(value: Fraction) -> float:
    """Square root as a float, also where the value itself is too small or large for one."""
    shift = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    try:
        return math.ldexp(math.sqrt(value / Fraction(4) ** shift), shift)
    except OverflowError:
        return math.inf
