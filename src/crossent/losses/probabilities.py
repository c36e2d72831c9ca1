"""Cross-entropy of probabilities: loss_c = -log(clip(p_c, epsilon, 1 - epsilon)).

Clipping and logarithm are done in the wide dtype, so that 1 - epsilon is not rounded to 1.
With `normalize` p is first divided by the sum of its row. The gradient is the derivative of that
value: 0 where the clip acts.
"""

from __future__ import annotations

from crossent.ops import Array, Backward, Ops


def _negative_log(ops: Ops, p: Array, epsilon: float) -> tuple[Array, Array]:
    """Return -log(clip(p)) and its derivative."""
    inside = (p >= epsilon) & (p <= 1 - epsilon)
    safe = ops.where(p < epsilon, epsilon, ops.where(p > 1 - epsilon, 1 - epsilon, p))
    return -ops.log(safe), ops.where(inside, -1 / safe, safe * 0)


def _row_sum(ops: Ops, p: Array, mask: Array | None) -> Array:
    return ops.wide(ops.sum(p if mask is None else ops.where(mask, p, 0.0)))


def label_forward(
    ops: Ops, p: Array, labels: Array, mask: Array | None, epsilon: float, normalize: bool
) -> tuple[tuple[Array], Backward]:
    """Loss of the label of every row, wide; the way back to the probabilities."""
    p_label = ops.wide(ops.take(p, labels))
    total = _row_sum(ops, p, mask) if normalize else None
    if total is not None:
        p_label = p_label / ops.rows(total)
    loss, slope = _negative_log(ops, p_label, epsilon)

    def backward(loss_bar: Array) -> Array:
        dtype = ops.dtype(p)
        bar = loss_bar * slope
        # A NaN row is NaN in every class, so the other classes get 0 * bar.
        others = bar * 0
        if total is not None:
            bar = bar / ops.rows(total)
            others = -bar * p_label
        out = p * 0 + ops.cast(ops.classes(others), dtype)
        if total is not None and mask is not None:
            out = ops.where(mask, out, 0.0)
        return ops.put(out, labels, ops.cast(others + bar, dtype))

    return (loss,), backward


def class_forward(
    ops: Ops, p: Array, mask: Array | None, epsilon: float, normalize: bool
) -> tuple[tuple[Array], Backward]:
    """Loss of every class of every row, wide; the way back to the probabilities."""
    total = _row_sum(ops, p, mask) if normalize else None
    q = ops.wide(p) if total is None else ops.wide(p) / total
    losses, slope = _negative_log(ops, q, epsilon)

    def backward(losses_bar: Array) -> Array:
        bar = losses_bar * ops.where(losses_bar == 0, 0.0, slope)
        if total is not None:
            bar = bar / total
            shared = ops.sum(bar * q)
            bar = bar - (shared if mask is None else ops.where(mask, shared, shared * 0))
        return ops.cast(bar, ops.dtype(p))

    return (losses,), backward


def binary_forward(ops: Ops, p: Array, epsilon: float) -> tuple[tuple[Array, Array], Backward]:
    """Loss of every element for target 1 and for target 0, wide; the way back."""
    p_wide = ops.wide(p)
    safe = ops.where(
        p_wide < epsilon, epsilon, ops.where(p_wide > 1 - epsilon, 1 - epsilon, p_wide)
    )
    inside = (p_wide >= epsilon) & (p_wide <= 1 - epsilon)

    def backward(one_bar: Array, zero_bar: Array) -> Array:
        bar = ops.where(zero_bar == 0, zero_bar, zero_bar / (1 - safe)) - ops.where(
            one_bar == 0, one_bar, one_bar / safe
        )
        return ops.cast(ops.where(inside, bar, (one_bar + zero_bar) * 0), ops.dtype(p))

    return (-ops.log(safe), -ops.log1p(-safe)), backward
