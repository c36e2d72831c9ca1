"""Calls of Keras's losses, drawn: labels, predictions, weights and options that mean something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from hypothesis import strategies as st

from compat.keras.backend import BACKEND
from crossent.compat import keras as ours

CLASSES = 3
NAMES = {
    "sparse": "SparseCategoricalCrossentropy",
    "dense": "CategoricalCrossentropy",
    "binary": "BinaryCrossentropy",
}
FUNCTIONS = {
    "sparse": "sparse_categorical_crossentropy",
    "dense": "categorical_crossentropy",
    "binary": "binary_crossentropy",
}
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
# Every shape, dtype and option is another program to XLA.
SHAPES = [(4, CLASSES)] if BACKEND == "jax" else [(4, CLASSES), (2, 3, CLASSES), (CLASSES,)]
DTYPES = ["float32"] if BACKEND == "jax" else ["float32", "float32", "float16", "bfloat16"]


@dataclass(frozen=True)
class Drawn:
    """One call of a loss, to be given to Keras's class or function and to the drop-in."""

    function: str
    y: np.ndarray
    x: np.ndarray
    weight: Any
    options: dict[str, Any]  # of the function
    around: dict[str, Any] | None  # of the class: reduction and dtype; None: the function is called

    def call(self, library: Any, x: Any) -> Any:
        with np.errstate(all="ignore"):  # on NumPy Keras divides 0 by 0 where no row counts
            if self.around is None:
                return getattr(library, FUNCTIONS[self.function])(self.y, x, **self.options)
            loss = getattr(library, NAMES[self.function])(**self.options, **self.around)
            return loss(self.y, x, sample_weight=self.weight)

    def theirs(self, x: Any) -> Any:
        return self.call(keras.losses, x)

    def ours(self, x: Any) -> Any:
        return self.call(ours, x)

    @property
    def dtype(self) -> str:
        return "float32" if self.around is None else str(self.around["dtype"])


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, width=32, allow_subnormal=False)


def filled(draw: Any, shape: tuple[int, ...], elements: st.SearchStrategy[float]) -> np.ndarray:
    n = int(np.prod(shape))
    return np.array(draw(st.lists(elements, min_size=n, max_size=n)), np.float32).reshape(shape)


@st.composite
def calls(draw: Any, function: str) -> Drawn:
    """Good labels, finite predictions."""
    shape = draw(st.sampled_from(SHAPES))
    axis = -1
    if len(shape) == 3 and (function == "dense" or BACKEND == "torch"):
        # TensorFlow's own op fails with another negative axis.
        axis = draw(st.sampled_from([-1, 2, 1] if BACKEND == "tensorflow" else [-1, 2, -2, 1]))
    rows = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
    logits = draw(st.booleans())
    options: dict[str, Any] = {"from_logits": logits, "axis": axis}
    x = _predictions(draw, function, shape, axis, logits)
    if function == "sparse":
        y = np.array(
            draw(st.lists(st.integers(0, shape[axis] - 1), min_size=x.size, max_size=x.size))
        )
        y = y[: int(np.prod(rows))].reshape(rows)
        y = y.astype(draw(st.sampled_from([np.int64, np.int32, np.uint8, np.float32])))
        if draw(st.booleans()) and rows:
            y = np.expand_dims(y, axis)
        options["ignore_class"] = draw(st.sampled_from([None, None, 0, 1]))
    else:
        y = filled(draw, shape, numbers(0, 1))
        if draw(st.booleans()):
            y = np.round(y)
        if function == "dense" and draw(st.booleans()):
            y = y / np.maximum(y.sum(axis, keepdims=True), 2**-20)
        # With a class axis of its own Keras 3.15 takes another length for C.
        smooth = axis in (-1, len(shape) - 1) or function == "binary"
        options["label_smoothing"] = draw(st.sampled_from([0.0, 0.1])) if smooth else 0.0
    if draw(st.booleans()):
        return Drawn(function, y, x, None, options, None)
    around = {
        "reduction": draw(st.sampled_from(REDUCTIONS)),
        "dtype": draw(st.sampled_from(DTYPES)),
    }
    if BACKEND == "torch" and function == "binary" and not logits:
        around["dtype"] = "float32"  # PyTorch has no loss of 16-bit probabilities on the CPU
    # With a mask of ignored rows Keras broadcasts no weights.
    masked = options.get("ignore_class") is not None
    shapes = [rows] if masked else [rows, (), (*rows[:1], *(1 for _ in rows[1:])), (*rows, 1)]
    weight = draw(st.sampled_from([None, *shapes]))
    if weight is not None:
        weight = filled(draw, weight, st.sampled_from([0.0, 0.25, 1.0, 3.7]))
    return Drawn(function, y, x, weight, options, around)


def _predictions(
    draw: Any, function: str, shape: tuple[int, ...], axis: int, logits: bool
) -> np.ndarray:
    if logits:
        size = draw(st.sampled_from([1.0, 10.0, 60.0]))
        return filled(draw, shape, numbers(-size, size))
    p = filled(draw, shape, st.one_of(numbers(0, 1), st.sampled_from([0.0, 1.0, 2.0**-26])))
    if function == "binary":
        return p
    p += 2.0**-20 * (p.sum(axis, keepdims=True) == 0)  # a row of zeros is NaN to Keras
    return p / p.sum(axis, keepdims=True) if draw(st.booleans()) else p
