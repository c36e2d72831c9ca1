"""Cross-entropy of logits with a distribution a row: values, and values with their gradient.

With v_c = w_c (keep q_c + uniform) the mass of a class, of which label smoothing takes a part and
spreads it over all, the term of a row is

    V loss_top + sum_c v_c (top - x_c),  V = sum_c v_c,

top the largest logit: a sum of terms >= 0 (see :mod:`crossent.losses.softmax`). The class that has
it takes the place of the label in :mod:`crossent.kernels.logits_label`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel, part
from crossent.kernels._labels import DOUBTFUL, KEPT
from crossent.kernels._rows import (
    BLOCK,
    VECTOR,
    fill_row,
    largest,
    plain_group,
    plain_groups,
    row_facts,
    whole_groups,
)
from crossent.kernels._scalars import label_scalars, weighted
from crossent.kernels.exact_sum import TERMS, add_terms, carry
from crossent.kernels.logits_label import CACHED, WIDE, finish

PAIRS: Final = 64  # vectors of targets whose sums are added up by themselves
PADDING: Final = 16
"""Zeros that class weights end with, so that whole vectors of them can be read."""


@inner
def _weight_of(weight: int, c: int) -> float:
    return 1.0 if weight == 0 else mem.read(weight + 8 * c, 0.0)


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
        # Sums of their own, so that rounding does not grow with the number of classes.
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
def close(kept: int, doubtful: int, digits: int, weight_digits: int, counts: int) -> None:
    """Count the rows of a call, and round its totals; a weight is there with each."""
    mem.write(counts + KEPT, mem.read(counts + KEPT, kept) + kept)
    mem.write(counts + DOUBTFUL, mem.read(counts + DOUBTFUL, doubtful) + doubtful)
    if digits != 0:
        carry(digits)
    carry(weight_digits)


@inner
def main_loss(loss: Any, x_top: Any, mass: Any, spread: Any, gaps: Any, z: float) -> Any:
    """Return what the factor of a row multiplies; `spread` is V, `mass` sum w q."""
    main = spread * loss + gaps
    if z > 0.0:
        lse = x_top + loss
        main = main + mass * (lse * lse * z)
    return main


@inner
def top_slopes(
    factor: Any, divisor: float, s2: Any, to_p: Any, p_top: Any, lse: Any,
    mass: Any, others: Any, at_top: Any, z: float,
) -> Any:  # fmt: skip
    """Return a and b of the gradient exp(x_c - m2) a - b v_c, and the gradient at the top class.

    `others` is V without the top class and `at_top` its v.
    """
    upstream = factor * 0.0 if divisor == 0.0 else factor / divisor
    of_lse = upstream * 0.0
    if z > 0.0:
        of_lse = upstream * (2.0 * z) * lse * mass
    total = upstream * (others + at_top) + of_lse
    # Below 1/2 it is p that has the digits, above it 1 - p.
    sure = (upstream * others + of_lse) - total * (s2 * to_p)
    unsure = total * p_top - upstream * at_top
    return total * to_p, upstream, v.choose(p_top > 0.5, sure, unsure)


@inner
def _facts_of_row(
    x: int, q: int, weight: int, g: int, tops: int, classes: int, keep: float, uniform: float,
    all_weights: float, tolerance: float, at: int, facts: int, like: Any,
) -> Any:  # fmt: skip
    """Write the numbers of a row to place `at` of 8 arrays; return the top class and any doubt."""
    size = VECTOR // v.lanes(like)
    top = largest_class(x, classes, like)
    sum_q, mass, gaps, low, high = target_facts(x, q, weight, classes, top, keep, uniform, like)
    x_top = np.float64(mem.read(x + top * size, like))
    q_top = np.float64(mem.read(q + top * size, like))
    w_top = _weight_of(weight, top)
    m2, s2, _ = row_facts(x, g, tops, classes, top, False, like)
    mem.write(facts + at, m2)
    mem.write(facts + 2048 + at, s2)
    mem.write(facts + 4096 + at, x_top)
    mem.write(facts + 6144 + at, mass + w_top * q_top)
    mem.write(facts + 8192 + at, keep * mass + uniform * (all_weights - w_top))
    mem.write(facts + 10240 + at, w_top * (keep * q_top + uniform))
    mem.write(facts + 12288 + at, gaps)
    return top, is_doubtful(sum_q + q_top, min(low, q_top), max(high, q_top), tolerance)


@inner
def _no_facts(at: int, facts: int) -> None:
    """Write the numbers of a row that is not read."""
    for j in range(7):
        mem.write(facts + 2048 * j + at, 1.0 if j == 1 else 0.0)


@kernel
def distribution_values(
    like: Any, x: int, x_step: int, q: int, q_step: int, n: int, classes: int,
    sample: int, class_weight: int, all_weights: float, keep: float, uniform: float, z: float,
    tolerance: float, out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Compute the terms of n rows: written to `out`, added to `digits`, or both (0: not)."""
    facts = mem.room(14336)
    factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048)
    size = VECTOR // v.lanes(like)
    doubtful, kept = np.int64(0), np.int64(0)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        for i in range(rows):
            factor = 1.0 if sample == 0 else mem.read(sample + 8 * (first + i), 0.0)
            mem.write(factors + 8 * i, factor)
            if factor == 0.0:
                _no_facts(8 * i, facts)
                continue
            kept += 1
            _, doubt = _facts_of_row(
                x + (first + i) * x_step, q + (first + i) * q_step, class_weight, 0, 0, classes,
                keep, uniform, all_weights, tolerance, 8 * i, facts, like,
            )  # fmt: skip
            doubtful += doubt
        for i in range(0, rows, WIDE):
            by = facts + 8 * i
            top, mass = mem.load(by + 4096, 0.0), mem.load(by + 6144, 0.0)
            spread = mem.load(by + 8192, 0.0) + mem.load(by + 10240, 0.0)
            loss, _, _, _ = label_scalars(mem.load(by, 0.0), mem.load(by + 2048, 0.0), top)
            gaps = mem.load(by + 12288, 0.0)
            main = main_loss(loss, top, mass, spread, gaps, z)
            factor = mem.load(factors + 8 * i, 0.0)
            mem.store_some(terms, i, rows, v.narrow(weighted(factor, main), like))
            mem.store(weights + 8 * i, factor * mass)
        finish(rows, terms, weights, True, digits, weight_digits, counts, like)
    close(kept, doubtful, digits, weight_digits, counts)


@part
def scale_row(
    g: int, q: int, tops: int, weight: int, m2: float, factor: float, of_mass: float,
    keep: float, uniform: float, classes: int, like: Any,
) -> None:  # fmt: skip
    """Turn the exps that :func:`row_facts` wrote into exp(x - m2) factor - of_mass v."""
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


@kernel
def distribution_gradient(
    like: Any, x: int, x_step: int, q: int, q_step: int, g: int, g_step: int, tops: int, n: int,
    classes: int, sample: int, class_weight: int, all_weights: float, keep: float, uniform: float,
    z: float, tolerance: float, divisor: float, out: int, digits: int, weight_digits: int,
    counts: int,
) -> None:  # fmt: skip
    """Do the same and write the gradient of the terms' sum over `divisor` (0: nothing) to `g`.

    `g` may be `x`. `tops` is room for a float64 for each block of a row, and for 8 rows at least.
    """
    facts = mem.room(14336)
    at_top, scale, of_mass, tops_of = mem.room(64), mem.room(64), mem.room(64), mem.room(64)
    factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048)
    size = VECTOR // v.lanes(like)
    doubtful, kept = np.int64(0), np.int64(0)
    together = max(1, min(WIDE, CACHED // (2 * classes * size)))
    if classes * size > BLOCK:
        together = 1  # the maxima of its blocks wait with a row
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        for start in range(0, rows, together):
            some = min(together, rows - start)
            for i in range(some):
                row = first + start + i
                factor = 1.0 if sample == 0 else mem.read(sample + 8 * row, 0.0)
                mem.write(factors + 8 * (start + i), factor)
                if factor == 0.0:
                    _no_facts(8 * i, facts)
                    continue
                kept += 1
                top, doubt = _facts_of_row(
                    x + row * x_step, q + row * q_step, class_weight, g + row * g_step,
                    tops + 8 * i, classes, keep, uniform, all_weights, tolerance, 8 * i, facts,
                    like,
                )  # fmt: skip
                mem.write(tops_of + 8 * i, np.int64(top))
                doubtful += doubt
            m2, s2 = mem.load(facts, 0.0), mem.load(facts + 2048, 0.0)
            mass, others = mem.load(facts + 6144, 0.0), mem.load(facts + 8192, 0.0)
            own_mass, gaps = mem.load(facts + 10240, 0.0), mem.load(facts + 12288, 0.0)
            x_top = mem.load(facts + 4096, 0.0)
            loss, _, to_p, p_top = label_scalars(m2, s2, x_top)
            main = main_loss(loss, x_top, mass, others + own_mass, gaps, z)
            factor = mem.load_some(factors, start, start + some, -1, 0.0)
            mem.store_some(terms, start, start + some, v.narrow(weighted(factor, main), like))
            mem.store_some(weights, start, start + some, factor * mass)
            a, b, of_top = top_slopes(
                factor, divisor, s2, to_p, p_top, x_top + loss, mass, others, own_mass, z
            )
            mem.store(at_top, of_top)
            mem.store(scale, a)
            mem.store(of_mass, b)
            for i in range(some):
                row = first + start + i
                to = g + row * g_step
                if mem.read(factors + 8 * (start + i), 0.0) == 0.0:
                    fill_row(to, classes, 0.0, like)
                    continue
                scale_row(
                    to, q + row * q_step, tops + 8 * i, class_weight, mem.read(facts + 8 * i, 0.0),
                    mem.read(scale + 8 * i, 0.0), mem.read(of_mass + 8 * i, 0.0), keep, uniform,
                    classes, like,
                )  # fmt: skip
                top = mem.read(tops_of + 8 * i, np.int64(0))
                mem.write(to + top * size, v.number(mem.read(at_top + 8 * i, 0.0), like))
        finish(rows, terms, weights, True, digits, weight_digits, counts, like)
    close(kept, doubtful, digits, weight_digits, counts)


@kernel
def distribution_weights(
    like: Any, q: int, q_step: int, n: int, classes: int, sample: int, class_weight: int,
    tolerance: float, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Add up the weights of the rows and count those that may be no distributions."""
    weights = mem.room(2048)
    doubtful, kept = np.int64(0), np.int64(0)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        for i in range(rows):
            factor = 1.0 if sample == 0 else mem.read(sample + 8 * (first + i), 0.0)
            mass = 0.0
            if factor != 0.0:
                kept += 1
                row = q + (first + i) * q_step
                total, mass, _, low, high = target_facts(
                    0, row, class_weight, classes, -1, 1.0, 0.0, like
                )
                doubtful += is_doubtful(total, low, high, tolerance)
            mem.write(weights + 8 * i, factor * mass)
        add_terms(weight_digits, counts, weights, rows, 0.0)
    close(kept, doubtful, 0, weight_digits, counts)
