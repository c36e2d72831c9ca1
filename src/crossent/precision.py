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
"""Rows off by more than their tolerance but less than this are computed, with a warning."""

TRACED_SUM_TOLERANCE: Final = 5e-3
"""Where targets are traced their precision is not looked for: beyond this a row is NaN.

It covers bfloat16, whose softmax was measured to miss 1 by up to 2.9e-3.
"""

_MAX_DECIMALS: Final = 6


def tolerance_of_dtype(dtype: str, classes: int = 0) -> float:
    """Tolerance on a row sum of values computed in that dtype.

    >>> tolerance_of_dtype("float32")
    0.0001
    """
    if dtype == "bfloat16":
        return 1.5e-2
    if dtype == "float16":
        # Below 2**-24 float16 has nothing: each class may lose half of that.
        return 2e-3 + classes * 2.0**-25
    return BASE


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
    decimals = _decimals(values, rows.dtype)
    if decimals is not None:
        tolerance = max(tolerance, classes * 10.0**-decimals / 2)
    return tolerance


def _through_bfloat16(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(over="ignore"):
        bits = values.astype(np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


def _decimals(values: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> int | None:
    """Smallest number of decimals that all values have, up to the rounding of their dtype."""
    unit = float(np.finfo(np.float32 if dtype.itemsize <= 4 else np.float64).eps)
    for decimals in range(1, _MAX_DECIMALS + 1):
        scaled = values * 10.0**decimals
        if np.all(np.abs(scaled - np.rint(scaled)) <= unit * np.abs(scaled)):
            return decimals
    return None
