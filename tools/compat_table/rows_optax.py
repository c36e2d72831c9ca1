"""optax: its losses, and what stands in for them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax.losses
from row import Row

import crossent.compat.optax

PEER = "`optax.losses`"
PACKAGES = ("optax", "jax")
THEIRS = optax.losses
OURS = crossent.compat.optax

X = jnp.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
Y = jnp.array([0, 2])
HOLED = X.at[0, 1].set(-jnp.inf)
ONE_HOT = jnp.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def integer(f: Any, *arguments: Any, **options: Any) -> Any:
    return f.softmax_cross_entropy_with_integer_labels(*arguments, **options)


def slopes(loss: Any, x: Any) -> Any:
    """Return the gradient of the sum of the losses."""
    return jax.grad(lambda x: loss(x).sum())(x)


ROWS = (
    Row(
        "`softmax_cross_entropy`, labels (1, 1, 0): no distribution",
        lambda f: f.softmax_cross_entropy(X[:1], jnp.array([[1.0, 1.0, 0.0]])),
        True,
        "optax defines the loss for any coefficients and differentiates by them; "
        "`ce.categorical_crossentropy` raises `TargetError`",
    ),
    Row(
        "`softmax_cross_entropy`, labels (1, 0, 0) for two rows",
        lambda f: f.softmax_cross_entropy(X, ONE_HOT[0]),
        True,
        "optax broadcasts; the core does not (rule M03)",
    ),
    Row(
        "`softmax_cross_entropy`, `where=(True, False)`",
        lambda f: f.softmax_cross_entropy(X, ONE_HOT, where=jnp.array([True, False])),
        True,
        "a row that does not count is 0",
    ),
    Row(
        "`softmax_cross_entropy`, `axis=None`",
        lambda f: f.softmax_cross_entropy(X, ONE_HOT, axis=None),
        True,
        "one distribution over all axes",
    ),
    Row(
        "`softmax_cross_entropy_with_integer_labels`, label 4, `axis=(0, 1)` of 2×3 logits",
        lambda f: integer(f, X, jnp.array(4), axis=(0, 1)),
        True,
        "an index into the classes of both axes",
    ),
    Row(
        "the same, float labels",
        lambda f: integer(f, X, jnp.array([0.0, 2.0])),
        True,
        "code may rely on the error; the core takes whole floats",
    ),
    Row(
        "`softmax_cross_entropy_with_integer_labels`, bfloat16 logits, dtype of the loss",
        lambda f: f"`{integer(f, X.astype(jnp.bfloat16), Y).dtype}`",
        True,
        "optax keeps the dtype of the logits; the core gives float32 (rule M13)",
    ),
    Row(
        "`sigmoid_binary_cross_entropy`, logit 2, label 5",
        lambda f: f.sigmoid_binary_cross_entropy(jnp.array(2.0), 5),
        True,
        "a coefficient; `ce.binary_crossentropy` raises `TargetError`",
    ),
    Row(
        "`softmax_cross_entropy_with_integer_labels`, labels −1 and 2 of 3 classes",
        lambda f: integer(f, X, jnp.array([-1, 2])),
        False,
        "optax takes −1 for the last class; a label is never counted from the end (rule M01)",
    ),
    Row(
        "the same, labels 3 and 2",
        lambda f: integer(f, X, jnp.array([3, 2])),
        False,
        "the error names the labels, where they are and what to do",
    ),
    Row(
        "the same in `jax.jit`, loss of each row and gradient of row 1",
        lambda f: [
            jax.jit(lambda x, y: integer(f, x, y))(X, jnp.array([3, 2])),
            jax.jit(lambda y: slopes(lambda x: integer(f, x, y), X))(jnp.array([3, 2]))[0],
        ],
        False,
        "traced labels cannot raise: the row is NaN in the gradient too, so that it cannot train",
    ),
    Row(
        "`softmax_cross_entropy_with_integer_labels`, `where` leaves out the label of row 1",
        lambda f: integer(
            f, X, Y, where=jnp.array([[False, True, True], [True, True, True]])
        ),
        False,
        "optax subtracts the logit of a class that does not exist, and may be negative",
    ),
    Row(
        "`softmax_cross_entropy`, logits (2, −∞, 0), labels (1, 0, 0); exactly 0.12693",
        lambda f: f.softmax_cross_entropy(HOLED[:1], ONE_HOT[:1]),
        False,
        "a class to which the target gives nothing may be impossible (rule M09)",
    ),
    Row(
        "`softmax_cross_entropy_with_integer_labels`, logits (20, 0), label 0; exactly 2.0612e-09",
        lambda f: integer(f, jnp.array([20.0, 0.0]), jnp.array(0)),
        False,
        "confident rows keep their digits (rule M12)",
    ),
    Row(
        "the same, logits (1e6, 1e6 + 1); exactly 1.3133",
        lambda f: integer(f, jnp.array([1e6, 1e6 + 1]), jnp.array(0)),
        False,
        "an offset changes nothing (rule M11)",
    ),
    Row(
        "`softmax_cross_entropy`, bfloat16 logits (2, 1, 0), float32 labels; exactly 0.40761",
        lambda f: f.softmax_cross_entropy(X[:1].astype(jnp.bfloat16), ONE_HOT[:1]),
        False,
        "16-bit logits are computed with in float32 (rule M13)",
    ),
    Row(
        "`sigmoid_binary_cross_entropy`, logits ∞ and −∞, labels 1 and 0",
        lambda f: f.sigmoid_binary_cross_entropy(
            jnp.array([jnp.inf, -jnp.inf]), jnp.array([1.0, 0.0])
        ),
        False,
        "infinite logits that are right cost 0 (rule M17)",
    ),
    Row(
        "`softmax_cross_entropy`, complex labels",
        lambda f: f.softmax_cross_entropy(X[:1], ONE_HOT[:1] + 0j).real,
        False,
        "a loss of complex numbers has no meaning here",
    ),
    Row(
        "`softmax_cross_entropy`, one logit for three labels",
        lambda f: f.softmax_cross_entropy(X[:1, :1], ONE_HOT[:1]),
        False,
        "a softmax over one class is 1 whatever the logit",
    ),
    Row(
        "`softmax_cross_entropy`, logits of shape (3,), labels of shape (2, 3), `axis=0`",
        lambda f: f.softmax_cross_entropy(X[0], ONE_HOT, axis=0),
        False,
        "optax normalises over one axis and adds up over another; write `axis=-1`",
    ),
)  # fmt: skip
