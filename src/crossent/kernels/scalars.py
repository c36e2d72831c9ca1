"""The numbers of a row after its classes are read, in float64 for many rows at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner

TINY = 2.0**-1022
LOG_OF_2 = 0.6931471805599453


@inner
def label_scalars(m2: Any, s2: Any, x_label: Any) -> Any:
    """Return loss, logsumexp - m2, m2 - x_label's part, exp scale, p of the label.

    With gap = m2 - x_label, w = exp(-|gap|) and u = w S2 where the label is the largest, else
    S2 - 1 + w: the loss is max(gap, 0) + log(1 + u), p_c = exp(x_c - m2) scale. A row that holds
    NaN or +inf, or nothing but -inf, gets NaN.
    """
    gap = m2 - x_label
    # The rounding error of gap (Knuth's TwoSum), which exp would magnify.
    part = gap - m2
    low = (m2 - (gap - part)) - (x_label + part)
    size = v.magnitude(gap)
    low = v.choose(size < np.inf, low, 0.0)
    label_leads = gap <= 0.0
    low_of_size = v.choose(label_leads, 0.0 - low, low)
    w = v.exp(0.0 - size)
    w = w - w * low_of_size
    u = v.choose(label_leads, w * s2, (s2 - 1.0) + w)
    u = v.choose(x_label < np.inf, u, np.nan)
    tail = v.log1p(u)
    loss = v.choose(label_leads, tail, size + (tail + low))
    above = v.choose(label_leads, size + (tail + low_of_size), tail)
    share = 1.0 / (1.0 + u)
    scale = v.choose(label_leads, w * share, share)
    p_label = v.choose(label_leads, share, w * share)
    return loss, above, scale, p_label


@inner
def log_sum(m2: Any, above: Any, x_label: Any, loss: Any) -> Any:
    """Return logsumexp of a row; of one whose other classes are all -inf, that of its label."""
    return v.choose(m2 > -np.inf, m2 + above, x_label + loss)


@inner
def weighted(factor: Any, loss: Any) -> Any:
    """Return factor * loss, 0 where the factor is 0 and the loss infinite."""
    finite = v.choose(loss == np.inf, v.choose(factor == 0.0, 0.0, loss), loss)
    return factor * finite


@inner
def log_of_probability(q: Any) -> Any:
    """Return log(q) for q > 0, also where it is subnormal; -inf for 0."""
    small = q < TINY
    value = v.log(v.choose(small, q * 2.0**54, q))
    value = v.choose(small, value - 54 * LOG_OF_2, value)
    return v.choose(q == 0.0, -np.inf, value)


@inner
def weight_of(weight: int, c: int) -> float:
    """Return the weight of a class; without weights (0) it is 1."""
    return 1.0 if weight == 0 else mem.read(weight + 8 * c, 0.0)
