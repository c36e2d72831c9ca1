"""The tolerance policy, in units in the last place, and what every front end must pass."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent import api
from crossent.core.errors import CrossentError, CrossentWarning
from crossent.gradient import value_and_grad
from crossent.testing.cases import CASES, Case

__all__ = ["TERM_ULP", "assert_close", "check_front_end", "ulp_error"]

TERM_ULP: Final = {"numpy": 16.0, "torch": 16.0, "jax": 64.0, "tensorflow": 64.0}
"""Largest error of a row's loss on each front end, in units in the last place of its dtype.

On NumPy the scalars of a row are float64 and only the exponentials and their sum have the dtype
of the input; the same holds for PyTorch, eager. JAX, TensorFlow and compiled code add the error of
their own float32 exp and sum.
"""

Array = npt.NDArray[Any]
Run = Callable[
    [Callable[..., Any], Array, Array, dict[str, Any]], tuple[npt.ArrayLike, npt.ArrayLike | None]
]


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


def check_front_end(
    run: Run,
    *,
    ulps: float = 64.0,
    dtypes: tuple[str, ...] = ("float16", "float32", "float64"),
    traced: bool = False,
) -> list[str]:
    """Run the rules of meaning on a front end and raise unless all of them hold.

    Every case is computed a second time by the NumPy front end in float64, from the same bits.
    Values, gradients, dtypes, errors and rows of NaN are compared.

    Parameters
    ----------
    run : callable
        ``run(loss, y_true, y_pred, options)`` is given one of crossent's functions and NumPy
        arrays. It makes arrays of the framework of them (of those in `options` too), calls
        ``loss(y_true, y_pred, **options)``, and returns, as NumPy arrays, the result and the
        gradient of the sum of the result to `y_pred`; None in place of a gradient where the
        framework has no autodiff.
    ulps : float
        The largest error of a loss and of a gradient element, in units in the last place; an
        element's is measured by the largest of its row.
    dtypes : tuple of str
        The dtypes of the predictions: those that the framework has.
    traced : bool
        Whether `run` hides the values of all arrays while the loss is computed, as ``jax.jit``
        does. What depends on values is then a row of NaN instead of an error.

    Returns
    -------
    list of str
        The names of the cases that were run, each with its dtype.

    Raises
    ------
    AssertionError
        If a case fails; it lists all that do, and why.

    Examples
    --------
    >>> import crossent as ce
    >>> def run(loss, y_true, y_pred, options):
    ...     value = loss(y_true, y_pred, **options)
    ...     if options["reduction"] == "none":  # NumPy's gradient is that of one number
    ...         options = {**options, "reduction": "sum"}
    ...     return value, ce.value_and_grad(loss)(y_true, y_pred, **options)[1]
    >>> len(check_front_end(run, ulps=16, dtypes=("float64",)))
    34
    """
    done, failed = [], []
    for dtype in dtypes:
        for case in CASES:
            name = f"{case.name} {dtype}"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CrossentWarning)
                try:
                    _check_case(run, case, np.dtype(dtype), ulps, traced)
                except Exception as error:  # whatever a front end raises is its failure
                    failed.append(f"{name}: {type(error).__name__}: {error}")
            done.append(name)
    if failed:
        shown = "\n".join(failed)
        raise AssertionError(f"{len(failed)} of {len(done)} cases fail:\n{shown}")
    return done


def _check_case(run: Run, case: Case, dtype: Any, ulps: float, traced: bool) -> None:
    function = getattr(api, case.function)
    y_pred = np.asarray(case.y_pred).astype(dtype)
    options = {"reduction": "none", **case.options}
    if case.error and not traced:
        try:
            run(function, case.y_true, y_pred, options)
        except CrossentError as error:
            if error.code != case.error:
                raise AssertionError(f"raised {error.code}, want {case.error}") from error
            return
        raise AssertionError(f"returned a value, want error {case.error}")
    value, gradient = run(function, case.y_true, y_pred, options)
    y_true = case.y_true if case.repaired is None else case.repaired
    want, slope = _truth(function, y_true, y_pred, options)
    if case.error:
        want[list(case.bad_rows)] = np.nan
        slope[list(case.bad_rows)] = np.nan
    wide = np.dtype(np.float64 if dtype.itemsize == 8 else np.float32)
    if np.asarray(value).dtype != wide:
        raise AssertionError(f"the loss is {np.asarray(value).dtype}, want {wide}")
    assert_close(value, want, ulps=ulps)
    if gradient is None:
        return
    if np.asarray(gradient).dtype != dtype:
        raise AssertionError(f"the gradient is {np.asarray(gradient).dtype}, want {dtype}")
    _assert_gradient(np.asarray(gradient), slope, case.options.get("axis", -1), ulps)


def _truth(function: Any, y_true: Array, y_pred: Array, options: dict[str, Any]) -> Any:
    """Return result and gradient of its sum, by NumPy in float64."""
    wide = y_pred.astype(np.float64)
    value = np.array(function(y_true, wide, **options))
    whole = options if options["reduction"] != "none" else {**options, "reduction": "sum"}
    return value, np.array(value_and_grad(function)(y_true, wide, **whole)[1])


def _assert_gradient(got: Array, want: Array, axis: int, ulps: float) -> None:
    if got.shape != want.shape:
        raise AssertionError(f"the gradient has shape {got.shape}, want {want.shape}")
    if not np.array_equal(np.isnan(got), np.isnan(want)):
        raise AssertionError(f"the gradient is NaN at {np.argwhere(np.isnan(got)).tolist()}")
    size = np.nanmax(np.abs(want), axis=axis, keepdims=True, initial=0.0)
    unit = np.spacing(size.astype(got.dtype)).astype(np.float64)
    error = np.nan_to_num(np.abs(got.astype(np.float64) - want)) / unit
    if error.size and error.max() > ulps:
        worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(error)), error.shape))
        raise AssertionError(
            f"gradient element {worst} is {got[worst]!r}, want {want[worst]!r}: "
            f"{error[worst]:.4g} ulp of its row away, more than {ulps:g}"
        )
