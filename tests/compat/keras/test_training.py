"""Whole models: with the drop-in Keras shows the same history as with its own loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

import crossent as ce
from compat.keras.backend import TRAINS
from crossent.compat import keras as ours

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(48, 5)).astype(np.float32)
Y = RANDOM.integers(0, 3, size=48)
ONE_HOT = np.eye(3, dtype=np.float32)[Y]
WEIGHT = RANDOM.choice([0.0, 0.5, 2.0], size=48).astype(np.float32)

# Loss, options, activation of the last layer, labels.
CASES: dict[str, tuple[str, dict[str, Any], str | None, np.ndarray]] = {
    "logits": ("SparseCategoricalCrossentropy", {"from_logits": True}, None, Y),
    "softmax": ("SparseCategoricalCrossentropy", {}, "softmax", Y),
    "ignored": ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "softmax", Y),
    "one-hot": ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "softmax", ONE_HOT),
    "sigmoid": ("BinaryCrossentropy", {}, "sigmoid", ONE_HOT),
    "binary logits": ("BinaryCrossentropy", {"from_logits": True}, None, ONE_HOT),
}


def model(loss: Any, activation: str | None, metric: Any = None, **compiled: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    net = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, activation=activation)])
    # Without a compiler for the whole step, which would cost a second for each of them.
    net.compile(
        keras.optimizers.SGD(0.5),
        loss=loss,
        metrics=None if metric is None else [metric],
        weighted_metrics=None if metric is None else [metric],
        **{"jit_compile": False, **compiled},
    )
    return net


def shown(library: Any, name: str, given: dict[str, Any]) -> dict[str, list[float]]:
    """Return every number that Keras shows of three epochs, or of one evaluation."""
    loss, options, activation, labels = CASES[name]
    metric = {k: v for k, v in options.items() if k != "ignore_class"}
    net = model(
        getattr(library.losses, loss)(**options),
        activation,
        getattr(library.metrics, loss)(**metric, name="m"),
    )
    if not TRAINS:
        given = {k: v for k, v in given.items() if k != "class_weight"}
        with np.errstate(invalid="ignore"):  # Keras divides 0 by 0 in rows that are ignored
            scores = net.evaluate(X, labels, batch_size=16, verbose=0, return_dict=True, **given)
        return {k: [v] for k, v in scores.items()}
    found = net.fit(X, labels, batch_size=16, epochs=3, verbose=0, **given).history
    weights = np.concatenate([w.reshape(-1) for w in net.get_weights()])
    return {**found, "weights": weights.tolist()}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "given",
    [{}, {"sample_weight": WEIGHT}, {"class_weight": {0: 1.0, 1: 0.0, 2: 3.0}}],
    ids=["plain", "sample_weight", "class_weight"],
)
def test_history_is_the_same(name: str, given: dict[str, Any]) -> None:
    if "class_weight" in given and name != "logits":
        given = {}  # the weights become sample weights before any loss sees them
    mine, theirs = shown(ours, name, given), shown(keras, name, given)
    assert list(mine) == list(theirs)
    for key, values in mine.items():
        # nine steps in float32, each rounded by both; numbers of about 1
        assert np.isfinite(values).all()
        np.testing.assert_allclose(values, theirs[key], rtol=1e-6, atol=1e-6, err_msg=key)


@pytest.mark.trains
@pytest.mark.parametrize("library", [ours, keras], ids=["crossent", "keras"])
def test_a_compiled_step_is_the_step_of_calculus(library: Any) -> None:
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    net = model(loss, None, jit_compile="auto")
    kernel, bias = (w.astype(np.float64) for w in net.get_weights())
    net.fit(X, Y, batch_size=48, epochs=1, verbose=0)
    x = X.astype(np.float64) @ kernel + bias
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    step = 0.5 * X.T @ (p - ONE_HOT) / 48
    # One step in float32 of numbers up to 1.
    np.testing.assert_allclose(net.get_weights()[0], kernel - step, rtol=0, atol=2**-20)


def test_masks_of_padded_sequences() -> None:
    tokens = RANDOM.integers(1, 9, size=(6, 4))
    tokens[:, 3] = tokens[0, 1:] = 0  # padding
    labels = RANDOM.integers(0, 3, size=(6, 4))
    found = []
    for library in (ours, keras):
        keras.utils.set_random_seed(2)
        net = keras.Sequential(
            [
                keras.Input((None,), dtype="int32"),
                keras.layers.Embedding(9, 4, mask_zero=True),
                keras.layers.Dense(3),
            ]
        )
        loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
        metric = library.metrics.SparseCategoricalCrossentropy(from_logits=True)
        net.compile("sgd", loss=loss, metrics=[metric], jit_compile=False)
        found.append(net.evaluate(tokens, labels, batch_size=3, verbose=0))
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_padding_may_have_no_label() -> None:
    tokens = np.array([[1, 2, 0], [3, 0, 0]])
    labels = np.array([[0, 2, -1], [1, -1, -1]])
    scores = []
    for filled in (labels, np.maximum(labels, 0)):
        keras.utils.set_random_seed(2)
        net = keras.Sequential(
            [
                keras.Input((None,), dtype="int32"),
                keras.layers.Embedding(9, 4, mask_zero=True),
                keras.layers.Dense(3),
            ]
        )
        loss = ours.SparseCategoricalCrossentropy(from_logits=True)
        net.compile("sgd", loss=loss, jit_compile=False)
        scores.append(net.evaluate(tokens, filled, verbose=0))
    assert scores[0] == scores[1]
    assert math.isfinite(scores[0])


def test_a_label_that_is_no_class_is_seen() -> None:
    net = model(ours.SparseCategoricalCrossentropy(from_logits=True), None, run_eagerly=True)
    with pytest.raises(ce.LabelRangeError, match="outside: 3"):
        net.evaluate(X, Y + 1, verbose=0)
    net = model(ours.SparseCategoricalCrossentropy(from_logits=True), None)
    # Of TensorFlow's graph comes an error of its own, with the same words.
    with pytest.raises(Exception, match=r"\[CE104\] .* outside: 3"):
        net.evaluate(X, Y + 1, verbose=0)


@pytest.mark.parametrize(
    ("function", "labels"),
    [
        ("sparse_categorical_crossentropy", Y),
        ("categorical_crossentropy", ONE_HOT),
        ("binary_crossentropy", ONE_HOT),
    ],
)
def test_functions_can_be_compiled_in(function: str, labels: np.ndarray) -> None:
    scores = []
    for library in (ours.losses, keras.losses):
        net = model(getattr(library, function), "softmax")
        scores.append(net.evaluate(X, labels, sample_weight=WEIGHT, verbose=0))
    assert scores[0] == pytest.approx(scores[1], rel=1e-6)


def test_core_losses_without_their_wrapper_are_refused_with_weights() -> None:
    plain = ce.SparseCategoricalCrossentropy(from_logits=True)
    wrapped: Callable[..., Any] = ours.Loss(plain)
    with pytest.raises(ce.OptionError, match=r"crossent\.compat\.keras\.Loss"):
        model(plain, None).evaluate(X, Y, sample_weight=WEIGHT, verbose=0)
    net = model(wrapped, None)
    got = net.evaluate(X, Y, sample_weight=WEIGHT, batch_size=48, verbose=0)
    x = net.predict(X, verbose=0).astype(np.float64)
    rows = np.log(np.exp(x).sum(axis=1)) - x[np.arange(48), Y]
    assert got == pytest.approx(np.average(rows, weights=WEIGHT), rel=1e-6)
