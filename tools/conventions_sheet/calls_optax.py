"""optax's functions."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from call import Call
from optax import losses


def mean(function: Any) -> Any:
    return lambda labels, logits, **options: function(
        jnp.asarray(logits), jnp.asarray(labels), **options
    ).mean()


SPARSE, BINARY = (
    losses.softmax_cross_entropy_with_integer_labels,
    losses.sigmoid_binary_cross_entropy,
)
CALLS = {
    "optax: softmax_cross_entropy_with_integer_labels(logits, labels).mean()": Call(
        "indices", mean(SPARSE), (SPARSE,)
    ),
    "optax: sigmoid_binary_cross_entropy(logits, labels).mean()": Call(
        "binary", mean(BINARY), (BINARY,)
    ),
}
