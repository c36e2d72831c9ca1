"""Binary cross-entropy, element by element: an element is a row.

Everything is float64: the formulae are those of :mod:`crossent.losses.sigmoid` and of
`binary_forward` in :mod:`crossent.losses.probabilities`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, spliced, spliced_pair
from crossent.kernels.chunk import DOUBTFUL, FACTORS, KEPT, WEIGHTS, WRONG, count
from crossent.kernels.drive import EIGHT, Regime, kernels_of, read_nothing, type_of_targets
from crossent.kernels.scalars import log_of_probability, weighted


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


@spliced_pair
def _facts(for_gradient: bool) -> Any:
    def facts(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> Any:  # fmt: skip
        """Return the masses of 1 and of 0, their losses and slopes, and which elements are good.

        The target type stands for that of the losses; targets are float64.
        """
        stop = first + some
        given = mem.load_some(c.x, first, stop, -1, 0.0)
        target = mem.load_some(c.q, first, stop, -1, 0.0)
        factor = v.choose(mem.below(first, stop), 1.0, v.splat(0.0, 0.0))
        if c.sample != 0:
            factor = mem.load_some(c.sample, first, stop, -1, 0.0)
        for k in range(c.n_ignored):
            factor = v.choose(target == mem.read(c.ignored + 8 * k, 0.0), 0.0, factor)
        dead = factor == 0.0
        good = v.choose(target >= 0.0, v.choose(target <= 1.0, 1.0, 0.0), 0.0)
        good = v.choose(dead, 1.0, good)
        count(state, KEPT, 8 - v.count(dead))
        count(state, WRONG, v.count(good == 0.0))
        given = v.choose(dead, 0.0, given)
        target = v.choose(dead, 0.0, target)
        if c.from_logits:
            one, zero, slope_one, slope_zero = _of_logits(given)
        else:
            most = 1.0 + c.tolerance
            fits = v.choose(given >= -c.tolerance, v.choose(given <= most, 1.0, 0.0), 0.0)
            count(state, DOUBTFUL, v.count(fits == 0.0))
            good = good * fits
            one, zero, slope_one, slope_zero = _of_probabilities(
                given, c.low, c.high, c.at_low, c.at_high, c.not_at_low, c.not_at_high
            )
        mass_one, mass_zero = target, 1.0 - target
        if c.smoothing > 0.0:
            mass_one = target * (1.0 - c.smoothing) + c.smoothing / 2
            mass_zero = (1.0 - target) * (1.0 - c.smoothing) + c.smoothing / 2
        if c.pos_weight != 0:
            mass_one = mass_one * mem.load_some(c.pos_weight, first, stop, -1, 0.0)
        mem.store(s + WEIGHTS + 8 * at, v.choose(good == 1.0, factor, 1.0))
        mem.store(s + FACTORS + 8 * at, v.choose(good == 1.0, factor, np.nan))
        return mass_one, mass_zero, one, zero, slope_one, slope_zero, good

    return facts


@spliced
def _scalars(c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int) -> Any:
    mass_one, mass_zero, one, zero, _, _, _ = found
    return weighted(mass_one, one) + weighted(mass_zero, zero), found


@spliced
def _slopes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Write the gradient of some elements, if it is asked for."""
    if c.g == 0:
        return
    mass_one, mass_zero, _, _, slope_one, slope_zero, good = found
    upstream = bar * 0.0 if c.divisor == 0.0 else bar / c.divisor
    slope = _times(upstream * mass_zero, slope_zero) - _times(upstream * mass_one, slope_one)
    mem.store_some(c.g, first, first + some, v.choose(good == 1.0, slope, np.nan))


ELEMENTS: Final = kernels_of(
    Regime(
        "elements",
        _facts,
        _scalars,
        _slopes,
        read=read_nothing,
        losses_like=type_of_targets,
        one=True,
        **EIGHT,
    )
)  # fmt: skip
