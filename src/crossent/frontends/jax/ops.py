"""The operations of the formulae on JAX arrays and tracers.

All of them are elementwise or reductions over the classes but for the lookup of a label, so that
a mesh may split the classes: XLA then exchanges numbers of rows, never logits.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec

from crossent.losses.ops import Array, Forward, Smooth


def x64() -> bool:
    """Whether JAX has 64 bits here."""
    return bool(jax.dtypes.canonicalize_dtype(np.float64).itemsize == 8)


class JaxOps:
    """The operations of the formulae on JAX arrays and tracers."""

    def cast(self, x: Array, dtype: str) -> Array:
        return jnp.asarray(x).astype("int32" if dtype == "int64" and not x64() else dtype)

    def wide(self, x: Array) -> Array:
        return jnp.asarray(x).astype("float64" if x64() else "float32")

    def dtype(self, x: Array) -> str:
        return str(x.dtype.name)

    def where(self, condition: Array, x: Array, y: Array) -> Array:
        return jnp.where(condition, x, y)

    def ndim(self, x: Array) -> int:
        return int(x.ndim)

    def length(self, x: Array) -> int:
        return int(x.shape[-1])

    def clip(self, x: Array, low: float | None, high: float | None) -> Array:
        return jnp.clip(x, low, high)

    def exp(self, x: Array) -> Array:
        return jnp.exp(x)

    def exp_over(self, x: Array) -> Array:
        return jnp.exp(x)

    def log(self, x: Array) -> Array:
        return jnp.log(x)

    def log1p(self, x: Array) -> Array:
        return jnp.log1p(x)

    def tanh(self, x: Array) -> Array:
        return jnp.tanh(x)

    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array:
        product = x @ weight.T
        return product if bias is None else product + bias

    def floor(self, x: Array) -> Array:
        return jnp.floor(x)

    def isfinite(self, x: Array) -> Array:
        return jnp.isfinite(x)

    def max(self, x: Array) -> Array:
        return jnp.max(x, axis=-1, keepdims=True)

    def argmax(self, x: Array) -> Array:
        return jnp.argmax(x, axis=-1)

    def sum(self, x: Array) -> Array:
        return jnp.sum(x, axis=-1, keepdims=True)

    def total(self, x: Array) -> Array:
        return jnp.sum(self.wide(x))

    def size(self, x: Array) -> Array:
        return self.wide(float(x.size))

    def is_zero(self, x: Array) -> bool:
        return not isinstance(x, jax.core.Tracer) and bool(x == 0)

    def stop_gradient(self, x: Array) -> Array:
        return jax.lax.stop_gradient(x)

    def count(self, mask: Array, like: Array) -> Array:
        return jnp.sum(mask, axis=-1, keepdims=True, dtype=like.dtype)

    def any(self, mask: Array) -> Array:
        return jnp.any(mask, axis=-1, keepdims=True)

    def if_any(self, flags: Array, then: Callable[[], Array], otherwise: Array) -> Array:
        return jax.lax.cond(jnp.any(flags), then, lambda: otherwise)

    def rows(self, x: Array) -> Array:
        return jnp.squeeze(x, -1)

    def classes(self, x: Array) -> Array:
        return jnp.expand_dims(x, -1)

    def take(self, x: Array, labels: Array) -> Array:
        if jax.typeof(x).sharding.spec[-1:] not in ((), (None,)):
            # A mesh splits the classes explicitly, and JAX wants to be told how to gather then.
            here = jnp.where(_is_label(x, labels), x, jnp.zeros((), x.dtype))
            return jnp.any(here, axis=-1) if x.dtype == bool else jnp.sum(here, axis=-1)
        return jnp.take_along_axis(x, jnp.expand_dims(labels, -1), axis=-1, mode="clip")[..., 0]

    def put(self, x: Array, labels: Array, values: Array) -> Array:
        return jnp.where(_is_label(x, labels), jnp.expand_dims(values, -1), x)

    def without(self, x: Array, labels: Array, dtype: str) -> Array:
        return jnp.where(_is_label(x, labels), -jnp.inf, self.cast(x, dtype))

    def take_classes(self, per_class: Array, labels: Array) -> Array:
        per_class = jnp.asarray(per_class)
        spec = jax.typeof(labels).sharding.spec
        if any(jax.typeof(per_class).sharding.spec):
            whole = PartitionSpec(None)
            per_class = jax.sharding.reshard(per_class, whole)
        split = {"out_sharding": spec} if any(spec) else {}
        return per_class.at[labels].get(mode="clip", **split)

    def zeros(self, like: Array, dtype: str) -> Array:
        return jnp.zeros_like(like, dtype=dtype)

    def numbers(self, x: Array) -> Array:
        return jnp.arange(x.shape[-1])

    def after(self, x: Array) -> Array:
        return jnp.roll(x, -1, axis=-1)

    def column(self, x: Array, k: int) -> Array:
        return x[..., k]

    def softmax(self, x: Array) -> Array:
        return jax.nn.softmax(x)

    def differentiable(self, forward: Forward, smooth: Smooth, x: Array) -> tuple[Array, ...]:
        return forward(x)[0]  # the whole term has a derivative of its own here: `_terms`

    def move_last(self, x: Array, axis: int) -> Array:
        return jnp.moveaxis(x, axis, -1)

    def squeeze(self, x: Array, axis: int) -> Array:
        return jnp.squeeze(x, axis)

    def expand(self, x: Array, before: int, after: int) -> Array:
        return jnp.reshape(x, (1,) * before + x.shape + (1,) * after)

    def broadcast(self, x: Array, like: Array, per_row: bool) -> Array:
        return jnp.broadcast_to(host_number(x), like.shape[:-1] if per_row else like.shape)


OPS = JaxOps()


def _is_label(x: Array, labels: Array) -> Array:
    classes = jax.lax.broadcasted_iota(labels.dtype, x.shape, x.ndim - 1)
    return classes == jnp.expand_dims(labels, -1)


def host_number(x: Array) -> Array:
    """Return NumPy's 64-bit integers as floats where JAX would cut them to 32 bits."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return x.astype(np.float64)
    return x
