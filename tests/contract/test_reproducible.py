"""M14: a row's bits depend on the row alone, and totals are exact sums of them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from contract.case import Call, bits_of, f32, softmax
from contract.runner import Runner
from contract.runner_numpy import NumpyRunner
from crossent.core.exact_totals import Partial

pytestmark = pytest.mark.needs("fixed bits")

DTYPES = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
CLASSES = (2, 3, 7, 8, 9, 31, 33, 127, 1000, 4097)
KINDS = ("index", "soft", "top-k", "smoothed", "probabilities", "probabilities-soft", "binary")
N = 13


def batch(kind: str, n: int, dtype: Any, rows: int = N) -> Call:
    """Rows of very different confidence."""
    rng = np.random.default_rng([n, KINDS.index(kind)])
    x = rng.normal(size=(rows, n)) * (1.7 ** (np.arange(rows) % 13 - 4))[:, None]
    y = rng.integers(0, n, rows)
    logits: dict[str, Any] = {"from_logits": True}
    if kind == "soft":
        return Call("dense", softmax(rng.normal(size=(rows, n))), x.astype(dtype), logits)
    if kind == "top-k":
        prob = np.tile(f32([0.7, 0.2]), (rows, 1))
        ids = np.stack([y, (y + 1) % n], 1)
        return Call("sparse", ids, x.astype(dtype), {**logits, "target_prob": prob})
    if kind == "probabilities":
        return Call("sparse", y, softmax(x).astype(dtype), {"normalize": True})
    if kind == "probabilities-soft":
        q = softmax(rng.normal(size=(rows, n)))
        return Call("dense", q, softmax(x).astype(dtype), {"normalize": False})
    if kind == "binary":
        return Call("binary", rng.uniform(size=(rows, n)), x.astype(dtype), logits)
    smoothing = {"label_smoothing": 0.1, "z_loss": 1e-3} if kind == "smoothed" else {}
    return Call("sparse", y, x.astype(dtype), {**logits, **smoothing})


def pick(call: Call, rows: Any) -> Call:
    """Some rows of a batch, as new arrays."""
    taken = call.with_(y_true=call.y_true[rows], y_pred=np.ascontiguousarray(call.y_pred[rows]))
    if "target_prob" in call.options:
        return taken.with_(target_prob=call.options["target_prob"][rows])
    return taken


def shift(array: np.ndarray, by: int) -> np.ndarray:
    """The same values `by` items further from an aligned address."""
    store = np.empty(array.size + by, array.dtype)
    out = store[by:].reshape(array.shape)
    out[...] = array
    return out


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("n", CLASSES)
@pytest.mark.parametrize("kind", KINDS)
def test_m14_bits_of_a_row_depend_on_the_row(runner: Any, kind: str, n: int, dtype: Any) -> None:
    call = batch(kind, n, dtype)
    terms, gradient = runner.rows(call)
    order = np.random.default_rng(3).permutation(N)
    views = {
        "alone": [pick(call, slice(i, i + 1)) for i in range(N)],
        "chunks of 4": [pick(call, slice(i, i + 4)) for i in range(0, N, 4)],
        "1 and 12": [pick(call, slice(0, 1)), pick(call, slice(1, N))],
        "shifted by 1": [call.with_(y_pred=shift(call.y_pred, 1))],
        "shifted by 3": [call.with_(y_pred=shift(call.y_pred, 3))],
        "every second class of a wider array": [call.with_(y_pred=np.repeat(call.y_pred, 2, 1)[:, ::2])],
        "Fortran order": [call.with_(y_pred=np.asfortranarray(call.y_pred))],
        "byte-swapped": [call.with_(y_pred=call.y_pred.astype(call.y_pred.dtype.newbyteorder()))],
    }  # fmt: skip
    for how, parts in views.items():
        got = [runner.rows(part) for part in parts]
        assert bits_of(np.concatenate([g[0] for g in got])) == bits_of(terms), how
        found = np.concatenate([g[1].astype(dtype) for g in got])
        assert bits_of(found) == bits_of(gradient), f"gradient, {how}"
    got = runner.rows(pick(call, order))
    assert bits_of(got[0]) == bits_of(terms[order])
    assert bits_of(got[1]) == bits_of(gradient[order])


@pytest.mark.parametrize("kind", ["index", "soft", "probabilities"])
@pytest.mark.parametrize(("n", "rows"), [(3, 400_003), (1_000_003, 5)])
def test_m14_row_chunks_leave_no_trace(runner: Runner, kind: str, n: int, rows: int) -> None:
    call = batch(kind, n, np.float32, rows)
    whole = np.asarray(runner.loss(call, "none"))
    cuts = [0, 1, rows // 3 + 1, rows]
    parts = [np.asarray(runner.loss(pick(call, slice(a, b)), "none")) for a, b in pairwise(cuts)]
    assert bits_of(np.concatenate(parts)) == bits_of(whole)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_m14_mean_is_the_rounded_quotient_of_exact_sums(
    runner: Runner, kind: str, weighted: bool
) -> None:
    call = batch(kind, 7, np.float32)
    terms_shape = np.asarray(runner.loss(call, "none")).shape
    weights = np.full(terms_shape, Fraction(1))
    if weighted:
        # eighths, so that the products with target masses of a float64 row are exact
        s = f32((np.arange(N) % 5) / 8)
        call = call.with_(sample_weight=s)
        weights = weights * np.array([Fraction(float(v)) for v in s]).reshape(
            (N,) + (1,) * (len(terms_shape) - 1)
        )
    terms = np.asarray(runner.loss(call, "none"))
    total = sum(map(Fraction, terms.reshape(-1).tolist()))
    got_total, got_weight = runner.loss(call, "parts")
    assert float(got_total) == float(total)
    assert bits_of(np.asarray(runner.loss(call, "sum"))) == bits_of(np.float32(float(total)))
    if kind in ("index", "smoothed", "probabilities", "binary"):  # D is known exactly
        assert Fraction(float(got_weight)) == sum(weights.reshape(-1))
    mean = np.float32(np.float64(got_total) / np.float64(got_weight))
    assert bits_of(np.asarray(runner.loss(call, "mean"))) == bits_of(mean)


def test_m14_partials_of_any_split_have_the_same_integers() -> None:
    call = batch("index", 3, np.float32, 100_003)
    runner = NumpyRunner()
    terms = np.asarray(runner.loss(call, "none"))
    weights = np.ones(len(terms))
    whole = Partial.of(terms, weights)
    assert whole.total == sum(map(Fraction, terms.tolist())) * 2**1074
    for size in (1_000, 49_999):
        cuts = list(range(0, len(terms), size))
        np.random.default_rng(size).shuffle(cuts)
        state = Partial(0, 0)
        for cut in cuts:
            rows = slice(cut, cut + size)
            own = np.asarray(runner.loss(pick(call, rows), "none"))
            state = state + Partial.of(own, weights[rows])
        assert state == whole
    assert np.float32(whole.mean()) == runner.loss(call, "mean")


def test_m14_order_of_rows_does_not_change_the_mean(runner: Runner) -> None:
    call = batch("smoothed", 5, np.float64, 5_000)
    want = bits_of(np.asarray(runner.loss(call, "mean")))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(5_000)
        assert bits_of(np.asarray(runner.loss(pick(call, order), "mean"))) == want


def test_m14_the_same_call_twice(runner: Runner) -> None:
    call = batch("soft", 33, np.float32, 1_000)
    first, second = runner.rows(call), runner.rows(call)
    assert bits_of(first[0]) == bits_of(second[0])
    assert bits_of(first[1]) == bits_of(second[1])
