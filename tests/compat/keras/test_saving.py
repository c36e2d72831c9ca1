"""A saved model finds its loss again in another process, and goes on training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from compat.keras.backend import BACKEND, TRAINS
from crossent.compat import keras as ours
from meta.source import run_python

SCRIPT = """
import sys
import keras, numpy as np
import crossent.compat.keras

model = keras.models.load_model(sys.argv[1])
x, y = np.load(sys.argv[2]).values()
kind = type(model.loss)
print(kind.__module__, kind.__name__, model.loss.from_logits)
print(float(model.evaluate(x, y, batch_size=8, verbose=0)[0]).hex())
if keras.config.backend() != "numpy":
    model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    print(float(model.evaluate(x, y, batch_size=8, verbose=0)[0]).hex())
"""


def train(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    if TRAINS:
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return score(model, x, y)


def score(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    return float(model.evaluate(x, y, batch_size=8, verbose=0)[0])


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(16, 4)).astype(np.float32), random.integers(0, 3, size=16)


def compiled(loss: Any, metric: Any, optimizer: Any = "sgd") -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(optimizer, loss=loss, metrics=[metric], jit_compile=False)
    return model


def test_another_process_goes_on_training(
    tmp_path: Path, data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = ours.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    metric = ours.metrics.SparseCategoricalCrossentropy(from_logits=True)
    model = compiled(loss, metric, "adam")  # an optimizer whose state is saved too
    train(model, *data)
    np.savez(tmp_path / "data.npz", *data)
    model.save(tmp_path / "model.keras")
    monkeypatch.setenv("KERAS_BACKEND", BACKEND)
    done = run_python("-c", SCRIPT, "model.keras", "data.npz", cwd=tmp_path, warnings="ignore")
    assert done.returncode == 0, done.stderr
    name, *values = done.stdout.splitlines()
    assert name == "crossent.compat.keras.losses SparseCategoricalCrossentropy True"
    want = [score(model, *data)]
    if TRAINS:
        want.append(train(model, *data))
    # the same program on the same machine: a rounding or two of float32
    assert [float.fromhex(value) for value in values] == pytest.approx(want, rel=2**-20)


def test_a_stored_function_is_found(tmp_path: Path, data: Any) -> None:
    model = compiled(ours.sparse_categorical_crossentropy, "accuracy")
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.loss is ours.sparse_categorical_crossentropy


@pytest.mark.parametrize(
    ("name", "options"),
    [("CategoricalCrossentropy", {"dtype": "float16"}), ("BinaryCrossentropy", {"axis": 0})],
)
def test_options_are_stored(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    loss, metric = getattr(ours, name)(**options), getattr(ours.metrics, name)(name="m")
    compiled(loss, metric).save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.loss) is type(loss)
    assert again.loss.get_config() == loss.get_config()
