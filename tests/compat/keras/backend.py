"""The backend that Keras runs on in this process (KERAS_BACKEND), and derivatives on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

BACKEND = keras.config.backend()
TRAINS = BACKEND != "numpy"
ULP = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}


def dtype_of(tensor: Any) -> str:
    return str(keras.backend.standardize_dtype(tensor.dtype))


def host(tensor: Any) -> np.ndarray:
    """Return the values of a tensor in float64."""
    if dtype_of(tensor) == "bfloat16":
        tensor = keras.ops.cast(tensor, "float32")
    return np.asarray(keras.ops.convert_to_numpy(tensor)).astype(np.float64)


def gradient(loss: Callable[[Any], Any], x: Any) -> np.ndarray:
    """Return the derivative by `x` of the sum of a loss, by the backend's autodiff."""
    x = keras.ops.convert_to_tensor(x)
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = keras.ops.sum(loss(x))
        return host(tape.gradient(value, x))
    if BACKEND == "jax":
        import jax

        return host(jax.grad(lambda x: keras.ops.sum(loss(x)))(x))
    x = x.detach().clone().requires_grad_()
    keras.ops.sum(loss(x)).backward()
    return host(x.grad.detach())
