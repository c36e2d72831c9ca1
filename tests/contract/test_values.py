"""Values and gradients on drawn data, and the identities that follow from M07."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from contract.case import B, Call, P, Q, T, X, Y, draw, f32, softmax
from contract.checking import check_values, truth_of, untouched
from contract.policy import close, compute_dtype
from contract.runner import Runner, rows_shape
from oracle import exact, ulp

DTYPES = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
KINDS = ("index", "soft", "top-k", "smoothed", "probabilities", "binary")


def drawn(kind: str, dtype: Any, n: int, seed: int) -> Call:
    """Nine rows of `n` classes, from flat to confident."""
    rng = np.random.default_rng([seed, n, KINDS.index(kind)])
    x = (rng.normal(size=(9, n)) * np.linspace(0.2, 12, 9)[:, None]).astype(dtype)
    y = rng.integers(0, n, 9)
    logits: dict[str, Any] = {"from_logits": True}
    if kind == "index":
        return Call("sparse", y, x, logits)
    if kind == "soft":
        return Call("dense", softmax(rng.normal(size=(9, n))), x, logits)
    if kind == "top-k":
        ids = np.stack([y, (y + 1) % n], axis=1)
        return Call("sparse", ids, x, {**logits, "target_prob": f32([[0.71, 0.2]] * 9)})
    if kind == "smoothed":
        return Call("sparse", y, x, {**logits, "label_smoothing": 0.07, "z_loss": 1e-3})
    if kind == "probabilities":
        p = softmax(x.astype(np.float64)).astype(dtype)
        return Call("sparse", y, p, {"normalize": False})
    return Call("binary", (y[:, None] + np.arange(n)) % 2, x, {**logits, "pos_weight": 1.7})


def test_drawn_calls_differ() -> None:
    calls = [drawn(kind, d, n, 7) for kind in KINDS for d in DTYPES for n in (2, 3, 10, 33)]
    assert len({np.asarray(c.y_pred).astype(float).tobytes() for c in calls}) == len(calls)


SIZES = [(10, d) for d in DTYPES] + [(n, np.float32) for n in (2, 3, 33)]


@pytest.mark.parametrize(("n", "dtype"), SIZES, ids=[f"{n}-{np.dtype(d).name}" for n, d in SIZES])
@pytest.mark.parametrize("kind", KINDS)
def test_drawn_rows(runner: Runner, kind: str, n: int, dtype: Any) -> None:
    call = drawn(kind, dtype, n, 7)
    with untouched(call):
        outcome = runner.outcome(call)
    check_values(runner, call, outcome, truth_of(call))


W, S = f32([0.25, 3.1, 1.9]), f32([0.3, 1.7, 0.01, 2.9])
WEIGHTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "class-weight": {"class_weight": W},
    "sample-weight": {"sample_weight": S},
    "everything": {"class_weight": W, "sample_weight": S, "label_smoothing": 0.1, "z_loss": 0.01},
}


def assert_same(runner: Runner, got: np.ndarray, want: np.ndarray, slack: float = 1.0) -> None:
    """Two results that mean the same number: twice the allowance of one of them."""
    for a, b in zip(got.reshape(-1), want.reshape(-1), strict=True):
        value = exact(b).item()
        allowed = slack * 2 * (runner.policy.term + runner.policy.total) * ulp(value, got.dtype)
        assert close(a, value, allowed, got.dtype), f"{a!r} is not {b!r}"


@pytest.mark.parametrize("options", WEIGHTS.values(), ids=WEIGHTS)
def test_m07_one_hot_equals_index(runner: Runner, options: dict[str, Any]) -> None:
    index = Call("sparse", Y, X, {"from_logits": True, **options})
    one_hot = Call("dense", np.eye(3, dtype=np.float32)[Y], X, index.options)
    single = Call(
        "sparse", Y[:, None], X, {**index.options, "target_prob": np.ones((4, 1), np.float32)}
    )
    want = runner.outcome(index)
    for call in (one_hot, single):
        got = runner.outcome(call)
        assert_same(runner, got.none, want.none)
        assert_same(runner, got.mean, want.mean)


@pytest.mark.parametrize("factor", [0.37, 1000.0])
def test_m07_scaling_all_weights_changes_nothing(runner: Runner, factor: float) -> None:
    for name, weight in (("class_weight", W), ("sample_weight", S)):
        call = Call("sparse", Y, X, {"from_logits": True, name: weight})
        want = runner.loss(call, "mean")
        got = runner.loss(call.with_(**{name: weight * np.float32(factor)}), "mean")
        assert_same(runner, np.asarray(got), np.asarray(want))


@pytest.mark.parametrize("options", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("function", ["sparse", "dense"])
def test_m07_parts_of_any_split_merge(
    runner: Runner, function: str, options: dict[str, Any]
) -> None:
    y = Y if function == "sparse" else Q
    whole = Call(function, y, X, {"from_logits": True, **options})
    total = weight = 0.0
    for rows in (slice(0, 1), slice(1, 3), slice(3, 3), slice(3, 4)):
        part = whole.with_(y_true=y[rows], y_pred=X[rows])
        if "sample_weight" in options:
            part = part.with_(sample_weight=S[rows])
        t, w = runner.loss(part, "parts")
        total, weight = total + float(t), weight + float(w)
    dtype = np.float32
    assert_same(runner, np.asarray(total / weight, dtype), np.asarray(runner.loss(whole, "mean")))


def wide_dtype(runner: Runner, call: Call) -> Any:
    """The dtype of parts: float64, unless JAX has none here."""
    narrow = runner.name in ("jax", "jit") and np.asarray(call.y_pred).dtype != np.float64
    return np.float32 if narrow else np.float64


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "auto", "sum", "none", "parts"])
def test_m13_dtype_and_shape_of_every_reduction(runner: Runner, reduction: str, dtype: Any) -> None:
    x, b = X.reshape(2, 2, 3).astype(dtype), B.astype(dtype)
    calls = [
        Call("sparse", Y.reshape(2, 2), x, {"from_logits": True}),
        Call("dense", Q.reshape(2, 2, 3), softmax(x).astype(dtype), {}),
        Call("binary", T, b, {"from_logits": True, "sample_weight": S[:3]}),
    ]
    for call in calls[:1] if runner.compiles else calls:
        result = runner.loss(call, reduction)
        parts = result if reduction == "parts" else (result,)
        assert isinstance(result, tuple) == (reduction == "parts")
        of_rows = rows_shape(call) if reduction == "none" else ()
        wanted = wide_dtype(runner, call) if reduction == "parts" else compute_dtype(dtype)
        assert [(np.shape(one), np.asarray(one).dtype) for one in parts] == [
            (of_rows, wanted) for _ in parts
        ]


def test_m07_parts_are_the_sum_and_the_divisor(runner: Runner) -> None:
    call = Call("dense", Q, X, {"from_logits": True, **WEIGHTS["everything"]})
    total, weight = (np.asarray(v) for v in runner.loss(call, "parts"))
    truth = truth_of(call)
    assert total.dtype == weight.dtype == wide_dtype(runner, call)
    assert_same(runner, total.astype(np.float32), np.float32(float(truth.total())))
    assert_same(runner, weight.astype(np.float32), np.float32(float(truth.divisor())))


@pytest.mark.parametrize("options", WEIGHTS.values(), ids=WEIGHTS)
def test_m07_sum(runner: Runner, options: dict[str, Any]) -> None:
    call = Call("sparse", Y, X, {"from_logits": True, **options})
    got = np.asarray(runner.loss(call, "sum"))
    assert got.dtype == np.float32
    assert_same(runner, got, np.float32(float(truth_of(call).total())))


def test_auto_is_mean(runner: Runner) -> None:
    call = Call("sparse", Y, X, {"from_logits": True})
    assert np.asarray(runner.loss(call, "auto")) == np.asarray(runner.loss(call, "mean"))


def test_defaults_read_probabilities(runner: Runner) -> None:
    call = Call("sparse", Y, P, {})
    check_values(runner, call, runner.outcome(call), truth_of(call))


@pytest.mark.parametrize("validate", ["first", "always", "off"])
def test_validate_does_not_change_good_values(runner: Runner, validate: str) -> None:
    call = Call("sparse", Y, draw(91, 4, 3), {"from_logits": True})
    for _ in range(2):
        outcome = runner.outcome(call, validate)
        check_values(runner, call, outcome, truth_of(call))


@pytest.mark.needs("sees values")
@pytest.mark.needs("looks each time")
@pytest.mark.parametrize("validate", ["first", "always"])
def test_every_call_is_validated(runner: Runner, validate: str) -> None:
    call = Call("sparse", Y, draw(92, 4, 3), {"from_logits": True, "validate": validate})
    runner.attempt(call)
    for _ in range(2):  # on a CPU the second call of a shape is looked at as well
        with pytest.raises(IndexError):
            runner.attempt(call.with_(y_true=np.array([0, 1, 2, 3])))
