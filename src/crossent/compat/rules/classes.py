"""The loss of every class of a row under each library's rule, in float64.

Predictions have the classes last. Each function returns the matrix of -log p; a row's loss is the
element of its label, or the sum with its target as weights. Sources: the libraries' own code, and
docs/compat.md.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

HostArray = npt.NDArray[Any]

KERAS_EPSILON: Final = 1e-7


def of_logits(x: HostArray) -> HostArray:
    """-log softmax(x): PyTorch, TensorFlow, optax, Keras, Paddle and crossent."""
    x = x.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        x = x - x.max(axis=-1, keepdims=True)
        return np.asarray(np.log(np.exp(x).sum(axis=-1, keepdims=True)) - x)


def softmax(x: HostArray) -> HostArray:
    """Probabilities of logits."""
    return np.exp(-of_logits(x))


def clipped(p: HostArray, epsilon: float) -> HostArray:
    """-log of probabilities clipped to [epsilon, 1 - epsilon]; 0 clips nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-np.log(np.clip(p.astype(np.float64), epsilon, 1 - epsilon)))


def keras(p: HostArray) -> HostArray:
    """Keras on JAX, PyTorch and NumPy: rows are divided by their sum, then clipped."""
    return clipped(_normalised(p), KERAS_EPSILON)


def keras_tensorflow(p: HostArray) -> HostArray:
    """Keras's sparse loss on TensorFlow: clipped, then divided by the sum of the row."""
    return clipped(_normalised(np.clip(p.astype(np.float64), KERAS_EPSILON, 1 - KERAS_EPSILON)), 0)


def floored(p: HostArray, floor: float) -> HostArray:
    """-max(log p, floor), as PyTorch's binary loss of probabilities."""
    return np.minimum(clipped(p, 0), -floor)


def binary_logits(x: HostArray) -> HostArray:
    """Losses of the targets 0 and 1, as if they were two classes."""
    x = x.astype(np.float64)
    return np.stack([np.logaddexp(0, x), np.logaddexp(0, -x)], axis=-1)


def two_classes(p: HostArray) -> HostArray:
    """Probabilities of the targets 0 and 1."""
    p = p.astype(np.float64)
    return np.stack([1 - p, p], axis=-1)


def _normalised(p: HostArray) -> HostArray:
    p = p.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(p / p.sum(axis=-1, keepdims=True))
