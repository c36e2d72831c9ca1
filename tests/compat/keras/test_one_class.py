"""What Keras takes and crossent refuses is said as the core says it, without two equal shapes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import crossent as ce
import crossent.compat.keras as drop_in

Y = np.array([0, 1, 0, 1])
ONE = np.array([[0.25], [0.5], [0.75], [0.5]], np.float32)
TWO = np.concatenate([ONE, 1 - ONE], axis=1)
SHAPES = re.compile(r"target\.shape=(\(.*?\)), output\.shape=(\(.*?\))")

LOSSES: dict[str, tuple[Any, Any]] = {
    "sparse": (drop_in.losses.SparseCategoricalCrossentropy, ce.sparse_categorical_crossentropy),
    "dense": (drop_in.losses.CategoricalCrossentropy, ce.categorical_crossentropy),
}
CASES = {
    "sparse, labels of the rows": ("sparse", Y, ONE),
    "sparse, labels in a column": ("sparse", Y[:, None], ONE),
    "sparse, images": ("sparse", Y.reshape(2, 2), ONE.reshape(2, 2, 1)),
    "dense, labels in a column": ("dense", Y[:, None], ONE),
    "dense, floats": ("dense", ONE, ONE),
    "sparse, one-hot labels": ("sparse", np.eye(2, dtype=np.float32)[Y], TWO),
}


def text_of(call: Any) -> str:
    with pytest.raises(ce.ShapeError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_message_is_that_of_the_core(name: str, from_logits: bool) -> None:
    kind, y, p = CASES[name]
    mine, core = LOSSES[kind]
    text = text_of(lambda: mine(from_logits=from_logits)(y, p))
    assert text == text_of(lambda: core(y, p, from_logits=from_logits))


@pytest.mark.parametrize("kind", LOSSES)
def test_shapes_that_keras_refuses_too_are_in_its_words(kind: str) -> None:
    mine, _ = LOSSES[kind]
    y = np.array([0, 1, 0]) if kind == "sparse" else np.ones((4, 3), np.float32)
    shapes = SHAPES.search(text_of(lambda: mine()(y, TWO)))
    assert shapes is not None
    assert shapes[1] != shapes[2]


def test_a_metric_says_it_too() -> None:
    for metric, y in (
        (drop_in.metrics.SparseCategoricalCrossentropy(), Y),
        (drop_in.metrics.CategoricalCrossentropy(), Y[:, None]),
    ):
        text = text_of(lambda metric=metric, y=y: metric.update_state(y, ONE))
        assert text.startswith("[CE302] `y_pred` has 1 class")


@pytest.mark.trains
@pytest.mark.parametrize("kind", LOSSES)
def test_fit_says_it(kind: str) -> None:
    import keras

    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(loss=LOSSES[kind][0](from_logits=True), optimizer="sgd")
    y = Y if kind == "sparse" else Y[:, None]
    text = text_of(lambda: model.fit(np.zeros((4, 3), np.float32), y, verbose=0))
    assert text.startswith("[CE302] `y_pred` has 1 class")
