"""The terms of rows in a form that autodiff differentiates rightly, to every order and mode."""

from __future__ import annotations

from collections.abc import Callable

from crossent.core.options import Options
from crossent.core.plan import Plan
from crossent.losses.ops import Array, Ops
from crossent.losses.rows import rows_of, weighted
from crossent.losses.targets import Inputs, Targets
from crossent.losses.terms import formula_of, per_class, term

NAN = float("nan")

Losses = Callable[[Options, Targets, Array], tuple[Array, ...]]


def plain_terms(
    ops: Ops, plan: Plan, x: Array, inputs: Inputs, losses: Losses | None = None
) -> tuple[Array, Array | None]:
    """Return the terms of the rows, and what each adds to the divisor (None: 1).

    `losses` are the values of rows by another formula than the loss's own.
    """
    rows, targets = rows_of(ops, plan, inputs, x)
    if targets.bad is not None:
        # The product carries the NaN of a bad row on to the gradient of all its classes.
        factor = ops.cast(ops.where(targets.bad, NAN, 1.0), plan.compute_dtype)
        rows = rows * per_class(ops, plan, factor)
    values = (
        plain_losses(ops, plan.options, targets, rows)
        if losses is None
        else losses(plan.options, targets, rows)
    )
    return weighted(ops, plan, targets, term(ops, plan.options, targets, values))


def plain_losses(ops: Ops, options: Options, targets: Targets, x: Array) -> tuple[Array, ...]:
    """Return the values that ``losses_of`` gives for predictions `x`."""
    return formula_of(options.function).plain(ops, options, targets, x)
