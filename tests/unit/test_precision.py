"""The precision that is found in the values of a row, where they are seen and where traced."""

from __future__ import annotations

import warnings
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import crossent as ce
from crossent.core.precision import (
    WARN_LIMIT,
    misses_one,
    predictions_miss_one,
    sum_tolerance,
    tolerance_of_dtype,
)
from crossent.frontends.numpy.ops import OPS
from crossent.losses.targets import _sum_tolerance

RNG = np.random.default_rng(7)


def rows(classes: int) -> np.ndarray:
    x = np.exp(RNG.normal(size=(20, classes)))
    return x / x.sum(axis=1, keepdims=True)


STORED = {
    "full": lambda q: q,
    "bfloat16": lambda q: q.astype(ml_dtypes.bfloat16),
    "float16": lambda q: q.astype(np.float16),
    **{f"{k} decimals": lambda q, k=k: np.round(q, k) for k in range(1, 7)},
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 3, 10, 64, 300])
@pytest.mark.parametrize("stored", STORED)
def test_the_same_is_found_with_and_without_seeing(stored: str, classes: int, dtype: Any) -> None:
    q = np.asarray(STORED[stored](rows(classes))).astype(dtype)
    want = [sum_tolerance(row[None]) for row in q]
    np.testing.assert_array_equal(_sum_tolerance(OPS, classes, q), want)


@pytest.mark.parametrize(
    ("row", "want"),
    [
        ([0.333] * 3, 3 * 0.0005),
        ([0.33] * 3, 0.015),
        ([0.3] * 3, 0.05),
        ([1, 1] + [0] * 38, WARN_LIMIT),
        ([1 / 3, 1 / 3, 1 / 3], 1e-4),
    ],
)
def test_tolerances_in_numbers(row: list[float], want: float) -> None:
    assert sum_tolerance(np.array([row])) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("classes", [0, 1000, 2**20])
def test_m05_float16_loses_half_of_its_smallest_number_a_class(classes: int) -> None:
    assert tolerance_of_dtype("float16", classes) == 2e-3 + classes * 2.0**-25
    p = np.zeros((1, 1 + classes), np.float32)
    p[0, 0] = 1.002 + classes * 2.0**-25
    half = p.astype(np.float16).astype(np.float64)
    near = abs(half.sum() - 1) <= 2e-3 + (1 + classes) * 2.0**-25
    assert misses_one(p.astype(np.float16), half.sum(1)).tolist() == [not near]


def test_a_row_of_nan_says_nothing_of_the_precision_of_others() -> None:
    rows = np.array([[0.333, 0.333, 0.335], [0.333, 0.334, 0.333], [np.nan, 0.5, 0.5]])
    assert misses_one(rows, rows.sum(1)).tolist() == [False, False, True]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses = ce.sparse_categorical_crossentropy([0, 1, 2], rows, reduction="none")
    assert np.isnan(losses).tolist() == [False, False, True]


def stored_rows(seed: int, classes: int) -> np.ndarray:
    x = np.exp(2 * np.random.default_rng(seed).normal(size=(120, classes)))
    return x / x.sum(axis=1, keepdims=True)


def averaged(q: np.ndarray, count: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    total = np.zeros(q.shape, np.float32)
    for _ in range(count):
        other = q * np.exp(0.3 * rng.normal(size=q.shape))
        other /= other.sum(axis=1, keepdims=True)
        total += other.astype(np.float16).astype(np.float32)
    return total / np.float32(count)


def significant(q: np.ndarray, digits: int) -> np.ndarray:
    return np.array([[float(f"{v:.{digits}g}") for v in row] for row in q])


KEPT = {
    **{f"mean of {k} in float16": lambda q, k=k: averaged(q, k) for k in (2, 3, 5, 8)},
    **{f"{k} digits": lambda q, k=k: significant(q, k) for k in (2, 3, 4)},
    **{f"steps of 1/{k}": lambda q, k=k: np.rint(q * k) / k for k in (255, 256, 127, 65535)},
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("classes", [3, 10, 30, 100])
@pytest.mark.parametrize("kept", KEPT)
def test_m05_predictions_that_were_stored_shorter_are_no_wrong_ones(
    kept: str, classes: int, dtype: Any
) -> None:
    q = np.asarray(KEPT[kept](stored_rows(classes, classes))).astype(dtype)
    sums = q.sum(axis=1, dtype=np.float64)
    # Of a hundred classes steps of 1/255 may miss by more than any limit.
    near = np.abs(sums - 1) <= WARN_LIMIT
    assert not predictions_miss_one(q, sums)[near].any()
    assert np.abs(sums - 1).max() > 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ce.sparse_categorical_crossentropy(np.zeros(near.sum(), int), q[near])


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("by", [0.98, 0.997, 1.0005, 1.003, 1.02])
@pytest.mark.parametrize("classes", [2, 3, 10, 30, 100])
def test_m05_rows_of_full_precision_miss(classes: int, by: float, dtype: Any) -> None:
    q = (stored_rows(classes, classes) * by).astype(dtype)
    q = q[q.max(axis=1) <= 1]
    assert predictions_miss_one(q, q.sum(axis=1, dtype=np.float64)).all()
    # And one among others of another precision does.
    mixed = np.concatenate([np.rint(stored_rows(1, classes) * 255) / 255, q[:1].astype("d")])
    near = np.abs(mixed.sum(axis=1) - 1) <= 4e-3
    near[-1] = True
    assert predictions_miss_one(mixed[near], mixed[near].sum(axis=1))[-1]
