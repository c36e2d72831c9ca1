"""The losses of rows in a form that autodiff differentiates rightly, to every order and mode.

The formulae of `softmax` count the classes that share the maximum of a row; autodiff of them is
wrong there. Here the maximum is a constant shift, except for a lone largest class: its loss
log(1 + R), R = sum over the others of exp(x_c - x_top), is written with that class's own logit, so
that value and slope keep the digits of a confident row.
"""

from __future__ import annotations

from collections.abc import Callable

from crossent.losses import probabilities
from crossent.losses.rows import rows_of, weighted
from crossent.losses.terms import losses_of, one_class, per_class, term, term_slopes
from crossent.ops import Array, Ops
from crossent.options import Options
from crossent.plan import Plan
from crossent.targets import Inputs, Targets

INF = float("inf")
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
    if not options.from_logits:
        return _of_probabilities(ops, options, targets, x)
    if options.function == "binary":
        return losses_of(ops, options, targets)[0](x)[0]
    return _of_logits(ops, targets, x, one_class(options, targets))


def _of_logits(ops: Ops, targets: Targets, x: Array, label_only: bool) -> tuple[Array, Array]:
    given = x
    if targets.mask is not None:
        x = ops.where(targets.mask, x, -INF)
    still = ops.stop_gradient(x)
    top = ops.max(still)
    is_top = still == top
    lone = ops.count(is_top, still) == 1
    is_lone_top = is_top & lone
    lse = ops.log(ops.wide(ops.sum(ops.exp(x - top))))  # less the top

    x_top = ops.where(lone, ops.sum(ops.where(is_lone_top, x, 0.0)), top)
    others = ops.exp(ops.where(is_lone_top, -INF, x - x_top))
    # A row without a finite maximum is NaN, and so is its gradient, in masked classes too.
    fine = ops.isfinite(top)
    factor = ops.cast(ops.where(fine, 0.0, NAN), ops.dtype(x))
    nothing = ops.sum(ops.where(fine, 0.0, given) * factor)
    of_top = ops.log1p(ops.wide(ops.sum(others)))
    if label_only:
        x_label = ops.wide(ops.take(x, targets.labels))
        label_is_top = ops.take(is_lone_top, targets.labels)
        of_others = ops.rows(lse) + (ops.rows(ops.wide(top)) - x_label)
        losses = ops.where(label_is_top, ops.rows(of_top), of_others) + ops.rows(nothing)
    else:
        dtype = ops.dtype(x)
        of_others = ops.cast(lse, dtype) + (top - x)
        losses = ops.where(is_lone_top, ops.cast(of_top, dtype), of_others) + nothing
    return losses, ops.rows(ops.wide(top) + lse)


def _of_probabilities(ops: Ops, options: Options, targets: Targets, p: Array) -> tuple[Array, ...]:
    p = ops.wide(p)
    if options.normalize:
        p = probabilities.divided(ops, p, targets.mask)
        options = options._replace(normalize=False)
    forward, _ = losses_of(ops, options, targets)
    if options.epsilon > 0:
        return forward(p)[0]
    # Without a clip the slope at p = 0 is infinite, which autodiff would multiply by a mass of 0.
    binary = options.function == "binary"
    ones = ops.zeros(p if binary else ops.column(p, 0), ops.dtype(p)) + 1
    masses = term_slopes(ops, options, targets, (p, p), ones)
    if binary:
        p_one = ops.where((masses[0] == 0) & (p == 0), 0.5, p)
        p_zero = ops.where((masses[1] == 0) & (p == 1), 0.5, p)
        return forward(p_one)[0][0], forward(p_zero)[0][1]
    mass = ops.classes(masses[0]) if one_class(options, targets) else masses[0]
    return forward(ops.where((mass == 0) & (p == 0), 1.0, p))[0]
