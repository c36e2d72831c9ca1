"""How far a result may be from the truth, and why. There is no flat tolerance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

from oracle import FORMATS, Row, exact, largest, ulp


@dataclass(frozen=True)
class Policy:
    """Tolerances of one front end, in units in the last place (DESIGN section 5)."""

    term: float  # of a row's loss
    gradient: float  # of a gradient element ...
    by_depth: float  # ... and more for each unit that a logit lies below the maximum: the
    # rounding of x - max, half an ulp of |x - max|, is a relative error of exp(x - max)
    total: float  # of a sum or mean beyond its terms
    flushes: bool  # numbers below the smallest normal one may come out as 0
    narrow: bool = False  # float32 arithmetic for float32 input even where scalars are wide
    cuts: bool = False  # Triton's interpreter cuts off what bfloat16 does not hold; a GPU rounds


# Measured on this path; scalars of a row are float64 and totals are exact.
NUMPY = Policy(term=16, gradient=8, by_depth=1, total=2, flushes=False)
# The same, with PyTorch's exp and, in float64, sums without a wider type behind them.
TORCH = Policy(term=16, gradient=16, by_depth=1, total=2, flushes=False)
TRITON = replace(TORCH, cuts=True)
# The framework's own float32 exp, log and sum, up to 32 terms of a pairwise sum beside it.
# XLA and TensorFlow's CPU kernels run with flush-to-zero.
TENSORFLOW = Policy(term=64, gradient=64, by_depth=2, total=32, flushes=True)
# JAX's default has no float64 at all.
JAX = Policy(term=64, gradient=64, by_depth=2, total=32, flushes=True, narrow=True)


def compute_dtype(dtype: Any) -> np.dtype:
    """float32 for 16-bit and float32 input, else float64 (M13)."""
    return np.dtype(np.float64 if np.dtype(dtype).itemsize == 8 else np.float32)


def _tiny(policy: Policy, dtype: np.dtype) -> mpf:
    """16 times the smallest normal number where those below it are flushed to 0."""
    return mpf(2) ** (FORMATS[dtype.name][1] + 4) if policy.flushes else mpf(0)


def _slope_error(policy: Policy, row: Row, dtype: np.dtype, from_logits: bool) -> mpf:
    """What the one ill-conditioned intermediate number of a row may add to its term.

    z lse^2 near lse = 0 inherits the error of lse, and -log(p / sum) near 1 that of the
    quotient, which is made in float64 whatever the input, where there is float64.
    """
    precision = FORMATS[dtype.name if from_logits or policy.narrow else "float64"][0]
    return row.slope * mpf(policy.term) * mpf(2) ** -precision


def term_allowance(policy: Policy, row: Row, dtype: np.dtype, from_logits: bool) -> mpf:
    """The allowed absolute error of one term."""
    if not mpmath.isfinite(row.term):
        return mpf(0)
    allowed = policy.term * ulp(row.term, dtype) + _slope_error(policy, row, dtype, from_logits)
    return allowed + _tiny(policy, dtype)


def gradient_allowance(policy: Policy, want: mpf, scale: mpf, depth: mpf, given: Any) -> mpf:
    """The allowed absolute error of one gradient element in the dtype `given` by the user.

    An element that is exactly 0 without cancellation must come out as 0. Where a·p and q' cancel
    the ulp is that of the larger part. 16-bit gradients are rounded once more, at the very end.
    """
    if not mpmath.isfinite(want) or (want == 0 and scale == 0):
        return mpf(0)
    dtype = compute_dtype(given)
    size = max(abs(want), scale)
    allowed = (policy.gradient + policy.by_depth * depth) * ulp(size, dtype) + _tiny(policy, dtype)
    if np.dtype(given).itemsize == 2:
        cut = policy.cuts and np.dtype(given).name == "bfloat16"
        allowed += ulp(want, given) / (1 if cut else 2)
    return allowed


def close(got: Any, want: mpf, allowed: mpf, dtype: Any) -> bool:
    """Whether `got` is within `allowed` of `want`; NaN and infinities must agree exactly."""
    value = exact(got).item()
    if mpmath.isfinite(want) and abs(want) > largest(dtype):
        want = mpf("inf") if want > 0 else mpf("-inf")
    if mpmath.isnan(want):
        return bool(mpmath.isnan(value))
    if mpmath.isinf(want) or not mpmath.isfinite(value):
        return bool(value == want)
    return bool(abs(value - want) <= allowed)
