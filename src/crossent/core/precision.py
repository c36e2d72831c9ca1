"""How far from 1 the sum of a row of probabilities may be, judged by the values themselves.

A softmax computed in bfloat16 and stored as float32, the mean of several of float16, one printed
with three digits or stored as a byte is no worse than its precision allows; the dtype of the array
does not tell.
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

MOST_AVERAGED: Final = 16
"""So many softmaxes in float16 may stand behind an average."""

FINER: Final = 6
"""Binary digits by which the smallest of averaged numbers may lie below their mean."""

ON_GRID: Final = 0.95
"""Share of the values that must be averages; numbers farther apart than `FINER` are none."""

TELLING: Final = 4
"""With fewer values chance may put all of them on a grid of averages."""

BESIDE: Final = 256
"""So many rows beside those in doubt help to tell what all were rounded to."""

LEVELS: Final = (255, 256, 127, 128, 65535, 65536)
"""Steps of probabilities that were stored in 8 or 16 bits."""


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


def tolerance_of_levels(levels: int, classes: int) -> float:
    """Tolerance on the sum of so many values, each rounded to a multiple of 1 / levels.

    >>> round(tolerance_of_levels(255, 10), 4)
    0.0196
    """
    return min(WARN_LIMIT, classes / (2 * levels))


def tolerance_of_digits(rows: npt.NDArray[np.float64], digits: int) -> float:
    """Tolerance on the sums of rows whose values are rounded to so many significant digits.

    >>> round(tolerance_of_digits(np.array([[0.123, 0.877]]), 3), 4)
    0.001
    """
    with np.errstate(divide="ignore"):
        unit = 10.0 ** (np.floor(np.log10(rows)) + 1 - digits)  # 0 at 0
    return min(WARN_LIMIT, float(unit.sum(axis=-1).max()) / 2)


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


def tolerance_of_predictions(rows: npt.NDArray[Any]) -> float:
    """Tolerance on the sums of rows of predictions, which are stored and averaged in more ways.

    Targets are judged without these: in a compiled program their rows are judged too, and these
    ways are too costly to look for there.
    """
    tolerance = sum_tolerance(rows)
    values = np.asarray(rows, dtype=np.float64)
    classes, unit = rows.shape[-1], decimal_unit(rows.dtype.name)
    digits = _digits(values, unit)
    if digits is not None:
        tolerance = max(tolerance, tolerance_of_digits(values, digits))
    levels = _levels(values, unit)
    if levels is not None:
        tolerance = max(tolerance, tolerance_of_levels(levels, classes))
    if _is_averaged(values):
        tolerance = max(tolerance, tolerance_of_dtype("float16", classes))
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


def predictions_miss_one(
    rows: npt.NDArray[Any], sums: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which rows of predictions in [0, 1] sum to something other than 1; those with NaN do."""
    missing = np.isnan(sums)
    off = misses_one(rows, sums) & ~missing
    if off.any():
        miss = np.abs(sums - 1)
        off &= miss > tolerance_of_predictions(rows[off])
        if off.any() and not off.all():
            # Few values tell less than those of the rows beside them.
            beside = rows[:BESIDE][~missing[:BESIDE]]
            off &= miss > tolerance_of_predictions(np.concatenate([rows[off], beside]))
    return np.asarray(off | missing)


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


def _digits(values: npt.NDArray[np.float64], unit: float) -> int | None:
    """Smallest number of significant digits, from 2, that all values have."""
    positive = values[values > 0]
    if len(positive) < 2 or values.min() < 0:
        return None
    exponent = np.floor(np.log10(positive))
    for digits in range(2, MAX_DECIMALS + 1):
        # What rounds up to the next power of ten has one digit alone.
        scaled = positive * 10.0 ** (digits - 1 - exponent)
        if np.all(np.abs(scaled - np.rint(scaled)) <= 4 * unit * scaled):
            return digits
    return None


def _levels(values: npt.NDArray[np.float64], unit: float) -> int | None:
    """In how many steps from 0 to 1 the values were stored, if they were."""
    if np.count_nonzero((values > 0) & (values < 1)) < 2:
        return None
    for levels in LEVELS:
        scaled = values * levels
        if np.all(np.abs(scaled - np.rint(scaled)) <= np.minimum(0.05, 2 * unit * levels)):
            return levels
    return None


def _is_averaged(values: npt.NDArray[np.float64]) -> bool:
    """Whether the values look like means of several softmaxes in float16."""
    small = values[(values > 0) & (values < 1)]
    if len(small) < TELLING:
        return False
    # The distance of float16 numbers near a value, and of smaller ones averaged with it.
    fine = 2.0 ** np.maximum(np.floor(np.log2(small)) - 10 - FINER, -24.0)
    for count in range(2, MOST_AVERAGED + 1):
        scaled = small * count / fine
        close = np.abs(scaled - np.rint(scaled)) <= np.maximum(scaled * 2.0**-24, 1e-6)
        if np.count_nonzero(close) >= ON_GRID * len(small):
            return True
    return False
