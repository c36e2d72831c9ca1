"""Losses as configurations: they come back the same, and Keras's own can be read."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import keras
import numpy as np
import pytest

import crossent as ce
from compat.keras.backend import host
from crossent.compat import keras as ours

NAMES = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy")
FUNCTIONS = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    *((name, {}) for name in NAMES),
    *((name, {"from_logits": True, "reduction": "sum", "name": "mine"}) for name in NAMES),
    *((name, {"label_smoothing": 0.125, "dtype": "float16"}) for name in NAMES),
    *((name, {"reduction": None, "dtype": keras.DTypePolicy("mixed_bfloat16")}) for name in NAMES),
    (NAMES[0], {"ignore_class": 255, "axis": 1}),
    (NAMES[1], {"axis": 1}),
    (NAMES[2], {"axis": 0}),
)
each = pytest.mark.parametrize(("name", "options"), OPTIONS)


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (one.get_config(), one.dtype, one._fn_kwargs) == (
        other.get_config(), other.dtype, other._fn_kwargs
    )  # fmt: skip


@each
def test_a_configuration_makes_the_same_loss(name: str, options: dict[str, Any]) -> None:
    loss = getattr(ours, name)(**options)
    assert same(type(loss).from_config(loss.get_config()), loss)
    stored = keras.saving.serialize_keras_object(loss)
    assert same(keras.saving.deserialize_keras_object(stored), loss)
    assert stored["registered_name"] == f"crossent>{name}"


@each
def test_copies(name: str, options: dict[str, Any]) -> None:
    loss = getattr(ours, name)(**options)
    assert same(copy.deepcopy(loss), loss)
    assert same(pickle.loads(pickle.dumps(loss)), loss)


@pytest.mark.parametrize("name", NAMES)
def test_kerass_configuration_is_read_and_written(name: str) -> None:
    theirs = getattr(keras.losses, name)(from_logits=True, reduction="sum", name="n")
    mine = getattr(ours, name).from_config(theirs.get_config())
    assert mine.get_config() == theirs.get_config()
    assert type(theirs).from_config(mine.get_config()).get_config() == theirs.get_config()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["losses", "metrics"])
def test_signatures_are_kerass_and_more(name: str, place: str) -> None:
    mine = inspect.signature(getattr(getattr(ours, place), name)).parameters
    theirs = inspect.signature(getattr(getattr(keras, place), name)).parameters
    assert list(mine)[: len(theirs)] == list(theirs)
    assert {k: mine[k].default for k in theirs} == {k: v.default for k, v in theirs.items()}
    more = set(mine) - set(theirs)
    assert {name: mine[name].default for name in more} in ({}, {"label_smoothing": 0.0})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_of_functions(name: str) -> None:
    mine = list(inspect.signature(getattr(ours, name)).parameters.values())
    theirs = list(inspect.signature(getattr(keras.losses, name)).parameters.values())
    shown = [(p.name, p.default) for p in mine]
    assert shown[: len(theirs)] == [(p.name, p.default) for p in theirs]
    assert shown[len(theirs) :] in ([], [("label_smoothing", 0.0)])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_stored_by_name(name: str) -> None:
    function = getattr(ours, name)
    assert keras.saving.get_registered_name(function) == f"crossent>{name}"
    assert keras.losses.get(keras.losses.serialize(function)) is function


@pytest.mark.parametrize("name", ours.losses.__all__)
def test_the_module_of_losses_has_kerass_names(name: str) -> None:
    assert getattr(ours.losses, name) is getattr(ours, name)
    assert hasattr(keras.losses, name)


def test_the_wrapper_of_crossents_losses_is_stored_beside_them() -> None:
    loss = ours.Loss(ce.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    x, y = np.zeros((2, 3), np.float32), np.array([0, 1])
    x = keras.ops.array(x)
    assert again.loss == loss.loss
    assert host(again(y, x)) == host(loss(y, x))
