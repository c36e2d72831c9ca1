"""crossent on NumPy arrays, in PyTorch, in JAX and in TensorFlow, with its default options."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

import crossent as ce

Array = Any
LOSS, DENSE = ce.sparse_categorical_crossentropy, ce.categorical_crossentropy
EXACT: dict[str, Any] = {"epsilon": 0, "normalize": False}
"""Probabilities as they are."""


class Crossent:
    """What the forms share: which path they took."""

    def use_operations(self) -> None:
        if hasattr(ce, "use_kernels"):
            ce.use_kernels(False)

    def path(self) -> str:
        """Return the path of the last call; a version without kernels has one path only."""
        return str(ce.last_path()) if hasattr(ce, "last_path") else "operations"


class Numpy(Crossent):
    def __init__(self) -> None:
        self.pair = ce.value_and_grad(LOSS)

    def losses(self, y: Array, x: Array) -> Array:
        return LOSS(y, x, from_logits=True, reduction="none")

    def gradient(self, y: Array, x: Array) -> Array:
        return self.pair(y, x, from_logits=True, reduction="sum")[1]

    def of_probabilities(self, y: Array, p: Array) -> tuple[Array, Array]:
        losses = LOSS(y, p, **EXACT, reduction="none")
        return losses, self.pair(y, p, **EXACT, reduction="sum")[1]

    def of_targets(self, q: Array, x: Array) -> tuple[Array, Array]:
        losses = DENSE(q, x, from_logits=True, reduction="none")
        return losses, ce.value_and_grad(DENSE)(q, x, from_logits=True, reduction="sum")[1]

    def load(self, y: Array, x: Array) -> None:
        self.y, self.x, self.out = y, x, None

    def forward(self) -> Any:
        return LOSS(self.y, self.x, from_logits=True)

    def value_and_gradient(self, upstream: float) -> Any:
        # NumPy has no upstream gradient: a divisor is the nearest thing.
        divisor = {} if upstream == 1 else {"normalizer": len(self.y) / upstream}
        return self.pair(self.y, self.x, from_logits=True, **divisor)

    def kept(self) -> Any:
        if self.out is None:
            self.out = np.empty_like(self.x)
        return self.pair(self.y, self.x, from_logits=True, out=self.out)


def torch() -> Any:
    peer = importlib.import_module("baselines.torch")

    class Torch(peer.Torch, Crossent):
        @staticmethod
        def loss(y: Any, x: Any, reduction: str) -> Any:
            return LOSS(y, x, from_logits=True, reduction=reduction)

        def loss_of_probabilities(self, y: Any, p: Any) -> Any:
            return LOSS(y, p, **EXACT, reduction="none")

        def loss_of_targets(self, q: Any, x: Any) -> Any:
            return DENSE(q, x, from_logits=True, reduction="none")

    return Torch()


def jax() -> Any:
    peer = importlib.import_module("jax")
    jnp = importlib.import_module("jax.numpy")

    class Jax(Crossent):
        def losses(self, y: Array, x: Array) -> Array:
            with peer.enable_x64(x.dtype == np.float64):
                program = peer.jit(lambda x: LOSS(y, x, from_logits=True, reduction="none"))
                return np.asarray(program(jnp.asarray(x)))

        def gradient(self, y: Array, x: Array) -> Array:
            with peer.enable_x64(x.dtype == np.float64):
                total = peer.grad(lambda x: LOSS(y, x, from_logits=True, reduction="sum"))
                return np.asarray(peer.jit(total)(jnp.asarray(x)))

        def of_probabilities(self, y: Array, p: Array) -> tuple[Array, Array]:
            def rows(p: Any) -> Any:
                return LOSS(y, p, **EXACT, reduction="none")

            with peer.enable_x64(p.dtype == np.float64):
                given = jnp.asarray(p)
                slopes = peer.jit(peer.grad(lambda p: rows(p).sum()))(given)
                return np.asarray(peer.jit(rows)(given)), np.asarray(slopes)

        def of_targets(self, q: Array, x: Array) -> tuple[Array, Array]:
            def rows(x: Any) -> Any:
                return DENSE(q, x, from_logits=True, reduction="none")

            with peer.enable_x64(x.dtype == np.float64):
                given = jnp.asarray(x)
                slopes = peer.jit(peer.grad(lambda x: rows(x).sum()))(given)
                return np.asarray(peer.jit(rows)(given)), np.asarray(slopes)

    return Jax()


def tensorflow() -> Any:
    peer = importlib.import_module("baselines.tensorflow")
    tf = importlib.import_module("tensorflow")

    class Tensorflow(Crossent):
        def losses(self, y: Array, x: Array) -> Array:
            program = tf.function(lambda x: LOSS(y, x, from_logits=True, reduction="none"))
            return program(tf.constant(x)).numpy()

        def gradient(self, y: Array, x: Array) -> Array:
            def total(y: Any, x: Any) -> Any:
                return LOSS(y, x, from_logits=True, reduction="sum")

            program = tf.function(lambda x: peer.gradient_of(total, y, x, None)[1])
            return program(tf.constant(x)).numpy()

        def of_probabilities(self, y: Array, p: Array) -> tuple[Array, Array]:
            def rows(p: Any) -> Any:
                return LOSS(y, p, **EXACT, reduction="none")

            def total(y: Any, p: Any) -> Any:
                return tf.reduce_sum(rows(p))

            given = tf.constant(p)
            slopes = tf.function(lambda p: peer.gradient_of(total, y, p, None)[1])
            return tf.function(rows)(given).numpy(), slopes(given).numpy()

        def of_targets(self, q: Array, x: Array) -> tuple[Array, Array]:
            def rows(q: Any, x: Any) -> Any:
                return DENSE(q, x, from_logits=True, reduction="none")

            return peer.values_and_slopes(rows, q, x)

    return Tensorflow()


FORMS = {"numpy": Numpy, "torch": torch, "jax": jax, "tensorflow": tensorflow}
