"""What :mod:`crossent.losses.softmax` computes, in a form that autodiff differentiates rightly.

The formulae there count the classes that share the maximum of a row; autodiff of them is wrong.
Here the maximum is a constant shift, except for a lone largest class: its loss log(1 + R),
R = sum over the others of exp(x_c - x_top), is written with that class's own logit, so that value
and slope keep the digits of a confident row.
"""

from __future__ import annotations

from typing import NamedTuple

from crossent.losses.ops import Array, Ops

INF = float("inf")
NAN = float("nan")


class Facts(NamedTuple):
    """What a row is reduced to; scalars of rows keep the class axis."""

    x: Array  # logits, masked classes at -inf
    top: Array  # the largest, a constant
    lone: Array  # one class only has it
    is_lone_top: Array
    lse: Array  # log of the sum of exp(x - top), wide
    x_top: Array  # the largest, as that class's own logit if it is lone
    others: Array  # exp(x - x_top), 0 at a lone top
    rest: Array  # their sum, wide
    nothing: Array  # 0, but NaN where the row has no finite maximum; so is its gradient


def facts(ops: Ops, x: Array, mask: Array | None) -> Facts:
    """Reduce every row of logits to what losses and entropy need."""
    given = x
    if mask is not None:
        x = ops.where(mask, x, -INF)
    still = ops.stop_gradient(x)
    top = ops.max(still)
    is_top = still == top
    lone = ops.count(is_top, still) == 1
    is_lone_top = is_top & lone
    lse = ops.log(ops.wide(ops.sum(ops.exp(x - top))))
    x_top = ops.where(lone, ops.sum(ops.where(is_lone_top, x, 0.0)), top)
    others = ops.exp(ops.where(is_lone_top, -INF, x - x_top))
    # In masked classes too the gradient of a row without a finite maximum is NaN.
    fine = ops.isfinite(top)
    factor = ops.cast(ops.where(fine, 0.0, NAN), ops.dtype(x))
    nothing = ops.sum(ops.where(fine, 0.0, given) * factor)
    rest = ops.wide(ops.sum(others))
    return Facts(x, top, lone, is_lone_top, lse, x_top, others, rest, nothing)


def losses(ops: Ops, f: Facts, labels: Array | None) -> tuple[Array, Array]:
    """Return the loss of the label, or (None) of every class; and logsumexp, wide."""
    of_top = ops.log1p(f.rest)
    if labels is not None:
        x_label = ops.wide(ops.take(f.x, labels))
        label_is_top = ops.take(f.is_lone_top, labels)
        of_others = ops.rows(f.lse) + (ops.rows(ops.wide(f.top)) - x_label)
        found = ops.where(label_is_top, ops.rows(of_top), of_others) + ops.rows(f.nothing)
    else:
        dtype = ops.dtype(f.x)
        of_others = ops.cast(f.lse, dtype) + (f.top - f.x)
        found = ops.where(f.is_lone_top, ops.cast(of_top, dtype), of_others) + f.nothing
    return found, ops.rows(ops.wide(f.top) + f.lse)


def entropy(ops: Ops, f: Facts) -> Array:
    """Return the entropy of the softmax of every row, wide."""
    gaps = ops.where(f.others == 0, 0.0, f.x_top - f.x)
    total = ops.where(f.lone, 1.0 + f.rest, f.rest)
    loss_top = ops.where(f.lone, ops.log1p(f.rest), f.lse)
    spread = ops.wide(ops.sum(f.others * gaps)) / total
    return ops.rows(loss_top + spread + ops.wide(f.nothing))
