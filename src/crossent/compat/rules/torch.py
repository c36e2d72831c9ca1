"""The rows of PyTorch's losses that take logarithms or probabilities (aten, Loss.cpp, LossNLL.cpp).

Its losses of logits are the core's own; these two have no counterpart there.
"""

from __future__ import annotations

from typing import Final

from crossent.losses.ops import Array, Ops

IGNORE_INDEX: Final = -100

LOG_FLOOR: Final = -100.0
"""What ``binary_cross_entropy`` takes for the logarithm of any smaller probability."""

SLOPE_FLOOR: Final = 9.999999960041972e-13
"""The least divisor p (1 - p) in the gradient of ``binary_cross_entropy``: 1e-12 in float32."""


def nll_rows(ops: Ops, log_p: Array, labels: Array) -> Array:
    """Return ``-log_p[label]`` of every row, wide. That they are logarithms is not looked at."""
    return -ops.wide(ops.take(log_p, labels))


def bce_elements(ops: Ops, p: Array) -> tuple[Array, Array]:
    """Return the loss of every probability for target 1 and for target 0, wide."""
    p = ops.wide(p)
    one = ops.log(ops.where(p > 0, p, 1.0))
    zero = ops.log1p(-ops.where(p < 1, p, 0.0))
    return _floored(ops, one, p <= 0), _floored(ops, zero, p >= 1)


def _floored(ops: Ops, log_p: Array, impossible: Array) -> Array:
    return -ops.where(impossible | (log_p < LOG_FLOOR), LOG_FLOOR, log_p)
