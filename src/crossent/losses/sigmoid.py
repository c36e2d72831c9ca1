"""Binary cross-entropy of logits: softplus(-x) for target 1 and softplus(x) for target 0.

softplus(x) = max(x, 0) + log1p(exp(-|x|)) is a sum of terms >= 0 and never overflows.
"""

from __future__ import annotations

from crossent.losses.ops import Array, Backward, Ops


def binary_forward(ops: Ops, x: Array) -> tuple[tuple[Array, Array], Backward]:
    """Loss of every element for target 1 and for target 0, wide; the way back to the logits."""
    x_wide = ops.wide(x)
    # -|x| without abs, whose derivative at 0 autodiff takes for 0; all three choose at the same
    # point, so that autodiff finds the right derivatives of every order there.
    small = ops.exp(ops.where(x_wide >= 0, -x_wide, x_wide))
    tail = ops.log1p(small)
    positive = ops.where(x_wide >= 0, x_wide, 0.0)
    negative = ops.where(x_wide < 0, -x_wide, 0.0)

    def backward(one_bar: Array, zero_bar: Array) -> Array:
        larger, smaller = 1 / (1 + small), small / (1 + small)
        p_one = ops.where(x_wide >= 0, larger, smaller)
        p_zero = ops.where(x_wide >= 0, smaller, larger)
        return ops.cast(zero_bar * p_one - one_bar * p_zero, ops.dtype(x))

    return (tail + negative, tail + positive), backward
