"""Keras: its losses, and what stands in for them, on each of its backends.

    KERAS_BACKEND=jax python tools/compat_table/rows_keras.py

prints what both give on one backend; the rows below show all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from row import Row

from numbers_in_tables import number

PEER = "`keras.losses`"
PACKAGES = ("keras", "tensorflow-cpu", "jax", "torch", "numpy")
THEIRS, OURS = "keras", "crossent"
BACKENDS = ("tensorflow", "jax", "torch", "numpy")

X = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]], np.float32)
Y = np.array([0, 2])
INF = float("inf")


@dataclass(frozen=True)
class Line:
    """A row before it is run; `call` is given the losses, the metrics and the backend's ops."""

    given: str
    call: Callable[[Any, Any], Any]
    kept: bool
    why: str


def sparse(library: Any, **options: Any) -> Any:
    return library.losses.SparseCategoricalCrossentropy(**options)


def dense(library: Any, **options: Any) -> Any:
    return library.losses.CategoricalCrossentropy(**options)


def binary(library: Any, **options: Any) -> Any:
    return library.losses.BinaryCrossentropy(**options)


def masked(x: Any, mask: Any) -> Any:
    import keras
    from keras.src import backend

    x = keras.ops.convert_to_tensor(x)
    backend.set_keras_mask(x, keras.ops.convert_to_tensor(mask))
    return x


def gradient(keras: Any, loss: Callable[[Any], Any], x: np.ndarray) -> Any:
    """Return the derivative of a loss by the backend's autodiff."""
    x = keras.ops.convert_to_tensor(x)
    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(x)
        return tape.gradient(value, x)
    if backend == "jax":
        import jax

        return jax.grad(loss)(x)
    if backend == "torch":
        x.requires_grad_()
        loss(x).backward()
        return x.grad
    return "—"


def one_of(classes: int, label: int, value: float) -> np.ndarray:
    x = np.zeros((1, classes), np.float32)
    x[0, label] = value
    return x


LINES = (
    Line(
        "losses 0.40761 and 2.1698 with weights 3 and 1, mean",
        lambda k, _: sparse(k, from_logits=True)(Y, X, np.array([3.0, 1.0])),
        True,
        "Keras divides by the number of rows; `compat.keras.Loss` divides by the weights (M07)",
    ),
    Line(
        'the same with `reduction="mean_with_sample_weight"`',
        lambda k, _: sparse(k, from_logits=True, reduction="mean_with_sample_weight")(
            Y, X, np.array([3.0, 1.0])
        ),
        True,
        "it is the mean of rule M07",
    ),
    Line(
        "no rows, mean",
        lambda k, _: tuple(map(int, sparse(k, from_logits=True)(Y[:0], X[:0]).shape)),
        True,
        "an array of no rows is not reduced; the core gives the scalar 0 (M08)",
    ),
    Line(
        "weights (0, 0), mean",
        lambda k, _: sparse(k, from_logits=True)(Y, X, np.array([0.0, 0.0])),
        True,
        "Keras's decision, and crossent's",
    ),
    Line(
        "probabilities (0.1, 0, 0), label 2",
        lambda k, _: sparse(k)(Y[1:], np.array([[0.1, 0.0, 0.0]])),
        True,
        "on TensorFlow Keras divides by the sum after the clip, elsewhere before it",
    ),
    Line(
        "probabilities (0.5, 0.89, 0.6), which do not sum to 1, one-hot target 2",
        lambda k, _: dense(k)(np.array([[0.0, 1.0, 0.0]]), np.array([[0.5, 0.89, 0.6]])),
        True,
        "Keras divides by the sum; the core raises `PredictionError`",
    ),
    Line(
        "logits (2, −1, 0.5) given as probabilities, label 0",
        lambda k, _: sparse(k)(np.array([0]), np.array([[2.0, -1.0, 0.5]])),
        True,
        "predictions are taken as they are; the core raises `PredictionError`",
    ),
    Line(
        "softmax of logits (200, 0, 0), made by Keras, label 2, as probabilities",
        lambda k, keras: sparse(k)(
            np.array([2]), keras.activations.softmax(keras.ops.array([[200.0, 0.0, 0.0]]))
        ),
        True,
        "on TensorFlow Keras finds the logits again, and so does the drop-in",
    ),
    Line(
        "target (1, 1, 0): no distribution",
        lambda k, _: dense(k, from_logits=True)(np.array([[1.0, 1.0, 0.0]]), X[:1]),
        True,
        "coefficients, which people weight and mask with; the core raises `TargetError`",
    ),
    Line(
        "target (1, 1, 0), gradient",
        lambda k, keras: gradient(
            keras, lambda x: dense(k, from_logits=True)(np.array([[1.0, 1.0, 0.0]]), x), X[:1]
        ),
        False,
        "on TensorFlow Keras gives the gradient of a distribution, which is not that of the value",
    ),
    Line(
        "target (0, 0, 0): padding",
        lambda k, _: dense(k, from_logits=True)(np.zeros((1, 3)), X[:1]),
        True,
        "as above",
    ),
    Line(
        "binary, probability 1, target 0",
        lambda k, _: binary(k)(np.array([[0.0]]), np.array([[1.0]])),
        True,
        "float32 rounds 1 − 1e−7, and Keras takes 1 less that; the core gives 16.118 (M16)",
    ),
    Line(
        "binary, logit −10 000, target 1",
        lambda k, _: binary(k, from_logits=True)(np.array([[1.0]]), np.array([[-1e4]])),
        True,
        "on NumPy Keras takes the sigmoid and clips it",
    ),
    Line(
        "labels 0 and 255, `ignore_class=255`, mean",
        lambda k, _: sparse(k, from_logits=True, ignore_class=255)(np.array([0, 255]), X),
        True,
        "the loss leaves ignored rows out of the mean",
    ),
    Line(
        "the same, metric",
        lambda k, _: k.metrics.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)(
            np.array([0, 255]), X
        ),
        True,
        "the metric counts them, unless there are sample weights",
    ),
    Line(
        "classes on axis 1, labels 0 and 2",
        lambda k, _: sparse(k, from_logits=True, axis=1, reduction=None)(
            np.array([[0, 2]]), X.T[None]
        ),
        False,
        "code may rely on Keras's `ValueError`, so it is one; `compat.keras.Loss` takes any axis",
    ),
    Line(
        "labels −1 and 0 of 3 classes, loss of each",
        lambda k, _: sparse(k, from_logits=True, reduction=None)(np.array([-1, 0]), X),
        False,
        "a label that is no class has no loss (M01); a graph of TensorFlow stops, elsewhere a "
        "traced row is NaN",
    ),
    Line(
        "labels 3 and 0 of 3 classes, loss of each",
        lambda k, _: sparse(k, from_logits=True, reduction=None)(np.array([3, 0]), X),
        False,
        "as above; the error names the labels and the likely cause",
    ),
    Line(
        "label 2³² + 1 of 3 classes",
        lambda k, _: sparse(k, from_logits=True)(np.array([2**32 + 1]), X[:1]),
        False,
        "32 bits, or a float, make another class of it",
    ),
    Line(
        'label 257 of 300 classes, logit 8 there and 0 elsewhere, `dtype="bfloat16"`',
        lambda k, _: sparse(k, from_logits=True, dtype="bfloat16")(
            np.array([257]), one_of(300, 257, 8.0)
        ),
        False,
        "Keras casts labels to the dtype of the loss, where 257 is 256 (M02)",
    ),
    Line(
        "label 1.7 of 3 classes",
        lambda k, _: sparse(k, from_logits=True)(np.array([1.7]), X[:1]),
        False,
        "a fraction is no label (M02)",
    ),
    Line(
        "binary, target 2, probability 0.25",
        lambda k, _: binary(k)(np.array([[2.0]]), np.array([[0.25]])),
        False,
        "the labels count from 1, or are counts; the loss would fall without end",
    ),
    Line(
        "one class only, label 0",
        lambda k, _: sparse(k, from_logits=True)(np.array([0]), X[:1, :1]),
        False,
        "0 whatever the model says: nothing trains",
    ),
    Line(
        "`label_smoothing=0.3`, three classes on axis 1 of shape (1, 3, 2)",
        lambda k, _: dense(k, from_logits=True, label_smoothing=0.3, axis=1)(
            np.eye(3, dtype=np.float32)[Y].T[None], X.T[None]
        ),
        False,
        "Keras 3.15 spreads the mass over as many classes as the last axis is long; later ones do "
        "not",
    ),
    Line(
        "`label_smoothing=1.5`",
        lambda k, _: dense(k, from_logits=True, label_smoothing=1.5)(
            np.array([[1.0, 0.0, 0.0]]), X[:1]
        ),
        False,
        "no mixture of targets",
    ),
    Line(
        "logits (0, −∞, 0), one-hot target 1; exactly 0.69315",
        lambda k, _: dense(k, from_logits=True)(
            np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, -INF, 0.0]])
        ),
        False,
        "an impossible class to which the target gives nothing costs nothing (M09)",
    ),
    Line(
        "logits (0, −∞, 0), label 0",
        lambda k, _: sparse(k, from_logits=True)(np.array([0]), np.array([[0.0, -INF, 0.0]])),
        False,
        "as above",
    ),
    Line(
        "binary, logits ∞ and −∞, targets 1 and 0",
        lambda k, _: binary(k, from_logits=True)(np.array([[1.0, 0.0]]), np.array([[INF, -INF]])),
        False,
        "infinite logits that are right cost nothing (M17); on NumPy they are clipped",
    ),
    Line(
        "row 2 is NaN and has weight 0, mean",
        lambda k, _: sparse(k, from_logits=True)(
            Y, np.array([[2.0, 1.0, 0.0], [np.nan] * 3]), np.array([1.0, 0.0])
        ),
        False,
        "rows without weight may hold anything (M06)",
    ),
    Line(
        "row 2 is masked and has label −1, mean",
        lambda k, _: sparse(k, from_logits=True)(np.array([0, -1]), masked(X, [True, False])),
        False,
        "as above",
    ),
    Line(
        "logits (20, 0), label 0; exactly 2.0612e−09",
        lambda k, _: sparse(k, from_logits=True)(np.array([0]), np.array([[20.0, 0.0]])),
        False,
        "confident rows keep their digits (M12)",
    ),
)


def text(value: Any) -> str:
    """Write a result with five digits; a shape or an array in parentheses."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return f"shape {value}"
    import keras

    array = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(value, "float32")))
    if array.ndim == 0:
        return number(float(array))
    return "(" + ", ".join(number(float(item)) for item in array.reshape(-1)) + ")"


def answers() -> list[dict[str, str]]:
    """Run every line on the backend of this process."""
    import keras

    from crossent.compat import keras as drop_in

    found = []
    for line in LINES:
        both = {}
        for name, library in ((THEIRS, keras), (OURS, drop_in)):
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                try:
                    both[name] = text(line.call(library, keras))
                except Exception as error:  # whatever is raised is what a user sees
                    both[name] = f"`{type(error).__name__}`"
        found.append(both)
    return found


@cache
def on_every_backend() -> dict[str, list[dict[str, str]]]:
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(BACKENDS, pool.map(_in_a_process, BACKENDS), strict=True))


def _in_a_process(backend: str) -> list[dict[str, str]]:
    done = subprocess.run(
        [sys.executable, __file__],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": os.pathsep.join([*sys.path, os.environ.get("PYTHONPATH", "")]),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def cell(shown: dict[str, str]) -> str:
    """Join what the backends gave: one text, or each with the names of its backends."""
    groups: dict[str, list[str]] = {}
    for backend, answer in shown.items():
        groups.setdefault(answer, []).append(backend)
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{answer} ({', '.join(names)})" for answer, names in groups.items())


def _shown(index: int, library: str) -> str:
    found = on_every_backend()
    return cell({backend: found[backend][index][library] for backend in BACKENDS})


ROWS = tuple(
    Row(line.given, partial(_shown, index), line.kept, line.why) for index, line in enumerate(LINES)
)

if __name__ == "__main__":
    print(json.dumps(answers(), ensure_ascii=False))
    sys.exit(0)
