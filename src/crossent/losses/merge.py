"""The facts of a row of logits, of which each part knows some classes, and how two parts join.

A part is a tile of the classes, or what one machine holds of them. With m the largest logit of the
classes of a part other than the label, and S = sum over these of exp(x_c - m), two parts have
M = max(m, m') and S exp(m - M) + S' exp(m' - M). So the label never enters a sum of exponentials,
and the loss of a row is softplus((m - x_y) + log S): confident rows keep their digits.
"""

from __future__ import annotations

from typing import NamedTuple

from crossent.losses.ops import Array, Ops

INF = float("inf")


class Part(NamedTuple):
    """What a part of the classes adds to each row; every array has the rows' shape and is wide."""

    top: Array  # m; -inf where the part has no other class
    rest: Array  # S
    label: Array  # x_y where the part has the label, else 0
    has_label: Array
    weighted: Array  # sum of w_c x_c
    targeted: Array  # sum of q_c x_c
    spread: Array  # sum of exp(x_c - m) (x_c - m) over the classes other than the label
    above: Array  # how many classes come before the label: the rank


def of_tile(
    ops: Ops,
    x: Array,
    labels: Array,
    x_label: Array,
    first: int,
    weight: Array | None = None,
    target: Array | None = None,
) -> Part:
    """Return the facts of a tile of logits.

    Parameters
    ----------
    ops : Ops
    x : array of floats (rows, classes of the tile)
    labels : array of int64 (rows,)
        Among all classes.
    x_label : array of floats (rows,)
        The label's logit, which the rank needs in every tile; NaN where it is not known.
    first : int
        The number of the tile's first class.
    weight, target : array, optional
        Of the classes of the tile; of each row and these classes.
    """
    wide = ops.wide(x)
    classes = ops.length(x)
    inside = (labels >= first) & (labels < first + classes)
    own = ops.where(inside, labels - first, 0)
    # True at the label, where the tile has it.
    zeros = ops.zeros(wide, ops.dtype(wide))
    is_label = ops.put(zeros, own, ops.where(inside, 1.0, ops.take(zeros, own))) == 1
    others = ops.where(is_label, -INF, wide)
    top = ops.max(others)
    shift = ops.where(top == -INF, 0.0, top)
    exps = ops.exp(others - shift)
    gap = ops.where(exps == 0, 0.0, others - shift)
    at_label = ops.where(inside, ops.take(wide, own), 0.0)
    above = ops.count(others > ops.classes(x_label), wide)
    nothing = ops.zeros(at_label, ops.dtype(at_label))
    return Part(
        ops.rows(top),
        ops.rows(ops.sum(exps)),
        at_label,
        inside,
        nothing if weight is None else ops.rows(ops.sum(_times(ops, weight, wide))),
        nothing if target is None else ops.rows(ops.sum(_times(ops, target, wide))),
        ops.rows(ops.sum(exps * gap)),
        ops.rows(above),
    )


def merge(ops: Ops, a: Part, b: Part) -> Part:
    """Join two parts that have no class in common; the order changes rounding alone."""
    top = _larger(ops, a.top, b.top)
    a_scale, a_gap = _scale(ops, a.top, top)
    b_scale, b_gap = _scale(ops, b.top, top)
    return Part(
        top,
        a.rest * a_scale + b.rest * b_scale,
        a.label + b.label,
        a.has_label | b.has_label,
        a.weighted + b.weighted,
        a.targeted + b.targeted,
        a_scale * (a.spread + a_gap * a.rest) + b_scale * (b.spread + b_gap * b.rest),
        a.above + b.above,
    )


def loss_of(ops: Ops, part: Part) -> Array:
    """Return the loss of the label of every row whose classes are all there."""
    return _softplus(ops, (part.top - part.label) + ops.log(part.rest))


def lse_of(ops: Ops, part: Part) -> Array:
    """Return the logsumexp of every row."""
    of_others = part.top + ops.log(part.rest)
    larger = part.label > of_others
    return ops.where(
        larger,
        part.label + _softplus(ops, of_others - part.label),
        of_others + _softplus(ops, part.label - of_others),
    )


def entropy_of(ops: Ops, part: Part) -> Array:
    """Return the entropy of the softmax of every row."""
    lse = lse_of(ops, part)
    p_label = ops.exp(part.label - lse)
    p_others = ops.exp(part.top - lse)  # times the sum is their share
    others = p_others * (part.spread + (part.top - lse) * part.rest)
    own = ops.where(p_label == 0, 0.0, p_label * (part.label - lse))
    return 0.0 - others - own


def _larger(ops: Ops, a: Array, b: Array) -> Array:
    """Return the larger one; NaN if one is."""
    return ops.where(a != a, a, ops.where(a > b, a, b))


def _scale(ops: Ops, own: Array, top: Array) -> tuple[Array, Array]:
    """Return exp(own - top) and own - top; a part without another class adds nothing."""
    empty = own == -INF
    gap = ops.where(empty, 0.0, own - top)
    return ops.where(empty, 0.0, ops.exp(gap)), gap


def _softplus(ops: Ops, x: Array) -> Array:
    small = ops.exp(ops.where(x >= 0, -x, x))
    return ops.where(x >= 0, x, x * 0) + ops.log1p(small)


def _times(ops: Ops, factor: Array, x: Array) -> Array:
    """Product in which a zero factor gives 0 whatever a logit is."""
    return ops.where(factor == 0, 0.0, factor * ops.where(factor == 0, 0.0, x))
