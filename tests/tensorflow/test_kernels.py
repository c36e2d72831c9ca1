"""The kernels under TensorFlow's tapes: NumPy's bits, no copies, derivatives of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import crossent as ce
from crossent.frontends.tensorflow import kernel as tensorflow_kernel
from crossent.frontends.tensorflow import tapes as tensorflow_tapes

RNG = np.random.default_rng(8)
X = (3 * RNG.normal(size=(40, 7))).astype(np.float32)
Y = RNG.integers(0, 7, 40)
S, W = RNG.uniform(0.1, 2, 40), RNG.uniform(0.1, 2, 7)
T = RNG.uniform(size=(40, 7)).astype(np.float32)
P = np.asarray(tf.nn.softmax(X))
LOGITS: dict[str, Any] = {"from_logits": True}
SPARSE, BINARY = ce.sparse_categorical_crossentropy, ce.binary_crossentropy

CALLS: dict[str, Any] = {
    "logits": (SPARSE, Y, X, LOGITS),
    "smoothed": (SPARSE, Y, X, {**LOGITS, "label_smoothing": 0.1, "z_loss": 0.01}),
    "weights": (SPARSE, Y, X, {**LOGITS, "sample_weight": S, "class_weight": W}),
    "ignored": (SPARSE, Y, X, {**LOGITS, "ignore_class": (2, -1)}),
    "axis": (SPARSE, Y, np.ascontiguousarray(X.T), {**LOGITS, "axis": 0}),
    "normalizer": (SPARSE, Y, X, {**LOGITS, "normalizer": 17.0}),
    "probabilities": (SPARSE, Y, P, {}),
    "binary": (BINARY, T, X, {**LOGITS, "pos_weight": 1.7}),
    "binary-probabilities": (BINARY, T, P, {"sample_weight": S}),
}


def with_gradient(call: Any, y: Any, x: Any, options: Any) -> tuple[Any, Any]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = call(y, x, **options)
    assert ce.last_path() == "kernel"
    return value, tape.gradient(value, x)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(("function", "y", "x", "options"), CALLS.values(), ids=CALLS)
def test_m14_bits_are_those_of_numpy(
    function: Any, y: Any, x: Any, options: Any, dtype: str
) -> None:
    if dtype in ("float16", "bfloat16") and not options.get("from_logits"):
        options = {**options, **({"normalize": True} if function is SPARSE else {})}
    given = tf.cast(tf.constant(x), dtype)
    array = given.numpy()
    for reduction in ("mean", "sum", "none"):
        if reduction != "mean" and "normalizer" in options:
            continue
        asked = {**options, "reduction": reduction}
        want = function(y, array, **asked)
        assert ce.last_path() == "kernel"
        got, gradient = with_gradient(function, y, given, asked)
        assert got.dtype == want.dtype
        assert got.numpy().tobytes() == want.tobytes()
        if reduction != "none":
            _, want = ce.value_and_grad(function)(y, array, **asked)
        else:
            _, want = ce.value_and_grad(function)(y, array, **{**asked, "reduction": "sum"})
        assert gradient.dtype == given.dtype
        assert gradient.numpy().tobytes() == want.tobytes()


def test_a_variable_and_labels_in_tensors() -> None:
    want = SPARSE(Y, X, **LOGITS)
    variable = tf.Variable(X)
    with tf.GradientTape() as tape:
        value = SPARSE(tf.Variable(Y), variable, **LOGITS)
    assert ce.last_path() == "kernel"
    assert value.numpy() == want
    got = tf.convert_to_tensor(tape.gradient(value, variable)).numpy()
    assert got.tobytes() == ce.value_and_grad(SPARSE)(Y, X, **LOGITS)[1].tobytes()


def test_m15_inputs_are_not_written_and_results_are_their_own() -> None:
    x, y, s = tf.constant(X), tf.constant(Y), tf.constant(S)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        value = SPARSE(y, x, sample_weight=s, **LOGITS)
    one, two = tape.gradient(value, x), tape.gradient(value, x)
    assert one.numpy().tobytes() == two.numpy().tobytes()
    places = [np.asarray(memoryview(t)).ctypes.data for t in (x, one, two)]
    assert len(set(places)) == 3
    assert all(place % tensorflow_kernel.ALIGNED == 0 for place in places)
    for tensor, array in ((x, X), (y, Y), (s, S)):
        assert tensor.numpy().tobytes() == array.tobytes()


def test_upstream_gradients_of_every_kind() -> None:
    x = tf.constant(X)
    rows = tf.constant([3, 3, 9])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        terms = SPARSE(Y, x, reduction="none", **LOGITS)
        total, weight = SPARSE(Y, x, reduction="parts", **LOGITS)
        gathered = tf.reduce_sum(tf.gather(terms, rows))  # upstream is tf.IndexedSlices
        huge = total * np.float32(np.inf)
        nothing = total * 0.0
    assert weight.numpy() == 40
    _, each = with_gradient(SPARSE, Y, x, {**LOGITS, "reduction": "sum"})
    want = np.zeros_like(X)
    want[3], want[9] = 2 * each[3], each[9]
    np.testing.assert_array_equal(tape.gradient(gathered, x), want)
    np.testing.assert_array_equal(tape.gradient(total, x), each)
    assert not tape.gradient(weight, x).numpy().any()
    assert not np.isfinite(tape.gradient(huge, x).numpy()).any()
    assert not tape.gradient(nothing, x).numpy().any()


def operations(function: Any, *arguments: Any) -> Any:
    ce.use_kernels(False)
    try:
        return function(*arguments)
    finally:
        ce.use_kernels(True)


def along(x: Any) -> Any:
    return tf.cast(tf.constant(T), x.dtype)


def second(x: Any) -> Any:
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = tf.sin(SPARSE(Y, x, **LOGITS)) ** 2
        first = inner.gradient(value, x)
        product = tf.reduce_sum(first * along(x))
    return outer.gradient(product, x)


def jacobian(x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        terms = SPARSE(Y, x, reduction="none", **LOGITS) ** 2
    return tape.jacobian(terms, x)


def forward_mode(x: Any) -> Any:
    with tf.autodiff.ForwardAccumulator(x, along(x)) as accumulator:
        value = tf.sin(SPARSE(Y, x, **LOGITS))
    return accumulator.jvp(value)


def forward_over_reverse(x: Any) -> Any:
    with tf.autodiff.ForwardAccumulator(x, along(x)) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.sin(SPARSE(Y, x, **LOGITS))
        first = tape.gradient(value, x)
    return accumulator.jvp(first)


def gradient_inside_a_function(x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.sin(SPARSE(Y, x, **LOGITS))
    return tf.function(lambda: tape.gradient(value, x))()


def reverse_over_forward(x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        jvp = forward_mode(x)
    return tape.gradient(jvp, x)


def of_tensorflow(*_: Any, reduction: str = "mean", **__: Any) -> Any:
    """What TensorFlow's own loss gives in the place of ours."""
    terms = tf.nn.sparse_softmax_cross_entropy_with_logits(Y, _[1])
    return terms if reduction == "none" else tf.reduce_mean(terms)


@pytest.mark.parametrize(
    "asked",
    [
        second,
        jacobian,
        forward_mode,
        forward_over_reverse,
        reverse_over_forward,
        gradient_inside_a_function,
    ],
)
def test_m18_other_derivatives_are_those_of_tensorflow(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = tf.constant(X.astype(np.float64))
    got = [asked(x), operations(asked, x)]
    monkeypatch.setitem(globals(), "SPARSE", of_tensorflow)
    want = asked(x)
    assert np.abs(want.numpy()).max() > 0
    for one in got:
        np.testing.assert_allclose(one, want, rtol=1e-9, atol=1e-14)


WATCHED: dict[str, Any] = {
    "sample-weight": (SPARSE, Y, X, {**LOGITS, "sample_weight": tf.constant(S)}, "sample_weight"),
    "class-weight": (SPARSE, Y, X, {**LOGITS, "class_weight": tf.constant(W)}, "class_weight"),
    "variable": (SPARSE, Y, X, {**LOGITS, "sample_weight": tf.Variable(S)}, "sample_weight"),
    "pos-weight": (BINARY, T, X, {**LOGITS, "pos_weight": tf.constant(1.7)}, "pos_weight"),
    "targets": (BINARY, tf.constant(T), X, LOGITS, "y_true"),
}


@pytest.mark.parametrize(
    ("function", "y", "x", "options", "name"), WATCHED.values(), ids=list(WATCHED)
)
def test_m20_gradients_to_targets_and_weights(
    function: Any, y: Any, x: Any, options: Any, name: str
) -> None:
    wanted = y if name == "y_true" else options[name]
    logits = tf.constant(x)

    def mixed() -> Any:
        with tf.GradientTape(persistent=True) as outer:
            outer.watch(wanted if tf.is_tensor(wanted) else [])
            with tf.GradientTape() as inner:
                inner.watch(logits)
                value = function(y, logits, reduction="sum", **options) ** 2
            assert ce.last_path() == "operations"
            product = tf.reduce_sum(inner.gradient(value, logits) * along(logits))
        return outer.gradient(value, wanted), outer.gradient(product, wanted)

    for got, want in zip(mixed(), operations(mixed), strict=True):
        got, want = tf.convert_to_tensor(got), tf.convert_to_tensor(want)
        assert np.abs(want.numpy()).max() > 0
        np.testing.assert_array_equal(got, want)
    # without a tape that watches them nothing stands against the kernels
    function(y, logits, **options)
    assert ce.last_path() == "kernel"


def test_m20_targets_that_are_watched_after_the_loss() -> None:
    targets, logits = tf.constant(T), tf.constant(X)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(logits)
            value = BINARY(targets, logits, **LOGITS)
        assert ce.last_path() == "kernel"
        outer.watch(targets)
        product = tf.reduce_sum(inner.gradient(value, logits) * along(logits))
    want = -T / T.size  # of the gradient (p - t) / n
    np.testing.assert_allclose(outer.gradient(product, targets), want, rtol=1e-6)


def test_m01_labels_are_judged_where_the_kernels_read_them() -> None:
    bad = np.where(np.arange(40) == 5, 7, Y)
    with pytest.raises(ce.LabelRangeError, match=r"first at \(5,\)"):
        SPARSE(tf.constant(bad), tf.constant(X), **LOGITS)
    terms = SPARSE(tf.constant(bad), tf.constant(X), reduction="none", validate="off", **LOGITS)
    assert ce.last_path() == "kernel"
    want = SPARSE(Y, X, reduction="none", **LOGITS)
    want[5] = np.nan
    np.testing.assert_array_equal(terms, want)
    with pytest.warns(ce.DoubleSoftmaxWarning):
        SPARSE(Y, tf.constant(P), **LOGITS)


def test_graphs_take_operations() -> None:
    eager = SPARSE(Y, tf.constant(X), **LOGITS)
    for options in ({}, {"jit_compile": True}):
        ce.last_path()
        got = tf.function(lambda x: SPARSE(Y, x, **LOGITS), **options)(tf.constant(X))
        assert ce.last_path() == "operations"
        np.testing.assert_allclose(got, eager, rtol=1e-6)


def test_where_nobody_says_what_is_watched_all_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorflow_tapes, "_gradient_types", None)
    weight, x = tf.constant(S), tf.constant(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([weight, x])
        value = SPARSE(Y, x, **LOGITS)
        assert ce.last_path() == "kernel"
        weighted = SPARSE(Y, x, sample_weight=weight, **LOGITS)
        assert ce.last_path() == "operations"
    assert np.abs(tape.gradient(weighted, weight).numpy()).max() > 0
    _, want = ce.value_and_grad(SPARSE)(Y, X, **LOGITS)
    np.testing.assert_allclose(tape.gradient(value, x), want, rtol=1e-4, atol=1e-9)


def test_kernels_turned_off_before_the_gradient() -> None:
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = SPARSE(Y, x, **LOGITS)
    gradient = operations(tape.gradient, value, x)
    _, want = ce.value_and_grad(SPARSE)(Y, X, **LOGITS)
    np.testing.assert_allclose(gradient, want, rtol=1e-4, atol=1e-9)
