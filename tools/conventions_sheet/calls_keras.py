"""Keras's losses and metrics, on the backend that KERAS_BACKEND names."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from call import Call, Kind
from keras import losses, metrics, ops

BACKEND = keras.backend.backend()


def loss(kind: Kind, cls: Any, **fixed: Any) -> Call:
    def run(labels: Any, predictions: Any, **options: Any) -> Any:
        y, x = ops.convert_to_tensor(labels), ops.convert_to_tensor(predictions)
        return ops.convert_to_numpy(cls(**fixed, **options)(y, x))

    return Call(kind, run, (cls.__init__, cls.__call__))


def metric(kind: Kind, cls: Any, **fixed: Any) -> Call:
    def run(labels: Any, predictions: Any, **options: Any) -> Any:
        one = cls(**fixed, **options)
        one.update_state(ops.convert_to_tensor(labels), ops.convert_to_tensor(predictions))
        return np.asarray(ops.convert_to_numpy(one.result()))

    return Call(kind, run, (cls.__init__, cls.update_state))


WHOSE = "Keras on TensorFlow" if BACKEND == "tensorflow" else "Keras on JAX, PyTorch, NumPy"
ON_LOGITS = "Keras on NumPy" if BACKEND == "numpy" else "Keras"
SPARSE = losses.SparseCategoricalCrossentropy
CALLS = {
    "Keras: losses.SparseCategoricalCrossentropy(from_logits=True)": loss(
        "indices", SPARSE, from_logits=True
    ),
    "Keras: metrics.SparseCategoricalCrossentropy(from_logits=True)": metric(
        "indices", metrics.SparseCategoricalCrossentropy, from_logits=True
    ),
    f"{WHOSE}: losses.SparseCategoricalCrossentropy()": loss("indices", SPARSE),
    "Keras on every backend: losses.CategoricalCrossentropy()": loss(
        "rows", losses.CategoricalCrossentropy
    ),
    f"{ON_LOGITS}: losses.BinaryCrossentropy(from_logits=True)": loss(
        "binary", losses.BinaryCrossentropy, from_logits=True
    ),
    "Keras: losses.BinaryCrossentropy()": loss("binary", losses.BinaryCrossentropy),
}
