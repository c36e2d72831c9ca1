"""Cross-entropy of logits with one label a row.

The formulae are those of :mod:`crossent.losses.softmax`, with the label in the place of the
largest class: m2 and S2 leave it out, so that confident rows keep their digits.

Lanes are classes, or rows where these are too short to fill vectors: then the classes of 16 rows of
float32, or 8 of float64, are transposed into vectors, computed class by class, and the gradient is
transposed back.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, pair, spliced, spliced_pair
from crossent.kernels.chunk import EACH, FACTORS, FACTS, LABELS, TILE
from crossent.kernels.drive import EIGHT, WIDE, Regime, kernels_of, weigh_no_targets
from crossent.kernels.logits_of_a_row import BLOCK, INF, VECTOR, fill_row, scale_row, sums_of_row
from crossent.kernels.scalars import label_scalars, log_sum

CACHED: Final = 2**18  # bytes of logits and exps that stay in the cache
MOST_ACROSS: Final = 64
"""Classes up to which lanes are rows."""


@inner
def rows_in_cache(c: Any, like: Any) -> int:
    """Return of how many rows the exps wait in the cache for their slopes."""
    size = VECTOR // v.lanes(like)
    if c.classes * size > BLOCK:
        return 1  # the maxima of its blocks wait with a row
    return max(1, min(WIDE, CACHED // (c.classes * size)))


@spliced_pair
def _facts(for_gradient: bool) -> Any:
    sums = sums_of_row[for_gradient]

    def facts(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> None:  # fmt: skip
        """Write m2, S2, G and the logit of the label of some rows."""
        size, facts = VECTOR // v.lanes(like), s + FACTS + 8 * at
        for i in range(some):
            label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
            top, total, gap, x_label = 0.0, 1.0, 0.0, 0.0
            if label >= 0:
                row = c.x + (first + i) * c.x_step
                x_label = np.float64(mem.read(row + label * size, like))
                to = c.g + (first + i) * c.g_step if for_gradient else 0
                top, total, gap = sums(
                    row, to, own + 8 * i, c.classes, label, c.smoothing > 0.0, like
                )
            mem.write(facts + 8 * i, top)
            mem.write(facts + EACH + 8 * i, total)
            mem.write(facts + 2 * EACH + 8 * i, gap)
            mem.write(facts + 3 * EACH + 8 * i, x_label)

    return facts


@spliced
def _load(found: Any, s: int, at: int) -> Any:
    f = s + FACTS + 8 * at
    return (
        mem.load(f, 0.0), mem.load(f + EACH, 0.0), mem.load(f + 2 * EACH, 0.0),
        mem.load(f + 3 * EACH, 0.0),
    )  # fmt: skip


@spliced
def _scalars(c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int) -> Any:
    """Return what the factor of a row multiplies: smoothed, and with its z-loss."""
    m2, s2, gaps, x_label = found
    loss, above, to_p, p_label = label_scalars(m2, s2, x_label)
    lse = log_sum(m2, above, x_label, loss)
    main = loss
    if c.smoothing > 0.0:
        uniform = c.smoothing / c.classes
        of_label = uniform + (1.0 - c.smoothing)
        main = loss * of_label + (above * np.float64(c.classes - 1) + gaps) * uniform
    if c.z > 0.0:
        main = main + lse * lse * c.z
    return main, (to_p, p_label, lse)


@spliced
def _label_slopes(c: Any, bar: Any, s2: Any, solved: Any) -> Any:
    """Return a, d and g_y of the gradient exp(x_c - m2) a - d, and g_y at the label."""
    to_p, p_label, lse = solved
    upstream = bar * 0.0 if c.divisor == 0.0 else bar / c.divisor
    of_lse = upstream * 0.0
    if c.z > 0.0:
        of_lse = upstream * (2.0 * c.z) * lse
    total = upstream + of_lse
    others = s2 * to_p
    if c.smoothing == 0.0:
        return total * to_p, upstream * 0.0, of_lse * p_label - upstream * others
    uniform = c.smoothing / c.classes
    # Below 1/2 it is p that has the digits, above it 1 - p.
    sure = of_lse + upstream * (c.smoothing - uniform) - total * others
    unsure = total * p_label - upstream * ((1.0 - c.smoothing) + uniform)
    return total * to_p, upstream * uniform, v.choose(p_label > 0.5, sure, unsure)


@spliced
def _slopes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Turn the exps of some rows into their gradient."""
    scale, less, at_label = _label_slopes(c, bar, found[1], solved)
    size, facts = VECTOR // v.lanes(like), s + FACTS + 8 * at
    mem.store(facts + 4 * EACH, scale)
    mem.store(facts + 5 * EACH, less)
    mem.store(facts + 6 * EACH, at_label)
    for i in range(some):
        to = c.g + (first + i) * c.g_step
        label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
        if label < 0:
            fill_row(to, c.classes, mem.read(s + FACTORS + 8 * (at + i), 0.0), like)
            continue
        scale_row(
            to, own + 8 * i, mem.read(facts + 8 * i, 0.0),
            mem.read(facts + 4 * EACH + 8 * i, 0.0), mem.read(facts + 5 * EACH + 8 * i, 0.0),
            c.classes, like,
        )  # fmt: skip
        value = mem.read(facts + 6 * EACH + 8 * i, 0.0)
        mem.write(to + label * size, v.number(value, like))


LANES_OF_CLASSES: Final = kernels_of(
    Regime(
        "logits_label",
        _facts,
        _scalars,
        _slopes,
        load=_load,
        at_once=rows_in_cache,
        weigh=weigh_no_targets,
        **EIGHT,
    )
)  # fmt: skip


@inner
def to_lanes(x: int, x_step: int, rows: int, classes: int, tile: int, like: Any) -> None:
    """Write the classes of some rows as vectors whose lanes are the rows."""
    for first in range(0, classes, v.lanes(like)):
        mem.rows_to_lanes(x, x_step, rows, first, classes, tile + first * 64, like)


@inner
def to_rows(tile: int, g: int, g_step: int, rows: int, classes: int, like: Any) -> None:
    """Write such vectors to the rows."""
    for first in range(0, classes, v.lanes(like)):
        mem.lanes_to_rows(tile + first * 64, g, g_step, rows, first, classes, like)


@pair
def _exp_in_place(for_gradient: bool) -> Any:
    def exp_in_place(at: int, shift: Any, like: Any) -> Any:
        """Return the exp of one class; leave it, subnormal or not, in the place of the logit."""
        difference = mem.load(at, like) - shift
        if for_gradient:
            e = v.exp_to_subnormal(difference)
            mem.store(at, e)
            return v.normal(difference, e)
        return v.exp(difference)

    return exp_in_place


@pair
def lane_sums(for_gradient: bool) -> Any:
    exp = _exp_in_place[for_gradient]

    def lane_sums(tile: int, classes: int, label: Any, with_gaps: bool, like: Any) -> Any:
        """Return m2, S2, G and the logit of the label of every lane.

        For a gradient the exps are left in the tile.
        """
        m = v.splat(-INF, like)
        x_label = v.splat(-INF, like)
        for c in range(classes):
            at = tile + c * 64
            x = mem.load(at, like)
            here = label == np.float64(c)
            x_label = v.choose(here, x, x_label)
            x = v.choose(here, -INF, x)
            mem.store(at, x)
            m = v.larger(m, x)
        shift = v.choose(m > -INF, m, 0.0)
        gaps = v.wide(v.splat(0.0, like))
        if with_gaps:
            for c in range(classes):
                gap = shift - mem.load(tile + c * 64, like)
                gaps = gaps + v.wide(v.choose(label == np.float64(c), 0.0, gap))
        a = v.splat(0.0, like)
        b, c_, d = a, a, a
        for c in range(0, classes, 4):
            at = tile + c * 64
            a = a + exp(at, shift, like)
            b = b + exp(at + 64, shift, like)
            c_ = c_ + exp(at + 128, shift, like)
            d = d + exp(at + 192, shift, like)
        s2 = (v.wide(a) + v.wide(b)) + (v.wide(c_) + v.wide(d))
        return v.wide(m), s2, gaps, v.wide(x_label)

    return lane_sums


@spliced_pair
def _facts_of_lanes(for_gradient: bool) -> Any:
    sums = lane_sums[for_gradient]

    def facts_of_lanes(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> Any:  # fmt: skip
        """Return the same of rows in lanes, and their labels."""
        label = mem.load_integers(s + LABELS + 8 * at, like)
        to_lanes(c.x + first * c.x_step, c.x_step, some, c.classes, s + TILE, like)
        m2, s2, gaps, x_label = sums(s + TILE, c.classes, label, c.smoothing > 0.0, like)
        return m2, s2, gaps, x_label, label

    return facts_of_lanes


@spliced
def _scalars_of_lanes(
    c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int
) -> Any:
    m2, s2, gaps, x_label, label = found
    main, solved = _scalars(c, like, (m2, s2, gaps, x_label), factor, at, some, s)
    return v.choose(label >= 0.0, main, 0.0), solved


@spliced
def _slopes_of_lanes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Turn the exps of rows in lanes into their gradient."""
    label, tile = found[4], s + TILE
    scale, less, at_label = _label_slopes(c, bar, found[1], solved)
    by, minus = v.narrow(scale, like), v.narrow(0.0 - less, like)
    of_label, dead, live = v.narrow(at_label, like), v.narrow(bar, like), label >= 0.0
    for k in range(c.classes):
        value = v.fma(mem.load(tile + k * 64, like), by, minus)
        value = v.choose(label == np.float64(k), of_label, value)
        mem.store(tile + k * 64, v.choose(live, value, dead))
    to_rows(tile, c.g + first * c.g_step, c.g_step, some, c.classes, like)


_LANES_OF_ROWS: Final = kernels_of(
    Regime("logits_label_across_rows", _facts_of_lanes, _scalars_of_lanes, _slopes_of_lanes)
)
LANES_OF_ROWS: Final = _LANES_OF_ROWS._replace(weights=LANES_OF_CLASSES.weights)
