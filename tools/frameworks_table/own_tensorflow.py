"""The mean loss of Keras' own functions and classes, called as its users call them."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def own(name: str, y: Any, x: Any, options: dict[str, Any]) -> Any:
    """Return the mean, or None where there is nothing of the kind."""
    if "z_loss" in options or "class_weight" in options:
        return None
    given = {"from_logits": bool(options.get("from_logits")), "dtype": x.dtype.name}
    if name.startswith("binary"):
        return keras.losses.BinaryCrossentropy(**given)(tf.constant(y), tf.constant(x))
    if y.ndim == 2:
        return keras.losses.CategoricalCrossentropy(**given)(tf.constant(y), tf.constant(x))
    ignored = options.get("ignore_class")
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=ignored, **given)
    return loss(tf.constant(y), tf.constant(x))
