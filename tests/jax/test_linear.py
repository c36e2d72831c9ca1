"""The loss over a linear layer in JAX: derivatives of every mode, vmap, the size of a program."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crossent as ce

N, D, C = 20, 6, 9
RNG = np.random.default_rng(11)
HIDDEN, WEIGHT = RNG.normal(size=(N, D)), RNG.normal(size=(C, D))
LABELS = RNG.integers(0, C, N)
LABELS[3] = -100
WAYS: dict[str, dict[str, Any]] = {
    "mean": {},
    "recomputed": {"gradients": "recompute"},
    "rows": {"reduction": "none"},
}


def over_layer(h: Any, w: Any, y: Any = LABELS, **options: Any) -> Any:
    return ce.linear_crossentropy(y, h, w, ignore_class=-100, max_memory=2_000, **options)


def of_logits(h: Any, w: Any, y: Any = LABELS, gradients: str = "", **options: Any) -> Any:
    x = h @ w.T
    return ce.sparse_categorical_crossentropy(y, x, from_logits=True, ignore_class=-100, **options)


def close(found: Any, want: Any) -> None:
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(one, other, 1e-12, 1e-13)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_derivatives_of_every_mode(way: dict[str, Any]) -> None:
    with jax.enable_x64(True):
        h, w = jnp.asarray(HIDDEN[:8]), jnp.asarray(WEIGHT)

        def number(loss: Any) -> Any:
            return lambda h, w: jnp.sum(jnp.sin(loss(h, w, LABELS[:8], **way)))

        ours, theirs = number(over_layer), number(of_logits)
        close(jax.jit(jax.hessian(ours, (0, 1)))(h, w), jax.hessian(theirs, (0, 1))(h, w))
        close(jax.jvp(ours, (h, w), (h, w)), jax.jvp(theirs, (h, w), (h, w)))


def test_gradients_to_weights_and_targets() -> None:
    with jax.enable_x64(True):
        shares = jnp.asarray(RNG.dirichlet(np.ones(C), N))
        sample = jnp.asarray(RNG.random(N))

        def ours(shares: Any, sample: Any) -> Any:
            return ce.linear_crossentropy(
                shares, jnp.asarray(HIDDEN), jnp.asarray(WEIGHT), sample_weight=sample
            )

        def theirs(shares: Any, sample: Any) -> Any:
            x = jnp.asarray(HIDDEN @ WEIGHT.T)
            return ce.categorical_crossentropy(shares, x, from_logits=True, sample_weight=sample)

        close(jax.grad(ours, (0, 1))(shares, sample), jax.grad(theirs, (0, 1))(shares, sample))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_vmap(way: dict[str, Any]) -> None:
    with jax.enable_x64(True):
        h, y, w = jnp.asarray(HIDDEN).reshape(4, 5, D), LABELS.reshape(4, 5), jnp.asarray(WEIGHT)

        def slopes(loss: Any) -> Any:
            one = jax.grad(lambda h, y: jnp.sum(loss(h, w, y, **way)))
            return jax.vmap(one)(h, jnp.asarray(y))

        close(slopes(over_layer), slopes(of_logits))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_program_holds_the_logits(way: dict[str, Any]) -> None:
    """The largest array is the weight, 2 000 x 4, where all logits would be 400 x 2 000."""

    def number(h: Any, w: Any, y: Any) -> Any:
        return jnp.sum(ce.linear_crossentropy(y, h, w, max_memory=2**17, **way))

    shapes = jnp.ones((400, 4)), jnp.ones((2_000, 4)), jnp.ones(400, int)
    text = jax.jit(jax.value_and_grad(number, (0, 1))).lower(*shapes).compile().as_text()
    sizes = [
        np.prod([int(size) for size in found.split(",")])
        for found in re.findall(r"f32\[([\d,]+)\]", text)
    ]
    assert max(sizes) <= 10_000
