"""The truth of the accuracy page, in 80 bits, is that of the oracle, in 60 digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import oracle
from accuracy_cases import DTYPES, FAMILIES, PROBABILITIES, TARGETS, rows_of
from accuracy_measure import ulps
from accuracy_truth import LONG, losses_and_gradient, of_probabilities, of_targets

NEAR = mpf(2) ** -58
"""Relative: 1/32 ulp of a float64, for which a target is 4 ulp and more."""


def exact(value: np.longdouble) -> mpf:
    """A long double, which is the sum of two float64, as a number of 60 digits."""
    high = float(value)
    return mpf(high) + mpf(float(value - LONG(high)))


def off(got: np.longdouble, want: mpf) -> mpf:
    return abs(exact(got) - want) / abs(want) if want else abs(exact(got))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("classes", "rows"), [(2, 25), (3, 20), (10, 10), (1_000, 1)])
def test_every_number_is_that_of_the_oracle(
    family: str, dtype: str, classes: int, rows: int
) -> None:
    y, x = (array[:rows] for array in rows_of(family, classes, dtype))
    given = family == PROBABILITIES
    dense = family in TARGETS
    how = of_targets if dense else of_probabilities if given else losses_and_gradient
    losses, gradient = how(y, x)
    options = {"epsilon": 0, "normalize": False} if given else {"from_logits": True}
    truth = oracle.compute("dense" if dense else "sparse", y, x, **options)
    assert len(truth.rows) == rows
    for row, loss, slopes in zip(truth.rows, losses, gradient, strict=True):
        assert off(loss, row.term) <= NEAR
        # At a probability of 1 the slope ends: the oracle has none there.
        pairs = [(g, w) for g, w in zip(slopes, row.gradient, strict=True) if w is not None]
        assert len(pairs) >= classes - (family == PROBABILITIES)
        if family == "soft":  # p and the target may cancel
            assert max(abs(exact(g) - w) for g, w in pairs) <= NEAR
        else:
            assert max(off(g, w) for g, w in pairs) <= NEAR


def test_many_classes_do_not_lose_digits() -> None:
    # Equal logits: the loss is log(C) and every gradient 1/C.
    classes = 262_144
    losses, gradient = losses_and_gradient(np.array([5]), np.full((1, classes), 0.1))
    assert off(losses[0], mpmath.log(classes)) <= NEAR
    assert off(gradient[0, 0], mpf(1) / classes) <= NEAR
    assert off(gradient[0, 5], mpf(1) / classes - 1) <= NEAR


def test_ulps_count_units_of_the_dtype_of_the_truth() -> None:
    want = LONG(1) / 3
    for dtype, unit in (("float32", 2.0**-25), ("float64", 2.0**-54), ("bfloat16", 2.0**-9)):
        got = np.array([float(want + 8 * LONG(unit)), np.nan])
        errors = ulps(got, np.array([want, want]), dtype)
        assert errors[0] == pytest.approx(8, abs=0.6)  # got itself is rounded to float64
        assert errors[1] == np.inf
    beyond = np.array([LONG(70_000), LONG(70_000)])
    assert ulps(np.array([np.inf, -np.inf]), beyond, "float16").tolist() == [0, np.inf]
    tiny = ulps(np.array([0.0]), np.array([LONG(2) ** -1074]), "float64")
    assert tiny[0] == 1  # subnormal numbers have one spacing
