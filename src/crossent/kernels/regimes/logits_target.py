"""Cross-entropy of logits with a distribution a row.

With v_c = w_c (keep q_c + uniform) the mass of a class, of which label smoothing takes a part and
spreads it over all, the term of a row is

    V loss_top + sum_c v_c (top - x_c),  V = sum_c v_c,

top the largest logit: a sum of terms >= 0 (see :mod:`crossent.losses.softmax`). The class that has
it takes the place of the label in :mod:`crossent.kernels.regimes.logits_label`, whose lanes these
are too.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, part, spliced, spliced_pair
from crossent.kernels.chunk import (
    DOUBTFUL,
    EACH,
    FACTORS,
    FACTS,
    LABELS,
    TILE,
    TILE_Q,
    WEIGHTS,
    count,
)
from crossent.kernels.drive import EIGHT, Regime, kernels_of
from crossent.kernels.labels import read_samples
from crossent.kernels.logits_of_a_row import (
    BLOCK,
    INF,
    VECTOR,
    fill_row,
    largest,
    plain_group,
    plain_groups,
    sums_of_row,
    whole_groups,
)
from crossent.kernels.regimes.logits_label import (
    CACHED,
    lane_sums,
    rows_in_cache,
    to_lanes,
    to_rows,
)
from crossent.kernels.scalars import label_scalars, weight_of

PAIRS: Final = 64  # vectors of targets whose sums are added up by themselves
PADDING: Final = 16
"""Zeros that class weights end with, so that whole vectors of them can be read."""


@inner
def _weighed(mass: Any, weight: int, i: int, like: Any) -> Any:
    return mass if weight == 0 else mass * mem.load_wide(weight + 8 * i, like)


@inner
def _gaps(q: Any, weight: int, i: int, keep: float, uniform: float, gap: Any, like: Any) -> Any:
    """Return v (top - x) of some classes, 0 where there is no mass whatever x is."""
    mass = _weighed(v.fma(q, keep, v.splat(uniform, q)), weight, i, like)
    return v.choose(mass == 0.0, 0.0, mass * v.wide(gap))


@part
def largest_class(x: int, classes: int, like: Any) -> int:
    """Return the first class with the largest logit; 0 where there is none."""
    lanes = v.lanes(like)
    per_group, size = 4 * lanes, VECTOR // lanes
    top = largest(x, 0, classes, -1, like)
    m = v.splat(top, like)
    first = 0
    for i in range(0, classes - per_group + 1, per_group):
        here = x + i * size
        one = v.larger(mem.load(here, like), mem.load(here + VECTOR, like))
        two = v.larger(mem.load(here + 2 * VECTOR, like), mem.load(here + 3 * VECTOR, like))
        if v.any_lane(v.larger(one, two) == m):
            break
        first = i + per_group
    for c in range(first, classes):
        if mem.read(x + c * size, like) == top:
            return c
    return 0


@part
def target_facts(
    x: int, q: int, weight: int, classes: int, skip: int, keep: float, uniform: float, like: Any
) -> Any:
    """Return of a row without one class, which has the largest logit: sums, smallest and largest q.

    The sums are those of q, of w q and of v (top - x); with `x` 0 the last one is not computed,
    and with `skip` -1 no class is left out.
    """
    lanes = v.lanes(like)
    pair, size = 2 * lanes, VECTOR // lanes
    zero = v.number(0.0, like)
    top = zero if x == 0 else mem.read(x + skip * size, like)
    m, low = v.splat(top, like), v.splat(zero, like)
    high = low
    nothing = v.wide(low)
    total, mass, gaps = nothing, nothing, nothing
    cut, whole = whole_groups(0, classes, skip, pair)
    groups = plain_groups(0, cut, whole, pair)
    for start in range(0, groups, PAIRS):
        # Partial sums, so that rounding does not grow with the number of classes.
        some, some_mass, some_gaps = nothing, nothing, nothing
        for k in range(start, min(groups, start + PAIRS)):
            i = plain_group(k, 0, cut, pair)
            here = q + i * size
            a, b = mem.load(here, like), mem.load(here + VECTOR, like)
            low, high = v.smaller(a, v.smaller(b, low)), v.larger(a, v.larger(b, high))
            one, two = v.wide(a), v.wide(b)
            some = some + (one + two)
            if weight != 0:
                two_of_mass = _weighed(two, weight, i + lanes, like)
                some_mass = some_mass + (_weighed(one, weight, i, like) + two_of_mass)
            if x != 0:
                there = x + i * size
                gap = m - mem.load(there, like)
                some_gaps = some_gaps + _gaps(one, weight, i, keep, uniform, gap, like)
                gap = m - mem.load(there + VECTOR, like)
                some_gaps = some_gaps + _gaps(two, weight, i + lanes, keep, uniform, gap, like)
        total, mass, gaps = total + some, mass + some_mass, gaps + some_gaps
    at = cut
    while at < classes:
        for i in range(at, min(at + pair, classes), lanes):
            a = mem.load_some(q, i, classes, skip, zero)
            low, high = v.smaller(a, low), v.larger(a, high)
            one = v.wide(a)
            total = total + one
            if weight != 0:
                mass = mass + _weighed(one, weight, i, like)
            if x != 0:
                gap = m - mem.load_some(x, i, classes, skip, top)
                gaps = gaps + _gaps(one, weight, i, keep, uniform, gap, like)
        at = max(at + pair, whole)
    sum_q = v.add_lanes(total)
    sum_mass = sum_q if weight == 0 else v.add_lanes(mass)
    smallest, highest = np.float64(v.smallest_lane(low)), np.float64(v.largest_lane(high))
    return sum_q, sum_mass, v.add_lanes(gaps), smallest, highest


@inner
def is_doubtful(total: float, low: float, high: float, tolerance: float) -> bool:
    """Whether targets may be no distribution."""
    return not (abs(total - 1.0) <= BASE and low >= -tolerance and high <= 1.0 + tolerance)


@inner
def _rows_in_cache(c: Any, like: Any) -> int:
    """Return of how many rows targets and exps wait in the cache for their slopes."""
    size = VECTOR // v.lanes(like)
    return min(rows_in_cache(c, like), max(1, CACHED // (2 * c.classes * size)))


@spliced_pair
def _facts(for_gradient: bool) -> Any:
    sums = sums_of_row[for_gradient]

    def facts(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> None:  # fmt: skip
        """Write m2, S2, the top logit, sum w q, V without its class, its v, sum v (top - x)."""
        size, weight = VECTOR // v.lanes(like), c.class_weight
        for i in range(some):
            f = s + FACTS + 8 * (at + i)
            m2, s2, x_top, mass, others, at_top, gaps = 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
            if mem.read(s + LABELS + 8 * (at + i), np.int64(0)) >= 0:
                x, q = c.x + (first + i) * c.x_step, c.q + (first + i) * c.q_step
                top = largest_class(x, c.classes, like)
                sum_q, mass, gaps, low, high = target_facts(
                    x, q, weight, c.classes, top, c.keep, c.uniform, like
                )
                x_top = np.float64(mem.read(x + top * size, like))
                q_top = np.float64(mem.read(q + top * size, like))
                w_top = weight_of(weight, top)
                to = c.g + (first + i) * c.g_step if for_gradient else 0
                m2, s2, _ = sums(x, to, own + 8 * i, c.classes, top, False, like)
                others = c.keep * mass + c.uniform * (c.all_weights - w_top)
                at_top = w_top * (c.keep * q_top + c.uniform)
                mass = mass + w_top * q_top
                low, high = min(low, q_top), max(high, q_top)
                count(state, DOUBTFUL, is_doubtful(sum_q + q_top, low, high, c.tolerance))
                if for_gradient:  # the slopes want to know it
                    mem.write(s + LABELS + 8 * (at + i), np.int64(top))
            mem.write(f, m2)
            mem.write(f + EACH, s2)
            mem.write(f + 2 * EACH, x_top)
            mem.write(f + 3 * EACH, mass)
            mem.write(f + 4 * EACH, others)
            mem.write(f + 5 * EACH, at_top)
            mem.write(f + 6 * EACH, gaps)

    return facts


@spliced
def _load(found: Any, s: int, at: int) -> Any:
    f = s + FACTS + 8 * at
    return (
        mem.load(f, 0.0), mem.load(f + EACH, 0.0), mem.load(f + 2 * EACH, 0.0),
        mem.load(f + 3 * EACH, 0.0), mem.load(f + 4 * EACH, 0.0), mem.load(f + 5 * EACH, 0.0),
        mem.load(f + 6 * EACH, 0.0),
    )  # fmt: skip


@spliced
def _main_loss(c: Any, found: Any) -> Any:
    """Return what the factor of a row multiplies, and what its slopes need."""
    m2, s2, x_top, mass, others, at_top, gaps = found
    loss, _, to_p, p_top = label_scalars(m2, s2, x_top)
    main = (others + at_top) * loss + gaps
    lse = x_top + loss
    if c.z > 0.0:
        main = main + mass * (lse * lse * c.z)
    return main, (to_p, p_top, lse)


@spliced
def _scalars(c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int) -> Any:
    mem.store_some(s + WEIGHTS, at, at + some, factor * found[3])
    return _main_loss(c, found)


@spliced
def _top_slopes(c: Any, bar: Any, found: Any, solved: Any) -> Any:
    """Return a and b of the gradient exp(x_c - m2) a - b v_c, and the gradient at the top class."""
    _, s2, _, mass, others, at_top, _ = found
    to_p, p_top, lse = solved
    upstream = bar * 0.0 if c.divisor == 0.0 else bar / c.divisor
    of_lse = upstream * 0.0
    if c.z > 0.0:
        of_lse = upstream * (2.0 * c.z) * lse * mass
    total = upstream * (others + at_top) + of_lse
    # Below 1/2 it is p that has the digits, above it 1 - p.
    sure = (upstream * others + of_lse) - total * (s2 * to_p)
    unsure = total * p_top - upstream * at_top
    return total * to_p, upstream, v.choose(p_top > 0.5, sure, unsure)


@part
def _scale_row(
    g: int, q: int, tops: int, weight: int, m2: float, factor: float, of_mass: float,
    keep: float, uniform: float, classes: int, like: Any,
) -> None:  # fmt: skip
    """Turn the exps that :func:`sums_of_row` wrote into exp(x - m2) factor - of_mass v."""
    lanes = v.lanes(like)
    size = VECTOR // lanes
    zero = v.number(0.0, like)
    wide_zero = v.wide(v.splat(zero, like))
    per_block = BLOCK // VECTOR * lanes
    low = v.splat(-of_mass * uniform, wide_zero)
    for first in range(0, classes, per_block):
        stop = min(classes, first + per_block)
        top = mem.read(tops + first // per_block * 8, 0.0)
        by = factor
        if top != m2:
            by = factor * v.lane(v.exp(v.splat(top - m2, 0.0)), 0)
        scale = v.splat(by, wide_zero)
        whole = stop - (stop - first) % lanes
        for i in range(first, whole, lanes):
            here = g + i * size
            mass = v.fma(v.wide(mem.load(q + i * size, like)), -of_mass * keep, low)
            mass = _weighed(mass, weight, i, like)
            value = v.fma(v.wide(mem.load(here, like)), scale, mass)
            mem.store(here, v.narrow(value, like))
        if whole < stop:
            last = v.wide(mem.load_some(q, whole, stop, -1, zero))
            mass = _weighed(v.fma(last, -of_mass * keep, low), weight, whole, like)
            exps = v.wide(mem.load_some(g, whole, stop, -1, zero))
            mem.store_some(g, whole, stop, v.narrow(v.fma(exps, scale, mass), like))


@spliced
def _slopes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Turn the exps of some rows into their gradient."""
    scale, of_mass, slope = _top_slopes(c, bar, found, solved)
    size, f = VECTOR // v.lanes(like), s + FACTS + 8 * at
    # Places of numbers that are no longer needed.
    mem.store(f + EACH, scale)
    mem.store(f + 2 * EACH, of_mass)
    mem.store(f + 3 * EACH, slope)
    for i in range(some):
        row = first + i
        to = c.g + row * c.g_step
        top = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
        if top < 0:
            fill_row(to, c.classes, mem.read(s + FACTORS + 8 * (at + i), 0.0), like)
            continue
        _scale_row(
            to, c.q + row * c.q_step, own + 8 * i, c.class_weight, mem.read(f + 8 * i, 0.0),
            mem.read(f + EACH + 8 * i, 0.0), mem.read(f + 2 * EACH + 8 * i, 0.0), c.keep,
            c.uniform, c.classes, like,
        )  # fmt: skip
        mem.write(to + top * size, v.number(mem.read(f + 3 * EACH + 8 * i, 0.0), like))


@spliced
def _weigh(c: Any, like: Any, first: int, at: int, some: int, s: int, state: int) -> None:
    """Write what some rows weigh, and count targets that may be no distribution."""
    for i in range(at, at + some):
        mass, factor = 0.0, mem.read(s + FACTORS + 8 * i, 0.0)
        if mem.read(s + LABELS + 8 * i, np.int64(0)) >= 0:
            q = c.q + (first + i - at) * c.q_step
            total, mass, _, low, high = target_facts(
                0, q, c.class_weight, c.classes, -1, 1.0, 0.0, like
            )
            count(state, DOUBTFUL, is_doubtful(total, low, high, c.tolerance))
        mem.write(s + WEIGHTS + 8 * i, factor * mass)


LANES_OF_CLASSES: Final = kernels_of(
    Regime(
        "logits_target",
        _facts,
        _scalars,
        _slopes,
        load=_load,
        at_once=_rows_in_cache,
        read=read_samples,
        weigh=_weigh,
        **EIGHT,
    )
)  # fmt: skip


@inner
def _largest_in_lanes(tile: int, classes: int, like: Any) -> Any:
    """Return the largest logit of every lane and the first class that has it."""
    m = v.splat(-INF, like)
    top = v.splat(0.0, like)
    for c in range(classes):
        x = mem.load(tile + c * 64, like)
        higher = x > m
        top = v.choose(higher, np.float64(c), top)
        m = v.choose(higher, x, m)
    return m, top


@inner
def _mass_of_lanes(q: Any, c: int, weight: int, keep: float, uniform: float) -> Any:
    mass = v.fma(q, keep, v.splat(uniform, q))
    return mass if weight == 0 else mass * mem.read(weight + 8 * c, 0.0)


@inner
def _doubtful_lanes(total: Any, low: Any, high: Any, dead: Any, tolerance: float) -> bool:
    """Whether the targets of a lane that counts may be no distribution."""
    fine = v.choose(v.magnitude(total - 1.0) <= BASE, 1.0, 0.0)
    fine = v.choose(v.wide(low) >= -tolerance, fine, 0.0)
    fine = v.choose(v.wide(high) <= 1.0 + tolerance, fine, 0.0)
    return v.any_lane(v.choose(dead, 1.0, fine) == 0.0)


@inner
def _target_lanes(q: int, classes: int, weight: int, like: Any) -> Any:
    """Return the sums of q and of w q, the smallest and the largest q of every lane."""
    zero = v.splat(0.0, like)
    low, high, total, mass = zero, zero, v.wide(zero), v.wide(zero)
    for c in range(classes):
        one = mem.load(q + c * 64, like)
        low, high = v.smaller(one, low), v.larger(one, high)
        total = total + v.wide(one)
        if weight != 0:
            mass = mass + v.wide(one) * mem.read(weight + 8 * c, 0.0)
    return total, (total if weight == 0 else mass), low, high


@inner
def _spread(
    tile: int, q: int, classes: int, weight: int, keep: float, uniform: float, like: Any
) -> Any:
    """Return the top class of every lane, its v, the sum of the others', sum v (top - x)."""
    m, top = _largest_in_lanes(tile, classes, like)
    nothing = v.wide(v.splat(0.0, like))
    others, of_top, gaps = nothing, nothing, nothing
    for c in range(classes):
        mass = _mass_of_lanes(v.wide(mem.load(q + c * 64, like)), c, weight, keep, uniform)
        here = top == np.float64(c)
        gap = v.wide(m - mem.load(tile + c * 64, like))
        gaps = gaps + v.choose(here, 0.0, v.choose(mass == 0.0, 0.0, mass * gap))
        others = others + v.choose(here, 0.0, mass)
        of_top = v.choose(here, mass, of_top)
    return top, of_top, others, gaps


@spliced_pair
def _facts_of_lanes(for_gradient: bool) -> Any:
    sums = lane_sums[for_gradient]

    def facts_of_lanes(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> Any:  # fmt: skip
        """Return the same of rows in lanes, and their top classes."""
        to_lanes(c.x + first * c.x_step, c.x_step, some, c.classes, s + TILE, like)
        mass = _weight_of_lanes(c, like, first, at, some, s, state)
        top, at_top, others, gaps = _spread(
            s + TILE, s + TILE_Q, c.classes, c.class_weight, c.keep, c.uniform, like
        )
        m2, s2, _, x_top = sums(s + TILE, c.classes, top, False, like)
        return m2, s2, x_top, mass, others, at_top, gaps, top

    return facts_of_lanes


@spliced
def _weight_of_lanes(c: Any, like: Any, first: int, at: int, some: int, s: int, state: int) -> Any:
    """Return sum w q of rows in lanes; count those whose targets may be no distribution."""
    to_lanes(c.q + first * c.q_step, c.q_step, some, c.classes, s + TILE_Q, like)
    dead = mem.load_wide(s + FACTORS + 8 * at, like) == 0.0
    total, mass, low, high = _target_lanes(s + TILE_Q, c.classes, c.class_weight, like)
    count(state, DOUBTFUL, _doubtful_lanes(total, low, high, dead, c.tolerance))
    return mass


@spliced
def _write_weights(mass: Any, factor: Any, at: int, some: int, s: int) -> None:
    mem.store(s + WEIGHTS + 8 * at, v.choose(factor == 0.0, 0.0, factor * mass))


@spliced
def _scalars_of_lanes(
    c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int
) -> Any:
    m2, s2, x_top, mass, others, at_top, gaps, _ = found
    main, solved = _main_loss(c, (m2, s2, x_top, mass, others, at_top, gaps))
    _write_weights(mass, factor, at, some, s)
    return v.choose(factor == 0.0, 0.0, main), solved


@spliced
def _slopes_of_lanes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Turn the exps of rows in lanes into their gradient."""
    m2, s2, x_top, mass, others, at_top, gaps, top = found
    scale, upstream, slope = _top_slopes(
        c, bar, (m2, s2, x_top, mass, others, at_top, gaps), solved
    )
    tile, dead = s + TILE, mem.load_wide(s + FACTORS + 8 * at, like) == 0.0
    for k in range(c.classes):
        one = v.wide(mem.load(s + TILE_Q + k * 64, like))
        of_mass = upstream * _mass_of_lanes(one, k, c.class_weight, c.keep, c.uniform)
        value = v.fma(v.wide(mem.load(tile + k * 64, like)), scale, 0.0 - of_mass)
        value = v.choose(top == np.float64(k), slope, value)
        mem.store(tile + k * 64, v.narrow(v.choose(dead, 0.0, value), like))
    to_rows(tile, c.g + first * c.g_step, c.g_step, some, c.classes, like)


@spliced
def _weigh_lanes(c: Any, like: Any, first: int, at: int, some: int, s: int, state: int) -> None:
    mass = _weight_of_lanes(c, like, first, at, some, s, state)
    _write_weights(mass, mem.load_wide(s + FACTORS + 8 * at, like), at, some, s)


LANES_OF_ROWS: Final = kernels_of(
    Regime(
        "logits_target_across_rows",
        _facts_of_lanes,
        _scalars_of_lanes,
        _slopes_of_lanes,
        read=read_samples,
        weigh=_weigh_lanes,
    )
)  # fmt: skip
