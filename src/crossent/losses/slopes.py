"""The gradient of logits with a label, as a forward pass leaves it: three numbers a row.

With these, which are linear in the upstream gradient, the way back reads the logits once and does
not look for their largest again. For front ends without autodiff.
"""

from __future__ import annotations

from typing import NamedTuple

from crossent.core.blocks import Block, flat_rows
from crossent.core.plan import Plan
from crossent.core.registry import LOSSES
from crossent.losses.crossentropy import OF_CLASSES
from crossent.losses.ops import Array, Ops
from crossent.losses.reduce import upstream
from crossent.losses.rows import kept, slope_of_term, weighted
from crossent.losses.softmax import INF, LabelRows, label_gradient, label_rows
from crossent.losses.targets import Inputs, Targets, labels_in_range, prepare
from crossent.losses.terms import formula_of, term, term_slopes


class Slopes(NamedTuple):
    """The gradient of a term is exp(x - shift) others, and at_label at its label."""

    shift: Array
    others: Array
    at_label: Array
    keep: Array | None  # False where it is 0


def has_slopes(plan: Plan) -> bool:
    """Whether the gradient of such a loss can be kept in this form."""
    options = plan.options
    if plan.kind != "index" or not options.from_logits or options.label_smoothing:
        return False
    return options.function in LOSSES and formula_of(options.function) is OF_CLASSES


class SlopedRows(NamedTuple):
    """Rows whose losses are computed, and what their gradient is made of."""

    targets: Targets
    rows: LabelRows
    values: tuple[Array, ...]

    def terms(self, ops: Ops, plan: Plan) -> tuple[Array, Array | None]:
        """Return the terms, and what each adds to the divisor (None: 1)."""
        good = self.targets._replace(bad=None)  # bad rows are NaN already
        return weighted(ops, plan, self.targets, term(ops, plan.options, good, self.values))

    def slopes(self, ops: Ops, plan: Plan) -> Slopes:
        """Return the slopes of the terms."""
        targets, options = self.targets._replace(bad=None), plan.options
        one = slope_of_term(targets)
        loss_bar, lse_bar = term_slopes(ops, options, targets, self.values, one)
        others, at_label = self.rows.slopes(loss_bar, lse_bar if options.z_loss else None)
        return Slopes(self.rows.shift, others, at_label, targets.keep)


def sloped_block(ops: Ops, plan: Plan, inputs: Inputs, x: Array, block: Block) -> SlopedRows:
    """Compute the losses of the rows of a block, which are then in one dimension."""
    x, inputs = flat_rows(x, block), inputs.of_block(plan, block)
    targets = prepare(ops, plan, inputs, x)
    x = _masked(ops, inputs, x)
    rows = label_rows(ops, x, targets.labels, plan.compute_dtype, targets.bad)
    values = (rows.loss(ops), rows.lse(ops)) if plan.options.z_loss else (rows.loss(ops),)
    return SlopedRows(targets, rows, values)


def gradient_of_block(
    ops: Ops,
    plan: Plan,
    inputs: Inputs,
    x: Array,
    block: Block,
    slopes: Slopes,
    bar: Array,
    divisor: Array,
) -> Array:
    """Return the derivative of ``sum(bar * terms) / divisor`` to the predictions of a block."""
    x, inputs = flat_rows(x, block), inputs.of_block(plan, block)
    bar = upstream(ops, bar, divisor)
    found = label_gradient(
        ops,
        _masked(ops, inputs, ops.cast(x, ops.dtype(x))),  # in one layout
        labels_in_range(ops, plan, inputs.y_true),
        slopes.shift,
        bar * slopes.others,
        bar * slopes.at_label,
    )
    return kept(ops, plan, slopes.keep, found, 0.0)


def _masked(ops: Ops, inputs: Inputs, x: Array) -> Array:
    return x if inputs.class_mask is None else ops.where(inputs.class_mask, x, -INF)
