"""Binary cross-entropy, element by element: values, and the gradient.

Everything is float64: the formulae are those of :mod:`crossent.losses.sigmoid` and of
`binary_forward` in :mod:`crossent.losses.probabilities`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel
from crossent.kernels._labels import DOUBTFUL, KEPT, WRONG
from crossent.kernels._scalars import log_of_probability, weighted


@inner
def _of_logits(x: Any) -> Any:
    """Return softplus(-x), softplus(x) and their slopes less the sign."""
    small = v.exp(0.0 - v.magnitude(x))
    tail = v.log1p(small)
    positive = x >= 0.0
    share = 1.0 / (1.0 + small)
    larger, smaller = share, small * share
    one = tail + v.choose(positive, 0.0, 0.0 - x)
    zero = tail + v.choose(positive, x, 0.0)
    return one, zero, v.choose(positive, smaller, larger), v.choose(positive, larger, smaller)


@inner
def _of_probabilities(
    p: Any, low: float, high: float, at_low: float, at_high: float, less_low: float,
    less_high: float,
) -> Any:  # fmt: skip
    """Return -log(p) and -log(1 - p), clipped, and their slopes less the sign."""
    below, above = p < low, p > high
    inside = v.choose(below, 0.5, v.choose(above, 0.5, p))
    one = 0.0 - log_of_probability(inside)
    other = 1.0 - inside
    zero = v.choose(other == 0.0, np.inf, v.log1p(inside / v.choose(other == 0.0, 1.0, other)))
    one = v.choose(below, at_low, v.choose(above, at_high, one))
    zero = v.choose(below, less_low, v.choose(above, less_high, zero))
    slope_one = v.choose(below, 0.0, v.choose(above, 0.0, 1.0 / inside))
    slope_zero = v.choose(below, 0.0, v.choose(above, 0.0, 1.0 / other))
    return one, zero, slope_one, slope_zero


@inner
def _times(factor: Any, slope: Any) -> Any:
    """Return the product, 0 where the factor is 0 whatever the slope is."""
    return v.choose(factor == 0.0, 0.0, factor * slope)


@kernel
def element_values(
    x: int, t: int, sample: int, positive: int, n: int, ignored: int, n_ignored: int,
    smoothing: float, from_logits: bool, tolerance: float,
    low: float, high: float, at_low: float, at_high: float, less_low: float, less_high: float,
    divisor: float, terms: int, weights: int, g: int, counts: int,
) -> None:  # fmt: skip
    """Write the terms and weights of n elements, and to `g` (0: not) the gradient.

    The gradient is that of the terms' sum over `divisor` (0: nothing).
    """
    nan = np.nan
    kept, wrong, doubtful = v.splat(0.0, 0.0), v.splat(0.0, 0.0), v.splat(0.0, 0.0)
    for i in range(0, n, 8):
        given = mem.load_some(x, i, n, -1, 0.0)
        target = mem.load_some(t, i, n, -1, 0.0)
        ones = mem.load_some(t, i, n, -1, nan)
        factor = v.splat(1.0, 0.0)
        if sample != 0:
            factor = mem.load_some(sample, i, n, -1, 0.0)
        else:
            # Beyond the end, where only the second reading of the target is NaN.
            factor = v.choose(target == target, v.choose(ones == ones, 1.0, 0.0), 1.0)
        for k in range(n_ignored):
            factor = v.choose(target == mem.read(ignored + 8 * k, 0.0), 0.0, factor)
        alive = factor == 0.0
        good = v.choose(target >= 0.0, v.choose(target <= 1.0, 1.0, 0.0), 0.0)
        good = v.choose(alive, 1.0, good)
        kept = kept + v.choose(alive, 0.0, 1.0)
        wrong = wrong + (1.0 - good)
        given = v.choose(alive, 0.0, given)
        target = v.choose(alive, 0.0, target)
        if from_logits:
            one, zero, slope_one, slope_zero = _of_logits(given)
        else:
            fits = v.choose(given >= -tolerance, v.choose(given <= 1.0 + tolerance, 1.0, 0.0), 0.0)
            doubtful = doubtful + (1.0 - fits)
            good = good * fits
            one, zero, slope_one, slope_zero = _of_probabilities(
                given, low, high, at_low, at_high, less_low, less_high
            )
        mass_one, mass_zero = target, 1.0 - target
        if smoothing > 0.0:
            mass_one = target * (1.0 - smoothing) + smoothing / 2
            mass_zero = (1.0 - target) * (1.0 - smoothing) + smoothing / 2
        if positive != 0:
            mass_one = mass_one * mem.load_some(positive, i, n, -1, 0.0)
        main = weighted(mass_one, one) + weighted(mass_zero, zero)
        weight = v.choose(good == 1.0, factor, 1.0)
        factor = v.choose(good == 1.0, factor, nan)
        mem.store_some(terms, i, n, weighted(factor, main))
        mem.store_some(weights, i, n, weight)
        if g != 0:
            upstream = factor * 0.0 if divisor == 0.0 else factor / divisor
            bar = _times(upstream * mass_zero, slope_zero) - _times(upstream * mass_one, slope_one)
            mem.store_some(g, i, n, v.choose(good == 1.0, bar, nan))
    zero_int = np.int64(0)
    mem.write(counts + KEPT, mem.read(counts + KEPT, zero_int) + np.int64(v.add_lanes(kept)))
    mem.write(counts + WRONG, mem.read(counts + WRONG, zero_int) + np.int64(v.add_lanes(wrong)))
    mem.write(
        counts + DOUBTFUL,
        mem.read(counts + DOUBTFUL, zero_int) + np.int64(v.add_lanes(doubtful)),
    )
