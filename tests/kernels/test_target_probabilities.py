"""Probabilities with dense targets and smoothed labels: digits, bits, layouts, bad rows, checks."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import ml_dtypes
import mpmath
import numpy as np
import pytest

import crossent as ce
import oracle
from crossent.core import checks
from kernels.digests import probabilities, targets

DENSE, SPARSE = ce.categorical_crossentropy, ce.sparse_categorical_crossentropy
CLASSES = (2, 7, 8, 23, 24, 25, 32, 100, 1_001)  # lanes are rows up to 24
# Values are rounded once from float64. In float64 the logarithm has 2 ulp, and a sum of n terms,
# none negative, one more for each factor of 8 and the weights.
VALUE_ULP = {"float32": 1.0, "float64": 6.0}
GRADIENT_ULP = {"float32": 1.0, "float64": 6.0}


def both(y: Any, p: np.ndarray, loss: Any = DENSE, **options: Any) -> tuple[Any, np.ndarray]:
    """The terms and the gradient of their sum, both of kernels."""
    terms = loss(y, p, reduction="none", **options)
    assert ce.last_path() == "kernel"
    _, gradient = ce.value_and_grad(loss)(y, p, reduction="sum", **options)
    assert ce.last_path() == "kernel"
    return terms, gradient


def bits(pair: tuple[Any, np.ndarray]) -> tuple[bytes, bytes]:
    return np.ascontiguousarray(pair[0]).tobytes(), np.ascontiguousarray(pair[1]).tobytes()


def rows_of(classes: int, dtype: Any, dtype_q: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Targets and probabilities; of some rows the sums miss 1 by what float32 explains."""
    return targets(classes, dtype_q), probabilities(classes, dtype)[1]


WEIGHTS = np.linspace(0.3, 2.9, 1_001)
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "smoothed": {"label_smoothing": 0.1},
    "class weights": {"class_weight": WEIGHTS},
    "weights": {"class_weight": WEIGHTS, "label_smoothing": 0.3, "sample_weight": 1.7},
    "normalized": {"normalize": True, "epsilon": 0.0},
    "normalized weights": {
        "normalize": True, "class_weight": WEIGHTS, "label_smoothing": 0.2, "sample_weight": 0.37,
    },
    "wide clip": {"epsilon": 0.07, "normalize": False},
    "exact": {"epsilon": 0.0},
}  # fmt: skip


@pytest.mark.parametrize(
    ("dtype", "dtype_q"),
    [
        ("float32", "float32"),
        ("float32", "float64"),
        ("float64", "float32"),
        ("float64", "float64"),
    ],
)
@pytest.mark.parametrize("classes", [2, 7, 24, 25, 100])
@pytest.mark.parametrize("name", OPTIONS)
def test_losses_and_gradients_keep_their_digits(
    name: str, classes: int, dtype: str, dtype_q: str
) -> None:
    options = dict(OPTIONS[name])
    if "class_weight" in options:
        options["class_weight"] = WEIGHTS[:classes]
    q, p = (rows[:8] for rows in rows_of(classes, dtype, dtype_q))
    if "normalize" in options:
        p = p * np.linspace(0.4, 0.9, len(p), dtype=dtype)[:, None]
    terms, gradient = both(q, p, **options)
    truth = oracle.compute("dense", q, p, **options)
    for i, row in enumerate(truth.rows):
        if mpmath.isfinite(row.term):
            # -log(p / sum) near 1 inherits the rounding of the quotient, which is made in float64.
            allowed = VALUE_ULP[dtype] * oracle.ulp(row.term, dtype)
            allowed += row.slope * mpmath.mpf(2) ** -50
            assert abs(mpmath.mpf(float(terms[i])) - row.term) <= allowed, (i, terms[i], row.term)
        else:
            assert terms[i] == np.inf
        for c, want in enumerate(row.gradient):
            if want is None or not mpmath.isfinite(want):
                continue
            size = max(abs(want), row.scale[c])
            error = abs(mpmath.mpf(float(gradient[i, c])) - want)
            if size == 0:
                assert gradient[i, c] == 0
            elif size < oracle.largest(dtype):
                assert error <= GRADIENT_ULP[dtype] * oracle.ulp(size, dtype), (i, c, want)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("name", OPTIONS)
def test_smoothed_labels_are_one_hot_rows(name: str, classes: int) -> None:
    options = {"label_smoothing": 0.05, **OPTIONS[name]}
    if "class_weight" in options:
        options["class_weight"] = WEIGHTS[:classes]
    y, p = probabilities(classes, np.float32)
    want = bits(both(np.eye(classes, dtype=np.float32)[y], p, **options))
    assert bits(both(y, p, SPARSE, **options)) == want
    assert bits(both(y.astype(np.int8) if classes < 128 else y, p, SPARSE, **options)) == want


def test_ignored_labels_leave_no_trace_of_their_rows() -> None:
    for classes in (10, 100):
        y, p = probabilities(classes, np.float32)
        other, p_other = y.copy(), p.copy()
        other[[0, 9, 36]], p_other[[0, 9, 36]] = -7, np.nan
        options = {"label_smoothing": 0.1, "ignore_class": -7}
        kept = np.setdiff1d(np.arange(len(y)), [0, 9, 36])
        terms, gradient = both(y, p, SPARSE, label_smoothing=0.1)
        got, slopes = both(other, p_other, SPARSE, **options)
        assert bits((got[kept], slopes[kept])) == bits((terms[kept], gradient[kept]))
        assert not got[[0, 9, 36]].any()
        assert not slopes[[0, 9, 36]].any()
        assert SPARSE(other, p_other, reduction="parts", **options)[1] == len(kept)


@pytest.fixture
def threads_as_before() -> Iterator[None]:
    before = ce.show_config()["threads"]
    yield
    ce.set_num_threads(before)


def many(number: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Many rows, of which the few of :func:`rows_of` are repeated."""
    q, p = rows_of(classes, np.float32, np.float32)
    order = np.random.default_rng(2).integers(0, len(p), (2, number))
    return q[order[0]], p[order[1]]


@pytest.mark.usefixtures("threads_as_before")
@pytest.mark.parametrize(("number", "classes"), [(150_000, 10), (20_000, 100), (700, 1_001)])
def test_m14_threads_leave_no_trace(number: int, classes: int) -> None:
    q, p = many(number, classes)
    y = q.argmax(axis=1)
    wide = np.asfortranarray(q)
    found = []
    for threads in (1, 2, 7):
        ce.set_num_threads(threads)
        pairs = [
            both(q, p),
            both(wide, p),
            both(y, p, SPARSE, label_smoothing=0.1),
        ]
        total, weight = DENSE(q, p, reduction="parts")
        found.append(([bits(pair) for pair in pairs], total, weight))
        assert found[-1][0][0] == found[-1][0][1]
        assert float(total) == float(sum(map(Fraction, pairs[0][0].tolist())))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("classes", [10, 100])
def test_m14_cuts_and_neighbours_leave_no_trace(classes: int) -> None:
    q, p = many(700, classes)
    for options in ({}, {"normalize": True, "label_smoothing": 0.1}):
        terms, gradient = both(q, p, **options)
        cuts = [0, 1, 9, 255, 256, 257, 600, 700]
        parts = [both(q[a:b], p[a:b], **options) for a, b in pairwise(cuts)]
        found = [np.concatenate([part[k] for part in parts]) for k in (0, 1)]
        assert bits((found[0], found[1])) == bits((terms, gradient))
        order = np.random.default_rng(4).permutation(700)
        got = both(q[order], p[order], **options)
        assert bits(got) == bits((terms[order], gradient[order]))


def moved(x: np.ndarray, by: int) -> np.ndarray:
    """The same values `by` elements further in memory."""
    store = np.empty(x.size + by, x.dtype)
    there = store[by:].reshape(x.shape)
    there[...] = x
    return there


@pytest.mark.parametrize("classes", [10, 100, 1_001])
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.float64])
def test_m14_layouts_leave_no_trace(classes: int, dtype: Any) -> None:
    q, p = targets(classes, np.float32), probabilities(classes, np.float32)[1].astype(dtype)
    options = {"normalize": False}  # sums of 16-bit numbers
    want = bits(both(q, p, **options))
    wide = np.full((len(p), classes + 29), np.nan, dtype)
    wide[:, :classes] = p
    for other in (
        moved(p, 1), moved(p, 5), wide[:, :classes], np.asfortranarray(p), p[::-1].copy()[::-1],
        np.repeat(p, 2, 1)[:, ::2], p.astype(p.dtype.newbyteorder()),
    ):  # fmt: skip
        terms, gradient = both(q, other, **options)
        assert bits((terms, gradient.astype(dtype))) == want
    for other in (
        moved(q, 1), moved(q, 5), np.asfortranarray(q), np.repeat(q, 2, 1)[:, ::2],
        q.astype(q.dtype.newbyteorder()), q.astype(np.float64),
    ):  # fmt: skip
        assert bits(both(other, p, **options)) == want
    cube = bits(both(q[:36].reshape(4, 9, classes), p[:36].reshape(4, 9, classes), **options))
    assert cube == bits(both(q[:36], p[:36], **options))
    first = both(np.moveaxis(q, 1, 0), np.moveaxis(p, 1, 0), axis=0, **options)
    assert bits((first[0], first[1].T)) == want


@pytest.mark.parametrize("classes", [10, 100])
@pytest.mark.parametrize(
    "dtype", [bool, np.int8, np.uint16, np.int64, np.float16, ml_dtypes.bfloat16, np.float64]
)
def test_one_hot_rows_of_any_dtype_are_the_same(classes: int, dtype: Any) -> None:
    y, p = probabilities(classes, np.float32)
    one_hot = np.eye(classes, dtype=np.float32)[y]
    want = bits(both(one_hot, p))
    assert bits(both(one_hot.astype(dtype), p)) == want
    terms, _ = both(y, p, SPARSE)
    assert terms.tobytes() == want[0]
    assert DENSE(one_hot.astype(dtype), p) == SPARSE(y, p)


@pytest.mark.parametrize("classes", [10, 100])
@pytest.mark.parametrize("options", [{}, {"normalize": True}, {"label_smoothing": 0.1}])
def test_m15_in_place_and_out(classes: int, options: dict[str, Any]) -> None:
    for dtype in (np.float32, np.float64):
        q, p = rows_of(classes, dtype)
        value, gradient = ce.value_and_grad(DENSE)(q, p, **options)
        out, own, odd = np.empty_like(p), p.copy(), np.asfortranarray(p)
        assert ce.value_and_grad(DENSE)(q, p, out=out, **options)[0] == value
        assert ce.value_and_grad(DENSE)(q, own, inplace=True, **options)[0] == value
        assert ce.value_and_grad(DENSE)(q, odd, inplace=True, **options)[0] == value
        assert ce.last_path() == "kernel"
        assert out.tobytes() == own.tobytes() == gradient.tobytes()
        assert np.ascontiguousarray(odd).tobytes() == gradient.tobytes()


@pytest.mark.parametrize("classes", [10, 100])
@pytest.mark.parametrize("validate", ["first", "off"])
def test_m06_rows_of_no_weight_may_hold_anything(classes: int, validate: str) -> None:
    q, p = rows_of(classes, np.float32, np.float32)
    s = np.linspace(0.3, 2, len(p))
    want = both(q, p, sample_weight=s)
    out = [0, 7, 8, 36]
    kept = np.setdiff1d(np.arange(len(p)), out)
    s[out], p[out], q[out] = 0, np.inf, np.nan
    if validate == "off":
        # Weights that nobody has looked at are left to the operations.
        terms = DENSE(q, p, sample_weight=s, reduction="none", validate="off")
        assert ce.last_path() == "operations"
        assert np.isfinite(terms).all()
        return
    terms, gradient = both(q, p, sample_weight=s)
    assert bits((terms[kept], gradient[kept])) == bits((want[0][kept], want[1][kept]))
    assert not terms[out].any()
    assert not gradient[out].any()


BAD_TARGETS = {
    "sum": lambda row: row * 0.7,
    "zero": lambda row: row * 0,
    "negative": lambda row: row - np.eye(len(row))[0] * 0.5,
    "large": lambda row: row * 3,
    "nan": lambda row: row * np.nan,
}


@pytest.mark.parametrize("classes", [10, 100])
@pytest.mark.parametrize("name", BAD_TARGETS)
def test_m04_bad_targets_are_nan_rows_where_nothing_raises(name: str, classes: int) -> None:
    good, p = rows_of(classes, np.float32)
    good[4] = 0
    good[4, :3] = 0.33  # within the precision of two decimals
    q = good.copy()
    bad, others = [1, 8, 36], np.setdiff1d(np.arange(len(p)), [1, 8, 36])
    for i in bad:
        q[i] = BAD_TARGETS[name](q[i])
    with pytest.raises(ce.TargetError):
        DENSE(q, p)
    for inplace in (False, True):
        own = p.copy()
        with pytest.raises(ce.TargetError):
            ce.value_and_grad(DENSE)(q, own, inplace=inplace)
        assert own.tobytes() == p.tobytes()
    want = both(good, p, validate="off")
    assert np.isfinite(want[0]).all()
    terms, gradient = both(q, p, validate="off")
    assert np.isnan(terms[bad]).all()
    assert np.isnan(gradient[bad]).all()
    assert bits((terms[others], gradient[others])) == bits((want[0][others], want[1][others]))
    total, weight = DENSE(q, p, validate="off", reduction="parts")
    assert np.isnan(total)
    want_weight = DENSE(good[others], p[others], validate="off", reduction="parts")[1]
    assert weight == want_weight + len(bad)  # a bad row weighs 1


@pytest.mark.parametrize("classes", [10, 100])
def test_m05_bad_probabilities_are_nan_rows_where_nothing_raises(classes: int) -> None:
    q, good = rows_of(classes, np.float32)
    p = good.copy()
    p[1, 2], p[8, 0], p[36, classes - 1] = 1.5, -0.25, np.nan
    bad, others = [1, 8, 36], np.setdiff1d(np.arange(len(p)), [1, 8, 36])
    with pytest.raises(ce.PredictionError):
        DENSE(q, p)
    for options in ({}, {"normalize": True}, {"label_smoothing": 0.1}):
        want = both(q, good, validate="off", **options)
        terms, gradient = both(q, p, validate="off", **options)
        assert np.isnan(terms[bad]).all()
        assert np.isnan(gradient[bad]).all()
        assert bits((terms[others], gradient[others])) == bits((want[0][others], want[1][others]))
    p[1], p[8] = good[1], good[8]
    terms, gradient = both(q, p)  # NaN is nothing to raise
    assert np.isnan(terms[36])
    assert np.isnan(gradient[36]).all()
    assert np.isfinite(np.delete(terms, 36)).all()


@pytest.mark.parametrize("classes", [10, 100])
def test_m05_sums_that_miss_1_warn(classes: int) -> None:
    q, p = rows_of(classes, np.float32)
    p[5] *= np.float32(0.98)
    for call in (lambda: DENSE(q, p), lambda: ce.value_and_grad(DENSE)(q, p)):
        with pytest.warns(ce.ProbabilityWarning):
            call()
        assert ce.last_path() == "kernel"
    terms, _ = both(q, p, normalize=False)
    assert np.isfinite(terms).all()


def test_the_slow_check_runs_where_there_is_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    check = checks.check_targets
    monkeypatch.setattr(checks, "check_targets", lambda *a: (looked.append("at"), check(*a))[1])
    for classes in (10, 100):
        q, p = rows_of(classes, np.float32, np.float32)
        both(q, p)
        both(q.argmax(axis=1), p, SPARSE, label_smoothing=0.1)
        assert looked == []
        q[4] = np.round(q[4], 1)
        q[4, 0] += np.float32(1.001) - q[4].sum()
        with pytest.raises(ce.TargetError):
            DENSE(q, p)
        assert looked.pop() == "at"
        looked.clear()


@pytest.mark.parametrize("classes", [10, 100])
def test_a_class_without_mass_costs_nothing_whatever_its_loss_is(classes: int) -> None:
    p = np.zeros((9, classes))
    p[:, 1] = 1
    q = p.copy()
    terms, gradient = both(q, p, epsilon=0.0)
    assert not terms.any()
    assert (gradient == -p).all()
    q[2] = np.eye(classes)[0]
    terms, gradient = both(q, p, epsilon=0.0)
    assert terms[2] == np.inf
    assert not np.delete(terms, 2).any()
    weights = np.ones(classes)
    weights[0] = 0
    terms, gradient = both(q, p, epsilon=0.0, class_weight=weights, label_smoothing=0.0)
    assert not terms.any()
    assert gradient[2, 0] == 0


@pytest.mark.parametrize("classes", [10, 100])
def test_probabilities_below_the_normal_numbers_keep_their_digits(classes: int) -> None:
    p = np.zeros((9, classes))
    p[:, 0], p[:, 1] = 1, np.geomspace(5e-324, 1e-290, 9)
    q = np.zeros_like(p)
    q[:, 0], q[:, 1] = 0.25, 0.75
    terms, _ = both(q, p, epsilon=0.0)
    for got, row in zip(terms, oracle.compute("dense", q, p, epsilon=0.0).rows, strict=True):
        assert oracle.ulp_error(got, row.term, np.float64) <= VALUE_ULP["float64"]
