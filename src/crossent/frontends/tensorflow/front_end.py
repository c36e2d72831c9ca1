"""TensorFlow: eager, under tapes, in ``tf.function`` (also compiled) and inside Keras.

The formulae run as TensorFlow operations; their gradient is the analytic one, and higher
derivatives go through TensorFlow's own softmax. Eager tensors on the CPU take the kernels of
:mod:`kernel` where there is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from crossent.core.messages import options as messages
from crossent.core.plan import Plan, Spec
from crossent.frontends._protocol import Check, HostKernels
from crossent.frontends.repeated_calls import Known
from crossent.frontends.tensorflow.kernel import kernel_facts, kernel_loss, may_take
from crossent.frontends.tensorflow.linear import rows_over_layer, tiles_of, total_over_layer
from crossent.frontends.tensorflow.stops import after_check, stops
from crossent.frontends.tensorflow.tapes import differentiated_once, watched
from crossent.kernels.config import note_path
from crossent.losses import log_probs
from crossent.losses.linear import Layer, logits_of, plan_of_tile
from crossent.losses.ops import Array, Forward, Smooth
from crossent.losses.reduce import check_kept, reduced, sums_of
from crossent.losses.rows import rows_of, weighted
from crossent.losses.targets import Inputs, shifted
from crossent.losses.terms import losses_of, term

HostArray = npt.NDArray[Any]


class TensorflowOps:
    """The operations of the formulae on TensorFlow tensors."""

    def cast(self, x: Array, dtype: str) -> Array:
        return tf.cast(x, dtype)

    def wide(self, x: Array) -> Array:
        # A number would be made a float32 tensor first.
        return tf.constant(x, tf.float64) if isinstance(x, float) else tf.cast(x, tf.float64)

    def dtype(self, x: Array) -> str:
        return str(x.dtype.name)

    def ndim(self, x: Array) -> int:
        return int(x.shape.rank)

    def length(self, x: Array) -> int:
        if x.shape[-1] is None:
            raise messages.unknown_length("y_true")
        return int(x.shape[-1])

    def where(self, condition: Array, x: Array, y: Array) -> Array:
        if tf.is_tensor(x) and not tf.is_tensor(y):
            y = tf.constant(y, x.dtype)
        elif tf.is_tensor(y) and not tf.is_tensor(x):
            x = tf.constant(x, y.dtype)
        return tf.where(condition, x, y)

    def clip(self, x: Array, low: float | None, high: float | None) -> Array:
        # A comparison, in which NaN stays whatever compiles it.
        if low is not None:
            x = self.where(x < low, low, x)
        return x if high is None else self.where(x > high, high, x)

    def exp(self, x: Array) -> Array:
        return tf.exp(x)

    def exp_over(self, x: Array) -> Array:
        return tf.exp(x)

    def log(self, x: Array) -> Array:
        return tf.math.log(x)

    def log1p(self, x: Array) -> Array:
        return tf.math.log1p(x)

    def tanh(self, x: Array) -> Array:
        return tf.tanh(x)

    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array:
        product = tf.matmul(x, weight, transpose_b=True)
        return product if bias is None else product + bias

    def floor(self, x: Array) -> Array:
        return tf.floor(x)

    def isfinite(self, x: Array) -> Array:
        return tf.math.is_finite(x)

    def max(self, x: Array) -> Array:
        return tf.reduce_max(x, axis=-1, keepdims=True)

    def argmax(self, x: Array) -> Array:
        return tf.argmax(x, axis=-1)

    def sum(self, x: Array) -> Array:
        return tf.reduce_sum(x, axis=-1, keepdims=True)

    def total(self, x: Array) -> Array:
        return tf.reduce_sum(self.wide(x))

    def size(self, x: Array) -> Array:
        return tf.cast(tf.size(x, out_type=tf.int64), tf.float64)

    def is_zero(self, x: Array) -> bool:
        return hasattr(x, "numpy") and bool(x == 0)

    def stop_gradient(self, x: Array) -> Array:
        return tf.stop_gradient(x)

    def count(self, mask: Array, like: Array) -> Array:
        return tf.reduce_sum(tf.cast(mask, like.dtype), axis=-1, keepdims=True)

    def any(self, mask: Array) -> Array:
        return tf.reduce_any(mask, axis=-1, keepdims=True)

    def if_any(self, flags: Array, then: Callable[[], Array], otherwise: Array) -> Array:
        return tf.cond(tf.reduce_any(flags), then, lambda: otherwise)

    def rows(self, x: Array) -> Array:
        return tf.squeeze(x, -1)

    def classes(self, x: Array) -> Array:
        return tf.expand_dims(x, -1)

    def take(self, x: Array, labels: Array) -> Array:
        return tf.gather(x, labels, axis=-1, batch_dims=labels.shape.rank)

    def put(self, x: Array, labels: Array, values: Array) -> Array:
        return tf.where(_is_label(x, labels), tf.expand_dims(values, -1), x)

    def without(self, x: Array, labels: Array, dtype: str) -> Array:
        return self.where(_is_label(x, labels), -math.inf, tf.cast(x, dtype))

    def take_classes(self, per_class: Array, labels: Array) -> Array:
        return tf.gather(per_class, labels)

    def zeros(self, like: Array, dtype: str) -> Array:
        return tf.zeros_like(like, dtype=dtype)

    def numbers(self, x: Array) -> Array:
        return tf.range(tf.shape(x, out_type=tf.int64)[-1], dtype=tf.int64)

    def after(self, x: Array) -> Array:
        return tf.concat([x[..., 1:], x[..., :1]], axis=-1)

    def column(self, x: Array, k: int) -> Array:
        return x[..., k]

    def softmax(self, x: Array) -> Array:
        return tf.nn.softmax(x)

    def differentiable(self, forward: Forward, smooth: Smooth, x: Array) -> tuple[Array, ...]:
        # Values are computed from stopped inputs, so that a tape keeps no intermediates, and the
        # gradient from the inputs again: what the first pass found is a constant to a second tape.
        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def values(x: Array) -> Any:
            def gradient_of(*upstream: Array) -> Array:
                if not differentiated_once([x, *upstream]):
                    # The gradient of an operation of ours is zero to a ForwardAccumulator.
                    return smooth(x, *upstream)
                return gradient(x, *upstream)

            return forward(tf.stop_gradient(x))[0], gradient_of

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def gradient(*inputs: Array) -> Any:
            def gradient_of(upstream: Array) -> Array:
                # The way back through a loop is another graph, where a tape sees copies alone.
                here = [tf.identity(one) for one in inputs]
                with tf.GradientTape() as tape:
                    tape.watch(here)
                    plain = smooth(*here)
                return tape.gradient(
                    plain, here, upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO
                )

            stopped = [tf.stop_gradient(one) for one in inputs]
            return forward(stopped[0])[1](*stopped[1:]), gradient_of

        return tuple(values(x))

    def move_last(self, x: Array, axis: int) -> Array:
        rank = x.shape.rank
        if axis == rank - 1:
            return x
        return tf.transpose(x, [*range(axis), *range(axis + 1, rank), axis])

    def squeeze(self, x: Array, axis: int) -> Array:
        return tf.squeeze(x, axis)

    def expand(self, x: Array, before: int, after: int) -> Array:
        for _ in range(before):
            x = tf.expand_dims(x, 0)
        for _ in range(after):
            x = tf.expand_dims(x, -1)
        return x

    def broadcast(self, x: Array, like: Array, per_row: bool) -> Array:
        shape = tf.shape(like)
        wanted = tf.broadcast_to(x, shape[:-1] if per_row else shape)
        wanted.set_shape(like.shape[:-1] if per_row else like.shape)
        return wanted


OPS = TensorflowOps()


def _is_label(x: Array, labels: Array) -> Array:
    return tf.range(x.shape[-1], dtype=tf.int64) == tf.expand_dims(labels, -1)


class TensorflowFrontEnd:
    """TensorFlow tensors and variables, eager and symbolic."""

    name = "tensorflow"
    ops = OPS
    compiling = False

    def __init__(self, kernels: HostKernels | None = None) -> None:
        self.kernels = kernels

    def owns(self, array: object) -> bool:
        return isinstance(array, tf.Tensor | tf.Variable)

    def prediction(self, array: object) -> Array:
        if not self.owns(array):
            raise messages.array_kind(
                "y_pred", f"a {type(array).__qualname__}", "Pass a dense tf.Tensor."
            )
        return tf.convert_to_tensor(array)

    def spec(self, array: Array) -> Spec:
        if array.shape.rank is None:
            raise messages.unknown_rank()
        return Spec(tuple(array.shape.as_list()), array.dtype.name)

    def values(self, array: Array) -> HostArray | None:
        if isinstance(array, tf.Variable):
            if not tf.executing_eagerly():
                return None
            array = array.value()
        if not hasattr(array, "numpy"):
            return None
        if self.on_host(array) and array.dtype.name != "bfloat16":
            # numpy() copies; the buffer of a tensor in memory can be read where it is.
            return np.asarray(memoryview(array))
        return np.asarray(array.numpy())

    def on_host(self, array: Array) -> bool:
        return "CPU" in (getattr(array, "device", "") or "CPU")

    def adopt(self, given: object, like: Array) -> object:
        return given

    def convert(self, host: HostArray, like: Array) -> Array:
        return tf.constant(host.astype(host.dtype.newbyteorder("="), copy=False))

    def check_memory(self, name: str, array: Array) -> None:
        """Tensors of TensorFlow keep their memory."""

    def run(
        self,
        plan: Plan,
        x: Array,
        inputs: Inputs,
        normalizer: Any,
        check: Check | None = None,
    ) -> Any:
        """Compute the rows and reduce them as the plan says.

        `check` raises what is wrong with labels and logits, if they were left to the kernels.
        """
        value = kernel_loss(plan, x, inputs, normalizer, check, self._operations)
        if value is not None:
            return value
        if check is not None:
            check()
        note_path("operations")
        return self._operations(plan, x, inputs, normalizer)

    def log_probs(
        self, plan: Plan, x: Array, inputs: Inputs, check: Check | None = None
    ) -> dict[str, Array]:
        """Return log-probabilities of labels, and what belongs to them."""
        facts = log_probs.facts_asked_for(plan.options.outputs)
        found = kernel_facts(plan, x, inputs, facts, check, OPS, self._facts)
        if found is None:
            if check is not None:
                check()
            note_path("operations")
            found = self._facts(plan, x, inputs, facts)
        return log_probs.answers(plan.options.outputs, found)

    def _facts(
        self, plan: Plan, x: Array, inputs: Inputs, facts: tuple[str, ...]
    ) -> dict[str, Array]:
        """Compute facts of rows in operations."""
        on_rows, moved = shifted(OPS, plan, inputs)
        rows, targets = log_probs.rows_with_labels(OPS, on_rows, moved, x)
        if targets.bad is not None and stops(plan):
            rows = after_check(plan, inputs, x, targets.bad, rows)
        names = log_probs.differentiable(facts)
        found = {}
        if names:
            forward, smooth = log_probs.functions_of(OPS, targets, names)
            values = OPS.differentiable(forward, smooth, rows)
            for name, value in zip(names, values, strict=True):
                found[name] = log_probs.finished(OPS, on_rows, targets, value)
        if "rank" in facts:
            found["rank"] = log_probs.rank_of(OPS, rows, targets)
        return found

    def _terms(self, plan: Plan, x: Array, inputs: Inputs) -> tuple[Array, Array | None]:
        """Return the terms of the rows, and what each adds to the divisor (None: 1)."""
        rows, targets = rows_of(OPS, plan, inputs, x)
        if targets.bad is not None and stops(plan):
            rows = after_check(plan, inputs, x, targets.bad, rows)
        forward, smooth = losses_of(OPS, plan.options, targets)
        values = OPS.differentiable(forward, smooth, rows)
        return weighted(OPS, plan, targets, term(OPS, plan.options, targets, values))

    def _operations(self, plan: Plan, x: Array, inputs: Inputs, normalizer: Any) -> Any:
        """Compute the terms and reduce them with TensorFlow's own sums, in float64."""
        terms, weight = self._terms(plan, x, inputs)
        if plan.options.reduction == "none":
            return terms
        total, of_kept = sums_of(OPS, terms, weight)
        if normalizer is not None:
            normalizer = tf.stop_gradient(OPS.wide(normalizer))
        # The number of rows is known where the weight can be seen.
        check_kept(OPS, plan.options, of_kept, normalizer, terms.shape.num_elements() or 0)
        return reduced(OPS, plan, total, of_kept, normalizer)

    def linear(self, plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any) -> Any:
        """Compute the loss of the logits that a layer makes of `x`, which are not held whole."""
        note_path("operations")
        tile_plan = plan_of_tile(plan)
        tiles = tiles_of(OPS, "linear", plan, x, layer, inputs)

        def terms(hidden: Array, layer: Layer, inputs: Inputs) -> list[Array]:
            logits = logits_of(OPS, plan.options, hidden, layer)
            return [OPS.wide(self._terms(tile_plan, logits, inputs)[0])]

        if plan.options.reduction == "none":
            (found,) = rows_over_layer(tiles, terms)
            return tf.cast(found, plan.compute_dtype)
        arrays = [one for one in (x, *layer, *inputs[:-1]) if one is not None]
        recorded = not tf.executing_eagerly() or watched(arrays)
        at_once = recorded and plan.options.gradients == "forward"
        total = total_over_layer(tiles, terms, at_once=at_once)
        if normalizer is not None:
            normalizer = tf.stop_gradient(OPS.wide(normalizer))
        check_kept(OPS, plan.options, tiles.kept, normalizer, tiles.known_rows)
        return reduced(OPS, plan, total, tiles.kept, normalizer)

    def linear_log_probs(
        self, plan: Plan, layer: Layer, x: Array, inputs: Inputs
    ) -> dict[str, Array]:
        """Return what :meth:`log_probs` does, of the logits that a layer makes of `x`."""
        note_path("operations")
        facts = log_probs.facts_asked_for(plan.options.outputs)
        tile_plan = plan_of_tile(plan)

        def of_tile(hidden: Array, layer: Layer, inputs: Inputs) -> list[Array]:
            logits = logits_of(OPS, plan.options, hidden, layer)
            found = self._facts(tile_plan, logits, inputs, facts)
            # The rank of rows that are left out is -1, and what the loop leaves out is 0.
            return [OPS.wide(found[name]) + (name == "rank") for name in facts]

        tiles = tiles_of(OPS, "linear_log_probs", plan, x, layer, inputs)
        values = rows_over_layer(tiles, of_tile, len(facts))
        found = {
            name: tf.cast(one - 1, tf.int64) if name == "rank" else tf.cast(one, plan.compute_dtype)
            for name, one in zip(facts, values, strict=True)
        }
        return log_probs.answers(plan.options.outputs, found)


class TensorflowKernels:
    """Eager tensors in the memory of this machine."""

    def take(self, x: Array) -> bool:
        return may_take(x)

    def layout(self, y: Any, x: Any) -> object | None:
        return None  # every call is planned anew

    def run_known(self, known: Known, x: Array, inputs: Inputs, check: Check) -> Any:
        return known.front.run(known.plan, x, inputs, None, check)


FRONT_END = TensorflowFrontEnd(TensorflowKernels())
