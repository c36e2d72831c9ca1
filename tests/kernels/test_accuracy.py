"""Digits of the kernels against mpmath: exp, log1p, losses and gradients."""

from __future__ import annotations

from math import fsum
from typing import Any

import mpmath
import numpy as np
import pytest

import crossent as ce
import oracle
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import LIKE, kernel
from crossent.kernels.call import address

LOSS = ce.sparse_categorical_crossentropy
VALUE_ULP = {"float32": 4.0, "float64": 8.0}
GRADIENT_ULP = 8.0
LABEL_ULP = {"float32": 4.0, "float64": 8.0}


@kernel
def apply(which: int, x: int, out: int, n: int, like: Any) -> None:
    """Write exp, exp with subnormal results, or log1p of an array."""
    lanes = v.lanes(like)
    for i in range(0, n, lanes):
        at = 64 * i // lanes
        given = mem.load(x + at, like)
        if which == 0:
            mem.store(out + at, v.exp(given))
        elif which == 1:
            mem.store(out + at, v.exp_to_subnormal(given))
        else:
            mem.store(out + at, v.narrow(v.log1p(v.wide(given)), like))


def applied(which: int, x: np.ndarray) -> np.ndarray:
    """The function of the kernels on an array whose length fills vectors."""
    out = np.empty_like(x)
    apply(which, address(x), address(out), x.size, LIKE[x.dtype])
    return out


def worst_ulp(got: np.ndarray, want: list[Any], dtype: Any) -> float:
    """The largest error of finite values in units in the last place."""
    return max(
        float(oracle.ulp_error(a, w, np.dtype(dtype))) for a, w in zip(got, want, strict=True)
    )


def spread(top: float, number: int, dtype: Any) -> np.ndarray:
    """Numbers from 1e-30 to the top, dense near both ends."""
    rng = np.random.default_rng(5)
    flat = rng.uniform(0, top, number // 2)
    return np.concatenate([flat, np.geomspace(1e-30, top, number - number // 2)]).astype(dtype)


@pytest.mark.parametrize(("dtype", "top"), [("float32", 103.0), ("float64", 744.0)])
def test_exp_is_within_about_an_ulp(dtype: str, top: float) -> None:
    x = -spread(top, 4096, dtype)
    want = [mpmath.exp(mpmath.mpf(float(value))) for value in x]
    assert worst_ulp(applied(1, x), want, dtype) <= 1.15
    smallest = float(np.finfo(dtype).tiny)
    normal = np.array([w >= 1.001 * smallest for w in want])
    got = applied(0, x)
    assert (got[normal] == applied(1, x)[normal]).all()
    assert (got[np.array([w < 0.999 * smallest for w in want])] == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("which", [0, 1])
def test_exp_of_what_is_no_number(which: int, dtype: str) -> None:
    payload = np.array([0x7FC00ABC, 0xFFFFFFFF], np.uint32).view(np.float32).astype(dtype)
    x = np.array([-np.inf, np.nan, 0.0, -0.0, -1e30, *payload, *[0.0] * 9], dtype)
    got = applied(which, x)
    assert got[0] == 0
    assert np.isnan(got[[1, 5, 6]]).all()
    assert got[4] == 0
    assert (got[[2, 3]] == 1).all()


def test_log1p_is_within_two_and_a_half_ulp() -> None:
    x = np.concatenate([spread(3.0, 2048, np.float64), np.geomspace(1e-300, 1e7, 2048)])
    want = [mpmath.log1p(mpmath.mpf(float(value))) for value in x]
    assert worst_ulp(applied(2, x), want, np.float64) <= 2.5
    assert np.isnan(applied(2, np.full(8, np.nan))).all()


def inputs(kind: str, classes: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits that are not round numbers."""
    rng = np.random.default_rng([classes, len(kind)])
    number = 6 if classes <= 1_000 else 2
    x = rng.normal(size=(number, classes)) * 3
    y = rng.integers(0, classes, number)
    rows = np.arange(number)
    if kind == "confident":
        x[rows, y] += np.linspace(5, 80, number)
    elif kind == "tied":
        x[:] = x[:, :1]
        x[rows, y] += np.linspace(-1, 1, number) * 0.7
    elif kind == "offset":
        x += 1e6
    elif kind == "masked":
        x[:, ::2] = -np.inf
        x[rows, y] = 0.3
    elif kind == "wrong":
        x[rows, (y + 1) % classes] += np.linspace(5, 80, number)
    return y, x.astype(dtype)


KINDS = ("random", "confident", "tied", "offset", "masked", "wrong")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 7, 32, 33, 1_000, 5_000])
@pytest.mark.parametrize("kind", KINDS)
def test_losses_and_gradients_keep_their_digits(kind: str, classes: int, dtype: str) -> None:
    y, x = inputs(kind, classes, dtype)
    terms = LOSS(y, x, from_logits=True, reduction="none")
    assert ce.last_path() == "kernel"
    _, gradient = ce.value_and_grad(LOSS)(y, x, from_logits=True, reduction="sum")
    for i in range(len(x)):
        want, slopes, depth = truth(x[i], int(y[i]))
        if want >= mpmath.mpf("1e-37"):
            assert oracle.ulp_error(terms[i], want, np.dtype(dtype)) <= VALUE_ULP[dtype]
        chosen = range(len(slopes)) if classes <= 33 else [0, 1, int(y[i]), classes - 1]
        for c in chosen:
            allowed = LABEL_ULP[dtype] if c == y[i] else GRADIENT_ULP + float(depth[c])
            if slopes[c] == 0:
                assert gradient[i, c] == 0
            else:
                error = oracle.ulp_error(gradient[i, c], slopes[c], np.dtype(dtype))
                assert error <= allowed, (c, gradient[i, c], slopes[c])


def truth(row: np.ndarray, label: int) -> tuple[Any, list[Any], list[Any]]:
    """Loss, gradient and depth below the maximum of one row, with 60 digits."""
    with mpmath.workdps(60):
        x = [mpmath.mpf(float(value)) for value in row]
        top = max(x)
        exps = [mpmath.exp(value - top) if value > -mpmath.inf else mpmath.mpf(0) for value in x]
        total = mpmath.fsum(exps)
        others = mpmath.fsum(e for c, e in enumerate(exps) if c != label)
        loss = mpmath.log1p(others / exps[label])
        slopes = [e / total for e in exps]
        slopes[label] = -others / total
        depth = [top - value if value > -mpmath.inf else mpmath.mpf(0) for value in x]
    return loss, slopes, depth


@pytest.mark.parametrize("classes", [131_072, 262_144])
def test_losses_of_very_many_classes_keep_their_digits(classes: int) -> None:
    rng = np.random.default_rng(classes)
    x = (rng.normal(size=(3, classes)) * 3).astype(np.float32)
    x[1, 7] += 40
    x[2] = x[2, 0] - 5.3
    x[2, 9] = x[2, 8] + 5.2
    y = np.array([3, 7, 9])
    terms = LOSS(y, x, from_logits=True, reduction="none")
    for i in range(3):
        # float64 with exact sums is right to 1e-15 here: the terms are positive
        wide = x[i].astype(np.float64)
        gaps = np.exp(wide - wide[y[i]])
        gaps[y[i]] = 0
        want = np.log1p(fsum(gaps))
        assert oracle.ulp_error(terms[i], mpmath.mpf(float(want)), np.dtype(np.float32)) <= 4
