"""Log-probabilities in JAX: derivatives of both modes and the second order, transformations."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import crossent as ce

FLOATS = ("log_prob", "entropy", "lse")
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "temperature": {"temperature": 0.6},
    "ignored": {"ignore_class": 2},
    "mask": {"class_mask": np.array([True, True, True, False, True])},
    "shift": {"shift": True},
}
EACH = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
Y = np.array([[0, 2, 4], [1, 1, 2]])
X = np.random.default_rng(3).normal(size=(2, 3, 5)) * 2


def outputs(x: Any, options: dict[str, Any], names: Any = FLOATS) -> Any:
    return ce.log_probs(Y, jnp.asarray(x), outputs=names, **options)


@EACH
def test_m18_derivatives(options: dict[str, Any]) -> None:
    with jax.enable_x64(True):
        check_grads(lambda x: tuple(outputs(x, options)), (X,), order=2, modes=("fwd", "rev"))


def test_m18_derivatives_where_logits_tie() -> None:
    with jax.enable_x64(True):
        x = np.array([[[1.0, 1.0, 0.5], [2.0, 2.0, 2.0]]])
        check_grads(
            lambda x: tuple(ce.log_probs(np.array([[0, 2]]), jnp.asarray(x), outputs=FLOATS)),
            (x,), order=2, modes=("fwd", "rev"),
        )  # fmt: skip


@EACH
def test_transformations(options: dict[str, Any]) -> None:
    with jax.enable_x64(True):
        x, names = jnp.asarray(X), (*FLOATS, "rank", "correct")
        want = outputs(x, options, names)
        for way in (jax.jit, jax.checkpoint):
            found = way(lambda x: outputs(x, options, names))(x)
            assert found._fields == want._fields
            for got, one in zip(found, want, strict=True):
                np.testing.assert_allclose(got, one, rtol=1e-13)
        batch = jnp.stack([x, 2 * x])
        each = jax.vmap(lambda x: outputs(x, options, names))(batch)
        for got, name in zip(each, names, strict=True):
            rows = [getattr(outputs(one, options, names), name) for one in batch]
            np.testing.assert_allclose(got, jnp.stack(rows), rtol=1e-13)


def test_a_program_holds_no_more_than_that_of_the_loss() -> None:
    x = jax.ShapeDtypeStruct((64, 20_000), jnp.float32)
    y = jax.ShapeDtypeStruct((64,), jnp.int32)

    def held(function: Any) -> int:
        program = jax.jit(function).lower(y, x).compile()
        return int(program.memory_analysis().temp_size_in_bytes)

    loss = held(
        lambda y, x: ce.sparse_categorical_crossentropy(y, x, from_logits=True, reduction="none")
    )
    assert held(lambda y, x: ce.log_probs(y, x, outputs=("log_prob", "lse"))) <= 1.01 * loss
    # The exponentials of a row are added up twice for its entropy, and XLA keeps them.
    assert held(lambda y, x: ce.log_probs(y, x, outputs=("log_prob", "entropy"))) <= 2.02 * loss


def test_labels_that_can_be_seen_are_checked_beside_traced_logits() -> None:
    with pytest.raises(ce.LabelRangeError, match="first at"):
        jax.jit(lambda x: ce.log_probs(np.array([[0, 9, 1], [1, 1, 2]]), x))(jnp.asarray(X))
