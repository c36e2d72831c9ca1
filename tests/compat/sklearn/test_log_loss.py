"""The drop-in for scikit-learn: values, errors, warnings and the scorer."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

import crossent.compat.sklearn as drop_in

LABELS: dict[str, Any] = {
    "integers": lambda codes: codes,
    "apart": lambda codes: codes * 10 - 7,
    "floats": lambda codes: codes.astype(float),
    "strings": lambda codes: np.array([f"c{code}" for code in codes]),
    "objects": lambda codes: np.array([f"c{code}" for code in codes], dtype=object),
    "list": lambda codes: codes.tolist(),
    "series": lambda codes: pd.Series(codes, index=codes + 3),
    "categories": lambda codes: pd.Series([f"c{code}" for code in codes], dtype="category"),
    "booleans": lambda codes: codes % 2 == 1,
    "indicator": lambda codes: np.eye(codes.max() + 2, dtype=int)[codes],
}
SHAPES: dict[str, Any] = {
    "array": np.asarray,
    "list": lambda p: p.tolist(),
    "frame": pd.DataFrame,
    "fortran": np.asfortranarray,
    "strided": lambda p: np.repeat(p, 2, axis=0)[::2],
}


def outcome(function: Any, *arguments: Any, **options: Any) -> tuple[Any, list[str]]:
    """The value or the exception, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value: Any = function(*arguments, **options)
        except Exception as error:
            value = error
    return value, [f"{w.category.__name__}: {w.message}" for w in caught]


def check_same(*arguments: Any, eps: float = 2**-52, **options: Any) -> None:
    """The same value to the rounding of the dtype of the probabilities, or the same error."""
    theirs, warned = outcome(metrics.log_loss, *arguments, **options)
    ours, also = outcome(drop_in.log_loss, *arguments, **options)
    assert also == warned
    if isinstance(theirs, Exception):
        assert type(ours) is type(theirs), (theirs, ours)
        assert str(ours) == str(theirs)
        return
    assert isinstance(ours, float), ours
    # scikit-learn takes logarithms in the dtype of the probabilities, up to 36 in size, and adds
    # them up in it, pairwise.
    size = abs(theirs) + 36.1 * (1 if options.get("normalize", True) else len(arguments[0]))
    assert abs(ours - theirs) <= 8 * eps * size, (ours, theirs)


@st.composite
def calls(draw: Any) -> tuple[tuple[Any, ...], dict[str, Any], float]:
    """Labels of any kind, probabilities of any dtype and shape, weights, and mistakes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n, classes = draw(st.integers(1, 9)), draw(st.integers(2, 4))
    codes = rng.integers(0, classes, n)
    kind = draw(st.sampled_from(sorted(LABELS)))
    p = rng.random((n, classes)) ** draw(st.sampled_from([1, 8]))
    p /= p.sum(axis=1, keepdims=True)
    if draw(st.booleans()):
        p = np.eye(classes)[rng.integers(0, classes, n)]
    dtype = draw(st.sampled_from([np.float64, np.float32, np.float16]))
    p = p.astype(dtype)
    if draw(st.integers(0, 9)) == 0:
        p = p * draw(st.sampled_from([0.5, 2, -1, math.nan]))
    flat = classes == 2 and draw(st.booleans())
    options: dict[str, Any] = {"normalize": draw(st.booleans())}
    if draw(st.booleans()):
        weight = rng.integers(0, 4, n) if draw(st.booleans()) else rng.normal(size=n)
        if draw(st.integers(0, 9)) == 0:
            weight = weight[:-1]
        # What is divided by a sum of both signs is as wrong as that sum.
        options["sample_weight"] = abs(weight) if options["normalize"] else weight
    if kind not in ("indicator", "booleans") and draw(st.booleans()):
        every = np.unique(LABELS[kind](np.arange(classes)))
        options["labels"] = rng.permutation(every) if draw(st.booleans()) else every
    shaped = p[:, 1] if flat else SHAPES[draw(st.sampled_from(sorted(SHAPES)))](p)
    eps = np.finfo(dtype).eps
    if "sample_weight" in options:
        eps *= 1 + float(np.abs(options["sample_weight"]).max(initial=0))
    return (LABELS[kind](codes), shaped), options, float(eps)


@settings(
    max_examples=2000, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(calls())
def test_any_call(call: Any) -> None:
    arguments, options, eps = call
    check_same(*arguments, eps=eps, **options)


def test_signature_is_scikit_learns() -> None:
    theirs = inspect.signature(metrics.log_loss).parameters.values()
    ours = inspect.signature(drop_in.log_loss).parameters.values()
    assert [(p.name, p.kind, p.default) for p in ours] == [
        (p.name, p.kind, p.default) for p in theirs
    ]


P = np.array([[0.7, 0.3], [0.2, 0.8]])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        pytest.param(([1, 1], P), {}, id="one label"),
        pytest.param(([1, 1], P), {"labels": [1]}, id="one of labels"),
        pytest.param(([0, 1, 2], P), {}, id="lengths"),
        pytest.param(([0, 1], [[0.5, 0.25, 0.25]] * 2), {}, id="columns"),
        pytest.param(([0, 1], [[0.5, 0.25, 0.25]] * 2), {"labels": [0, 1]}, id="columns of labels"),
        pytest.param(([0, 5], P), {"labels": [0, 1]}, id="unknown label"),
        pytest.param(([0, 1], P + 1), {}, id="above 1"),
        pytest.param(([0, 1], P - 1), {}, id="below 0"),
        pytest.param(([0, 1], P * np.nan), {}, id="NaN"),
        pytest.param(([0, 1], None), {}, id="no predictions"),
        pytest.param(([0, 1], P), {"normalize": "yes"}, id="normalize"),
        pytest.param((1, P), {}, id="scalar labels"),
        pytest.param(("ab", P), {}, id="text for labels"),
        pytest.param(([0.5, 1.2], P), {}, id="continuous labels"),
        pytest.param(([None, 1], P), {}, id="no label"),
        pytest.param(([0, 1], P), {"sample_weight": [1, -np.inf]}, id="infinite weight"),
        pytest.param(([0, 1], P), {"sample_weight": [[1, 2]]}, id="weights of two dimensions"),
        pytest.param(([0, 1], P), {"sample_weight": "12"}, id="text for weights"),
        pytest.param(([0, 1], P), {"sample_weight": [0, 0]}, id="no weight"),
        pytest.param(([0, 1], P), {"labels": [1, 0]}, id="order"),
        pytest.param(([0, 1], P), {"labels": [0, 1, 1]}, id="labels twice"),
        pytest.param(([0, 1], P / 2), {}, id="sums"),
        pytest.param(([], np.empty((0, 2))), {}, id="nothing"),
        pytest.param(([0, 1],), {"y_pred": P}, id="former name"),
        pytest.param(([0, 1], P), {"y_pred": P}, id="both names"),
        pytest.param(([[1, 1], [0, 0]], P), {}, id="several classes and none"),
        pytest.param(([[0], [1]], P), {}, id="a column of labels"),
        pytest.param(([0, 1], P[:, :1]), {}, id="a column of probabilities"),
        pytest.param(([0, 1], P[None]), {}, id="three dimensions"),
        pytest.param(([0, 1], P), {"normalize": np.bool_(False)}, id="NumPy's bool"),
    ],
)
def test_errors_and_warnings(arguments: Any, options: Any) -> None:
    check_same(*arguments, **options)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_certain_mistakes_cost_the_dtypes_precision(dtype: Any) -> None:
    p = np.array([[1, 0], [1, 0]], dtype)
    eps = float(np.finfo(dtype).eps)
    want = -math.log(eps) - math.log1p(-eps)
    # The term of a row is float64 for float64, else float32; the sum is exact.
    rounding = 2**-50 if dtype is np.float64 else 2**-23
    assert drop_in.log_loss([0, 1], p, normalize=False) == pytest.approx(want, rel=rounding)


def test_sums_are_exact() -> None:
    rng = np.random.default_rng(3)
    p = rng.random(5001)
    y = (rng.random(5001) < p).astype(int)
    want = math.fsum(-math.log(q if label else 1 - q) for q, label in zip(p, y, strict=True))
    for order in (np.arange(5001), rng.permutation(5001)):
        # 5001 logarithms of NumPy and of the C library, each within an ulp, and no rounding more
        assert drop_in.log_loss(y[order], p[order], normalize=False) == pytest.approx(
            want, rel=2**-52
        )


def test_the_scorer_in_cross_validation() -> None:
    x, y = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=2000)
    for labels in (y, np.array(["setosa", "versicolor", "virginica"])[y]):
        want = cross_val_score(model, x, labels, scoring="neg_log_loss", cv=3)
        got = cross_val_score(model, x, labels, scoring=drop_in.neg_log_loss_scorer, cv=3)
        np.testing.assert_allclose(got, want, rtol=1e-14)
    search = GridSearchCV(model, {"C": [0.1, 1.0]}, scoring=drop_in.neg_log_loss_scorer, cv=3).fit(
        x[50:], y[50:]
    )
    assert search.best_score_ < 0
    assert "log_loss" in repr(drop_in.neg_log_loss_scorer)
