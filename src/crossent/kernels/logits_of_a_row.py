"""One row of logits: the maximum and the sum of exp over all classes but one.

A row is read in groups of four vectors, each with an accumulator of its own, in blocks that stay
in the cache nearest to the core. Where a block raises the maximum, the sum so far is multiplied by
exp(old maximum - new one) in float64, so that every logit is read from memory once. The group that
holds the class to leave out, and the last one if it is not whole, are read lane by lane.

Sums of float32 are carried on in float64 after every 16 groups.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, pair, pair_of_parts, part

VECTOR: Final = 64  # bytes
GROUP: Final = 4 * VECTOR
BLOCK: Final = 64 * GROUP
CARRY: Final = 16  # groups
INF: Final = np.inf


@inner
def whole_groups(first: int, stop: int, skip: int, per_group: int) -> tuple[int, int]:
    """Return where the first group that is not plain begins, and where the last whole one ends."""
    whole = first + (stop - first) // per_group * per_group
    cut = whole
    if first <= skip < whole:
        cut = first + (skip - first) // per_group * per_group
    return cut, whole


@inner
def plain_groups(first: int, cut: int, whole: int, per_group: int) -> int:
    """Return how many whole groups there are but the one at `cut`."""
    return (whole - first) // per_group - (1 if cut < whole else 0)


@inner
def plain_group(k: int, first: int, cut: int, per_group: int) -> int:
    """Return where the k-th of them begins.

    One loop runs over all of them: CPUs would not predict where two loops, before and after `cut`,
    end.
    """
    at = first + k * per_group
    return at + per_group if at >= cut else at


@inner
def largest(x: int, first: int, stop: int, skip: int, like: Any) -> Any:
    """Return the largest of elements first to stop without element `skip`; -inf if none is left."""
    lanes = v.lanes(like)
    per_group, size = 4 * lanes, VECTOR // lanes
    cut, whole = whole_groups(first, stop, skip, per_group)
    a = v.splat(-INF, like)
    b, c, d = a, a, a
    low = v.number(-INF, like)
    for k in range(plain_groups(first, cut, whole, per_group)):
        here = x + plain_group(k, first, cut, per_group) * size
        a = v.larger(a, mem.load(here, like))
        b = v.larger(b, mem.load(here + VECTOR, like))
        c = v.larger(c, mem.load(here + 2 * VECTOR, like))
        d = v.larger(d, mem.load(here + 3 * VECTOR, like))
    at = cut
    while at < stop:
        a = v.larger(a, mem.load_some(x, at, stop, skip, low))
        b = v.larger(b, mem.load_some(x, at + lanes, stop, skip, low))
        c = v.larger(c, mem.load_some(x, at + 2 * lanes, stop, skip, low))
        d = v.larger(d, mem.load_some(x, at + 3 * lanes, stop, skip, low))
        at = max(at + per_group, whole)
    return v.largest_lane(v.larger(v.larger(a, b), v.larger(c, d)))


@pair
def _exp(for_gradient: bool) -> Any:
    def exp(g: int, difference: Any) -> Any:
        """Return exp; for a gradient write it to a row, subnormal or not."""
        if for_gradient:
            e = v.exp_to_subnormal(difference)
            mem.store(g, e)
            return v.normal(difference, e)
        return v.exp(difference)

    return exp


@pair
def _exp_of_some(for_gradient: bool) -> Any:
    def exp(g: int, i: int, stop: int, difference: Any) -> Any:
        if for_gradient:
            e = v.exp_to_subnormal(difference)
            mem.store_some(g, i, stop, e)
            return v.normal(difference, e)
        return v.exp(difference)

    return exp


@pair
def add_exps(for_gradient: bool) -> Any:
    exp, exp_of_some = _exp[for_gradient], _exp_of_some[for_gradient]

    def add_exps(
        x: int, g: int, first: int, stop: int, skip: int, shift: Any, total: Any, like: Any
    ) -> Any:
        """Return `total` and the sums of exp(x - shift) over the same elements, in float64 lanes.

        For a gradient the exps are written to the row at `g`, which may be the same row.
        """
        lanes = v.lanes(like)
        per_group, size = 4 * lanes, VECTOR // lanes
        cut, whole = whole_groups(first, stop, skip, per_group)
        # Fetch the next block meanwhile: the search for its maximum would wait for memory.
        ahead = (stop - first) * size
        low = v.number(-INF, like)
        m = v.splat(shift, like)
        zero = v.splat(0.0, like)
        groups = plain_groups(first, cut, whole, per_group)
        for start in range(0, groups, CARRY):
            a, b, c, d = zero, zero, zero, zero
            for group in range(start, min(groups, start + CARRY)):
                i = plain_group(group, first, cut, per_group) * size
                here, there = x + i, g + i
                for line in range(4):
                    mem.fetch(here + ahead + line * VECTOR)
                a = a + exp(there, mem.load(here, like) - m)
                b = b + exp(there + VECTOR, mem.load(here + VECTOR, like) - m)
                c = c + exp(there + 2 * VECTOR, mem.load(here + 2 * VECTOR, like) - m)
                d = d + exp(there + 3 * VECTOR, mem.load(here + 3 * VECTOR, like) - m)
            total = total + v.wide((a + b) + (c + d))
        at = cut
        while at < stop:
            i, j, k = at + lanes, at + 2 * lanes, at + 3 * lanes
            a = exp_of_some(g, at, stop, mem.load_some(x, at, stop, skip, low) - m)
            b = exp_of_some(g, i, stop, mem.load_some(x, i, stop, skip, low) - m)
            c = exp_of_some(g, j, stop, mem.load_some(x, j, stop, skip, low) - m)
            d = exp_of_some(g, k, stop, mem.load_some(x, k, stop, skip, low) - m)
            total = total + v.wide((a + b) + (c + d))
            at = max(at + per_group, whole)
        return total

    return add_exps


@inner
def add_gaps(x: int, first: int, stop: int, skip: int, top: Any, like: Any) -> float:
    """Return the sum of top - x over the same elements; no term is negative."""
    lanes = v.lanes(like)
    per_group, size = 4 * lanes, VECTOR // lanes
    cut, whole = whole_groups(first, stop, skip, per_group)
    m = v.splat(top, like)
    total = v.wide(v.splat(0.0, like))
    for k in range(plain_groups(first, cut, whole, per_group)):
        here = x + plain_group(k, first, cut, per_group) * size
        a = (m - mem.load(here, like)) + (m - mem.load(here + VECTOR, like))
        b = (m - mem.load(here + 2 * VECTOR, like)) + (m - mem.load(here + 3 * VECTOR, like))
        total = total + v.wide(a + b)
    at = cut
    while at < stop:
        a = m - mem.load_some(x, at, stop, skip, top)
        b = m - mem.load_some(x, at + lanes, stop, skip, top)
        c = m - mem.load_some(x, at + 2 * lanes, stop, skip, top)
        d = m - mem.load_some(x, at + 3 * lanes, stop, skip, top)
        total = total + v.wide((a + b) + (c + d))
        at = max(at + per_group, whole)
    return v.add_lanes(total)


@pair_of_parts
def sums_of_row(for_gradient: bool) -> Any:
    add = add_exps[for_gradient]

    def sums(x: int, g: int, tops: int, classes: int, skip: int, with_gaps: bool, like: Any) -> Any:
        """Return m2, S2 and G of a row as float64, all of them without one class.

        m2 is the maximum, S2 the sum of exp(x - m2), and G, if asked for, the sum of m2 - x. For a
        gradient the exps are written to `g`, each less the maximum up to its block, and these
        maxima to `tops` as float64.
        """
        per_block = BLOCK // VECTOR * v.lanes(like)
        m = v.number(-INF, like)
        total = v.wide(v.splat(0.0, like))
        gaps = 0.0
        for first in range(0, classes, per_block):
            stop = min(classes, first + per_block)
            top = largest(x, first, stop, skip, like)
            if top > m:
                if first > 0:
                    raised = np.float64(top) - np.float64(m)
                    total = total * v.exp(v.splat(-raised, total))
                    others = first - 1 if 0 <= skip < first else first
                    if others > 0:
                        gaps += others * raised
                m = top
            shift = m if m > -INF else v.number(0.0, like)
            if with_gaps:
                gaps += add_gaps(x, first, stop, skip, shift, like)
            total = add(x, g, first, stop, skip, shift, total, like)
            if for_gradient:
                mem.write(tops + first // per_block * 8, np.float64(m))
        return np.float64(m), v.add_lanes(total), gaps

    return sums


@part
def scale_row(
    g: int, tops: int, m2: float, factor: float, less: float, classes: int, like: Any
) -> None:
    """Turn the exps that :func:`sums_of_row` wrote into exp(x - m2) factor - less."""
    lanes = v.lanes(like)
    size = VECTOR // lanes
    per_block = BLOCK // VECTOR * lanes
    minus = v.splat(-less, like)
    for first in range(0, classes, per_block):
        stop = min(classes, first + per_block)
        top = mem.read(tops + first // per_block * 8, 0.0)
        by = factor
        if top != m2:
            by = factor * v.lane(v.exp(v.splat(top - m2, 0.0)), 0)
        scale = v.splat(by, like)
        whole = stop - (stop - first) % lanes
        for i in range(first, whole, lanes):
            here = g + i * size
            mem.store(here, v.fma(mem.load(here, like), scale, minus))
        if whole < stop:
            last = mem.load_some(g, whole, stop, -1, v.number(0.0, like))
            mem.store_some(g, whole, stop, v.fma(last, scale, minus))


@part
def fill_row(g: int, classes: int, value: float, like: Any) -> None:
    """Write one number to every class of a row."""
    lanes = v.lanes(like)
    size = VECTOR // lanes
    what = v.splat(value, like)
    whole = classes - classes % lanes
    for i in range(0, whole, lanes):
        mem.store(g + i * size, what)
    mem.store_some(g, whole, classes, what)
