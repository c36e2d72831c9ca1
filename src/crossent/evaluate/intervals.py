"""How far a mean may be from what more rows would give: intervals, without a table to look up."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]
Floats = npt.NDArray[np.float64]

_STEPS: Final = 200
_MANY: Final = 1e5
"""Degrees of freedom from which the next term of the series has no digit left."""

_TINY: Final = 1e-300


def quantile_of_t(share: float, degrees: float) -> float:
    """Return the quantile of Student's t distribution, by halving its interval.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    degrees : float
        Degrees of freedom.

    Examples
    --------
    >>> round(quantile_of_t(0.975, 4), 6), round(quantile_of_t(0.975, 1e9), 6)
    (2.776445, 1.959964)
    """
    if share < 0.5:
        return -quantile_of_t(1 - share, degrees)
    if degrees > _MANY:
        z = quantile_of_normal(share)
        return z + (z**3 + z) / (4 * degrees)
    return _inverse(lambda value: share_of_t(value, degrees), share)


def quantile_of_normal(share: float) -> float:
    """Return the quantile of the normal distribution, of a share above one half.

    >>> round(quantile_of_normal(0.975), 6)
    1.959964
    """
    return _inverse(lambda value: 1 - math.erfc(value / math.sqrt(2)) / 2, share)


def _inverse(shares: Callable[[float], float], share: float) -> float:
    """Return where a rising function reaches a share, from 0 on."""
    low, high = 0.0, 1.0
    while shares(high) < share:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if shares(middle) < share else (low, middle)
    return (low + high) / 2


def share_of_t(value: float, degrees: float) -> float:
    """Return the share of Student's t distribution below a value that is not negative."""
    tail = _beta_share(degrees / (degrees + value * value), degrees / 2, 0.5)
    return 1 - tail / 2


def share_of_halves(most: int, total: int) -> float:
    """Return the chance of at most so many heads in so many tosses of a coin.

    >>> share_of_halves(1, 3)
    0.5
    """
    if most >= total:
        return 1.0
    return _beta_share(0.5, total - most, most + 1)


def _beta_share(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction (Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    total = d
    for m in range(1, 10 * _STEPS):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + factor * d)
            c = _away(1 + factor / c)
            total *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return front * total / a


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def around_mean(mean: float, error: float, units: int, confidence: float) -> Interval:
    """Return the interval of a mean: t with one degree of freedom less than units.

    NaN where there are fewer than two units, or the error is none.
    """
    if units < 2 or not math.isfinite(mean) or not math.isfinite(error):
        return math.nan, math.nan
    wide = quantile_of_t((1 + confidence) / 2, units - 1) * error
    return mean - wide, mean + wide


def wilson(share: float, rows: float, confidence: float) -> Interval:
    """Return Wilson's interval of a share of so many rows (Wilson 1927).

    `rows` need not be whole: of rows that are not independent, so many that are would tell as much.
    """
    if not rows > 0 or not 0 <= share <= 1:
        return math.nan, math.nan
    z = quantile_of_normal((1 + confidence) / 2)
    middle = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    wide = z / (1 + z * z / rows) * math.sqrt(share * (1 - share) / rows + (z / (2 * rows)) ** 2)
    return max(0.0, middle - wide), min(1.0, middle + wide)


def jackknife(totals: npt.NDArray[Any], weights: npt.NDArray[Any]) -> float:
    """Return the standard error of Σ totals / Σ weights over clusters, each left out once.

    sqrt((G − 1) / G Σ (m₋g − mean of all m₋g)²), where m₋g is the mean without cluster g. Of
    clusters of equal weight that is s / sqrt(G).
    """
    count = len(totals)
    rest = weights.sum() - weights
    if count < 2 or not (rest > 0).all():
        return math.nan
    means = (totals.sum() - totals) / rest
    return math.sqrt((count - 1) / count * float(((means - means.mean()) ** 2).sum()))
