"""The operations of the formulae on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crossent.core.exact_totals import Partial
from crossent.frontends.numpy.arrays import dtype_name
from crossent.losses.ops import Array, Forward, Smooth


class NumpyOps:
    """The operations of `losses/` on NumPy arrays: rows in one dimension, classes in another."""

    def cast(self, x: Array, dtype: str) -> Array:
        # One contiguous layout: NumPy's loops differ in their last bits between layouts.
        return np.ascontiguousarray(x, dtype).reshape(np.shape(x))

    def wide(self, x: Array) -> Array:
        return x if x.dtype == np.float64 else x.astype(np.float64)

    def dtype(self, x: Array) -> str:
        return dtype_name(x.dtype)

    def ndim(self, x: Array) -> int:
        return int(x.ndim)

    def length(self, x: Array) -> int:
        return int(x.shape[-1])

    def where(self, condition: Array, x: Array, y: Array) -> Array:
        return np.where(condition, x, y)

    def clip(self, x: Array, low: float | None, high: float | None) -> Array:
        return np.clip(x, low, high)

    def exp(self, x: Array) -> Array:
        return np.exp(x)

    def exp_over(self, x: Array) -> Array:
        return np.exp(x, out=x)

    def log(self, x: Array) -> Array:
        return np.log(x)

    def log1p(self, x: Array) -> Array:
        return np.log1p(x)

    def tanh(self, x: Array) -> Array:
        return np.tanh(x)

    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array:
        product = x @ weight.T
        if bias is not None:
            product += bias
        return product

    def floor(self, x: Array) -> Array:
        return np.floor(x)

    def isfinite(self, x: Array) -> Array:
        return np.isfinite(x)

    def max(self, x: Array) -> Array:
        return np.maximum.reduce(x, axis=-1, keepdims=True)

    def argmax(self, x: Array) -> Array:
        return np.argmax(x, axis=-1)

    def sum(self, x: Array) -> Array:
        return np.add.reduce(x, axis=-1, keepdims=True)

    def total(self, x: Array) -> float:
        return Partial.of(x).round_total()

    def size(self, x: Array) -> float:
        return float(x.size)

    def is_zero(self, x: Array) -> bool:
        return bool(x == 0)

    def stop_gradient(self, x: Array) -> Array:
        return x

    def count(self, mask: Array, like: Array) -> Array:
        return np.add.reduce(mask, axis=-1, keepdims=True, dtype=like.dtype)

    def any(self, mask: Array) -> Array:
        return np.logical_or.reduce(mask, axis=-1, keepdims=True)

    def if_any(self, flags: Array, then: Callable[[], Array], otherwise: Array) -> Array:
        return then() if flags.any() else otherwise

    def rows(self, x: Array) -> Array:
        return x[..., 0]

    def classes(self, x: Array) -> Array:
        return x[..., None]

    def take(self, x: Array, labels: Array) -> Array:
        return x[np.arange(len(x)), labels]

    def put(self, x: Array, labels: Array, values: Array) -> Array:
        x[np.arange(len(x)), labels] = values
        return x

    def without(self, x: Array, labels: Array, dtype: str) -> Array:
        return self.put(np.array(x, dtype, order="C"), labels, -np.inf)

    def take_classes(self, per_class: Array, labels: Array) -> Array:
        return per_class[labels]

    def zeros(self, like: Array, dtype: str) -> Array:
        return np.zeros(like.shape, dtype)

    def numbers(self, x: Array) -> Array:
        return np.arange(x.shape[-1])

    def after(self, x: Array) -> Array:
        return np.roll(x, -1, axis=-1)

    def column(self, x: Array, k: int) -> Array:
        return x[..., k]

    def softmax(self, x: Array) -> Array:
        exps = np.exp(x - x.max(axis=-1, keepdims=True))
        return exps / exps.sum(axis=-1, keepdims=True)

    def differentiable(self, forward: Forward, smooth: Smooth, x: Array) -> tuple[Array, ...]:
        return forward(x)[0]

    def move_last(self, x: Array, axis: int) -> Array:
        return np.moveaxis(x, axis, -1)

    def squeeze(self, x: Array, axis: int) -> Array:
        return np.squeeze(x, axis)

    def expand(self, x: Array, before: int, after: int) -> Array:
        return x.reshape((1,) * before + x.shape + (1,) * after)

    def broadcast(self, x: Array, like: Array, per_row: bool) -> Array:
        return np.broadcast_to(x, like.shape[:-1] if per_row else like.shape)


OPS = NumpyOps()
