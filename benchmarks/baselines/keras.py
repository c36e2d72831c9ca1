"""Keras, on TensorFlow: its sparse categorical cross-entropy."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import tensorflow as tf

Array = Any


class Keras:
    def losses(self, y: Array, x: Array) -> Array:
        return self.rows(tf.constant(y), tf.constant(x)).numpy()

    def gradient(self, y: Array, x: Array) -> Array:
        logits = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            total = tf.reduce_sum(self.rows(tf.constant(y), logits))
        return tape.gradient(total, logits).numpy()

    def of_probabilities(self, y: Array, p: Array) -> tuple[Array, Array]:
        tensor = tf.constant(p)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            losses = self.rows(tf.constant(y), tensor, from_logits=False)
            total = tf.reduce_sum(losses)
        return losses.numpy(), tape.gradient(total, tensor).numpy()

    def of_targets(self, q: Array, x: Array) -> tuple[Array, Array]:
        logits = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            losses = keras.losses.categorical_crossentropy(tf.constant(q), logits, from_logits=True)
            total = tf.reduce_sum(losses)
        return losses.numpy(), tape.gradient(total, logits).numpy()

    def rows(self, y: Any, x: Any, from_logits: bool = True) -> Any:
        return keras.losses.sparse_categorical_crossentropy(y, x, from_logits=from_logits)


FORMS = {"keras": Keras}
