"""The tolerance policy: how far a value may be from the truth, in units in the last place."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["TERM_ULP", "assert_close", "ulp_error"]

TERM_ULP: Final = {"numpy": 16.0, "tensorflow": 64.0}
"""Largest error of a row's loss on each front end, in units in the last place of its dtype.

On NumPy the scalars of a row are float64 and only the exponentials and their sum have the dtype
of the input; TensorFlow adds the error of its own float32 exp and sum.
"""


def ulp_error(got: npt.ArrayLike, want: npt.ArrayLike, dtype: npt.DTypeLike) -> Any:
    """Return ``|got - want|`` in units in the last place of `want` in `dtype`.

    Parameters
    ----------
    got, want : array of float, of one shape
        The value and the truth; `want` may be of a wider dtype than `dtype`.
    dtype : dtype
        float16, float32 or float64: the dtype whose precision is asked of `got`.

    Returns
    -------
    ndarray of float64
        0 where both are the same infinity or both NaN; inf where one of them is not finite and
        the other differs.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> print(ulp_error(np.float32(1) + np.finfo(np.float32).eps, 1.0, np.float32))
    1.0
    """
    value, truth = np.asarray(got, np.float64), np.asarray(want, np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        unit = np.spacing(np.abs(truth).astype(dtype)).astype(np.float64)
        error = np.abs(value - truth) / unit
    same = (value == truth) | (np.isnan(value) & np.isnan(truth))
    finite = np.isfinite(value) & np.isfinite(truth)
    return np.where(same, 0.0, np.where(finite, error, np.inf))


def assert_close(
    got: npt.ArrayLike, want: npt.ArrayLike, *, ulps: float, dtype: npt.DTypeLike | None = None
) -> None:
    """Raise AssertionError unless `got` is within `ulps` units in the last place of `want`.

    Parameters
    ----------
    got, want : array of float
        The value and the truth, of one shape; NaN and infinities must agree exactly.
    ulps : float
        The largest error, such as ``TERM_ULP["numpy"]``. There is no absolute tolerance.
    dtype : dtype, optional
        The precision asked for; by default that of `got`.

    Returns
    -------
    None
        Nothing: it either passes or raises.

    Raises
    ------
    AssertionError
        If the shapes differ or an element is further away; it names the worst one.

    Examples
    --------
    >>> import numpy as np
    >>> assert_close(np.float32([0.1, np.inf]), [0.1, np.inf], ulps=1)
    """
    value, truth = np.asarray(got), np.asarray(want)
    if value.shape != truth.shape:
        raise AssertionError(f"got shape {value.shape}, want {truth.shape}")
    error = ulp_error(value, truth, value.dtype if dtype is None else dtype)
    if error.size and error.max() > ulps:
        worst = np.unravel_index(int(np.argmax(error)), error.shape)
        place = tuple(int(i) for i in worst)
        raise AssertionError(
            f"element {place} is {value[worst]!r}, want {truth[worst]!r}: {error[worst]:.4g} ulp "
            f"away, more than {ulps:g}"
        )
