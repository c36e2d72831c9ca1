"""The tolerance policy itself."""

from __future__ import annotations

import numpy as np
import pytest

from crossent.testing import TERM_ULP, assert_close, ulp_error


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
