"""The normalizer is a constant: no gradient reaches it, and the predictions' is divided by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import crossent as ce

X = (3 * np.random.default_rng(8).normal(size=(40, 7))).astype(np.float32)
Y = np.arange(40) % 7


def gradients(normalizer: Any) -> tuple[Any, Any]:
    """To the predictions and to the normalizer."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch([x, normalizer])
        loss = ce.sparse_categorical_crossentropy(Y, x, from_logits=True, normalizer=normalizer)
    return tuple(tape.gradient(loss, [x, normalizer]))


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize("traced", [True, False])
def test_m20_no_gradient_to_the_normalizer(traced: bool, kernels: bool) -> None:
    call = tf.function(gradients) if traced else gradients
    ce.use_kernels(kernels)
    try:
        to_x, to_normalizer = call(tf.constant(17.0, tf.float64))
    finally:
        ce.use_kernels(True)
    assert to_normalizer is None
    logits = X.astype(np.float64)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(to_x, (p - np.eye(7)[Y]) / 17, rtol=1e-4, atol=1e-8)
