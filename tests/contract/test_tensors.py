"""TensorFlow beyond the table: what may be mixed, and what can be seen where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import crossent as ce
from contract.case import Call, P, Q, X, Y, f32
from contract.checking import check_gradient, truth_of

pytestmark = pytest.mark.needs("tensors")


@pytest.fixture
def tf(runner: Any) -> Any:
    import tensorflow

    return tensorflow


@pytest.fixture
def loss(runner: Any) -> Any:
    """The sparse loss of logits, with the labels outside the traced arguments."""

    def call(y: Any, x: Any, **options: Any) -> Any:
        def program(logits: Any) -> Any:
            return ce.sparse_categorical_crossentropy(y, logits, from_logits=True, **options)

        return runner.traceable(program)(x)

    return call


LABELS = {"list": Y.tolist(), "numpy": Y, "int8": Y.astype(np.int8), "byte-swapped": Y.astype(">i8"),
          "float": Y.astype(float), "tuple": tuple(Y.tolist())}  # fmt: skip


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_of_another_kind_are_converted(tf: Any, loss: Any, labels: Any) -> None:
    x = tf.constant(X)
    got = loss(labels, x, reduction="none")
    assert isinstance(got, tf.Tensor)
    assert got.numpy().tobytes() == loss(tf.constant(Y), x, reduction="none").numpy().tobytes()


@pytest.mark.parametrize("weight", [[0.3, 1.7, 0.5, 2.9], np.array([0.3, 1.7, 0.5, 2.9])], ids=type)
def test_weights_of_another_kind_are_converted(tf: Any, loss: Any, weight: Any) -> None:
    x = tf.constant(X)
    got, want = (loss(Y, x, sample_weight=w).numpy() for w in (weight, tf.constant(f32(weight))))
    assert got == want


def test_series_are_converted(tf: Any, loss: Any) -> None:
    import pandas as pd

    x = tf.constant(X)
    got = loss(pd.Series(Y, index=list("abcd")), x, sample_weight=pd.Series([1.0, 2.0, 3.0, 4.0]))
    assert got.numpy() == loss(Y, x, sample_weight=f32([1, 2, 3, 4])).numpy()


WRONG = {
    "range": (np.array([0, 3, 1, 1]), ce.LabelRangeError),
    "before-it-is-narrowed": (np.array([0, 2**32 + 1, 1, 1]), ce.LabelRangeError),
    "uint64": (np.array([0, 2**64 - 3, 1, 1], np.uint64), ce.LabelRangeError),
    "list": ([0, -7, 1, 1], ce.LabelRangeError),
    "fraction": (f32([0, 0.5, 1, 1]), ce.LabelTypeError),
}


@pytest.mark.parametrize(("labels", "error"), WRONG.values(), ids=WRONG)
def test_m01_labels_that_can_be_seen_are_checked_in_a_graph_too(
    tf: Any, loss: Any, labels: Any, error: Any
) -> None:
    with pytest.raises(error):
        loss(labels, tf.constant(X))


def test_weights_that_can_be_seen_are_checked_in_a_graph_too(tf: Any, loss: Any) -> None:
    with pytest.raises(ce.WeightError):
        loss(Y, tf.constant(X), sample_weight=f32([1, -1, 1, 1]))


def test_targets_that_can_be_seen_are_checked_in_a_graph_too(runner: Any, tf: Any) -> None:
    def program(logits: Any) -> Any:
        return ce.categorical_crossentropy(f32(np.full((4, 3), 0.7)), logits, from_logits=True)

    with pytest.raises(ce.TargetError):
        runner.traceable(program)(tf.constant(X))


@pytest.mark.parametrize(
    "kind", [np.ma.masked_array, lambda y: y.astype(object)], ids=["masked", "object"]
)
def test_labels_that_would_change_are_refused(tf: Any, loss: Any, kind: Any) -> None:
    with pytest.raises(ce.ArrayKindError):
        loss(kind(Y), tf.constant(X))


def test_a_variable_gets_a_gradient(runner: Any, tf: Any) -> None:
    call = Call("sparse", Y, X, {"from_logits": True})
    variable = tf.Variable(X)

    def program() -> Any:
        with tf.GradientTape() as tape:
            value = ce.sparse_categorical_crossentropy(
                Y, variable, from_logits=True, reduction="sum"
            )
        return tape.gradient(value, variable)

    got = tf.convert_to_tensor(runner.traceable(program)()).numpy()
    truth = truth_of(call)
    check_gradient(runner, call, got, truth, truth.factors("sum"), np.dtype(np.float32))


@pytest.mark.parametrize("scale", [2.0**15, 2.0**-15])
def test_m13_float16_gradient_is_rounded_after_the_upstream_gradient(
    runner: Any, tf: Any, scale: float
) -> None:
    x = np.float16([[17.3, 0.7, -1.1], [0.3, 1.9, 2.2]])
    call = Call("sparse", np.array([0, 1]), x, {"from_logits": True})

    def program(logits: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = ce.sparse_categorical_crossentropy([0, 1], logits, from_logits=True)
            scaled = value * scale
        return tape.gradient(scaled, logits)

    got = runner.traceable(program)(tf.constant(x)).numpy()
    truth = truth_of(call)
    factors = [f * scale for f in truth.factors("mean")]
    check_gradient(runner, call, got, truth, factors, np.dtype(np.float16))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_m13_dtype_of_the_result(
    runner: Any, tf: Any, loss: Any, dtype: str, reduction: str
) -> None:
    got = loss(Y, tf.cast(tf.constant(X), dtype), reduction=reduction)
    assert got.dtype == (tf.float64 if dtype == "float64" else tf.float32)


def test_gradient_of_nothing_kept_is_zero_and_connected(runner: Any, tf: Any) -> None:
    def program(logits: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = ce.sparse_categorical_crossentropy(
                labels, logits, from_logits=True, ignore_class=-1
            )
        return value, tape.gradient(value, logits)

    value, gradient = runner.traceable(program)(tf.constant(X), tf.fill([4], -1))
    assert value.numpy() == 0
    assert gradient is not None
    assert not gradient.numpy().any()


def test_one_program_serves_every_batch_size(runner: Any, tf: Any) -> None:
    def program(labels: Any, logits: Any) -> Any:
        return ce.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    signature = [tf.TensorSpec([None], tf.int32), tf.TensorSpec([None, 3], tf.float32)]
    options = {"input_signature": signature} if runner.traced else {}
    compiled = runner.traceable(program, **options)
    for n in (4, 1, 3, 0):
        call = Call("sparse", Y[:n], X[:n], {"from_logits": True})
        got = compiled(tf.constant(Y[:n], tf.int32), tf.constant(X[:n])).numpy()
        want = float(truth_of(call).mean())
        # the values themselves are the table's business; this is about the program
        assert got == pytest.approx(want, rel=1e-5, abs=0)


@pytest.mark.parametrize(
    "y_pred", [P.tolist(), tuple(map(tuple, P.tolist()))], ids=["list", "tuple"]
)
def test_predictions_decide_the_framework(tf: Any, y_pred: Any) -> None:
    got = ce.sparse_categorical_crossentropy(Y.tolist(), y_pred)
    assert not isinstance(got, tf.Tensor)


@pytest.mark.parametrize("kind", ["complex64", "string", "int32", "bool"])
def test_tensors_that_hold_no_predictions_are_refused(tf: Any, loss: Any, kind: str) -> None:
    x = tf.as_string(tf.constant(X)) if kind == "string" else tf.cast(tf.constant(X), kind)
    with pytest.raises(ce.CrossentError):
        loss(Y, x)


def test_soft_targets_in_another_float_type(runner: Any, tf: Any) -> None:
    def program(targets: Any, logits: Any) -> Any:
        return ce.categorical_crossentropy(targets, logits, from_logits=True, reduction="none")

    compiled = runner.traceable(program)
    want = compiled(tf.constant(Q), tf.constant(X)).numpy()
    for dtype in (np.float16, np.float64, np.int32):
        q = (Q > 0.4).astype(dtype) if dtype is np.int32 else Q.astype(dtype)
        rows = q.sum(1) == 1
        got = compiled(tf.constant(q[rows]), tf.constant(X[rows])).numpy()
        assert got.dtype == np.float32
        if dtype is not np.int32:
            assert got.tobytes() == want[rows].tobytes()
