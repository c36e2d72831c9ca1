"""Any call: the value, the dtype and the gradients that optax gives.

Many arrays go through one compiled program of each side, so that thousands of calls take seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optax import losses

import crossent.compat.optax as drop_in

BATCH = 32
"""Calls in one example; 80 examples of each function make more than 2500."""

search = settings(
    max_examples=80, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)


@dataclass(frozen=True)
class Space:
    """Shapes, axes and dtypes of a call; values are drawn."""

    shape: tuple[int, ...]
    labels: tuple[int, ...]
    axis: Any = -1
    where: tuple[int, ...] | None = None
    dtype: str = "float32"
    label_dtype: str = "float32"

    @property
    def options(self) -> dict[str, Any]:
        return {"axis": self.axis}


DENSE = [
    Space((4, 3), (4, 3)),
    Space((2, 3, 4), (2, 3, 4), axis=1, where=(2, 4)),
    Space((2, 3, 2), (2, 3, 2), axis=(0, -1), where=(2, 3, 2)),
    Space((2, 3), (2, 3), axis=None),
    Space((4, 3), (3,), dtype="bfloat16"),
    Space((5, 1), (5, 1), dtype="float16", label_dtype="float16"),
    Space((2, 5), (2, 5), where=(1, 5), label_dtype="int32"),
]
SAFE = [
    Space((4, 3), (4, 3)),
    Space((2, 2, 4), (1, 2, 4), dtype="bfloat16", label_dtype="bfloat16"),
    Space((4, 3), (3,), dtype="float16"),
]
INTEGER = [
    Space((4, 3), (4,), label_dtype="int32"),
    Space((2, 3, 4), (2, 4), axis=1, where=(2, 4), label_dtype="uint8"),
    Space((2, 3, 2), (3,), axis=(0, -1), label_dtype="int16"),
    Space((3,), (), label_dtype="int32", dtype="bfloat16"),
    Space((4, 1), (1,), label_dtype="int32", dtype="float16"),
    Space((3, 5), (3,), where=(3, 5), label_dtype="int32"),
]
SIGMOID = [
    Space((4, 3), (4, 3)),
    Space((4, 3), (3,), dtype="bfloat16"),
    Space((3,), (2, 3), dtype="float16"),
    Space((), (), label_dtype="int32"),
]
FUNCTIONS = {
    "softmax_cross_entropy": DENSE,
    "safe_softmax_cross_entropy": SAFE,
    "softmax_cross_entropy_with_integer_labels": INTEGER,
    "sigmoid_binary_cross_entropy": SIGMOID,
}
MODULES = {"theirs": losses, "ours": drop_in}


def has_axis(name: str) -> bool:
    return name in ("softmax_cross_entropy", "softmax_cross_entropy_with_integer_labels")


def loss_of(module: Any, name: str, space: Space) -> Any:
    """A function of logits, labels and, if there is one, a mask."""
    function = getattr(module, name)

    def call(x: Any, y: Any, where: Any = None) -> Any:
        if not has_axis(name):
            return function(x, y)
        return function(x, y, axis=space.axis, where=where)

    return call


@cache
def program(side: str, name: str, space: Space) -> Any:
    """Value, and gradients to logits and to float labels, of a batch of calls."""
    call = loss_of(MODULES[side], name, space)
    by_labels = np.dtype(jnp.dtype(space.label_dtype)).kind not in "iu"

    def both(x: Any, y: Any, bar: Any, *where: Any) -> Any:
        if not by_labels:
            value, pull = jax.vjp(lambda x: call(x, y, *where), x)
        else:
            value, pull = jax.vjp(lambda x, y: call(x, y, *where), x, y)
        return value, pull(bar.astype(value.dtype))

    return jax.jit(jax.vmap(both))


def result_shape(name: str, space: Space) -> tuple[int, ...]:
    arguments = [jax.ShapeDtypeStruct(space.shape, space.dtype)]
    arguments.append(jax.ShapeDtypeStruct(space.labels, space.label_dtype))
    if space.where is not None:
        arguments.append(jax.ShapeDtypeStruct(space.where, bool))
    return tuple(jax.eval_shape(loss_of(losses, name, space), *arguments).shape)


def classes_of(space: Space) -> int:
    axis = range(len(space.shape)) if space.axis is None else space.axis
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    return math.prod(space.shape[a] for a in axes) if space.shape else 1


def drawn(name: str, space: Space, seed: int, kind: str) -> tuple[Any, ...]:
    """Logits, labels, a mask or none."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(BATCH, *space.shape))
    x = {"near": x, "wide": x * 30, "offset": x * 4 + 60, "tied": x.round()}[kind]
    x = np.asarray(jnp.asarray(x, space.dtype))
    if name.endswith("integer_labels"):
        y = rng.integers(0, classes_of(space), (BATCH, *space.labels)).astype(space.label_dtype)
    else:
        y = rng.normal(size=(BATCH, *space.labels)) * 2
        y = np.asarray(jnp.asarray(y.round() if space.label_dtype == "int32" else y,
                                   space.label_dtype))  # fmt: skip
    if space.where is None:
        return x, y
    where = rng.random((BATCH, *space.where)) < 0.7
    if name.endswith("integer_labels") and space.where == space.shape:
        # A label that the mask leaves out is tested by itself.
        np.put_along_axis(where, y[..., None].astype(int), where.any(-1, keepdims=True), -1)
    return x, y, where


def check(name: str, space: Space, seed: int, kind: str) -> None:
    arrays = drawn(name, space, seed, kind)
    bar = np.random.default_rng(seed).normal(size=(BATCH, *result_shape(name, space)))
    bar = bar.astype(np.float32)
    want, want_slopes = program("theirs", name, space)(*arrays[:2], bar, *arrays[2:])
    got, slopes = program("ours", name, space)(*arrays[:2], bar, *arrays[2:])
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    # optax rounds logsumexp(x) - x to the coarser dtype of the two, in units of the logits, for
    # every coefficient. A probability is as wrong as its exponent; a slope to a label is a loss.
    eps = float(jnp.finfo(space.dtype).eps)
    size = (2 + np.abs(np.asarray(x64(arrays[0]))).max()) * (1 + classes_of(space))
    label = 1.0 if name.endswith("integer_labels") else 1 + np.abs(x64(arrays[1])).max()
    near(got, want, 4 * eps * size * label)
    for ours, theirs in zip(slopes, want_slopes, strict=True):
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        # What is repeated over rows adds up.
        repeats = 1 + math.prod(bar.shape[1:])
        known = ~np.isnan(x64(theirs))
        if theirs is want_slopes[0] or space.where is None:
            assert known.all()
        # Of a row that does not count optax's slope to the labels is NaN; here it is 0.
        assert (x64(ours)[~known] == 0).all()
        near(ours[known], theirs[known], 4 * eps * size * label * np.abs(bar).max() * repeats)


def x64(array: Any) -> Any:
    return np.asarray(array).astype(np.float64)


def near(got: Any, want: Any, allowed: float) -> None:
    error = np.abs(x64(got) - x64(want)).reshape(-1)
    if not error.size:
        return
    assert (error <= allowed).all(), (error.max(), allowed)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name: str) -> None:
    @search
    @given(
        st.sampled_from(FUNCTIONS[name]), st.integers(0, 2**31),
        st.sampled_from(["near", "wide", "offset", "tied"]),
    )  # fmt: skip
    def run(space: Space, seed: int, kind: str) -> None:
        check(name, space, seed, kind)

    run()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_eager_calls_are_the_same(name: str) -> None:
    """Nothing is traced here, so that labels are looked at."""
    for space in FUNCTIONS[name][:2]:
        arrays = drawn(name, space, 5, "near")
        bar = np.zeros((BATCH, *result_shape(name, space)), np.float32)
        want = program("ours", name, space)(*arrays[:2], bar, *arrays[2:])[0]
        for n in range(3):
            got = loss_of(drop_in, name, space)(*(array[n] for array in arrays))
            assert got.dtype == want.dtype
            # One program of a batch and one of a call: XLA adds up in another order.
            near(
                got,
                want[n],
                32 * float(jnp.finfo(got.dtype).eps) * (1 + np.abs(x64(want[n])).max()),
            )
