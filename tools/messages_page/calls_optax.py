"""Losses of optax and JAX, called wrongly."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import optax

IGNORED = re.compile(r"will be truncated to dtype|deprecat", re.IGNORECASE)


class Output:
    """What a model may return in place of logits."""

    def __init__(self, logits: object) -> None:
        self.logits = logits


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "optax and JAX", "optax"


def debugged(call: Any) -> object:
    """Run with JAX's look for NaN."""
    with jax.debug_nans(True):
        return call()


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    return {
        "optax": optax, "jax": jax, "jnp": jnp, "t": jnp.asarray, "Output": Output,
        "debugged": debugged, "Z": jax.random.normal(jax.random.key(0), (6, 4)),
        "T": jnp.array([0, 1, 2, 3, 1, 2]),
    }  # fmt: skip


GRID = {
    "indices": [
        "optax.softmax_cross_entropy_with_integer_labels({p}, {y})",
        "jax.jit(optax.softmax_cross_entropy_with_integer_labels)({p}, {y})",
        "optax.losses.multiclass_hinge_loss({p}, {y})",
        "jnp.take_along_axis(jax.nn.log_softmax({p}), {y}[:, None], 1)",
        "jax.nn.one_hot({y}, 4) * {p}",
        "jax.grad(lambda p: optax.softmax_cross_entropy_with_integer_labels(p, {y}).mean())({p})",
    ],
    "rows": [
        "optax.softmax_cross_entropy({p}, {y})",
        "optax.safe_softmax_cross_entropy({p}, {y})",
        "optax.losses.kl_divergence({p}, {y})",
        "optax.losses.poly_loss_cross_entropy({p}, {y})",
        "-({y} * jax.nn.log_softmax({p})).sum()",
    ],
    "yes_no": [
        "optax.sigmoid_binary_cross_entropy({p}, {y})",
        "optax.sigmoid_focal_loss({p}, {y})",
        "jax.jit(optax.sigmoid_binary_cross_entropy)({p}, {y})",
    ],
}
MORE = [
    ("debugged(lambda: jnp.log(Z * 0 - 1))", "NaN", "CE217"),
    ("debugged(lambda: jax.nn.log_softmax(Z * jnp.inf))", "infinite logits", "CE217"),
    ("debugged(lambda: jax.jit(lambda x: x / x)(Z * 0))", "NaN", "CE217"),
    ("jax.grad(lambda p: (p * T).sum())(T)", "a gradient of whole numbers", "CE305"),
    ("jax.grad(lambda p: p.argmax(-1).sum())(Z)", "a gradient of an argmax", "CE305"),
    ("jax.grad(lambda p: optax.softmax_cross_entropy_with_integer_labels(p, T))(Z)", "no mean",
     "CE001"),
    ("jax.jit(lambda y: 1 if (y < 0).any() else 0)(T)", "a question of traced labels", "CE002"),
    ("jax.jit(lambda y: np.asarray(y))(T)", "NumPy in a traced call", "CE002"),
    ("jax.jit(lambda y: int(y[0]))(T)", "a number of a traced label", "CE002"),
    ("optax.softmax_cross_entropy_with_integer_labels(Z, T, axis=2)", "an axis that there is not",
     "CE110 CE303 CE112"),
    ("optax.softmax_cross_entropy_with_integer_labels(Z, T, where=T)", "a mask of another shape",
     "CE112"),
    ("optax.ctc_loss(Z, T, T, T)", "CTC, no axis of rows", "CE112"),
    ("jnp.asarray(['cat'])", "text as labels", "CE313"),
    ("jnp.asarray([0, None])", "None as a label", "CE312 CE313"),
    ("jnp.asarray(np.array([0, 'a'], object))", "objects as labels", "CE313"),
    ("jnp.uint8(300)", "a class too large for the type", "CE311"),
]  # fmt: skip
