"""Bad labels in `fit`: never less of an error than Keras's own loss gives, compiled or not."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import keras
import numpy as np
import pytest

import crossent as ce
from compat.keras.backend import BACKEND
from crossent.compat import keras as ours

# torch.compile loads parts of PyTorch that warn of each other.
pytestmark = [pytest.mark.trains, pytest.mark.filterwarnings("ignore:`torch:DeprecationWarning")]

C, ROWS = 5, 32
RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(ROWS, 4)).astype(np.float32)
Y = np.arange(ROWS) % C
NAN_WEIGHT = np.where(np.arange(ROWS) == 9, np.nan, 1).astype(np.float32)
JITS = ("auto", True, False)
STEPS = (1,) if BACKEND == "torch" else (1, 2)  # Keras takes no other on PyTorch

# Labels, options of the loss, sample weights, and the code that a bad label has.
FAULTS: dict[str, tuple[np.ndarray, dict[str, Any], np.ndarray | None, str | None]] = {
    "from one": (Y + 1, {"from_logits": True}, None, "CE104"),
    "minus one": (np.where(Y == 2, -1, Y), {"from_logits": True}, None, "CE103"),
    "one-hot": (np.eye(C, dtype=int)[Y], {"from_logits": True}, None, "CE108"),
    "above 1": (Y, {}, None, None),
    "NaN weight": (Y, {"from_logits": True}, NAN_WEIGHT, None),
}
LOSSES = {
    "keras": keras.losses.SparseCategoricalCrossentropy,
    "drop-in": ours.SparseCategoricalCrossentropy,
    "wrapped": lambda **given: ours.Loss(ce.SparseCategoricalCrossentropy(**given)),
    "core": ce.SparseCategoricalCrossentropy,
}


def model(loss: Any, **compiled: Any) -> keras.Model:
    if BACKEND == "torch" and compiled.get("jit_compile") is True:
        import torch

        torch.compiler.reset()  # it gives up after a few models, and sees values then
    keras.utils.set_random_seed(1)
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(C)])
    net.compile("sgd", loss=loss, **compiled)
    return net


@cache
def outcome(loss: str, fault: str, jit: Any, steps: int) -> tuple[str, str]:
    """How an epoch ends: with an error, a warning of ours, NaN, or a number; and the words."""
    labels, options, weight, _ = FAULTS[fault]
    net = model(LOSSES[loss](**options), jit_compile=jit, steps_per_execution=steps)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            ran = net.fit(X, labels, sample_weight=weight, batch_size=8, shuffle=False, verbose=0)
        except Exception as error:
            return "error", str(error)
    said = [str(one.message) for one in caught if isinstance(one.message, ce.CrossentWarning)]
    if said:
        return "warning", said[0]
    return ("NaN" if np.isnan(ran.history["loss"][0]) else "number"), ""


@pytest.mark.parametrize(
    ("loss", "steps"),
    [("core", 1), ("wrapped", STEPS[-1]), *(("drop-in", steps) for steps in STEPS)],
)
@pytest.mark.parametrize("jit", JITS, ids=str)
@pytest.mark.parametrize("fault", FAULTS)
def test_never_less_of_an_error_than_keras_gives(
    loss: str, fault: str, jit: Any, steps: int
) -> None:
    if loss == "core" and fault == "NaN weight":
        fault = "from one"  # weights beside a core loss that is not wrapped are refused
    mine, text = outcome(loss, fault, jit, steps)
    theirs, _ = outcome("keras", fault, jit, steps)
    grave = {"number": 0, "NaN": 1, "warning": 2, "error": 3}
    assert grave[mine] >= grave[theirs], (mine, theirs)
    code = FAULTS[fault][-1]
    if code is not None:
        assert mine == "error"
        assert re.search(rf"\[{code}\] ", text), text
    if mine == "NaN":
        # Where a program is compiled, NaN is named at the end of the epoch.
        assert jit is not True
        assert BACKEND != "jax" or jit is False


class Batches(keras.utils.PyDataset):
    def __init__(self, *arrays: np.ndarray) -> None:
        super().__init__(workers=1)
        self.arrays = arrays

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return tuple(array[16 * index : 16 * index + 16] for array in self.arrays)


def generator(*arrays: np.ndarray) -> Iterator[Any]:
    for epoch in range(3):
        for step in (epoch, epoch + 1):
            yield Batches(*arrays)[step % 2]


def loader(*arrays: np.ndarray) -> Any:
    import torch

    data = torch.utils.data.TensorDataset(*(torch.from_numpy(array) for array in arrays))
    return torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)


def dataset(*arrays: np.ndarray) -> Any:
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays).shuffle(ROWS, seed=3).batch(16)


QUIET = {"shuffle": False, "verbose": 0}
# What gives batches, and the arguments of `fit` beside it.
SOURCES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "PyDataset": (Batches, QUIET),
    "generator": (generator, {"steps_per_epoch": 2, **QUIET}),
    **({"DataLoader": (loader, QUIET)} if BACKEND == "torch" else {"tf.data": (dataset, QUIET)}),
}


def compiled(**options: Any) -> keras.Model:
    return model(LOSSES["drop-in"](from_logits=True), jit_compile=True, **options)


def said(call: Callable[[], Any]) -> str:
    """The words of the error that a call ends with; a graph of TensorFlow raises one of its own."""
    with pytest.raises(Exception, match="CE1") as caught:
        call()
    of_graph = BACKEND == "tensorflow" and type(caught.value).__name__ == "InvalidArgumentError"
    assert of_graph or isinstance(caught.value, ce.CrossentError)
    return str(caught.value)


@pytest.mark.parametrize("source", SOURCES)
def test_the_first_batch_is_looked_at_on_its_way(source: str) -> None:
    """Also that of a later `fit` and of an evaluation, and no parameter is NaN afterwards."""
    give, options = SOURCES[source]
    net = compiled(steps_per_execution=STEPS[-1])
    for labels, code in ((Y + 1, "CE104"), (np.where(Y == 2, -1, Y), "CE103")):
        assert f"[{code}]" in said(partial(net.fit, give(X, labels), **options))
    steps = {"steps": 2} if source == "generator" else {}
    assert "[CE104]" in said(partial(net.evaluate, give(X, Y + 1), verbose=0, **steps))
    assert "[CE104]" in said(partial(net.train_on_batch, X, Y + 1))
    assert all(np.isfinite(weight).all() for weight in net.get_weights())


@pytest.mark.parametrize("source", SOURCES)
def test_no_batch_is_lost_by_the_look(source: str) -> None:
    """Nor is a random number drawn: the losses are those of Keras's own loss, epoch by epoch."""
    give, options = SOURCES[source]
    if BACKEND == "torch" and source == "PyDataset":
        return  # goes the way of a generator, and every model takes long to compile
    weight = np.linspace(0, 1, ROWS, dtype=np.float32)

    def losses(net: keras.Model) -> list[float]:
        return net.fit(give(X, Y, weight), epochs=2, **options).history["loss"]

    mine = losses(compiled(steps_per_execution=STEPS[-1]))
    theirs = losses(model(LOSSES["keras"](from_logits=True), jit_compile=False))
    np.testing.assert_allclose(mine, theirs, rtol=1e-5)


def test_rows_without_a_weight_are_not_looked_at_in_a_batch() -> None:
    marked, weight = np.where(Y == 2, -1, Y), (Y != 2).astype(np.float32)
    net = compiled()
    history = net.fit(Batches(X, marked, weight), **QUIET).history
    assert np.isfinite(history["loss"]).all()
    said(partial(net.fit, Batches(X, marked), **QUIET))
    said(partial(net.fit, X, Y + 1, class_weight={0: 2.0}, **QUIET))


def test_labels_of_a_later_fit_are_looked_at() -> None:
    net = compiled()
    net.fit(X, Y, epochs=2, batch_size=16, verbose=0, validation_data=(X, Y))
    with pytest.raises(ce.LabelRangeError, match="CE104"):
        net.fit(X, Y + 1, batch_size=16, verbose=0)
    with pytest.raises(ce.LabelRangeError, match="CE103"):
        net.evaluate(X, np.where(Y == 2, -1, Y), batch_size=16, verbose=0)
    net.fit(X, Y, batch_size=16, verbose=0)


def test_nan_of_a_dataset_is_named_at_the_end_of_the_epoch() -> None:
    late = np.where(np.arange(ROWS) > 20, Y + 1, Y)  # not in the first batch
    with pytest.warns(ce.CrossentWarning, match=r"CE217\] The loss of epoch 1 is NaN") as caught:
        compiled().fit(Batches(X, late), epochs=3, verbose=0, shuffle=False)
    assert len([one for one in caught if "CE217" in str(one.message)]) == 1


class Shifted(keras.Sequential):
    """Takes labels from 1 in its own way."""

    def compute_loss(self, x: Any = None, y: Any = None, *others: Any, **given: Any) -> Any:
        return super().compute_loss(x, y - 1, *others, **given)


def padded() -> keras.Model:
    net = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            keras.layers.Embedding(9, 4, mask_zero=True),
            keras.layers.Dense(C),
        ]
    )
    net.compile("sgd", loss=LOSSES["drop-in"](from_logits=True), jit_compile=True)
    return net


def test_sound_labels_that_look_bad_are_taken() -> None:
    """Of a step of the user's own, of masked rows, and of rows without a weight."""
    net = Shifted([keras.Input((4,)), keras.layers.Dense(C)])
    net.compile("sgd", loss=LOSSES["drop-in"](from_logits=True), jit_compile=True)
    assert np.isfinite(net.fit(X, Y + 1, verbose=0).history["loss"]).all()
    tokens, labels = np.array([[1, 2, 0], [3, 0, 0]]), np.array([[0, 2, -1], [1, -1, -1]])
    assert np.isfinite(padded().fit(tokens, labels, verbose=0).history["loss"]).all()
    marked, weight = np.where(Y == 2, -1, Y), (Y != 2).astype(np.float32)
    for name in ("drop-in", "wrapped"):
        net = model(LOSSES[name](from_logits=True), jit_compile=True)
        history = net.fit(X, marked, sample_weight=weight, verbose=0).history
        assert np.isfinite(history["loss"]).all()


def test_a_watched_model_is_saved_and_loaded(tmp_path: Any) -> None:
    net = compiled()
    net.fit(X, Y, verbose=0)
    net.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    with pytest.raises(ce.LabelRangeError, match="CE104"):
        again.fit(X, Y + 1, verbose=0)
