"""The public conformance suite on TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from crossent.testing import TERM_ULP, check_front_end


def run(loss: Any, y_true: Any, y_pred: Any, options: dict[str, Any]) -> Any:
    tensors = {k: tf.constant(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    x = tf.Variable(y_pred)
    with tf.GradientTape() as tape:
        result = loss(tf.constant(y_true), x, **tensors)
    gradient = tf.convert_to_tensor(tape.gradient(result, x))
    return result.numpy(), gradient.numpy()


def test_eager() -> None:
    assert check_front_end(run, ulps=TERM_ULP["tensorflow"])
