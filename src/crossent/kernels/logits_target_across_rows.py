"""The same as :mod:`crossent.kernels.logits_target` for rows too short to fill vectors.

Lanes are rows, as in :mod:`crossent.kernels.logits_label_across_rows`: logits and targets are
transposed into vectors, a class each.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel
from crossent.kernels._scalars import label_scalars, weighted
from crossent.kernels.exact_sum import TERMS, add_terms
from crossent.kernels.logits_label import finish
from crossent.kernels.logits_label_across_rows import INF, lane_facts, to_lanes
from crossent.kernels.logits_target import close, main_loss, top_slopes

LANES: Final = 16  # the most that a vector has


@inner
def _largest_class(tile: int, classes: int, like: Any) -> Any:
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
def _mass(q: Any, c: int, weight: int, keep: float, uniform: float) -> Any:
    mass = v.fma(q, keep, v.splat(uniform, q))
    return mass if weight == 0 else mass * mem.read(weight + 8 * c, 0.0)


@inner
def _judged(total: Any, low: Any, high: Any, dead: Any, tolerance: float) -> bool:
    """Whether the targets of a lane that counts may be no distribution."""
    fine = v.choose(v.magnitude(total - 1.0) <= BASE, 1.0, 0.0)
    fine = v.choose(v.wide(low) >= -tolerance, fine, 0.0)
    fine = v.choose(v.wide(high) <= 1.0 + tolerance, fine, 0.0)
    return v.any_lane(v.choose(dead, 1.0, fine) == 0.0)


@inner
def _target_facts(q: int, classes: int, weight: int, like: Any) -> Any:
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
    m, top = _largest_class(tile, classes, like)
    nothing = v.wide(v.splat(0.0, like))
    others, of_top, gaps = nothing, nothing, nothing
    for c in range(classes):
        mass = _mass(v.wide(mem.load(q + c * 64, like)), c, weight, keep, uniform)
        here = top == np.float64(c)
        gap = v.wide(m - mem.load(tile + c * 64, like))
        gaps = gaps + v.choose(here, 0.0, v.choose(mass == 0.0, 0.0, mass * gap))
        others = others + v.choose(here, 0.0, mass)
        of_top = v.choose(here, mass, of_top)
    return top, of_top, others, gaps


@inner
def _factors(sample: int, first: int, rows: int, factors: int) -> int:
    """Write what the rows are multiplied by; return how many count."""
    kept = 0
    for i in range(rows):
        factor = 1.0 if sample == 0 else mem.read(sample + 8 * (first + i), 0.0)
        mem.write(factors + 8 * i, factor)
        kept += factor != 0.0
    for i in range(rows, min(TERMS, rows + LANES)):
        mem.write(factors + 8 * i, 0.0)  # lanes without a row are left out of every judgement
    return kept


@kernel
def distribution_values(
    like: Any, x: int, x_step: int, q: int, q_step: int, n: int, classes: int,
    sample: int, class_weight: int, all_weights: float, keep: float, uniform: float, z: float,
    tolerance: float, out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Compute the terms of n rows: written to `out`, added to `digits`, or both (0: not)."""
    tile, targets = mem.room(4096 + 256), mem.room(4096 + 256)
    factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048)
    lanes = v.lanes(like)
    size = 64 // lanes
    doubtful, kept = np.int64(0), np.int64(0)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        kept += _factors(sample, first, rows, factors)
        for i in range(0, rows, lanes):
            some, row = min(lanes, rows - i), first + i
            to_lanes(x + row * x_step, x_step, some, classes, tile, like)
            to_lanes(q + row * q_step, q_step, some, classes, targets, like)
            factor = mem.load_wide(factors + 8 * i, like)
            dead = factor == 0.0
            total, mass, low, high = _target_facts(targets, classes, class_weight, like)
            doubtful += _judged(total, low, high, dead, tolerance)
            top, of_top, others, gaps = _spread(
                tile, targets, classes, class_weight, keep, uniform, like
            )
            m, s, _, x_top = lane_facts(tile, classes, top, False, False, like)
            loss, _, _, _ = label_scalars(m, s, x_top)
            main = main_loss(loss, x_top, mass, others + of_top, gaps, z)
            main = v.choose(dead, 0.0, main)
            mem.store_some(terms, i, rows, v.narrow(weighted(factor, main), like))
            mem.store(weights + 8 * i, v.choose(dead, 0.0, factor * mass))
        finish(rows, terms, weights, True, digits, weight_digits, counts, like)
    close(kept, doubtful, digits, weight_digits, counts)


@kernel
def distribution_gradient(
    like: Any, x: int, x_step: int, q: int, q_step: int, g: int, g_step: int, tops: int, n: int,
    classes: int, sample: int, class_weight: int, all_weights: float, keep: float, uniform: float,
    z: float, tolerance: float, divisor: float, out: int, digits: int, weight_digits: int,
    counts: int,
) -> None:  # fmt: skip
    """Do the same and write the gradient of the terms' sum over `divisor` (0: nothing) to `g`."""
    tile, targets = mem.room(4096 + 256), mem.room(4096 + 256)
    factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048)
    lanes = v.lanes(like)
    size = 64 // lanes
    doubtful, kept = np.int64(0), np.int64(0)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        kept += _factors(sample, first, rows, factors)
        for i in range(0, rows, lanes):
            some, row = min(lanes, rows - i), first + i
            to_lanes(x + row * x_step, x_step, some, classes, tile, like)
            to_lanes(q + row * q_step, q_step, some, classes, targets, like)
            factor = mem.load_wide(factors + 8 * i, like)
            dead = factor == 0.0
            total, mass, low, high = _target_facts(targets, classes, class_weight, like)
            doubtful += _judged(total, low, high, dead, tolerance)
            top, of_top, others, gaps = _spread(
                tile, targets, classes, class_weight, keep, uniform, like
            )
            m, s, _, x_top = lane_facts(tile, classes, top, True, False, like)
            loss, _, to_p, p_top = label_scalars(m, s, x_top)
            main = main_loss(loss, x_top, mass, others + of_top, gaps, z)
            main = v.choose(dead, 0.0, main)
            mem.store_some(terms, i, rows, v.narrow(weighted(factor, main), like))
            mem.store(weights + 8 * i, v.choose(dead, 0.0, factor * mass))
            a, b, at_top = top_slopes(
                factor, divisor, s, to_p, p_top, x_top + loss, mass, others, of_top, z
            )
            for c in range(classes):
                at = tile + c * 64
                one = v.wide(mem.load(targets + c * 64, like))
                of_mass = b * _mass(one, c, class_weight, keep, uniform)
                value = v.fma(v.wide(mem.load(at, like)), a, 0.0 - of_mass)
                value = v.choose(top == np.float64(c), at_top, value)
                mem.store(at, v.narrow(v.choose(dead, 0.0, value), like))
            for c in range(0, classes, lanes):
                to = g + row * g_step
                mem.lanes_to_rows(tile + c * 64, to, g_step, some, c, classes, like)
        finish(rows, terms, weights, True, digits, weight_digits, counts, like)
    close(kept, doubtful, digits, weight_digits, counts)


@kernel
def distribution_weights(
    like: Any, q: int, q_step: int, n: int, classes: int, sample: int, class_weight: int,
    tolerance: float, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Add up the weights of the rows and count what may be no distribution."""
    targets, factors, weights = mem.room(4096 + 256), mem.room(2048), mem.room(2048)
    lanes = v.lanes(like)
    doubtful, kept = np.int64(0), np.int64(0)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        kept += _factors(sample, first, rows, factors)
        for i in range(0, rows, lanes):
            row = q + (first + i) * q_step
            to_lanes(row, q_step, min(lanes, rows - i), classes, targets, like)
            factor = mem.load_wide(factors + 8 * i, like)
            dead = factor == 0.0
            total, mass, low, high = _target_facts(targets, classes, class_weight, like)
            doubtful += _judged(total, low, high, dead, tolerance)
            mem.store(weights + 8 * i, v.choose(dead, 0.0, factor * mass))
        add_terms(weight_digits, counts, weights, rows, 0.0)
    close(kept, doubtful, 0, weight_digits, counts)
