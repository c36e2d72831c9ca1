"""The loss over a linear layer in NumPy, and its gradients: tiles of rows by BLAS and the kernels.

What has 16 bits is multiplied in 32: NumPy has no fast product of it. The weight is copied once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crossent.core.plan import Plan
from crossent.frontends.kernel_rows import kernel_log_probs, kernel_log_probs_gradient, kernel_rows
from crossent.frontends.linear_walk import Gradients, Walk, Wanted
from crossent.frontends.numpy.arrays import HostArray, dtype_name
from crossent.frontends.numpy.ops import OPS
from crossent.kernels.config import note_path
from crossent.losses import log_probs
from crossent.losses.linear import Layer
from crossent.losses.ops import Array
from crossent.losses.reduce import (
    NUMBERS,
    divisor_of,
    is_mean_of_kept,
    reduced_numbers,
    sums_of,
    upstream,
)
from crossent.losses.rows import computed
from crossent.losses.targets import Inputs, met


class HostRows:
    """Rows of logits in the memory of this machine, which belong to nobody else."""

    ops = OPS
    live = 1

    def logits(self, hidden: HostArray, layer: Layer, room: HostArray | None) -> HostArray:
        if room is None or len(room) < len(hidden):
            room = np.empty((len(hidden), len(layer.weight)), hidden.dtype)
        room = room[: len(hidden)]
        np.matmul(hidden, layer.weight.T, out=room)
        if layer.bias is not None:
            room += layer.bias
        return room

    def chosen(self, keep: HostArray) -> HostArray | None:
        return None if keep.all() else np.flatnonzero(keep)

    def before_the_last(self, rows: int, places: int, like: HostArray) -> HostArray:
        return np.arange(rows).reshape(-1, places)[:, :-1].reshape(-1)

    def of_rows(self, array: HostArray, rows: Any, shape: tuple[int, ...]) -> HostArray:
        numbers = rows if isinstance(rows, np.ndarray) else np.arange(*rows.indices(_size(shape)))
        repeated = np.broadcast_to(array, shape)
        return repeated[np.unravel_index(numbers, shape[:-1])]

    def room(self, shape: tuple[int, ...], dtype: str, like: HostArray) -> HostArray:
        return np.zeros(shape, like.dtype if dtype == "bfloat16" else dtype)

    def add_product(self, total: HostArray, g: HostArray, x: HostArray, elements: int) -> None:
        step = max(1, elements // max(1, x.shape[1]))
        for first in range(0, len(total), step):
            part = slice(first, first + step)
            total[part] += g[:, part].T @ x

    def product(self, g: HostArray, weight: HostArray, out: HostArray | None) -> HostArray:
        if out is None or out.dtype != g.dtype:
            return g @ weight
        return np.matmul(g, weight, out=out)

    def sum_of_rows(self, g: HostArray) -> HostArray:
        return np.ones(len(g), g.dtype) @ g

    def terms(self, plan: Plan, x: HostArray, inputs: Inputs) -> Array:
        rows = kernel_rows(plan, x, inputs)
        if rows is None:
            note_path("operations")
            return computed(OPS, plan, inputs, x).terms(OPS, plan)[0]
        terms = np.empty(len(x), plan.compute_dtype)
        rows.values(terms, total=False)
        note_path("kernel")
        return terms

    def terms_and_gradient(
        self, plan: Plan, x: HostArray, inputs: Inputs, divisor: Any
    ) -> tuple[HostArray, HostArray]:
        rows = kernel_rows(plan, x, inputs, x)
        if rows is None:
            note_path("operations")
            found = computed(OPS, plan, inputs, x)
            one = np.float64(1.0)
            return found.terms(OPS, plan)[0], found.gradient(OPS, plan, one, np.float64(divisor))
        terms = np.empty(len(x), plan.compute_dtype)
        rows.gradient(x, divisor, out=terms)
        note_path("kernel")
        return terms, x

    def mantissa(self, number: Any) -> float:
        return math.frexp(number)[0] or 1.0

    def gradient(self, plan: Plan, x: HostArray, inputs: Inputs, bar: HostArray) -> Array:
        sample = OPS.wide(bar)
        if inputs.sample_weight is not None:
            sample = sample * inputs.sample_weight
        weighted = inputs._replace(sample_weight=sample, checked=inputs.checked | {"sample_weight"})
        rows = kernel_rows(plan, x, weighted, x)
        if rows is None:
            return computed(OPS, plan, inputs, x).gradient(OPS, plan, OPS.wide(bar), 1.0)
        rows.gradient(x, 1.0)
        return x

    def facts(
        self, plan: Plan, x: HostArray, inputs: Inputs, names: Sequence[str]
    ) -> Mapping[str, HostArray]:
        found = kernel_log_probs(plan, x, inputs, names, None)
        if found is None:
            note_path("operations")
            found = log_probs.of_rows(OPS, plan, inputs, x)
        return found

    def facts_gradient(
        self, plan: Plan, x: HostArray, inputs: Inputs, bars: Mapping[str, HostArray]
    ) -> Array:
        if kernel_log_probs_gradient(plan, x, inputs, bars, x):
            return x
        rows, targets = log_probs.rows_with_labels(OPS, plan, inputs, x)
        forward, _ = log_probs.functions_of(OPS, targets, tuple(bars))
        return forward(rows)[1](
            *[log_probs.bar_of(OPS, plan, targets, bar) for bar in bars.values()]
        )


HOST_ROWS = HostRows()


def linear_loss(
    plan: Plan,
    layer: Layer,
    hidden: HostArray,
    inputs: Inputs,
    normalizer: Any,
    wanted: Wanted | None = None,
) -> tuple[Any, Gradients | None]:
    """Return the reduced loss, and the gradients that are wanted, in the dtypes of the inputs."""
    walk = _walk(plan, layer, hidden, inputs)
    with np.errstate(all="ignore"):
        mean = wanted is not None and is_mean_of_kept(plan.options, normalizer)
        mantissa = walk.mantissa() if mean else 1.0
        terms, weights, found = walk.terms(wanted, mantissa)
    if plan.options.reduction == "none":
        return met(plan.options, terms.reshape(hidden.shape[:-1])), None
    total, weight = sums_of(OPS, terms, weights)
    value = reduced_numbers(plan, total, weight, normalizer, terms.size)
    if found is None:
        return value, None
    divisor = np.float64(divisor_of(plan.options, weight, normalizer))
    with np.errstate(all="ignore"):
        factor = float(upstream(NUMBERS, mantissa, divisor))
    return value, Gradients(*(_finished(one, factor, hidden.dtype) for one in found))


def linear_facts(
    plan: Plan, layer: Layer, hidden: HostArray, inputs: Inputs
) -> dict[str, HostArray]:
    """Return the outputs of the plan."""
    with np.errstate(all="ignore"):
        found = _walk(plan, layer, hidden, inputs).facts()
    shaped = {
        name: met(plan.options, one.reshape(hidden.shape[:-1])) for name, one in found.items()
    }
    return log_probs.answers(plan.options.outputs, shaped)


def _walk(plan: Plan, layer: Layer, hidden: HostArray, inputs: Inputs) -> Walk:
    if dtype_name(hidden.dtype) != plan.compute_dtype:
        hidden = hidden.astype(plan.compute_dtype)
        layer = Layer(*(None if one is None else one.astype(plan.compute_dtype) for one in layer))
    return Walk(HOST_ROWS, plan, layer, hidden, inputs)


def _finished(gradient: Array | None, factor: float, dtype: Any) -> Array | None:
    if gradient is None:
        return None
    if factor != 1:
        gradient *= factor
    return gradient.astype(dtype, copy=False)


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape[:-1]))
