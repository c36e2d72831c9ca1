"""How far from 1 the sum of a row of probabilities may be, judged by the values themselves.

A softmax computed in bfloat16 and stored as float32, or printed with three decimals, is no worse
than its precision allows; the dtype of the array does not tell.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

BASE: Final = 1e-4
"""Covers float32 softmax: the worst measured row of 50 000 classes misses 1 by 2.1e-6."""

WARN_LIMIT: Final = 0.05
"""No precision explains more. Predictions off by less are computed, with a warning."""

MAX_DECIMALS: Final = 6

HALF_SPACING: Final = 2.0**-24
"""Distance of the smallest float16 numbers: all others are multiples of it."""


def tolerance_of_dtype(dtype: str, classes: int = 0) -> float:
    """Tolerance on a row sum of values computed in that dtype.

    >>> tolerance_of_dtype("float32")
    0.0001
    """
    if dtype == "bfloat16":
        return 1.5e-2
    if dtype == "float16":
        # Below its smallest number float16 has nothing: each class may lose half of that.
        return 2e-3 + classes * HALF_SPACING / 2
    return BASE


def tolerance_of_decimals(decimals: int, classes: int) -> float:
    """Tolerance on the sum of so many values, each rounded to that many decimals.

    >>> tolerance_of_decimals(3, 10)
    0.005
    """
    return min(WARN_LIMIT, classes * 10.0**-decimals / 2)


def decimal_unit(dtype: str) -> float:
    """Return how far, relatively, rounding to that dtype may move a decimal number."""
    return float(np.finfo(np.float64 if dtype in ("float64", "int64") else np.float32).eps)


def sum_tolerance(rows: npt.NDArray[Any]) -> float:
    """Tolerance on the sums of these rows, from the precision found in their values.

    Parameters
    ----------
    rows : ndarray of float, shape (n, C)
        Rows whose sums are in doubt.
    """
    classes = rows.shape[-1]
    tolerance = tolerance_of_dtype(rows.dtype.name, classes)
    values = np.asarray(rows, dtype=np.float64)
    if np.array_equal(_through_bfloat16(values), values):
        tolerance = max(tolerance, tolerance_of_dtype("bfloat16"))
    with np.errstate(over="ignore"):
        if np.array_equal(values.astype(np.float16).astype(np.float64), values):
            tolerance = max(tolerance, tolerance_of_dtype("float16", classes))
    decimals = _decimals(values, decimal_unit(rows.dtype.name))
    if decimals is not None:
        tolerance = max(tolerance, tolerance_of_decimals(decimals, classes))
    return tolerance


def outside_unit(
    low: npt.NDArray[Any], high: npt.NDArray[Any], dtype: str, classes: int = 0
) -> npt.NDArray[np.bool_]:
    """Which values, or rows of such extremes, lie outside of [0, 1]; NaN does not."""
    tolerance = tolerance_of_dtype(dtype, classes)
    with np.errstate(invalid="ignore"):
        return np.asarray((low < -tolerance) | (high > 1 + tolerance))


def misses_one(rows: npt.NDArray[Any], sums: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which rows of values in [0, 1] sum to something other than 1; those with NaN do."""
    with np.errstate(invalid="ignore"):
        miss = np.abs(sums - 1)
        off = miss > BASE  # without those of NaN, whose values tell no precision
        if off.any():
            off &= miss > sum_tolerance(rows[off])
    return np.asarray(off | np.isnan(sums))


def _through_bfloat16(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(over="ignore"):
        bits = values.astype(np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


def _decimals(values: npt.NDArray[np.float64], unit: float) -> int | None:
    """Smallest number of decimals that all values have, up to the rounding of their dtype."""
    for decimals in range(1, MAX_DECIMALS + 1):
        scaled = values * 10.0**decimals
        if np.all(np.abs(scaled - np.rint(scaled)) <= unit * np.abs(scaled)):
            return decimals
    return None
