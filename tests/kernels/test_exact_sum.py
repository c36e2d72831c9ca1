"""The exact sum of the kernels against fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from crossent.core.exact_totals import SCALE_BITS, to_float
from crossent.kernels import chunk, exact_sum
from crossent.kernels._jit import LIKE
from crossent.kernels.call import address
from crossent.kernels.facts import to_integer


def summed(terms: np.ndarray) -> tuple[int, float, list[int]]:
    """Total in units of 2**-1074, the same rounded, and the counts of NaN, +inf and -inf."""
    digits = np.zeros(exact_sum.DIGITS, np.int64)
    counts = np.zeros(chunk.COUNTS, np.int64)
    like = LIKE[terms.dtype]
    exact_sum.add_array(address(digits), address(counts), address(terms), terms.size, like)
    return to_integer(digits), float(digits.view(np.float64)[-1]), counts[:3].tolist()


def check_exact(terms: np.ndarray) -> None:
    """The total is that of fractions, to the last bit, and rounded once."""
    finite = terms[np.isfinite(terms)]
    want = sum(map(Fraction, finite.tolist()), Fraction(0)) * 2**SCALE_BITS
    got, rounded, counts = summed(terms)
    assert got == want
    assert rounded == to_float(got)
    assert counts == [
        int(np.isnan(terms).sum()),
        int((terms == np.inf).sum()),
        int((terms == -np.inf).sum()),
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", [0, 1, 7, 8, 16, 255, 256, 257, 1_000])
@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0, 200.0])
def test_sums_of_any_spread_are_exact(spread: float, number: int, dtype: Any) -> None:
    rng = np.random.default_rng([number, int(spread * 10)])
    with np.errstate(over="ignore", under="ignore"):
        terms = (rng.normal(size=number) * np.exp2(rng.normal(size=number) * spread)).astype(dtype)
    check_exact(terms)


@settings(max_examples=200, deadline=None)
@given(arrays.arrays(np.float64, st.integers(0, 40), elements=st.floats(width=64)))
def test_any_floats_are_summed_exactly(terms: np.ndarray) -> None:
    check_exact(terms)


@pytest.mark.parametrize(
    "terms",
    [
        [5e-324] * 300,
        [-5e-324, 1.7976931348623157e308, -1.7976931348623157e308],
        [1.7976931348623157e308] * 300,
        [1e30, 1.0, -1e30],
        [2.0**-1022, -(2.0**-1074)],
        [0.0, -0.0],
        [1.0, 2.0**-53],
        [-1.0, -(2.0**-53)],
        [1.0, 2.0**-53, 5e-324],
        [-1.0, -(2.0**-53), -5e-324],
        [1.0 + 2.0**-52, 2.0**-53],
        [1.0, 2.0**-53, -5e-324],
        [1.0, -(2.0**-54)],
        [1.7976931348623157e308, 2.0**970],
        [1.7976931348623157e308, 2.0**970, -5e-324],
    ],
)
def test_the_ends_of_the_range(terms: list[float]) -> None:
    check_exact(np.array(terms))
