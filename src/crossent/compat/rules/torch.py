"""The rows of PyTorch's losses that take logarithms or probabilities (aten, Loss.cpp, LossNLL.cpp).

Its losses of logits are the core's own; these two have no counterpart there.
"""

from __future__ import annotations

from typing import Final

from crossent.ops import Array, Ops

IGNORE_INDEX: Final = -100

LOG_FLOOR: Final = -100.0
"""What ``binary_cross_entropy`` takes for the logarithm of any smaller probability."""

SLOPE_FLOOR: Final = 1e-12
"""The least divisor p (1 - p) in the gradient of ``binary_cross_entropy``."""


def nll_rows(ops: Ops, log_p: Array, labels: Array) -> Array:
    """Return ``-log_p[label]`` of every row, wide. That they are logarithms is not looked at."""
    return -ops.wide(ops.take(log_p, labels))


def bce_elements(ops: Ops, p: Array) -> tuple[Array, Array]:
    """Return the loss of every probability for target 1 and for target 0, wide."""
    p = ops.wide(p)
    return _negative_log(ops, p, p), _negative_log(ops, 1 - p, p)


def _negative_log(ops: Ops, q: Array, p: Array) -> Array:
    log_q = ops.log(ops.where(q > 0, q, 1.0))
    log_q = ops.where(q > 0, log_q, LOG_FLOOR)
    floored = ops.where(log_q < LOG_FLOOR, LOG_FLOOR, log_q)
    return -ops.where(p == p, floored, p)
