"""Where definitions agree, crossent's values and gradients are optax's."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import crossent as ce

RNG = np.random.default_rng(8)
X = jnp.asarray(3 * RNG.standard_normal((64, 17)), jnp.float32)
Y = RNG.integers(0, 17, 64)
Q = jax.nn.softmax(jnp.asarray(RNG.standard_normal((64, 17)), jnp.float32))
B = jnp.asarray(3 * RNG.standard_normal((64, 5)), jnp.float32)
T = RNG.integers(0, 2, (64, 5))
ROWS = {"from_logits": True, "reduction": "none"}

PAIRS = {
    "integers": (
        lambda x: ce.sparse_categorical_crossentropy(Y, x, **ROWS),
        lambda x: optax.softmax_cross_entropy_with_integer_labels(x, Y),
        X,
    ),
    "axis": (
        lambda x: ce.sparse_categorical_crossentropy(Y, x.T, axis=0, **ROWS),
        lambda x: optax.softmax_cross_entropy_with_integer_labels(x.T, Y, axis=0),
        X,
    ),
    "distributions": (
        lambda x: ce.categorical_crossentropy(Q, x, **ROWS),
        lambda x: optax.softmax_cross_entropy(x, Q),
        X,
    ),
    "smoothed": (
        lambda x: ce.sparse_categorical_crossentropy(Y, x, label_smoothing=0.1, **ROWS),
        lambda x: optax.softmax_cross_entropy(x, optax.smooth_labels(jax.nn.one_hot(Y, 17), 0.1)),
        X,
    ),
    "binary": (
        lambda x: ce.binary_crossentropy(T, x, **ROWS),
        lambda x: optax.sigmoid_binary_cross_entropy(x, T),
        B,
    ),
    "impossible-class": (
        lambda x: ce.categorical_crossentropy(jax.nn.one_hot(Y, 17), x, **ROWS),
        lambda x: optax.safe_softmax_cross_entropy(x, jax.nn.one_hot(Y, 17)),
        X.at[np.arange(64), (Y + 1) % 17].set(-jnp.inf),
    ),
}


@pytest.mark.parametrize(("ours", "theirs", "x"), PAIRS.values(), ids=PAIRS)
def test_values_and_gradients_agree(ours: Any, theirs: Any, x: Any) -> None:
    np.testing.assert_allclose(ours(x), theirs(x), rtol=2e-5)

    def bent(loss: Any) -> Any:
        return jax.jit(jax.grad(lambda x: jnp.sum(jnp.sin(loss(x)))))(x)

    np.testing.assert_allclose(bent(ours), bent(theirs), rtol=1e-4, atol=1e-6)


def test_means_and_masks_agree() -> None:
    keep = RNG.random(64) < 0.7
    ours = ce.sparse_categorical_crossentropy(
        np.where(keep, Y, -100), X, from_logits=True, ignore_class=-100
    )
    theirs = optax.softmax_cross_entropy_with_integer_labels(X, Y).mean(where=keep)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_training_with_optax() -> None:
    """A loss object inside a jitted step with AdamW: one program for all steps."""
    loss, optimizer = ce.SparseCategoricalCrossentropy(from_logits=True), optax.adamw(1e-2)
    weight = jnp.zeros((17, 17))
    state = optimizer.init(weight)
    traces = []

    @jax.jit
    def step(weight: Any, state: Any, x: Any, y: Any) -> Any:
        traces.append(1)
        value, gradient = jax.value_and_grad(lambda w: loss(y, x @ w))(weight)
        updates, state = optimizer.update(gradient, state, weight)
        return optax.apply_updates(weight, updates), state, value

    values = []
    for _ in range(50):
        weight, state, value = step(weight, state, X, Y)
        values.append(float(value))
    assert values[0] == pytest.approx(np.log(17), rel=1e-6)
    assert values[-1] < 0.9 * values[0]
    assert len(traces) == 1
