"""Cross-entropy of probabilities: loss_c = -log(clip(p_c, epsilon, 1 - epsilon)).

Clipping and logarithm are done in the wide dtype, so that 1 - epsilon is not rounded to 1; the
losses at the clip are constants, right also where the wide dtype is float32.
With `normalize` p is first divided by the sum of its row. The gradient is the derivative of that
value: 0 where the clip acts. Without a clip it is -inf at p = 0, and nothing of it goes through the
sum of the row, which moves no such loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from crossent.losses.clip import Clip, clip_of
from crossent.losses.ops import Array, Backward, Ops

NORMAL: Final = {"float32": 2.0**-126, "float64": 2.0**-1022}
"""The smallest normal numbers: compiled programs may take a smaller one for 0."""
SMALLEST: Final = {"float32": 2.0**-149, "float64": 2.0**-1074}
LARGER: Final = 2.0**100
"""What makes the smallest number a normal one, and no probability infinite."""


def _sides(ops: Ops, p: Array, clip: Clip) -> tuple[Array, Array, Array]:
    """Return where wide p is below the clip, above it, and between (NaN is nowhere)."""
    lowest, highest = clip.low, clip.high
    if ops.dtype(p) == "float32":
        # The nearest numbers inside the range: rounded to the nearest, 1 - 1e-12 would be 1.
        lowest, highest = _to_float32(lowest, math.ceil), _to_float32(highest, math.floor)
    scaled, dtype = p, ops.dtype(p)
    if 0 < lowest < NORMAL[dtype]:
        # Not "or p <= 0" beside it: compilers drop a comparison that another one implies.
        scaled, lowest = p * LARGER, max(lowest, SMALLEST[dtype]) * LARGER
    return scaled < lowest, p > highest, (scaled >= lowest) & (p <= highest)


def _to_float32(x: float, round_to_whole: Callable[[float], int]) -> float:
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round_to_whole(math.ldexp(mantissa, 24)), exponent - 24)


def _negative_log(ops: Ops, p: Array, epsilon: float) -> tuple[Array, Array]:
    """Return -log(clip(p)), which is no -0 at p = 1, and its derivative."""
    clip = clip_of(epsilon)
    low, high, inside = _sides(ops, p, clip)
    safe = ops.where(low | high, 1.0, p)
    loss = ops.where(low, clip.at_low, ops.where(high, clip.at_high, 0.0 - ops.log(safe)))
    return loss, ops.where(inside, -1 / safe, safe * 0)


def _row_sum(ops: Ops, p: Array, mask: Array | None) -> Array:
    # Widened before it is added up: near p = 1 the loss is as small as the rounding of the sum.
    p = ops.wide(p)
    return ops.sum(p if mask is None else ops.where(mask, p, 0.0))


def divided(ops: Ops, p: Array, mask: Array | None) -> Array:
    """Return p, wide, over the sum of its row, in a form that autodiff differentiates rightly."""
    total, p = _row_sum(ops, p, mask), ops.wide(p)
    # At 0 the slope of the logarithm may be infinite, which the sum would multiply by 0.
    return ops.where((p == 0) & (total > 0), p, p / total)


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
        bar = loss_bar * ops.where(loss_bar == 0, 0.0, slope)
        # A NaN row is NaN in every class, so the other classes get 0 * bar.
        others = loss_bar * 0
        if total is not None:
            bar = bar / ops.rows(total)
            others = ops.where(p_label == 0, others, -bar * p_label)
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
            shared = ops.sum(ops.where(q == 0, losses_bar * 0, bar * q))
            bar = bar - (shared if mask is None else ops.where(mask, shared, shared * 0))
        return ops.cast(bar, ops.dtype(p))

    return (losses,), backward


def binary_forward(
    ops: Ops, p_given: Array, epsilon: float
) -> tuple[tuple[Array, Array], Backward]:
    """Loss of every element for target 1 and for target 0, wide; the way back."""
    p = ops.wide(p_given)
    clip = clip_of(epsilon)
    low, high, inside = _sides(ops, p, clip)
    safe = ops.where(low | high, 0.5, p)
    one = ops.where(low, clip.at_low, ops.where(high, clip.at_high, 0.0 - ops.log(safe)))
    zero = ops.where(
        low, clip.not_at_low, ops.where(high, clip.not_at_high, 0.0 - ops.log1p(-safe))
    )

    def backward(one_bar: Array, zero_bar: Array) -> Array:
        bar = ops.where(zero_bar == 0, zero_bar, zero_bar / (1 - safe)) - ops.where(
            one_bar == 0, one_bar, one_bar / safe
        )
        return ops.cast(ops.where(inside, bar, (one_bar + zero_bar) * 0), ops.dtype(p_given))

    return (one, zero), backward
