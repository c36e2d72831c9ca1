"""The same as :mod:`crossent.kernels.probs_target` for few classes: lanes are rows.

The classes of 8 rows are transposed into vectors of float64, computed class by class, and the
gradient is transposed back.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _eights as eights
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel, part
from crossent.kernels._labels import DOUBTFUL, IGNORED
from crossent.kernels._rows import VECTOR
from crossent.kernels._scalars import weighted
from crossent.kernels.exact_sum import TERMS, carry
from crossent.kernels.logits_label import finish
from crossent.kernels.probs_target import (
    class_losses,
    class_slopes,
    has_mass,
    is_bad,
    is_distribution,
    mass_inside,
    mass_of,
    read_rows,
)

MOST: Final = 24


@inner
def _transpose(x: int, step: int, rows: int, classes: int, tile: int, like: Any) -> None:
    for first in range(0, classes, eights.EIGHT):
        eights.rows_to_lanes(x, step, rows, first, classes, tile + first * 64, like)


@inner
def _set_labels(tile: int, labels: int, value: float) -> None:
    """Write a number to the label of each of 8 rows."""
    for lane in range(eights.EIGHT):
        label = mem.read(labels + 8 * lane, np.int64(0))
        if label >= 0:
            mem.write(tile + label * 64 + 8 * lane, value)


@inner
def _weight_of(weight: int, c: int) -> float:
    return 1.0 if weight == 0 else mem.read(weight + 8 * c, 0.0)


@inner
def _sums(tile: int, tile_q: int, weight: int, classes: int) -> Any:
    """Return the sums of w q, q and p, the smallest and largest of p and q, and the one class.

    That is the p and w q of the last class with mass, and how many classes have any.
    """
    nothing, one = v.splat(0.0, 0.0), v.splat(1.0, 0.0)
    mass_q, sum_q, sum_p, least, most = nothing, nothing, nothing, nothing, nothing
    the_p, the_mass, several = one, nothing, nothing
    for c in range(classes):
        a, b = mem.load(tile + 64 * c, 0.0), mem.load(tile_q + 64 * c, 0.0)
        sum_p, sum_q = sum_p + a, sum_q + b
        least, most = v.smaller(a, v.smaller(b, least)), v.larger(a, v.larger(b, most))
        mass = b * _weight_of(weight, c)
        mass_q = mass_q + mass
        several = several + v.choose(b == 0.0, 0.0, 1.0)
        the_p = v.choose(b == 0.0, the_p, a)
        the_mass = v.choose(b == 0.0, the_mass, mass)
    return mass_q, sum_q, sum_p, least, most, the_p, the_mass, several


@inner
def _oddities(sum_q: Any, sum_p: Any, least: Any, most: Any, sums: bool, label: Any) -> Any:
    """Return 1 for rows that are read and may be no probabilities or have no distribution."""
    fine = v.choose(least >= -BASE, v.choose(most <= 1.0 + BASE, 1.0, 0.0), 0.0)
    fine = v.choose(v.magnitude(sum_q - 1.0) <= BASE, fine, 0.0)
    near = v.magnitude(sum_p - 1.0) <= BASE if sums else sum_p == sum_p
    fine = v.choose(near, fine, 0.0)
    return v.choose(label >= 0, 1.0 - fine, 0.0)


@part
def _judge(
    p: int, p_step: int, q: int, q_step: int, rows: int, classes: int, odd: int,
    factors: int, marks: int, tolerance: float, like: Any, like_q: Any,
) -> int:  # fmt: skip
    """Make the factor NaN of odd rows that hold something else than probabilities; count odd ones.

    Where `marks` is not 0, a byte there is set for each row of doubtful targets.
    """
    doubtful = 0
    for i in range(rows):
        if mem.read(odd + 8 * i, 0.0) == 0.0:
            continue
        doubtful += 1
        if marks != 0 and not is_distribution(q + i * q_step, classes, like_q):
            mem.write(marks + i, np.uint8(1))
        if is_bad(p + i * p_step, classes, tolerance, like):
            mem.write(factors + 8 * i, np.nan)
    return doubtful


@inner
def _main(
    tile: int, tile_q: int, weight: int, classes: int, total: Any, normalize: bool, the_p: Any,
    the_mass: Any, several: Any, keep: float, uniform: float, low: float, high: float,
    at_low: float, at_high: float,
) -> Any:  # fmt: skip
    """Return the sum of v loss of each row."""
    main = v.splat(0.0, 0.0)
    one_class = uniform == 0.0 and not v.any_lane(several > 1.0)
    for c in range(1 if one_class else classes):
        a, mass = the_p, the_mass
        if not one_class:
            a = mem.load(tile + 64 * c, 0.0)
            b = mem.load(tile_q + 64 * c, 0.0)
            mass = mass_of(b, _weight_of(weight, c), keep, uniform)
        if normalize:
            a = a / total
        main = main + class_losses(a, mass, low, high, at_low, at_high)
    return main


@inner
def _clear(tile: int) -> None:
    nothing = v.splat(0.0, 0.0)
    for c in range(MOST):
        mem.store(tile + 64 * c, nothing)


@inner
def _read_rows(
    first: int, rows: int, classes: int, y: int, y_kind: int, y_step: int, ignored: int,
    n_ignored: int, sample: int, labels: int, factors: int, weights: int, counts: int,
) -> None:  # fmt: skip
    """Read some rows; those up to the next multiple of 8 are not there."""
    read_rows(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
              labels, factors, weights, counts)  # fmt: skip
    for i in range(rows, -(-rows // eights.EIGHT) * eights.EIGHT):
        mem.write(labels + 8 * i, np.int64(IGNORED))
        mem.write(factors + 8 * i, 0.0)


@kernel
def target_values(
    like: Any, like_q: Any, p: int, p_step: int, q: int, q_step: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int, sample: int, weight: int,
    keep: float, uniform: float, low: float, high: float, at_low: float, at_high: float,
    normalize: bool, sums: bool, tolerance: float, marks: int,
    out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Compute the terms of n rows, as the kernel of this name for many classes does."""
    tile, tile_q, odd = mem.room(1536), mem.room(1536), mem.room(64)
    labels, factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048)
    size = VECTOR // v.lanes(like)
    _clear(tile_q)
    doubtful = np.int64(0)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        _read_rows(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                   labels, factors, weights, counts)  # fmt: skip
        for i in range(0, rows, eights.EIGHT):
            row, targets = p + (first + i) * p_step, q + (first + i) * q_step
            some = min(eights.EIGHT, rows - i)
            _transpose(row, p_step, some, classes, tile, like)
            if y == 0:
                _transpose(targets, q_step, some, classes, tile_q, like_q)
            else:
                _set_labels(tile_q, labels + 8 * i, 1.0)
            mass, sum_q, sum_p, least, most, the_p, the_mass, several = _sums(
                tile, tile_q, weight, classes
            )
            main = _main(
                tile, tile_q, weight, classes, sum_p, normalize, the_p, the_mass, several,
                keep, uniform, low, high, at_low, at_high,
            )  # fmt: skip
            if y != 0:
                _set_labels(tile_q, labels + 8 * i, 0.0)
            label = mem.load(labels + 8 * i, np.int64(0))
            oddities = _oddities(sum_q, sum_p, least, most, sums, label)
            if v.any_lane(oddities > 0.0):
                mem.store(odd, oddities)
                doubtful += _judge(
                    row, p_step, targets, q_step, some, classes, odd, factors + 8 * i,
                    0 if marks == 0 else marks + first + i, tolerance, like, like_q,
                )  # fmt: skip
            factor = mem.load(factors + 8 * i, 0.0)
            term = weighted(factor, v.choose(label >= 0, main, 0.0))
            mem.store_some(terms, i, rows, v.narrow(term, like))
            weighs = v.choose(label >= 0, factor * mass, 0.0)
            mem.store(weights + 8 * i, v.choose(factor == factor, weighs, 1.0))
        finish(rows, terms, weights, True, digits, weight_digits, counts, like)
    mem.write(counts + DOUBTFUL, mem.read(counts + DOUBTFUL, doubtful) + doubtful)
    if digits != 0:
        carry(digits)
        carry(weight_digits)


@kernel
def target_gradient(
    like: Any, like_q: Any, p: int, p_step: int, q: int, q_step: int, g: int, g_step: int,
    n: int, classes: int, y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int,
    sample: int, weight: int, keep: float, uniform: float, low: float, high: float,
    normalize: bool, tolerance: float, divisor: float, counts: int,
) -> None:  # fmt: skip
    """Write the gradient, as the kernel of this name for many classes does."""
    tile, tile_q, odd = mem.room(1536), mem.room(1536), mem.room(64)
    labels, factors, weights = mem.room(2048), mem.room(2048), mem.room(2048)
    one = v.splat(1.0, 0.0)
    _clear(tile_q)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        _read_rows(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                   labels, factors, weights, counts)  # fmt: skip
        for i in range(0, rows, eights.EIGHT):
            row, targets = p + (first + i) * p_step, q + (first + i) * q_step
            some = min(eights.EIGHT, rows - i)
            _transpose(row, p_step, some, classes, tile, like)
            if y == 0:
                _transpose(targets, q_step, some, classes, tile_q, like_q)
            else:
                _set_labels(tile_q, labels + 8 * i, 1.0)
            _, _, sum_p, least, most, _, _, _ = _sums(tile, tile_q, 0, classes)
            label = mem.load(labels + 8 * i, np.int64(0))
            oddities = _oddities(one, sum_p, least, most, False, label)
            if v.any_lane(oddities > 0.0):
                mem.store(odd, oddities)
                _judge(row, p_step, targets, q_step, some, classes, odd, factors + 8 * i, 0,
                       tolerance, like, like_q)  # fmt: skip
            factor = mem.load(factors + 8 * i, 0.0)
            upstream = factor * 0.0 if divisor == 0.0 else factor / divisor
            shared = upstream * 0.0
            total = v.choose(sum_p == 0.0, np.nan, sum_p)
            if normalize:
                upstream = upstream / total
                for c in range(classes):
                    a, b = mem.load(tile + 64 * c, 0.0) / total, mem.load(tile_q + 64 * c, 0.0)
                    mass = mass_of(b, _weight_of(weight, c), keep, uniform)
                    shared = shared + upstream * mass_inside(a, mass, low, high)
            for c in range(classes):
                a, b = mem.load(tile + 64 * c, 0.0), mem.load(tile_q + 64 * c, 0.0)
                slopes = shared
                if uniform > 0.0 or has_mass(b):
                    if normalize:
                        a = a / total
                    mass = mass_of(b, _weight_of(weight, c), keep, uniform) * upstream
                    slopes = shared - class_slopes(a, mass, low, high)
                slopes = v.choose(label >= 0, slopes, 0.0)
                mem.store(tile + 64 * c, v.choose(factor == factor, slopes, np.nan))
            if y != 0:
                _set_labels(tile_q, labels + 8 * i, 0.0)
            for c in range(0, classes, eights.EIGHT):
                to = g + (first + i) * g_step
                eights.lanes_to_rows(tile + c * 64, to, g_step, some, c, classes, like)
