"""The kernels on eager TensorFlow tensors in the memory of this machine.

Tensors are read where they are. A gradient is computed when a tape asks for it, with the upstream
gradient in it, so that it is rounded once, and is handed over without a copy. What else a tape may
ask for (a gradient that is differentiated itself, or one to targets and weights) is answered by
TensorFlow's operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from crossent.core.plan import Plan
from crossent.frontends._protocol import Check
from crossent.frontends.kernel_rows import (
    gradient_divisor,
    kernel_log_probs,
    kernel_log_probs_gradient,
    kernel_rows,
    run_kernel,
)
from crossent.frontends.route import is_served
from crossent.frontends.tensorflow.tapes import accumulated, watched
from crossent.losses.log_probs import differentiable
from crossent.losses.ops import Array, Ops
from crossent.losses.targets import Inputs, shifted

HostArray = npt.NDArray[Any]

ALIGNED: Final = 64
"""Bytes: TensorFlow takes no memory that begins anywhere else."""


def in_memory(array: Array) -> bool:
    """Whether a tensor is eager, and its values lie in the memory of this machine."""
    return hasattr(array, "numpy") and "CPU" in array.device and tf.executing_eagerly()


def may_take(x: Array) -> bool:
    """Whether a tensor may be one whose memory the kernels read: a quick look."""
    return x.dtype in (tf.float32, tf.float64) and in_memory(x)


def kernel_loss(
    plan: Plan,
    x: Array,
    inputs: Inputs,
    normalizer: Any,
    check: Check | None,
    operations: Callable[[Plan, Array, Inputs, Any], Any],
) -> Any:
    """Return the loss of eager tensors; None if it is not for the kernels.

    `operations` computes the same in operations that a tape differentiates.
    """
    if not is_served(plan) or not in_memory(x) or accumulated(x):
        return None
    tensors: list[Any] = [None if one is None else tf.convert_to_tensor(one) for one in inputs[:-1]]
    number = normalizer
    given = [one for one in tensors if one is not None]
    if tf.is_tensor(normalizer) or isinstance(normalizer, tf.Variable):
        number = tf.convert_to_tensor(normalizer)
        if not in_memory(number):
            return None
        number = float(number)
    if not all(map(in_memory, given)) or watched(given):
        return None
    inputs = Inputs(*tensors)._replace(checked=inputs.checked)
    rows = kernel_rows(plan, _memory(x), _host_inputs(inputs))
    if rows is None:
        return None
    value = run_kernel(plan, rows, number, None, check)
    if value is None:
        return None
    parts = plan.options.reduction == "parts"
    result = tuple(map(_tensor, value)) if parts else _tensor(value)
    if not watched([x]):
        return result

    def gradient_of(*bars: Array) -> Array:
        bars = tuple(map(tf.convert_to_tensor, bars))
        if in_memory(bars[0]) and not watched([x, *given, *bars]):
            gradient = _gradient(plan, x, inputs, number, bars[0])
            if gradient is not None:
                return gradient
        with tf.GradientTape() as tape:
            tape.watch(x)
            again = operations(plan, x, inputs, number)
        zero = tf.UnconnectedGradients.ZERO
        return tape.gradient(again, x, bars if parts else bars[0], unconnected_gradients=zero)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def computed(_: Array) -> Any:
        return result, gradient_of

    return computed(x)


def kernel_facts(
    plan: Plan,
    x: Array,
    inputs: Inputs,
    facts: tuple[str, ...],
    check: Check | None,
    ops: Ops,
    operations: Callable[[Plan, Array, Inputs, tuple[str, ...]], dict[str, Array]],
) -> dict[str, Array] | None:
    """Return facts of rows of eager logits; None if they are not for the kernels.

    `operations` computes the same in operations that a tape differentiates.
    """
    if not in_memory(x) or accumulated(x):
        return None
    tensors: list[Any] = [None if one is None else tf.convert_to_tensor(one) for one in inputs[:-1]]
    given = [one for one in tensors if one is not None]
    if not all(map(in_memory, given)) or watched(given):
        return None
    inputs = Inputs(*tensors)._replace(checked=inputs.checked)
    on_rows, moved = shifted(ops, plan, inputs)
    found = kernel_log_probs(on_rows, _memory(x), _host_inputs(moved), facts, check)
    if found is None:
        return None
    names = differentiable(facts)
    results = {name: _tensor(one) for name, one in found.items()}
    if not names or not watched([x]):
        return results

    def gradient_of(*bars: Array) -> Array:
        bars = tuple(map(tf.convert_to_tensor, bars))
        if all(map(in_memory, bars)) and not watched([x, *given, *bars]):
            predictions = _memory(x)
            out = _room(predictions.shape, predictions.dtype)
            bar = {name: _memory(one) for name, one in zip(names, bars, strict=True)}
            if kernel_log_probs_gradient(on_rows, predictions, _host_inputs(moved), bar, out):
                return _gradient_tensor(out, x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            again = operations(plan, x, inputs, names)
        zero = tf.UnconnectedGradients.ZERO
        return tape.gradient([again[name] for name in names], x, bars, unconnected_gradients=zero)

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def computed(_: Array) -> Any:
        return tuple(results[name] for name in names), gradient_of

    return {**results, **dict(zip(names, computed(x), strict=True))}


def _gradient(plan: Plan, x: Array, inputs: Inputs, number: Any, bar: Array) -> Array | None:
    """Return the gradient to `x`; None if it is not for the kernels."""
    host = _host_inputs(inputs)
    divisor, factor = None, 1.0
    if plan.options.reduction == "none":
        sample = _memory(bar).astype(np.float64)
        sample = sample if host.sample_weight is None else sample * host.sample_weight
        host = host._replace(sample_weight=sample, checked=host.checked | {"sample_weight"})
        divisor = 1.0
    else:
        factor = float(bar)
        if not math.isfinite(factor):
            return None
    predictions = _memory(x)
    out = _room(predictions.shape, predictions.dtype)
    rows = kernel_rows(plan, predictions, host, out)
    if rows is None:
        return None  # kernels have been turned off in between
    if divisor is None:
        divisor = gradient_divisor(plan, rows, number, None)
        if divisor is None:
            return None
        divisor = divisor / factor if factor else math.inf
    rows.gradient(out, divisor)
    return _gradient_tensor(out, x)


def _gradient_tensor(out: HostArray, x: Array) -> Array:
    """Return a gradient as a tensor in its memory; of bfloat16 it holds the bits."""
    gradient = tf.experimental.dlpack.from_dlpack(out.__dlpack__())
    return tf.bitcast(gradient, x.dtype) if out.dtype == np.uint16 else gradient


def _memory(tensor: Array) -> HostArray:
    """Return the memory of a tensor; of bfloat16 the bits."""
    if tensor.dtype == tf.bfloat16:
        tensor = tf.bitcast(tensor, tf.uint16)
    memory: HostArray = np.asarray(memoryview(tensor))
    return memory


def _host_inputs(inputs: Inputs) -> Inputs:
    """Return the memory of all arrays, as numbers."""
    arrays: list[Any] = [
        None
        if one is None
        else _memory(tf.cast(one, tf.float32) if one.dtype == tf.bfloat16 else one)
        for one in inputs[:-1]
    ]
    return Inputs(*arrays)._replace(checked=inputs.checked)


def _room(shape: tuple[int, ...], dtype: Any) -> HostArray:
    """Return room for a result: from NumPy, which asks for large pages."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.empty(size + ALIGNED, np.uint8)
    first = -room.ctypes.data % ALIGNED
    typed: HostArray = room[first : first + size].view(dtype)
    return typed.reshape(shape)


def _tensor(value: Any) -> Array:
    """Return numbers as a tensor of their own: one copy, of the losses of rows at most."""
    room = _room(value.shape, value.dtype)
    room[...] = value
    return tf.experimental.dlpack.from_dlpack(room.__dlpack__())
