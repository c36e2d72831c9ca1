"""The losses of rows in operations that PyTorch differentiates rightly, to every order and mode.

The formulae of `losses` count the classes that share the maximum of a row; autodiff of them is
wrong there. Here the maximum is a constant shift, except for a lone largest class: its loss
log(1 + R), R = sum over the others of exp(x_c - x_top), is written with that class's own logit, so
that value and slope keep the digits of a confident row.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from crossent.frontends.torch_ops import OPS
from crossent.losses.terms import losses_of, plain_probabilities, term
from crossent.ops import Array
from crossent.options import Options
from crossent.plan import Plan
from crossent.targets import Inputs, Targets, harmless, prepare, row_weight

INF = float("inf")
NAN = float("nan")

Losses = Callable[[Options, Targets, Array], tuple[Array, ...]]


def plain_losses(options: Options, targets: Targets, x: Array) -> tuple[Array, ...]:
    """Return the values that ``losses_of`` gives for predictions `x`."""
    if not options.from_logits:
        return plain_probabilities(OPS, options, targets, x)
    if options.function == "binary":
        return losses_of(OPS, options, targets)[0](x)[0]
    return _of_logits(targets, x, targets.labels is not None and not options.label_smoothing)


def plain_terms(
    plan: Plan, x: Array, inputs: Inputs, losses: Losses = plain_losses
) -> tuple[Array, Array | None]:
    """Return the terms of the rows, and what each adds to the divisor (None: 1)."""
    targets = prepare(OPS, plan, inputs, x)
    rows = OPS.cast(x, plan.compute_dtype)
    keep, bad = targets.keep, targets.bad
    if keep is not None:
        rows = torch.where(OPS.classes(keep) if plan.classes else keep, rows, harmless(plan))
    if bad is not None:
        # The product carries the NaN of a bad row on to the gradient of all its classes.
        factor = torch.where(bad, NAN, 1.0).to(rows.dtype)
        rows = rows * (OPS.classes(factor) if plan.classes else factor)
    values = losses(plan.options, targets, rows)
    terms = term(OPS, plan.options, targets, values)
    if targets.sample is not None:
        terms = torch.where(keep, terms * targets.sample, 0.0)
    return OPS.cast(terms, plan.compute_dtype), row_weight(OPS, targets)


def _of_logits(targets: Targets, x: Array, label_only: bool) -> tuple[Array, Array]:
    given = x
    if targets.mask is not None:
        x = torch.where(targets.mask, x, -INF)
    top = OPS.max(x.detach())
    is_top = x.detach() == top
    lone = OPS.count(is_top, x.detach()) == 1
    is_lone_top = is_top & lone
    lse = torch.log(OPS.wide(OPS.sum(torch.exp(x - top))))  # less the top

    x_top = torch.where(lone, OPS.sum(torch.where(is_lone_top, x, 0.0)), top)
    others = torch.exp(torch.where(is_lone_top, -INF, x - x_top))
    # A row without a finite maximum is NaN, and so is its gradient, in masked classes too.
    fine = torch.isfinite(top)
    factor = torch.where(fine, 0.0, NAN).to(x.dtype)
    nothing = OPS.sum(torch.where(fine, 0.0, given) * factor)
    of_top = torch.log1p(OPS.wide(OPS.sum(others)))
    if label_only:
        x_label = OPS.wide(OPS.take(x, targets.labels))
        label_is_top = OPS.take(is_lone_top, targets.labels)
        of_others = OPS.rows(lse) + (OPS.rows(OPS.wide(top)) - x_label)
        losses = torch.where(label_is_top, OPS.rows(of_top), of_others) + OPS.rows(nothing)
    else:
        losses = torch.where(is_lone_top, of_top.to(x.dtype), lse.to(x.dtype) + (top - x))
        losses = losses + nothing
    return losses, OPS.rows(OPS.wide(top) + lse)
