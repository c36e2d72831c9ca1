"""The metrics add up batches as Keras's do, of losses that leave labels alone."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
from keras.src import backend as keras_backend

import crossent as ce
from compat.keras.backend import host
from crossent.compat.keras import metrics

NAMES = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy")
each_metric = pytest.mark.parametrize("name", NAMES)
RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(3, 4, 3)).astype(np.float32)  # three batches of four rows
P = np.exp(X) / np.exp(X).sum(axis=-1, keepdims=True)
Y = RANDOM.integers(0, 3, size=(3, 4))
WEIGHT = RANDOM.random((3, 4)).astype(np.float32)


def labels_of(name: str) -> np.ndarray:
    return Y if name == NAMES[0] else np.eye(3, dtype=np.float32)[Y]


def pair(kind: str, **options: Any) -> tuple[Any, Any]:
    return getattr(metrics, kind)(**options), getattr(keras.metrics, kind)(**options)


def result(metric: Any, labels: np.ndarray, x: np.ndarray, weights: Any = None) -> float:
    for i in range(len(x)):
        metric.update_state(labels[i], x[i], None if weights is None else weights[i])
    return float(host(metric.result()))


@each_metric
@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHT, WEIGHT[..., None], [0.5, 2.0, 0.0]])
def test_batches_add_up(name: str, from_logits: bool, weights: Any) -> None:
    mine, theirs = pair(name, from_logits=from_logits)
    args = labels_of(name), X if from_logits else P, weights
    assert result(mine, *args) == pytest.approx(result(theirs, *args), rel=2**-20)
    mine.reset_state()
    with np.errstate(invalid="ignore"):  # on NumPy Keras divides 0 by 0 before it chooses 0
        assert float(host(mine.result())) == 0


@pytest.mark.parametrize("name", NAMES[1:])
def test_smoothing(name: str) -> None:
    mine, theirs = pair(name, label_smoothing=0.2)
    args = labels_of(name), P
    assert result(mine, *args) == pytest.approx(result(theirs, *args), rel=2**-20)


def test_sparse_labels_are_smoothed_as_one_hot_ones() -> None:
    mine = metrics.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    theirs = keras.metrics.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    want = result(theirs, labels_of(NAMES[1]), X)
    assert result(mine, Y, X) == pytest.approx(want, rel=2**-20)


@pytest.mark.parametrize("weights", [None, WEIGHT])
def test_ignored_rows_count_in_the_mean_as_in_keras(weights: Any) -> None:
    mine, theirs = pair(NAMES[0], ignore_class=1, from_logits=True)
    args = Y, X, weights
    assert result(mine, *args) == pytest.approx(result(theirs, *args), rel=2**-20)


@each_metric
def test_masks(name: str) -> None:
    found = []
    for metric in pair(name, from_logits=True):
        x = keras.ops.convert_to_tensor(X[0])
        keras_backend.set_keras_mask(x, keras.ops.array([True, False, True, True]))
        metric.update_state(labels_of(name)[0], x)
        found.append(float(host(metric.result())))
    assert found[0] == pytest.approx(found[1], rel=2**-20)


def test_labels_pass_through_no_float_and_bad_ones_raise() -> None:
    x = np.zeros((1, 300), np.float16)
    x[0, 257] = 8
    metric = metrics.SparseCategoricalCrossentropy(from_logits=True, dtype="bfloat16")
    metric.update_state(np.array([257]), x)
    exact = math.log(math.exp(8) + 299) - 8
    assert float(host(metric.result())) == pytest.approx(exact, rel=2**-7)
    with pytest.raises(ce.LabelRangeError):
        metric.update_state(np.array([300]), x)


@each_metric
@pytest.mark.parametrize("options", [{}, {"dtype": "float16"}, {"from_logits": True, "name": "n"}])
def test_configurations_are_kerass(name: str, options: dict[str, Any]) -> None:
    mine, theirs = pair(name, **options)
    assert mine.get_config() == theirs.get_config()
    again = type(mine).from_config(mine.get_config())
    assert again.get_config() == mine.get_config()
    assert result(again, labels_of(name), P) == pytest.approx(
        result(mine, labels_of(name), P), rel=2**-7
    )
    assert again._direction == theirs._direction == "down"  # what callbacks look for
    assert isinstance(mine, type(theirs))


def test_smoothing_of_sparse_labels_is_configured() -> None:
    metric = metrics.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.25)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(again) is metrics.SparseCategoricalCrossentropy
    assert again.get_config() == metric.get_config()
    assert result(again, Y, X) == result(metric, Y, X)


@pytest.mark.parametrize("name", metrics.__all__)
def test_names_are_kerass(name: str) -> None:
    assert hasattr(keras.metrics, name)
    assert callable(getattr(metrics, name))
