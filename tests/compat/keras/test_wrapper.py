"""Crossent's losses inside Keras: the right number, or an error that names what to use."""

from __future__ import annotations

import math
from pathlib import Path

import keras
import numpy as np
import pytest

import crossent as ce
from compat.keras.backend import TRAINS
from crossent.compat.keras import Loss

X = np.array([[2.3, 0.1], [0.2, 1.1], [0.3, 3.2], [1.4, 0.2]], np.float32)
Y = np.array([0, 1, 0, 0])
WEIGHT = np.array([1.0, 0.0, 1.0, 0.0])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


# Loss of class 0 is softplus(x1 - x0); closed form, no crossent in it.
ROWS = np.array([softplus((-1 if y else 1) * float(b - a)) for (a, b), y in zip(X, Y, strict=True)])


def model(loss: object, *, units: int = 2, jit: object = "auto") -> keras.Model:
    layers = [
        keras.Input((2,)),
        keras.layers.Dense(units, use_bias=False, kernel_initializer="identity"),
    ]
    net = keras.Sequential(layers)
    net.compile(keras.optimizers.SGD(0.1), loss=loss, jit_compile=jit)
    return net


SPARSE = ce.SparseCategoricalCrossentropy(from_logits=True)


@pytest.mark.parametrize("jit", ["auto", False])
@pytest.mark.parametrize("wrap", [lambda loss: loss, Loss], ids=["plain", "wrapped"])
def test_loss_object_gives_the_mean(wrap, jit):
    net = model(wrap(SPARSE), jit=jit)
    assert net.evaluate(X, Y, batch_size=4, verbose=0) == pytest.approx(ROWS.mean(), rel=1e-6)


def function(y_true: object, y_pred: object) -> object:
    return ce.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)


@pytest.mark.parametrize("loss", [SPARSE, function])
def test_plain_callable_with_sample_weight_raises(loss):
    with pytest.raises(ce.OptionError, match=r"crossent\.compat\.keras\.Loss"):
        model(loss).evaluate(X, Y, sample_weight=WEIGHT, verbose=0)


@pytest.mark.trains
def test_plain_callable_with_class_weight_raises():
    with pytest.raises(ce.OptionError, match="CE205"):
        model(SPARSE).fit(X, Y, class_weight={0: 2.0, 1: 1.0}, verbose=0)


def test_terms_wrapped_by_keras_are_refused_with_weights_too():
    # Keras would divide by 4, not by the sum of the weights.
    rows = ce.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    with pytest.raises(ce.OptionError, match="CE205"):
        model(rows).evaluate(X, Y, sample_weight=WEIGHT, verbose=0)


def test_terms_in_a_loss_of_the_users_own_are_kerass_business():
    class Own(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return ce.sparse_categorical_crossentropy(
                y_true, y_pred, from_logits=True, reduction="none"
            )

    got = model(Own()).evaluate(X, Y, sample_weight=WEIGHT, batch_size=4, verbose=0)
    assert got == pytest.approx((ROWS * WEIGHT).sum() / 4, rel=1e-6)


def test_wrapped_loss_gives_the_weighted_mean():
    net = model(Loss(SPARSE))
    got = net.evaluate(X, Y, sample_weight=WEIGHT, batch_size=4, verbose=0)
    assert got == pytest.approx((ROWS * WEIGHT).sum() / WEIGHT.sum(), rel=1e-6)


@pytest.mark.trains
@pytest.mark.parametrize("wrap", [lambda loss: loss, Loss], ids=["plain", "wrapped"])
def test_training_takes_the_step_that_calculus_says(wrap):
    net = model(wrap(SPARSE))
    net.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    p = np.exp(X.astype(np.float64))
    p /= p.sum(axis=1, keepdims=True)
    gradient = X.T @ (p - np.eye(2)[Y]) / 4
    # One float32 step: 64 ulp of the largest weight.
    np.testing.assert_allclose(
        net.get_weights()[0], np.eye(2) - 0.1 * gradient, rtol=0, atol=64 * 2**-24
    )


@pytest.mark.trains
def test_weighted_training_takes_the_weighted_step():
    net = model(Loss(SPARSE))
    net.fit(X, Y, sample_weight=WEIGHT, batch_size=4, epochs=1, verbose=0)
    p = np.exp(X.astype(np.float64))
    p /= p.sum(axis=1, keepdims=True)
    gradient = X.T @ ((p - np.eye(2)[Y]) * WEIGHT[:, None]) / WEIGHT.sum()
    np.testing.assert_allclose(
        net.get_weights()[0], np.eye(2) - 0.1 * gradient, rtol=0, atol=64 * 2**-24
    )


def test_a_bad_label_is_an_error_that_names_it():
    # On TensorFlow it is the graph that stops, elsewhere the labels are looked at first.
    with pytest.raises(Exception, match="CE104"):
        model(SPARSE).evaluate(X, Y + 1, verbose=0)


def test_dense_and_binary_losses():
    dense = model(ce.CategoricalCrossentropy(from_logits=True))
    got = dense.evaluate(X, np.eye(2, dtype=np.float32)[Y], batch_size=4, verbose=0)
    assert got == pytest.approx(ROWS.mean(), rel=1e-6)
    binary = model(ce.BinaryCrossentropy(from_logits=True))
    targets = np.eye(2, dtype=np.float32)[Y]
    want = np.mean([softplus(-x if t else x) for x, t in zip(X.flat, targets.flat, strict=True)])
    got = binary.evaluate(X, targets, batch_size=4, verbose=0)
    assert got == pytest.approx(want, rel=1e-6)


def test_wrapped_loss_keeps_labels_that_float32_cannot_hold():
    # Keras's own loss casts labels to its dtype: 2**24 + 1 becomes another class.
    classes = 2**24 + 2
    logits = keras.ops.zeros((1, classes))
    label = np.array([2**24 + 1], np.int64)
    got = Loss(SPARSE)(label, logits)
    assert float(got) == pytest.approx(math.log(classes), rel=1e-6)
    with pytest.raises(ce.LabelTypeError, match="CE310"):
        SPARSE(label.astype(np.float32), logits)


def test_keras_mask_leaves_rows_out():
    tokens = np.array([[1, 2, 0], [2, 0, 0]])
    net = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            keras.layers.Embedding(3, 2, mask_zero=True, embeddings_initializer="ones"),
            keras.layers.Dense(2, kernel_initializer="zeros"),
        ]
    )
    net.compile(
        "sgd", loss=Loss(ce.SparseCategoricalCrossentropy(from_logits=True, ignore_class=9))
    )
    labels = np.array([[0, 1, 0], [1, 0, 0]])
    assert net.evaluate(tokens, labels, verbose=0) == pytest.approx(math.log(2), rel=1e-6)
    net.compile("sgd", loss=SPARSE)
    with pytest.raises(ce.OptionError, match="CE205"):
        net.evaluate(tokens, labels, verbose=0)


def test_saved_model_keeps_the_loss(tmp_path: Path):
    net = model(Loss(ce.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)))
    if TRAINS:
        net.fit(X, Y, batch_size=4, verbose=0)
    path = tmp_path / "model.keras"
    net.save(path)
    again = keras.models.load_model(path)
    assert again.loss.loss == net.loss.loss
    assert again.evaluate(X, Y, verbose=0) == net.evaluate(X, Y, verbose=0)


def test_wrapper_refuses_what_is_no_loss():
    with pytest.raises(ce.OptionError, match="`loss`"):
        Loss(ce.sparse_categorical_crossentropy)
    with pytest.raises(ce.OptionError, match="got LinearCrossentropy"):
        Loss(ce.LinearCrossentropy())  # which takes the weight of a layer too
