"""What it means to clip probabilities to [epsilon, 1 - epsilon], in float64 (rule M16)."""

from __future__ import annotations

import math
from typing import NamedTuple


class Clip(NamedTuple):
    """The bounds, and the losses of a probability at them."""

    low: float
    high: float  # 1 where epsilon is too small to be taken from it: then nothing is clipped above
    at_low: float
    at_high: float
    not_at_low: float  # the losses of 1 - p
    not_at_high: float


def clip_of(epsilon: float) -> Clip:
    """Return the clip of an epsilon; 0 clips nothing."""
    high = 1 - epsilon
    return Clip(
        epsilon,
        high,
        -math.log(epsilon) if epsilon else math.inf,
        0.0 - math.log(high),
        0.0 - math.log1p(-epsilon),
        -math.log1p(-high) if high < 1 else math.inf,
    )
