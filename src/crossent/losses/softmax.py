"""Cross-entropy of logits: loss_c = logsumexp(x) - x_c for every class c of a row.

One class t of the row stays out of the sum. With m the largest of the other logits and
S = sum over the others of exp(x_c - m), the loss of t is

    L = log(1 + R),  R = exp(m - x_t) S

so that a confident row keeps the digits that logsumexp(x) - x_t cancels. The probability of t is
1 / (1 + R), of all others together R / (1 + R), without a difference, and of one of them
exp(x_c - m) exp(m - x_t) / (1 + R).

For the loss of a label t is the label. Where every class has a loss t is the largest, and the loss
of any class is L + (x_t - x_c), a sum of terms >= 0.

Autodiff of the maximum is wrong where classes tie, so a front end never differentiates these
formulae: it takes the gradient given here, and for higher derivatives the plain form `*_smooth`,
whose value is the same but for rounding.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from crossent.core.plan import LARGEST
from crossent.losses.ops import Array, Backward, Ops

INF = float("inf")
NAN = float("nan")

FAR: Final = 60.0
"""Where m lies so far above x_t, 1 is nothing beside R, and L is m - x_t + log S."""

SMALL: Final = 2.0**-30
"""The square of a rounding error of m - x_t, where exp of it is neither 0 nor beyond FAR."""


def _difference(a: Array, b: Array) -> tuple[Array, Array]:
    """Return fl(a - b) and its rounding error (Knuth's TwoSum), which exp would magnify."""
    high = a - b
    b_part = high - a
    return high, (a - (high - b_part)) - (b + b_part)


class LabelRows(NamedTuple):
    """What a row is reduced to beside its label; wide but for `shift`, which has a class axis."""

    shift: Array  # m, or a finite number where it is -inf
    second: Array  # m
    sum: Array  # S
    x_label: Array  # x_t
    gap: Array  # m - x_t
    of_gap: Array  # exp of it, as far as FAR
    ratio: Array  # R

    def loss(self, ops: Ops) -> Array:
        """Return L."""
        return ops.log1p(self.ratio) + ops.clip(self.gap - FAR, 0.0, None)

    def lse(self, ops: Ops) -> Array:
        """Return the logsumexp."""
        of_others = self.second + ops.log(self.sum + ops.exp(-self.gap))
        return ops.where(self.gap > 0, of_others, self.x_label + ops.log1p(self.ratio))

    def shares(self) -> tuple[Array, Array]:
        """Return what exp(x - shift) is multiplied by to be the probability, and that of t."""
        p_label = 1 / (1 + self.ratio)
        return self.of_gap * p_label, p_label

    def slopes(self, loss_bar: Array, lse_bar: Array | None) -> tuple[Array, Array]:
        """Return what exp(x - shift) is multiplied by in the gradient, and the one of the label."""
        total = 1 + self.ratio
        scale, rest = self.of_gap / total, self.ratio / total
        if lse_bar is None:
            return loss_bar * scale, -loss_bar * rest
        return (loss_bar + lse_bar) * scale, lse_bar / total - loss_bar * rest


def label_rows(
    ops: Ops, x: Array, labels: Array, dtype: str, bad: Array | None = None
) -> LabelRows:
    """Reduce every row of logits to what value and gradient of its label need.

    What is done to classes is done in `dtype`. A row that holds NaN or +inf, or nothing but -inf,
    and a `bad` one, gets NaN in every number that loss and slopes are made of.
    """
    others = ops.without(x, labels, dtype)
    second = ops.max(others)
    shift = ops.clip(second, -LARGEST[dtype], None)
    others -= shift
    s = ops.rows(ops.wide(ops.sum(ops.exp_over(others))))

    second, x_label = ops.rows(ops.wide(second)), ops.wide(ops.take(x, labels))
    nan = x_label == INF
    gap, low = second - x_label, None
    if ops.dtype(gap) == dtype:  # else the scalars are so wide that its rounding is nothing
        gap, low = _difference(second, x_label)
    gap = ops.where(nan if bad is None else nan | bad, NAN, gap)
    of_gap = ops.exp(ops.clip(gap, None, FAR))
    if low is not None:
        # Where it is large, or no number, exp(gap) is 0 or the gap is the loss.
        of_gap = of_gap + of_gap * ops.where(low * low < SMALL, low, 0.0)
    return LabelRows(shift, second, s, x_label, gap, of_gap, of_gap * s)


def label_forward(
    ops: Ops, x: Array, labels: Array, mask: Array | None
) -> tuple[tuple[Array, Array], Backward]:
    """Loss of the label and logsumexp of every row, wide; the way back to the logits."""
    x = x if mask is None else ops.where(mask, x, -INF)
    rows = label_rows(ops, x, labels, ops.dtype(x))

    def backward(loss_bar: Array, lse_bar: Array) -> Array:
        return label_gradient(ops, x, labels, rows.shift, *rows.slopes(loss_bar, lse_bar))

    return (rows.loss(ops), rows.lse(ops)), backward


def label_gradient(
    ops: Ops, x: Array, labels: Array, shift: Array, slope: Array, at_label: Array
) -> Array:
    """Return exp(x - shift) slope with another number at the label."""
    dtype = ops.dtype(shift)
    out = ops.exp_over(x - shift)
    out *= ops.cast(ops.classes(slope), dtype)
    return ops.put(out, labels, ops.cast(at_label, dtype))


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


def top_rows(ops: Ops, x: Array, mask: Array | None) -> tuple[Array, Array, LabelRows]:
    """Return logits of classes that exist, the largest class of each row, and its facts.

    Of classes that share the maximum it is one; the others are among those that are summed up.
    """
    x = x if mask is None else ops.where(mask, x, -INF)
    top = ops.argmax(x)
    return x, top, label_rows(ops, x, top, ops.dtype(x))


def class_forward(ops: Ops, x: Array, mask: Array | None) -> tuple[tuple[Array, Array], Backward]:
    """Loss of every class, and wide logsumexp of every row; the way back to the logits."""
    x, top, rows = top_rows(ops, x, mask)
    dtype = ops.dtype(x)
    losses = ops.cast(ops.classes(rows.loss(ops)), dtype)
    losses = losses + (ops.cast(ops.classes(rows.x_label), dtype) - x)

    def backward(losses_bar: Array, lse_bar: Array) -> Array:
        return _class_gradient(ops, x, top, rows, losses_bar, lse_bar)

    return (losses, rows.lse(ops)), backward


def _class_gradient(
    ops: Ops, x: Array, top: Array, rows: LabelRows, losses_bar: Array, lse_bar: Array
) -> Array:
    """(sum of losses_bar + lse_bar) p - losses_bar."""
    dtype = ops.dtype(x)
    of_top = ops.wide(ops.take(losses_bar, top))
    rest = ops.sum(ops.put(losses_bar * 1, top, ops.cast(of_top * 0, dtype)))
    others_bar = ops.rows(ops.wide(rest)) + lse_bar
    total = others_bar + of_top
    share, p_top = rows.shares()
    out = ops.exp_over(x - rows.shift) * ops.cast(ops.classes(total * share), dtype) - losses_bar
    # Below 1/2 it is p that has the digits, above it 1 - p.
    sure = others_bar - total * (rows.ratio * p_top)
    at_top = ops.where(p_top > 0.5, sure, total * p_top - of_top)
    return ops.put(out, top, ops.cast(at_top, dtype))


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
