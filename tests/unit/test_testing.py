"""The tolerance policy itself."""

from __future__ import annotations

import numpy as np
import pytest

import crossent as ce
from crossent.testing import TERM_ULP, assert_close, check_front_end, ulp_error


def test_ulp_error_counts_neighbours():
    one = np.float32(1.5)
    up = np.nextafter(np.nextafter(one, np.float32(2)), np.float32(2))
    assert ulp_error(up, one, np.float32) == 2
    assert ulp_error(up, one, np.float64) == 2 * 2.0**29


def test_infinities_and_nan_agree_only_with_themselves():
    got = np.array([np.inf, np.nan, np.inf, 1.0])
    want = np.array([np.inf, np.nan, -np.inf, np.nan])
    assert ulp_error(got, want, np.float64).tolist() == [0, 0, np.inf, np.inf]


def test_assert_close_names_the_worst_element():
    with pytest.raises(AssertionError, match=r"element \(1,\)"):
        assert_close(np.float32([1.0, 1.1]), [1.0, 1.0], ulps=TERM_ULP["tensorflow"])
    with pytest.raises(AssertionError, match="shape"):
        assert_close(np.float32([1.0]), 1.0, ulps=1)
    assert_close(np.float32(1.0), 1.0, ulps=0)


def with_gradient(loss, y_true, y_pred, options):
    if options["reduction"] == "none":
        gradient = ce.value_and_grad(loss)(y_true, y_pred, **{**options, "reduction": "sum"})[1]
        return loss(y_true, y_pred, **options), gradient
    return ce.value_and_grad(loss)(y_true, y_pred, **options)


def test_check_front_end_passes_on_numpy():
    names = check_front_end(with_gradient, ulps=TERM_ULP["numpy"])
    assert len(set(names)) == len(names) > 90


def larger(value, gradient):
    return np.asarray(value) * np.asarray(value).dtype.type(1 + 1e-4), gradient


def steeper(value, gradient):
    return value, gradient * gradient.dtype.type(1 + 1e-4)


def never_nan(value, gradient):
    return np.nan_to_num(value, posinf=np.inf), gradient


def wide(value, gradient):
    return np.asarray(value, np.float64), gradient


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (larger, "index float32: .* ulp"),
        (steeper, "index float32: .*gradient element"),
        (never_nan, "NaN row float32: .*want .*nan"),
        (wide, "index float32: .*the loss is float64, want float32"),
    ],
)
def test_check_front_end_finds_faults(fault, words):
    with pytest.raises(AssertionError, match=words):
        check_front_end(lambda *given: fault(*with_gradient(*given)), dtypes=("float32",))


def test_check_front_end_wants_errors_where_values_are_seen():
    def unchecked(loss, y_true, y_pred, options):
        return with_gradient(loss, y_true, y_pred, {**options, "validate": "off"})

    words = "label too large float32: .*want error CE101"
    with pytest.raises(AssertionError, match=words):
        check_front_end(unchecked, dtypes=("float32",))
