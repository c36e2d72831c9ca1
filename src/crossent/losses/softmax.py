"""Cross-entropy of logits: loss_c = logsumexp(x) - x_c for every class c of a row.

With m the largest logit of the row, m2 the largest of the others and
S2 = sum over the others of exp(x_c - m2), the loss of the largest class is

    L = log(1 + R),  R = exp(m2 - m) S2

and of any class L + (m - x_c): a sum of terms >= 0, so that a confident row keeps the digits
that logsumexp(x) - x_c cancels. Classes that share the maximum are counted, which needs neither
an index nor a one-hot matrix.

Autodiff of these formulae is wrong where classes tie (the count is a constant to it), so a front
end never differentiates them: it takes the gradient given here, and for higher derivatives the
plain form `*_smooth`, whose value is the same but for rounding.

The probabilities are p_c = exp(x_c - m) / (1 + R), and 1 - p of a lone largest class is
R / (1 + R), again without a difference.
"""

from __future__ import annotations

from typing import NamedTuple

from crossent.losses.ops import Array, Backward, Ops

INF = float("inf")
NAN = float("nan")


class Facts(NamedTuple):
    """What a row is reduced to; the scalars of rows keep the class axis, wide but for `top`."""

    x: Array  # logits, masked classes at -inf
    is_top: Array  # x equals the maximum of its row
    lone: Array  # one class only has it
    exps: Array  # exp(x - m2), 0 where is_top
    top: Array  # m
    loss_top: Array  # L
    p_top: Array  # 1 / (1 + R)
    rest: Array  # R / (1 + R)
    scale: Array  # exp(m2 - m) / (1 + R), so that p = exps * scale


def facts(ops: Ops, x: Array, mask: Array | None) -> Facts:
    """Reduce every row of logits to what value and gradient need.

    A row that holds NaN or +inf, or nothing but -inf, gets NaN in every scalar.
    """
    if mask is not None:
        x = ops.where(mask, x, -INF)
    top = ops.max(x)
    is_top = x == top
    ties = ops.count(is_top, x)
    lone = ties <= 1
    others = ops.where(is_top, -INF, x)
    second = ops.max(others)
    # Without a finite other logit any shift gives S2 = 0; with ties S2 holds their exp(0).
    second = ops.where(lone & ops.isfinite(second), second, top)
    exps = ops.exp(others - second)
    s2 = ops.wide(ops.sum(exps) + ops.where(lone, 0.0, ties - 1))

    gap, low = _difference(ops.wide(second), ops.wide(top))
    shift = ops.exp(gap)
    shift = ops.where(gap == 0, shift, shift + shift * low)
    ratio = shift * s2
    fine = ops.isfinite(top)
    p_top = ops.where(fine, 1 / (1 + ratio), NAN)
    loss_top = ops.where(fine, ops.log1p(ratio), NAN)
    return Facts(x, is_top, lone, exps, top, loss_top, p_top, ratio * p_top, shift * p_top)


def _difference(a: Array, b: Array) -> tuple[Array, Array]:
    """Return fl(a - b) and its rounding error (Knuth's TwoSum), which exp would magnify."""
    high = a - b
    b_part = high - a
    return high, (a - (high - b_part)) - (b + b_part)


def label_forward(
    ops: Ops, x: Array, labels: Array, mask: Array | None
) -> tuple[tuple[Array, Array], Backward]:
    """Loss of the label and logsumexp of every row, wide; the way back to the logits."""
    f = facts(ops, x, mask)
    x_label = ops.wide(ops.take(f.x, labels))
    top, loss_top = ops.rows(ops.wide(f.top)), ops.rows(f.loss_top)
    loss = loss_top + (top - x_label)

    def backward(loss_bar: Array, lse_bar: Array) -> Array:
        return label_gradient(ops, f, labels, loss_bar, lse_bar)

    return (loss, top + loss_top), backward


def label_gradient(ops: Ops, f: Facts, labels: Array, loss_bar: Array, lse_bar: Array) -> Array:
    """(loss_bar + lse_bar) p - loss_bar [c = label]."""
    dtype = ops.dtype(f.x)
    total = ops.classes(loss_bar + lse_bar)
    out = _times_p(ops, f, total)
    at_label = ops.wide(ops.take(out, labels))
    label_is_lone_top = ops.take(f.is_top & f.lone, labels)
    value = ops.where(
        label_is_lone_top,
        lse_bar - (loss_bar + lse_bar) * ops.rows(f.rest),
        at_label - loss_bar,
    )
    return ops.put(out, labels, ops.cast(value, dtype))


def label_smooth(
    ops: Ops, x: Array, labels: Array, mask: Array | None, loss_bar: Array, lse_bar: Array
) -> Array:
    """The gradient of :func:`label_forward` in a form that autodiff differentiates rightly."""
    p_less_top, lone_top = _smooth_p(ops, x, mask)
    dtype = ops.dtype(p_less_top)
    loss_bar = ops.cast(ops.classes(loss_bar), dtype)
    lse_bar = ops.cast(ops.classes(lse_bar), dtype)
    zeros = ops.zeros(p_less_top, dtype)
    is_label = ops.put(zeros, labels, ops.take(zeros, labels) + 1) == 1
    total = loss_bar + lse_bar
    at_top = ops.where(is_label, lse_bar, total)
    return total * p_less_top + ops.where(lone_top, at_top, ops.where(is_label, -loss_bar, zeros))


def class_forward(ops: Ops, x: Array, mask: Array | None) -> tuple[tuple[Array, Array], Backward]:
    """Loss of every class, and wide logsumexp of every row; the way back to the logits."""
    f = facts(ops, x, mask)
    losses = ops.cast(f.loss_top, ops.dtype(f.x)) + (f.top - f.x)

    def backward(losses_bar: Array, lse_bar: Array) -> Array:
        return _class_gradient(ops, f, losses_bar, lse_bar)

    return (losses, ops.rows(ops.wide(f.top) + f.loss_top)), backward


def _class_gradient(ops: Ops, f: Facts, losses_bar: Array, lse_bar: Array) -> Array:
    """(sum of losses_bar + lse_bar) p - losses_bar."""
    dtype = ops.dtype(f.x)
    others_bar = ops.wide(ops.sum(ops.where(f.is_top, 0.0, losses_bar))) + ops.classes(lse_bar)
    total = others_bar + ops.wide(ops.sum(ops.where(f.is_top, losses_bar, 0.0)))
    at_lone_top = ops.cast(others_bar - total * f.rest, dtype)
    # Below 1/2 it is p that has the digits, above it 1 - p.
    confident = f.is_top & (f.p_top > 0.5)
    return ops.where(confident, at_lone_top, _times_p(ops, f, total) - losses_bar)


def class_smooth(
    ops: Ops, x: Array, mask: Array | None, losses_bar: Array, lse_bar: Array
) -> Array:
    """The gradient of :func:`class_forward` in a form that autodiff differentiates rightly."""
    p_less_top, lone_top = _smooth_p(ops, x, mask)
    lse_bar = ops.cast(ops.classes(lse_bar), ops.dtype(p_less_top))
    total = ops.sum(losses_bar) + lse_bar
    others_bar = ops.sum(ops.where(lone_top, 0.0, losses_bar)) + lse_bar
    return total * p_less_top + ops.where(lone_top, others_bar, -losses_bar)


def _smooth_p(ops: Ops, x: Array, mask: Array | None) -> tuple[Array, Array]:
    """Return p, less 1 at a lone largest class, and where that is.

    The difference is taken as minus the sum of the others, so that it and its derivatives keep
    their digits in confident rows.
    """
    x = x if mask is None else ops.where(mask, x, -INF)
    p = ops.softmax(x)
    is_top = x == ops.max(x)
    lone_top = is_top & (ops.count(is_top, x) <= 1)
    return ops.where(lone_top, -ops.sum(ops.where(lone_top, 0.0, p)), p), lone_top


def _times_p(ops: Ops, f: Facts, factor: Array) -> Array:
    dtype = ops.dtype(f.x)
    at_top = ops.cast(factor * f.p_top, dtype)
    return ops.where(f.is_top, at_top, f.exps * ops.cast(factor * f.scale, dtype))
