"""Cross-entropy of probabilities with one label a row.

Of a row its label is needed, and, to be judged, the smallest and the largest probability and the
sum. A row that holds something else than probabilities is NaN; it is counted, as are rows whose sum
is not near 1, and the checks decide what to say of them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, spliced, spliced_pair
from crossent.kernels.chunk import (
    DOUBTFUL,
    EACH,
    FACTORS,
    FACTS,
    LABELS,
    WEIGHTS,
    count,
)
from crossent.kernels.drive import EIGHT, Regime, kernels_of
from crossent.kernels.logits_of_a_row import VECTOR, fill_row
from crossent.kernels.scalars import log_of_probability


@inner
def sums_of_probabilities(p: int, classes: int, like: Any) -> Any:
    """Return the sum of a row in float64, its smallest and its largest element."""
    lanes = v.lanes(like)
    size = VECTOR // lanes
    zero = v.number(0.0, like)
    low = v.splat(0.0, like)
    high = low
    a = v.wide(low)
    b = a
    pairs = classes // (2 * lanes) * (2 * lanes)
    for i in range(0, pairs, 2 * lanes):
        one, two = mem.load(p + i * size, like), mem.load(p + i * size + VECTOR, like)
        low = v.smaller(one, v.smaller(two, low))
        high = v.larger(one, v.larger(two, high))
        a = a + v.wide(one)
        b = b + v.wide(two)
    for i in range(pairs, classes, lanes):
        one = mem.load_some(p, i, classes, -1, zero)
        low = v.smaller(one, low)
        high = v.larger(one, high)
        a = a + v.wide(one)
    total = v.add_lanes(a + b)
    return total, np.float64(v.smallest_lane(low)), np.float64(v.largest_lane(high))


@inner
def clipped(q: Any, low: float, high: float, at_low: float, at_high: float) -> Any:
    """Return -log of q clipped to low .. high."""
    inside = v.choose(q < low, 1.0, v.choose(q > high, 1.0, q))
    loss = 0.0 - log_of_probability(inside)
    return v.choose(q < low, at_low, v.choose(q > high, at_high, loss))


@spliced_pair
def _facts(for_gradient: bool) -> Any:
    def facts(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> None:  # fmt: skip
        """Write the probability of the label of some rows, NaN where a row holds others."""
        size, f = VECTOR // v.lanes(like), s + FACTS + 8 * at
        x, step, classes, tolerance = c.x + first * c.x_step, c.x_step, c.classes, c.tolerance
        normalize, judges_sums, doubtful = c.normalize, c.judges_sums, np.int64(0)
        for i in range(some):
            label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
            value, total = 1.0, 1.0
            if label >= 0:
                row = x + i * step
                total, smallest, largest = sums_of_probabilities(row, classes, like)
                value = np.float64(mem.read(row + label * size, like))
                if normalize:
                    value /= total
                if is_none(total, smallest, largest, tolerance):
                    value = np.nan
                    mem.write(s + WEIGHTS + 8 * (at + i), 1.0)
                    doubtful += 1
                elif judges_sums and not abs(total - 1.0) <= BASE:
                    doubtful += 1
            mem.write(f + 8 * i, value)
            if for_gradient:
                mem.write(f + EACH + 8 * i, total)
        count(state, DOUBTFUL, doubtful)

    return facts


@spliced
def _load(found: Any, s: int, at: int) -> Any:
    return mem.load(s + FACTS + 8 * at, 0.0)


@inner
def is_none(total: float, smallest: float, largest: float, tolerance: float) -> bool:
    """Whether a row holds something else than probabilities."""
    inside = smallest >= -tolerance and largest <= 1.0 + tolerance
    return not (inside and total == total)


@spliced
def _scalars(c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int) -> Any:
    return clipped(found, c.low, c.high, c.at_low, c.at_high), found


@spliced
def _slopes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Write the gradient of some rows: -1 / p at the label, and 0 or that of the sum elsewhere."""
    size, f = VECTOR // v.lanes(like), s + FACTS + 8 * at
    for i in range(some):
        label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
        factor = mem.read(s + FACTORS + 8 * (at + i), 0.0)
        to = c.g + (first + i) * c.g_step
        if label < 0:
            fill_row(to, c.classes, factor, like)
            continue
        q, total = mem.read(f + 8 * i, 0.0), mem.read(f + EACH + 8 * i, 0.0)
        if q != q:
            fill_row(to, c.classes, np.nan, like)
            continue
        upstream = 0.0 if c.divisor == 0.0 else factor / c.divisor
        at_label = 0.0
        if upstream != 0.0 and c.low <= q <= c.high:
            at_label = -upstream / q
        others = 0.0
        if c.normalize:
            at_label /= total
            others = -at_label * q
            if q == 0.0 and at_label != 0.0:
                others = 0.0  # the slope is infinite, but the sum moves no such loss
            at_label += others
        fill_row(to, c.classes, others, like)
        mem.write(to + label * size, v.number(at_label, like))


LANES_OF_CLASSES: Final = kernels_of(
    Regime("probability_label", _facts, _scalars, _slopes, load=_load, alone=True, **EIGHT)
)
