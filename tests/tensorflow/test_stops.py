"""A graph that is not compiled by XLA stops at bad values, with the name and words of an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import crossent as ce
from crossent.compat import keras as ours
from crossent.core.messages.graphs import NAMES, operation_name

C = 5
RANDOM = np.random.default_rng(11)
X = (2.3 * RANDOM.normal(size=(40, C))).astype(np.float32)
P = (np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)).astype(np.float32)
Y = np.arange(40) % C
Q = np.eye(C, dtype=np.float32)[Y]
T = (X > 0).astype(np.float32)
ONES = np.ones(40, np.float32)
PAIRS, LIKELY = np.stack([Y, (Y + 1) % C], 1), np.full((40, 2), 0.7, np.float32)
LOGITS = {"from_logits": True}
SPARSE, DENSE, BINARY = (
    ce.sparse_categorical_crossentropy,
    ce.categorical_crossentropy,
    ce.binary_crossentropy,
)


def changed(array: Any, at: Any, value: Any) -> np.ndarray:
    out = np.array(array)
    out[at] = value
    return out


def weighted(weight: float) -> dict[str, Any]:
    return {**LOGITS, "sample_weight": changed(ONES, 7, weight)}


def of_classes(weight: float) -> dict[str, Any]:
    return {**LOGITS, "class_weight": changed(ONES[:C], 4, weight)}


HEAVY = {**LOGITS, "pos_weight": changed(ONES[:C], 2, np.inf)}

# One or more inputs for every code: loss, labels, predictions, options.
FAULTS: dict[str, tuple[str, Any, Any, Any, dict[str, Any]]] = {
    "far outside": ("CE101", SPARSE, changed(Y, 7, 9), X, LOGITS),
    "two marks": ("CE101", SPARSE, changed(Y, [3, 4], [-7, -9]), X, LOGITS),
    "minus one": ("CE103", SPARSE, changed(Y, 7, -1), X, LOGITS),
    "minus one of probabilities": ("CE103", SPARSE, changed(Y, 7, -1), P, {}),
    "from one": ("CE104", SPARSE, Y + 1, X, LOGITS),
    "from one, smoothed": ("CE104", SPARSE, Y + 1, X, {**LOGITS, "label_smoothing": 0.1}),
    "a fraction": ("CE111", SPARSE, changed(np.float32(Y), 7, 1.5), X, LOGITS),
    "grey": ("CE210", SPARSE, np.array([0, 64, 128])[Y % 3], X, LOGITS),
    "wrapped": ("CE311", SPARSE, changed(np.uint8(Y), 7, 255), X, {**LOGITS, "ignore_class": -1}),
    "a cast NaN": ("CE312", SPARSE, changed(Y, 7, -(2**63)), X, LOGITS),
    "NaN": ("CE312", SPARSE, changed(np.float32(Y), 7, np.nan), X, LOGITS),
    "several ones": ("CE301", DENSE, changed(Q, 7, 1.0), X, LOGITS),
    "counts": ("CE308", DENSE, 3 * Q, X, LOGITS),
    "logits as targets": ("CE308", DENSE, X, X, LOGITS),
    "signs": ("CE308", BINARY, 2 * T - 1, X, LOGITS),
    "missing elements": ("CE312", BINARY, changed(T, (7, 2), np.nan), X, LOGITS),
    "logits": ("CE106", SPARSE, Y, X, {}),
    "logits of elements": ("CE106", BINARY, T, X, {}),
    "masked": ("CE101", SPARSE, Y, X, {**LOGITS, "class_mask": np.arange(C) < 4}),
    "negative weight": ("CE314", SPARSE, Y, X, weighted(-2)),
    "NaN weight": ("CE314", SPARSE, Y, X, weighted(np.nan)),
    "infinite weight": ("CE314", BINARY, T, X, HEAVY),
    "weight of a class": ("CE314", SPARSE, Y, X, of_classes(-3)),
    "target_prob": ("CE308", SPARSE, PAIRS, X, {**LOGITS, "target_prob": LIKELY}),
}  # fmt: skip


def split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    arrays = {k: v for k, v in options.items() if isinstance(v, np.ndarray)}
    return arrays, {k: v for k, v in options.items() if k not in arrays}


def program(loss: Any, words: dict[str, Any], *, gradient: bool = True, **given: Any) -> Any:
    def run(y: Any, x: Any, arrays: dict[str, Any]) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(y, x, **arrays, **words)
        # Of the two only one comes out, so that nothing but the other can have stopped it.
        return tape.gradient(value, x) if gradient else value

    return tf.function(run, **given)


def stopped(call: Callable[[], Any]) -> tuple[str, str]:
    """The name of the operation that stopped, and what it says."""
    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        call()
    error = str(info.value)
    found = {one.rpartition("/")[2] for one in re.findall(r"\{\{node ([^}]*)\}\}", error)}
    assert len(found) == 1, error
    words = re.search(r"assertion failed: \[(.*)\]\s*\n", error, re.DOTALL)
    assert words, error
    return found.pop(), words[1]


@pytest.mark.parametrize("gradient", [False, True], ids=["value", "gradient"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_graph_stops_with_the_words_of_the_eager_error(name: str, gradient: bool) -> None:
    code, loss, y, x, options = FAULTS[name]
    arrays, words = split(options)
    run = program(loss, words, gradient=gradient)
    operation, text = stopped(lambda: run(tf.constant(y), tf.constant(x), arrays))
    assert operation == operation_name(code)
    with pytest.raises(ce.CrossentError) as eager:
        loss(y, x, **options)
    # An assertion escapes quotes, and a weight that was repeated has more places.
    plain = [one.replace("\\", "").partition("(first")[0] for one in (text, str(eager.value))]
    assert plain[0] == plain[1]


def test_every_code_of_values_has_a_name() -> None:
    assert {code for code, *_ in FAULTS.values()} == set(NAMES)


def test_the_name_comes_first_and_the_text_is_explained() -> None:
    run = program(SPARSE, LOGITS)
    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        run(tf.constant(Y + 1), tf.constant(X), {})
    lines = [line for line in str(info.value).splitlines() if line]
    first = lines[1] if lines[0] == "Graph execution error:" else lines[0]
    assert "CE104_labels_count_from_1" in first or "[CE104] " in first
    assert ce.explain(info.value).codes[0] == "CE104"


HEALTHY = {
    "labels": (SPARSE, Y, X, LOGITS),
    "probabilities": (SPARSE, Y, P, {}),
    "no sum of 1": (SPARSE, Y, 0.5 * P, {}),  # not looked at where values are traced
    "NaN logits": (SPARSE, Y, changed(X, 7, np.nan), LOGITS),
    "NaN probabilities": (SPARSE, Y, changed(P, 7, np.nan), {}),
    "ignored": (SPARSE, changed(Y, 7, -1), changed(X, 7, np.nan), {**LOGITS, "ignore_class": -1}),
    "weight 0": (SPARSE, changed(Y, 7, 99), X, weighted(0)),
    "no weight, no label": (SPARSE, Y % 4, X, of_classes(np.nan)),
    "dense": (DENSE, Q, X, LOGITS),
    "rounded targets": (DENSE, np.round(P, 2), X, LOGITS),
    "elements": (BINARY, T, X, LOGITS),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_no_fault_does_not_stop(name: str) -> None:
    loss, y, x, options = HEALTHY[name]
    arrays, words = split(options)
    given = tf.constant(y), tf.constant(x), arrays
    for gradient in (False, True):
        safe = program(loss, words, gradient=gradient)(*given)
        free = program(loss, {**words, "validate": "off"}, gradient=gradient)(*given)
        assert np.asarray(safe).tobytes() == np.asarray(free).tobytes()


@pytest.mark.parametrize("options", [{"jit_compile": True}, {}], ids=["XLA", "validate off"])
def test_where_nothing_can_stop_the_row_is_nan(options: dict[str, Any]) -> None:
    words = {**LOGITS, "reduction": "none"} | ({} if options else {"validate": "off"})
    given = tf.constant(changed(Y, 7, 9)), tf.constant(X), {}
    for gradient in (False, True):
        rows = np.asarray(program(SPARSE, words, gradient=gradient, **options)(*given))
        assert np.isnan(rows[7]).all()
        assert np.isfinite(np.delete(rows, 7, axis=0)).all()


def test_a_graph_inside_of_one_for_xla_does_not_stop() -> None:
    inner = tf.function(lambda y, x: SPARSE(y, x, from_logits=True))
    outer = tf.function(lambda y, x: inner(y, x), jit_compile=True)
    assert np.isnan(outer(tf.constant(Y + 1), tf.constant(X)))


def test_a_dict_of_class_weights_that_lacks_a_class() -> None:
    run = tf.function(lambda y, x: SPARSE(y, x, class_weight={0: 1.0, 1: 2.0}, **LOGITS))
    assert np.isfinite(run(tf.constant(Y % 2), tf.constant(X)))
    operation, text = stopped(lambda: run(tf.constant(Y), tf.constant(X)))
    assert operation == operation_name("CE314")
    assert "no weight for classes that occur: 2, 3, 4" in text


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_predictions_of_other_types(dtype: str) -> None:
    run = program(SPARSE, {})
    operation, _ = stopped(lambda: run(tf.constant(Y), tf.cast(X, dtype), {}))
    assert operation == operation_name("CE106")
    assert np.isfinite(np.asarray(run(tf.constant(Y), tf.cast(P, dtype), {}), np.float32)).all()


def of_row(pair: Any) -> Any:
    return SPARSE(pair[0], pair[1], from_logits=True)


BLOCKS = Y.reshape(4, 10), X.reshape(4, 10, C)
WITH_MARK = changed(Y, 25, -1).reshape(4, 10)


def test_a_loop_stops_too() -> None:
    run = tf.function(lambda y, x: tf.map_fn(of_row, (y, x), fn_output_signature=tf.float32))
    assert np.isfinite(run(*map(tf.constant, BLOCKS))).all()
    operation, _ = stopped(lambda: run(tf.constant(WITH_MARK), tf.constant(BLOCKS[1])))
    assert operation == operation_name("CE103")


@pytest.mark.parametrize("inner", [of_row, tf.function(of_row)], ids=["plain", "function"])
def test_a_vectorized_map_gives_nan(inner: Any) -> None:
    for run in (lambda *given: tf.vectorized_map(inner, given),
                tf.function(lambda *given: tf.vectorized_map(inner, given))):  # fmt: skip
        assert np.isfinite(run(*map(tf.constant, BLOCKS))).all()
        bad = np.asarray(run(tf.constant(WITH_MARK), tf.constant(BLOCKS[1])))
        assert np.isnan(bad).tolist() == [False, False, True, False]


def test_the_slopes_of_every_row() -> None:
    @tf.function
    def slopes(y: Any, x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            rows = SPARSE(y, x, from_logits=True, reduction="none")
        return tape.jacobian(rows, x)

    assert np.isfinite(np.asarray(slopes(tf.constant(Y), tf.constant(X)))).all()
    operation, _ = stopped(lambda: slopes(tf.constant(Y + 1), tf.constant(X)))
    assert operation == operation_name("CE104")


def test_a_dataset_stops_too() -> None:
    rows = tf.data.Dataset.from_tensor_slices((Y + 1, X)).batch(40)
    losses = rows.map(lambda y, x: SPARSE(y, x, from_logits=True))
    with pytest.raises(tf.errors.InvalidArgumentError, match="CE104_labels_count_from_1"):
        next(iter(losses))


def test_a_derivative_of_a_derivative_stops_too() -> None:
    @tf.function
    def curvature(y: Any, x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = SPARSE(y, x, from_logits=True)
            slopes = tf.reduce_sum(tape.gradient(value, x) ** 2)
        return outer.gradient(slopes, x)

    assert np.isfinite(np.asarray(curvature(tf.constant(Y), tf.constant(X)))).all()
    operation, _ = stopped(lambda: curvature(tf.constant(Y + 1), tf.constant(X)))
    assert operation == operation_name("CE104")


def model() -> keras.Model:
    net = keras.Sequential([keras.Input((C,)), keras.layers.Dense(C)])
    net.compile("sgd", loss=ours.SparseCategoricalCrossentropy(from_logits=True))
    return net


def test_fit_names_the_fault_by_its_operation_and_changes_nothing() -> None:
    net = model()
    before = [weight.tobytes() for weight in net.get_weights()]
    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        net.fit(X, Y + 1, verbose=0)
    text = str(info.value)
    assert re.search(r"Detected at node \S*/CE104_labels_count_from_1 ", text), text
    assert not re.search(r"CE(?!104)\d{3}_", text)
    assert ce.explain(text).codes[0] == "CE104"
    assert [weight.tobytes() for weight in net.get_weights()] == before


def test_replicas_stop_too() -> None:
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        net = model()
    net.fit(X, Y, batch_size=8, verbose=0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="CE104_labels_count_from_1"):
        net.fit(X, Y + 1, batch_size=8, verbose=0)
