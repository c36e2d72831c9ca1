"""The rows of a call: which of them count, what they weigh, what becomes of the others (M06, M07).

A front end that has no derivatives of its own takes :class:`Computed`, whose gradient is written
out; one that has them differentiates the terms.
"""

from __future__ import annotations

from typing import NamedTuple

from crossent.core.blocks import Block, flat_rows
from crossent.core.plan import Plan
from crossent.losses.ops import Array, Backward, Ops
from crossent.losses.reduce import upstream
from crossent.losses.targets import Inputs, Targets, harmless, prepare, row_weight
from crossent.losses.terms import losses_of, per_class, term, term_slopes


def rows_of(ops: Ops, plan: Plan, inputs: Inputs, x: Array) -> tuple[Array, Targets]:
    """Return predictions as they are computed with, classes last, and their targets."""
    targets = prepare(ops, plan, inputs, x)
    x = ops.cast(x, plan.compute_dtype)
    return kept(ops, plan, targets.keep, x, harmless(plan)), targets


def kept(ops: Ops, plan: Plan, keep: Array | None, x: Array, other: float) -> Array:
    """Return predictions, or what belongs to them, with another number in rows left out."""
    return x if keep is None else ops.where(per_class(ops, plan, keep), x, other)


def weighted(ops: Ops, plan: Plan, targets: Targets, terms: Array) -> tuple[Array, Array | None]:
    """Return the terms times their sample weights, and what each adds to the divisor (None: 1)."""
    if targets.sample is not None:
        terms = ops.where(targets.keep, terms * targets.sample, 0.0)
    return ops.cast(terms, plan.compute_dtype), row_weight(ops, targets)


def slope_of_term(targets: Targets) -> Array | float:
    """Return what comes to t / s of every row where 1 comes to its term."""
    return 1.0 if targets.sample is None else targets.sample


class Computed(NamedTuple):
    """Rows whose losses are computed, and the way back from them."""

    x: Array
    targets: Targets
    values: tuple[Array, ...]
    backward: Backward

    def terms(self, ops: Ops, plan: Plan) -> tuple[Array, Array | None]:
        """Return the terms, and what each adds to the divisor (None: 1)."""
        terms = term(ops, plan.options, self.targets, self.values)
        return weighted(ops, plan, self.targets, terms)

    def gradient(self, ops: Ops, plan: Plan, bar: Array, divisor: Array) -> Array:
        """Return the derivative of ``sum(bar * terms) / divisor`` to the predictions."""
        targets = self.targets
        if targets.sample is not None:
            bar = bar * targets.sample
        bar = upstream(ops, bar, divisor)
        if targets.keep is not None:
            bar = ops.where(targets.keep, bar, 0.0)
        bar = ops.broadcast(bar, self.x, plan.classes > 0)
        slopes = term_slopes(ops, plan.options, targets, self.values, bar)
        return kept(ops, plan, targets.keep, self.backward(*slopes), 0.0)


def computed(ops: Ops, plan: Plan, inputs: Inputs, x: Array) -> Computed:
    """Compute the losses of rows in one dimension."""
    targets = prepare(ops, plan, inputs, x)
    rows = ops.cast(x, plan.compute_dtype)  # without derivatives a NaN stays in its row
    forward, _ = losses_of(ops, plan.options, targets)
    values, backward = forward(rows)
    return Computed(rows, targets, values, backward)


def of_block(ops: Ops, plan: Plan, inputs: Inputs, x: Array, block: Block) -> Computed:
    """Compute the losses of the rows of a block, which are then in one dimension."""
    given = flat_rows(x, block, 1 if plan.classes else 0)
    return computed(ops, plan, inputs.of_block(plan, block), given)
