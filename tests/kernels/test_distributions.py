"""Targets of more than one class on the kernels: digits, bits, and what is laid out in blocks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import pytest

import crossent as ce
import oracle
from kernels.digests import rows
from kernels.test_accuracy import KINDS, inputs

SPARSE, DENSE = ce.sparse_categorical_crossentropy, ce.categorical_crossentropy
VALUE_ULP = {"float32": 4.0, "float64": 8.0}
GRADIENT_ULP = 8.0


def targets(kind: str, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """One-hot rows, or distributions with no mass where no class can be."""
    q = np.zeros(x.shape)
    q[np.arange(len(y)), y] = 1
    if kind == "soft":
        rng = np.random.default_rng(x.shape[1])
        q = q * 0.5 + 0.5 * rng.dirichlet(np.full(x.shape[1], 0.3), len(y))
        q = np.where(np.isfinite(x), q, 0)
        q /= q.sum(axis=1, keepdims=True)
    return q.astype(x.dtype)


def both(y: np.ndarray, x: np.ndarray, loss: Any = DENSE, **options: Any) -> tuple[Any, Any]:
    """Terms and the gradient of their sum, from the kernels."""
    terms = loss(y, x, from_logits=True, reduction="none", **options)
    assert ce.last_path() == "kernel"
    _, gradient = ce.value_and_grad(loss)(y, x, from_logits=True, reduction="sum", **options)
    assert ce.last_path() == "kernel"
    return terms, gradient


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [2, 7, 64, 65, 1_000, 5_000])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("of", ["one-hot", "soft"])
def test_losses_and_gradients_keep_their_digits(
    of: str, kind: str, classes: int, dtype: str
) -> None:
    y, x = inputs(kind, classes, dtype)
    q = targets(of, y, x)
    terms, gradient = both(q, x)
    for i in range(len(x)):
        want, slopes, sizes, depth = truth(x[i], q[i])
        if want >= mpmath.mpf("1e-37"):
            assert oracle.ulp_error(terms[i], want, np.dtype(dtype)) <= VALUE_ULP[dtype]
        chosen = range(classes) if classes <= 65 else [0, 1, int(y[i]), classes - 1]
        for c in chosen:
            if slopes[c] == 0:
                assert gradient[i, c] == 0
                continue
            # p and the target may cancel: then digits are those of the larger one.
            unit = max(abs(slopes[c]), sizes[c] if of == "soft" else 0)
            info = np.finfo(dtype)
            ulp = max(unit * float(info.eps), float(info.smallest_subnormal))
            error = abs(mpmath.mpf(float(gradient[i, c])) - slopes[c]) / ulp
            assert error <= GRADIENT_ULP + depth[c], (c, gradient[i, c], slopes[c])


def truth(row: np.ndarray, q: np.ndarray) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """Loss, gradient, the larger of p and target, and depth below the maximum, with 60 digits."""
    with mpmath.workdps(60):
        x = [mpmath.mpf(float(value)) for value in row]
        mass = [mpmath.mpf(float(value)) for value in q]
        top = max(x)
        exps = [mpmath.exp(value - top) if value > -mpmath.inf else mpmath.mpf(0) for value in x]
        total = mpmath.fsum(exps)
        lse = top + mpmath.log(total)
        loss = mpmath.fsum(m * (lse - value) for m, value in zip(mass, x, strict=True) if m)
        every = mpmath.fsum(mass)
        slopes = [every * e / total - m for e, m in zip(exps, mass, strict=True)]
        sizes = [max(every * e / total, m) for e, m in zip(exps, mass, strict=True)]
        depth = [top - value if value > -mpmath.inf else mpmath.mpf(0) for value in x]
    return loss, slopes, sizes, depth


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "all": {"label_smoothing": 0.1, "z_loss": 1e-3},
}


def example(classes: int, number: int = 150) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return distributions, logits of very different confidence, and weights."""
    _, x = rows(classes, np.float32, number)
    rng = np.random.default_rng(classes)
    q = rng.dirichlet(np.full(classes, 0.5), number).astype(np.float32)
    q[4, ::2] = 0
    q[4] /= q[4].sum()
    weights = {
        "class_weight": rng.uniform(0.2, 2, classes),
        "sample_weight": np.round(rng.uniform(0, 2, number)),
    }
    return q, x, weights


@pytest.mark.parametrize("classes", [10, 100, 9_000])
@pytest.mark.parametrize("name", OPTIONS)
def test_m14_threads_cuts_and_alignment_leave_no_trace(name: str, classes: int) -> None:
    q, x, weights = example(classes)
    want = both(q, x, **OPTIONS[name], **weights)
    parts = [
        both(
            q[a:b], x[a:b], class_weight=weights["class_weight"],
            sample_weight=weights["sample_weight"][a:b], **OPTIONS[name],
        )
        for a, b in pairwise([0, 1, 30, 47, 150])
    ]  # fmt: skip
    for i in (0, 1):
        cut = np.concatenate([part[i] for part in parts])
        assert cut.tobytes() == want[i].tobytes()
    before = ce.show_config()["threads"]
    try:
        for threads in (1, 2, 7):
            ce.set_num_threads(threads)
            got = both(np.tile(q, (20, 1)), np.tile(x, (20, 1)), **OPTIONS[name])
            if threads == 1:
                first = got
            assert got[0].tobytes() == first[0].tobytes()
            assert got[1].tobytes() == first[1].tobytes()
    finally:
        ce.set_num_threads(before)
    store = np.empty(2 * x.size + 7, np.float32)
    shifted, other = store[3 : 3 + x.size].reshape(x.shape), store[-x.size :].reshape(x.shape)
    shifted[...], other[...] = x, q
    got = both(other, shifted, **OPTIONS[name], **weights)
    assert got[0].tobytes() == want[0].tobytes()
    assert got[1].tobytes() == want[1].tobytes()


@pytest.mark.parametrize("classes", [10, 100, 9_000])
def test_targets_of_any_dtype_and_order_give_the_same_bits(classes: int) -> None:
    y, x = rows(classes, np.float32, 150)
    q = np.zeros(x.shape, np.float32)
    q[np.arange(len(y)), y] = 1
    want = both(q, x, label_smoothing=0.1)
    for other in (
        q.astype(np.float64), q.astype(np.uint8), q.astype(bool), q.astype(np.int64),
        q.astype(np.float16), q.astype(">f4"), np.asfortranarray(q), q[:, ::-1].copy()[:, ::-1],
    ):  # fmt: skip
        got = both(other, x, label_smoothing=0.1)
        assert got[0].tobytes() == want[0].tobytes()
        assert got[1].tobytes() == want[1].tobytes()
    given = both(q, np.asfortranarray(x), label_smoothing=0.1)
    assert given[0].tobytes() == want[0].tobytes()


@pytest.mark.parametrize("classes", [10, 100])
@pytest.mark.parametrize("exists", [False, True])
def test_labels_are_the_distributions_that_they_stand_for(exists: bool, classes: int) -> None:
    """Several labels, and smoothing to classes that weigh differently: as written out."""
    q, x, weights = example(classes)
    rng = np.random.default_rng(3)
    ids = rng.integers(0, classes - 1, (len(x), 4))
    prob = rng.dirichlet(np.ones(4), len(x)).astype(np.float32)
    q = np.zeros(x.shape, np.float32)
    for k in range(4):
        q[np.arange(len(x)), ids[:, k]] += prob[:, k]
    options: dict[str, Any] = {"label_smoothing": 0.1, **weights}
    if exists:
        options["class_mask"] = np.arange(classes) < classes - 1
    want = both(q, x, **options)
    got = both(ids, x, SPARSE, target_prob=prob, **options)
    one_hot = np.zeros(x.shape, np.float32)
    one_hot[np.arange(len(x)), ids[:, 0]] = 1
    of_label = both(one_hot, x, **options)
    by_label = both(ids[:, 0], x, SPARSE, **options)
    for i in (0, 1):
        assert got[i].tobytes() == want[i].tobytes()
        assert by_label[i].tobytes() == of_label[i].tobytes()


def test_in_place_is_the_same() -> None:
    for classes in (10, 100, 9_000):
        q, x, weights = example(classes)
        want = ce.value_and_grad(DENSE)(q, x, from_logits=True, **weights)
        given = x.copy()
        value, gradient = ce.value_and_grad(DENSE)(
            q, given, from_logits=True, inplace=True, **weights
        )
        assert ce.last_path() == "kernel"
        assert gradient is given
        np.testing.assert_equal(value, want[0])
        assert gradient.tobytes() == want[1].tobytes()


@pytest.mark.parametrize("classes", [10, 100])
def test_what_is_no_distribution_is_found_before_anything_is_written(classes: int) -> None:
    q, x, _ = example(classes)
    q[77, 3] += 0.2
    out = np.full(x.shape, 7.0, np.float32)
    with pytest.raises(ce.TargetError, match=r"row.*77|77"):
        ce.value_and_grad(DENSE)(q, x, from_logits=True, out=out)
    assert (out == 7).all()
    with pytest.raises(ce.TargetError):
        DENSE(q, x, from_logits=True)
    weight = np.ones(len(x))
    weight[77] = 0
    DENSE(q, x, from_logits=True, sample_weight=weight)
    assert ce.last_path() == "kernel"
