"""Logits of a linear layer, and the way back through it: x = cap tanh(s z / cap), z = h W' + b.

Of the logits as many rows are held at a time as memory is allowed for; nothing else of their size
is ever made. The gradient g to the logits of these rows, times the slope of the cap, gives

    dh = s g W,  dW += s g' h,  db += s sum of g over the rows,

where s and what the loss is divided by are left to the end, when the sums are complete.
"""

from __future__ import annotations

from typing import NamedTuple

from crossent.core.options import MAX_MEMORY, Options
from crossent.core.plan import Plan
from crossent.losses.ops import Array, Ops
from crossent.losses.targets import Inputs, prepare


class Layer(NamedTuple):
    """The layer that makes logits of hidden rows."""

    weight: Array  # (C, D)
    bias: Array | None  # (C,)


def plan_of_tile(plan: Plan) -> Plan:
    """Return the plan for rows of logits in one dimension, whose layer has been applied.

    What stops at a bad value has looked at all rows before; a tile marks them alone.
    """
    options = plan.options._replace(
        reduction="none", shift=False, logit_scale=1.0, softcap=None, max_memory=MAX_MEMORY,
        gradients="forward", validate="off",
    )  # fmt: skip
    return plan._replace(options=options, rank=2, axis=1, rows=(None,), label_axis=None)


def logits_of(ops: Ops, options: Options, hidden: Array, layer: Layer) -> Array:
    """Return the logits of hidden rows: scaled, and then capped."""
    return transformed(options, ops.linear(hidden, layer.weight, layer.bias), ops)


def transformed(options: Options, x: Array, ops: Ops) -> Array:
    """Return what the layer gives, scaled and then capped."""
    if options.logit_scale != 1:
        x = x * options.logit_scale
    return x if options.softcap is None else options.softcap * ops.tanh(x / options.softcap)


def slope_of_cap(options: Options, x: Array) -> Array | None:
    """Return the derivative of capped logits to those before the cap; None if it is 1."""
    if options.softcap is None:
        return None
    ratio = x / options.softcap
    return (1 - ratio) * (1 + ratio)


def rows_at_a_time(options: Options, rows: int, bytes_per_row: int) -> int:
    """Return how many rows of logits are held together: the memory allowed, in equal parts."""
    most = max(1, options.max_memory // max(1, bytes_per_row))
    parts = max(1, -(-rows // most))
    return max(1, -(-rows // parts))


def kept_rows(ops: Ops, plan: Plan, inputs: Inputs) -> Array | None:
    """Return which rows have a loss, as labels and weights tell; None for all of them."""
    if plan.kind == "dense":
        return None if inputs.sample_weight is None else ops.wide(inputs.sample_weight) != 0
    checked = inputs.checked | {"class_mask", "class_weight", "target_prob", "y_pred"}
    given = inputs._replace(class_mask=None, class_weight=None, checked=checked)
    return prepare(ops, plan, given, None).keep


def of_sequence(plan: Plan, hidden: Array, inputs: Inputs) -> tuple[Array, Inputs]:
    """Return the rows of sequences that meet a label, and what belongs to them (``shift``).

    For front ends that do not choose rows by their numbers.
    """
    if not plan.options.shift:
        return hidden, inputs
    several = plan.kind in ("dense", "top_k")

    def later(array: Array | None) -> Array | None:
        return array if array is None else array[..., 1:, :] if several else array[..., 1:]

    mask, sample = inputs.class_mask, inputs.sample_weight
    if mask is not None and mask.ndim > 1 and mask.shape[-2] != 1:
        mask = mask[..., :-1, :]
    return hidden[..., :-1, :], inputs._replace(
        y_true=later(inputs.y_true),
        target_prob=later(inputs.target_prob),
        class_mask=mask,
        sample_weight=None if sample is None else sample[..., :-1],
    )
