"""What optax says of labels and predictions that do not fit is explained."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax

from doctor.misuse import unexplained


def of(loss):
    return lambda y, p: loss(p, y)


LOSSES = {
    "sparse": of(optax.softmax_cross_entropy_with_integer_labels),
    "sparse gradient": lambda y, p: jax.grad(
        lambda q: optax.softmax_cross_entropy_with_integer_labels(q, y).mean()
    )(p),
    "dense": of(optax.softmax_cross_entropy),
    "binary": of(optax.sigmoid_binary_cross_entropy),
}


def test_every_error_is_explained() -> None:
    assert unexplained(LOSSES, jnp.asarray) == []
