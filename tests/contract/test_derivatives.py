"""M18 and M20: higher derivatives, and gradients to weights and targets.

The losses go through nonlinear functions first: the sum of the losses alone hides a fault in a
gradient that is written by hand. The truth is the oracle's own gradient, differentiated by
central differences with steps of 1e-20 in 60 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import oracle
from contract.case import B, Call, P, Q, T, X, Y, f32, replaced, softmax
from contract.checking import rows_first
from oracle import ZERO

pytestmark = pytest.mark.needs("autodiff")

STEP = mpf(10) ** -20
# Each element is compared with the largest of its row: the parts f''(t) g g' and f'(t) H of a
# second derivative cancel. float64 leaves 6 digits for that, float32 three; a wrong formula is
# wrong in the first digit.
RELATIVE = {np.float64: mpf(10) ** -10, np.float32: mpf(10) ** -4}

LOGITS: dict[str, Any] = {"from_logits": True}
IDS, ID_PROB = (
    np.array([[0, 1], [2, 0], [1, 2], [1, 0]]),
    f32([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1], [0.45, 0.55]]),
)
S, W = f32([0.3, 1.7, 0.01, 2.9]), f32([0.25, 3.1, 1.9])
HOLE = replaced(X, (1, 1), -np.inf)
CALLS = {
    "index": Call("sparse", Y, X, LOGITS),
    "index-hole": Call("sparse", Y, HOLE, LOGITS),
    "index-ignored": Call("sparse", np.array([0, -1, 1, 1]), X, {**LOGITS, "ignore_class": -1}),
    "index-z-loss": Call("sparse", Y, X, {**LOGITS, "z_loss": 0.1, "label_smoothing": 0.1}),
    "index-weights": Call("sparse", Y, X, {**LOGITS, "sample_weight": S, "class_weight": W}),
    "index-mask": Call("sparse", np.array([0, 1, 1, 0]), X, {**LOGITS, "class_mask": np.array([True, True, False])}),
    "index-axis-0": Call("sparse", np.array([1, 0, 3]), X, {**LOGITS, "axis": 0}),
    "soft": Call("dense", Q, X, LOGITS),
    "soft-everything": Call("dense", Q, X, {**LOGITS, "sample_weight": S, "class_weight": W, "z_loss": 0.1}),
    "one-hot": Call("dense", np.eye(3, dtype=np.float32)[Y], X, LOGITS),
    "top-k": Call("sparse", IDS, X, {**LOGITS, "target_prob": ID_PROB}),
    "probabilities": Call("sparse", Y, f32(0.8 * P + 0.05), {"normalize": False}),
    "probabilities-divided": Call("sparse", Y, f32(0.8 * P + 0.05), {"normalize": True}),
    "probabilities-clipped": Call("sparse", Y, P, {}),
    "probabilities-soft": Call("dense", Q, f32(softmax(X / 3)), {"label_smoothing": 0.1}),
    "binary": Call("binary", T, B, LOGITS),
    "binary-options": Call("binary", T, B, {**LOGITS, "pos_weight": 2.3, "label_smoothing": 0.1, "sample_weight": S[:3]}),
    "binary-probabilities": Call("binary", T, f32([[0.3, 0.2], [0.77, 0.9], [0.5, 0.31]]), {}),
}  # fmt: skip


class Curve:
    """A nonlinear function of the losses: F = sum_i f(t_i), with f(t) = k_i sin(3 t) or e^(t/4)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def of(self, tf: Any, terms: Any) -> Any:
        """F in TensorFlow."""
        flat = tf.reshape(terms, [-1])
        if self.name == "sine":
            k = tf.cast(tf.range(tf.size(flat)), flat.dtype) * 0.37 + 0.51
            return tf.reduce_sum(tf.sin(3 * flat) * k)
        return tf.reduce_sum(tf.exp(flat / 4))

    def value(self, terms: list[mpf]) -> mpf:
        """F of exact losses."""
        if self.name == "sine":
            return mpmath.fsum(mpmath.sin(3 * t) * self.k(i) for i, t in enumerate(terms))
        return mpmath.fsum(mpmath.exp(t / 4) for t in terms)

    def slope(self, i: int, t: mpf) -> mpf:
        """f'(t_i)."""
        return 3 * mpmath.cos(3 * t) * self.k(i) if self.name == "sine" else mpmath.exp(t / 4) / 4

    @staticmethod
    def k(i: int) -> mpf:
        """An upstream factor that differs from row to row."""
        return mpf(i) * mpf("0.37") + mpf("0.51")


def in_dtype(call: Call, dtype: Any) -> Call:
    """The call with predictions of another float type."""
    return call.with_(y_pred=np.asarray(call.y_pred).astype(dtype))


def terms_of(call: Call, **changes: Any) -> oracle.Truth:
    """The oracle on exact arrays."""
    changed = call.with_(**changes)
    return oracle.compute(call.function, changed.y_true, changed.y_pred, **changed.oracle_options())


def curve_gradient(curve: Curve, call: Call, x: np.ndarray) -> np.ndarray:
    """dF/dx from the oracle's own row gradients."""
    truth = terms_of(call, y_pred=x)
    return truth.per_element("gradient", [curve.slope(i, r.term) for i, r in enumerate(truth.rows)])


def assert_rows_close(
    got: np.ndarray, want: np.ndarray, call: Call, curve: Curve, dtype: Any
) -> None:
    """Element by element, against the largest of the row.

    In a second derivative p (1 - p) may be made from p: the digits that M12 keeps in the loss and
    in its gradient are not promised here, so the slope f' times the row's weight is a size too.
    """
    rows = terms_of(call).rows
    pairs = zip(rows_first(got, call), rows_first(want, call), strict=True)
    for i, ((found, wanted), row) in enumerate(zip(pairs, rows, strict=True)):
        floor = abs(curve.slope(i, row.term) * row.weight)
        assert_vector_close(found, wanted, dtype, floor)


def assert_vector_close(got: np.ndarray, want: np.ndarray, dtype: Any, floor: mpf = ZERO) -> None:
    """Numbers that share a scale."""
    found = oracle.exact(np.asarray(got)).reshape(-1)
    want = np.asarray(want, dtype=object).reshape(-1)
    size = max(floor, *(abs(v) for v in want))
    errors = [abs(a - b) / size if size else abs(a - b) for a, b in zip(found, want, strict=True)]
    close = [e <= RELATIVE[dtype] for e in errors]
    assert all(close), (
        f"{got.tolist()}, want {[float(v) for v in want]}, off by {float(max(errors)):.2g}"
    )


@pytest.fixture
def tf(runner: Any) -> Any:
    import tensorflow

    return tensorflow


def tensors_of(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    from contract.runner_tensorflow import split

    return split(call)


def losses(call: Call, tensors: dict[str, Any], **extra: Any) -> Any:
    from contract.runner_tensorflow import value

    return value(call.function, tensors, {**call.options, "reduction": "none", **extra})


CURVES = pytest.mark.parametrize(
    ("curve", "dtype"),
    [(Curve("sine"), np.float64), (Curve("exp"), np.float32)],
    ids=["sine-float64", "exp-float32"],
)


def direction(x: np.ndarray) -> np.ndarray:
    """A direction with no symmetry."""
    return np.random.default_rng(17).uniform(-1, 1, x.shape).astype(x.dtype)


@CURVES
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_m18_gradient_and_hessian_vector_product(
    runner: Any, tf: Any, call: Call, curve: Curve, dtype: Any
) -> None:
    call = in_dtype(call, dtype)
    tensors, _ = tensors_of(call)
    v = direction(np.asarray(call.y_pred))

    def program(given: dict[str, Any], along: Any) -> tuple[Any, Any]:
        x = given["y_pred"]
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                f = curve.of(tf, losses(call, given))
            first = inner.gradient(f, x)
            product = tf.reduce_sum(first * along)
        return first, outer.gradient(product, x)

    first, second = runner.traceable(program)(tensors, tf.constant(v))
    x, step = oracle.exact(call.y_pred), STEP * oracle.exact(v)
    assert_rows_close(first.numpy(), curve_gradient(curve, call, x), call, curve, dtype)
    ahead, behind = (curve_gradient(curve, call, x + s) for s in (step, -step))
    assert_rows_close(second.numpy(), (ahead - behind) / (2 * STEP), call, curve, dtype)


@pytest.mark.parametrize(
    "name", ["index", "soft", "top-k", "index-z-loss", "probabilities", "binary"]
)
def test_m18_third_derivative(runner: Any, tf: Any, name: str) -> None:
    call = in_dtype(CALLS[name], np.float64)
    tensors, _ = tensors_of(call)
    v = direction(call.y_pred)
    curve = Curve("sine")

    def program(given: dict[str, Any], along: Any) -> Any:
        x = given["y_pred"]
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as middle:
                middle.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    f = curve.of(tf, losses(call, given))
                first = tf.reduce_sum(inner.gradient(f, x) * along)
            second = tf.reduce_sum(middle.gradient(first, x) * along)
        return outer.gradient(second, x)

    got = runner.traceable(program)(tensors, tf.constant(v)).numpy()
    x, step = oracle.exact(call.y_pred), STEP * oracle.exact(v)
    ahead, here, behind = (curve_gradient(curve, call, x + s) for s in (step, 0 * step, -step))
    assert_rows_close(got, (ahead - 2 * here + behind) / STEP**2, call, curve, np.float64)


@pytest.mark.parametrize("name", ["index", "soft", "probabilities", "binary"])
def test_m18_second_derivative_of_the_mean(runner: Any, tf: Any, name: str) -> None:
    call = in_dtype(CALLS[name], np.float64)
    tensors, _ = tensors_of(call)
    v = direction(call.y_pred)

    def program(given: dict[str, Any], along: Any) -> Any:
        x = given["y_pred"]
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                f = losses(call, given, reduction="mean") ** 2
            product = tf.reduce_sum(inner.gradient(f, x) * along)
        return outer.gradient(product, x)

    def gradient(x: np.ndarray) -> np.ndarray:
        truth = terms_of(call, y_pred=x)
        return 2 * truth.mean() * truth.per_element("gradient", truth.factors("mean"))

    got = runner.traceable(program)(tensors, tf.constant(v)).numpy()
    x, step = oracle.exact(call.y_pred), STEP * oracle.exact(v)
    want = (gradient(x + step) - gradient(x - step)) / (2 * STEP)
    assert_vector_close(got, want, np.float64)


EVERYTHING = {
    **LOGITS,
    "sample_weight": S,
    "class_weight": W,
    "z_loss": 0.1,
    "label_smoothing": 0.1,
}
WRT = {
    "sample-weight": (Call("sparse", Y, X, EVERYTHING), "sample_weight"),
    "sample-weight-dense": (Call("dense", Q, X, EVERYTHING), "sample_weight"),
    "sample-weight-prefix": (Call("binary", T, B, {**LOGITS, "sample_weight": S[:3]}), "sample_weight"),
    "sample-weight-probabilities": (Call("sparse", Y, P, {"sample_weight": S}), "sample_weight"),
    "class-weight": (Call("sparse", Y, X, EVERYTHING), "class_weight"),
    "class-weight-dense": (Call("dense", Q, X, EVERYTHING), "class_weight"),
    "class-weight-top-k": (Call("sparse", IDS, X, {**EVERYTHING, "target_prob": ID_PROB}), "class_weight"),
    "class-weight-probabilities": (Call("dense", Q, P, {"class_weight": W}), "class_weight"),
    "target-prob": (Call("sparse", IDS, X, {**EVERYTHING, "target_prob": ID_PROB}), "target_prob"),
    "target-prob-probabilities": (Call("sparse", IDS, P, {"target_prob": ID_PROB}), "target_prob"),
    "y-true-dense": (Call("dense", Q, X, EVERYTHING), "y_true"),
    "y-true-dense-probabilities": (Call("dense", Q, f32(softmax(X / 3)), {}), "y_true"),
    "y-true-binary": (Call("binary", T, B, {**LOGITS, "pos_weight": 2.3}), "y_true"),
    "y-true-binary-probabilities": (Call("binary", T, f32(softmax(B)), {}), "y_true"),
}  # fmt: skip


def differences(function: Callable[[np.ndarray], mpf], at: np.ndarray) -> np.ndarray:
    """The gradient of the oracle by central differences."""
    out = np.empty(at.shape, dtype=object)
    for i in np.ndindex(at.shape):
        ahead, behind = at.copy(), at.copy()
        ahead[i] += STEP
        behind[i] -= STEP
        out[i] = (function(ahead) - function(behind)) / (2 * STEP)
    return out


@pytest.mark.parametrize("reduction", ["none", "mean"])
@pytest.mark.parametrize(("call", "argument"), WRT.values(), ids=WRT)
def test_m20_gradient_to_weights_and_targets(
    runner: Any, tf: Any, call: Call, argument: str, reduction: str
) -> None:
    given = getattr(call, argument, None)
    given = call.options[argument] if given is None else given
    wide = {argument: given.astype(np.float64)}
    if argument == "target_prob":  # rows that are whole in float64 as well
        wide[argument] = np.round(given.astype(np.float64), 2)
    call = in_dtype(call, np.float64).with_(**wide)
    tensors, _ = tensors_of(call)
    curve = Curve("sine")

    def program(given: dict[str, Any]) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(given[argument])
            terms = losses(call, given, reduction=reduction)
            f = curve.of(tf, terms)
        return tape.gradient(f, given[argument])

    got = runner.traceable(program)(tensors)
    assert got is not None, f"no gradient to {argument}"

    def scalar(at: np.ndarray) -> mpf:
        truth = terms_of(call, **{argument: at})
        terms = [truth.mean()] if reduction == "mean" else list(truth.none().reshape(-1))
        return curve.value(terms)

    assert_vector_close(got.numpy(), differences(scalar, oracle.exact(wide[argument])), np.float64)


def test_m20_mixed_derivative_to_targets_and_logits(runner: Any, tf: Any) -> None:
    call = in_dtype(Call("dense", Q.astype(np.float64), X, LOGITS), np.float64)
    tensors, _ = tensors_of(call)
    v = direction(call.y_pred)
    curve = Curve("exp")

    def program(given: dict[str, Any], along: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(given["y_true"])
            with tf.GradientTape() as inner:
                inner.watch(given["y_pred"])
                f = curve.of(tf, losses(call, given))
            product = tf.reduce_sum(inner.gradient(f, given["y_pred"]) * along)
        return outer.gradient(product, given["y_true"])

    got = runner.traceable(program)(tensors, tf.constant(v)).numpy()
    x, along = oracle.exact(call.y_pred), oracle.exact(v)

    def scalar(q: np.ndarray) -> mpf:
        return mpmath.fsum((curve_gradient(curve, call.with_(y_true=q), x) * along).reshape(-1))

    assert_rows_close(got, differences(scalar, oracle.exact(Q)), call, curve, np.float64)
