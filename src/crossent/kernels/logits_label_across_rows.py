"""The same as :mod:`crossent.kernels.logits_label` for rows too short to fill vectors.

Lanes are rows. The classes of 16 rows of float32, or 8 of float64, are transposed into vectors,
computed class by class, and the gradient is transposed back.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel
from crossent.kernels._labels import read_targets
from crossent.kernels._scalars import label_scalars, log_sum, weighted
from crossent.kernels.exact_sum import TERMS, carry
from crossent.kernels.logits_label import finish, label_slopes, main_loss

MOST: Final = 64
INF: Final = np.inf


@inner
def to_lanes(x: int, x_step: int, rows: int, classes: int, tile: int, like: Any) -> None:
    lanes = v.lanes(like)
    for first in range(0, classes, lanes):
        mem.rows_to_lanes(x, x_step, rows, first, classes, tile + first * 64, like)


@inner
def lane_facts(tile: int, classes: int, label: Any, keep: bool, with_gaps: bool, like: Any) -> Any:
    """Return m2, S2, G and the logit of the label of every lane; `keep` the exps in the tile."""
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
        a = a + _exp(at, shift, keep, like)
        b = b + _exp(at + 64, shift, keep, like)
        c_ = c_ + _exp(at + 128, shift, keep, like)
        d = d + _exp(at + 192, shift, keep, like)
    s2 = (v.wide(a) + v.wide(b)) + (v.wide(c_) + v.wide(d))
    return v.wide(m), s2, gaps, v.wide(x_label)


@inner
def _exp(at: int, shift: Any, keep: bool, like: Any) -> Any:
    """Return the exp of one class; leave it, subnormal or not, in the place of the logit."""
    difference = mem.load(at, like) - shift
    if keep:
        e = v.exp_to_subnormal(difference)
        mem.store(at, e)
        return v.normal(difference, e)
    return v.exp(difference)


@inner
def _labels_of_lanes(labels: int, to: int, rows: int, like: Any) -> None:
    """Write labels as numbers of the type of the rows, with which a vector can be compared."""
    size = 64 // v.lanes(like)
    for i in range(rows):
        mem.write(to + i * size, v.number(mem.read(labels + 8 * i, np.int64(0)), like))


@kernel
def label_values(
    like: Any, x: int, x_step: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int,
    sample: int, class_weight: int, smoothing: float, z: float,
    out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Compute the terms of n rows, as :func:`crossent.kernels.logits_label.label_values` does."""
    tile, label_numbers = mem.room(4096 + 256), mem.room(2048)
    labels, factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048)
    lanes = v.lanes(like)
    size = 64 // lanes
    weighs = sample != 0 or class_weight != 0
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                     class_weight, labels, factors, weights, counts)  # fmt: skip
        _labels_of_lanes(labels, label_numbers, rows, like)
        for i in range(0, rows, lanes):
            label = mem.load(label_numbers + i * size, like)
            row = x + (first + i) * x_step
            to_lanes(row, x_step, min(lanes, rows - i), classes, tile, like)
            m, s, gaps, x_label = lane_facts(tile, classes, label, False, smoothing > 0.0, like)
            loss, above, _, _ = label_scalars(m, s, x_label)
            lse = log_sum(m, above, x_label, loss)
            main = main_loss(loss, above, lse, gaps, classes, smoothing, z)
            main = v.choose(label >= 0.0, main, 0.0)
            term = weighted(mem.load_wide(factors + 8 * i, like), main)
            mem.store_some(terms, i, rows, v.narrow(term, like))
        finish(rows, terms, weights, weighs, digits, weight_digits, counts, like)
    if digits != 0:
        carry(digits)
        if weighs:
            carry(weight_digits)


@kernel
def label_gradient(
    like: Any, x: int, x_step: int, g: int, g_step: int, tops: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int,
    sample: int, class_weight: int, smoothing: float, z: float, divisor: float,
    out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Do the same with the gradient, as ``logits_label.label_gradient`` does."""
    tile, label_numbers = mem.room(4096 + 256), mem.room(2048)
    labels, factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048)
    lanes = v.lanes(like)
    size = 64 // lanes
    weighs = sample != 0 or class_weight != 0
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                     class_weight, labels, factors, weights, counts)  # fmt: skip
        _labels_of_lanes(labels, label_numbers, rows, like)
        for i in range(0, rows, lanes):
            label = mem.load(label_numbers + i * size, like)
            some = min(lanes, rows - i)
            to_lanes(x + (first + i) * x_step, x_step, some, classes, tile, like)
            m, s, gaps, x_label = lane_facts(tile, classes, label, True, smoothing > 0.0, like)
            loss, above, to_p, p_label = label_scalars(m, s, x_label)
            lse = log_sum(m, above, x_label, loss)
            main = main_loss(loss, above, lse, gaps, classes, smoothing, z)
            live = label >= 0.0
            main = v.choose(live, main, 0.0)
            factor = mem.load_wide(factors + 8 * i, like)
            mem.store_some(terms, i, rows, v.narrow(weighted(factor, main), like))
            scale, less, at_label = label_slopes(
                factor, divisor, s, to_p, p_label, lse, classes, smoothing, z
            )
            by, minus = v.narrow(scale, like), v.narrow(0.0 - less, like)
            of_label, dead = v.narrow(at_label, like), v.narrow(factor, like)
            for c in range(classes):
                at = tile + c * 64
                value = v.fma(mem.load(at, like), by, minus)
                value = v.choose(label == np.float64(c), of_label, value)
                mem.store(at, v.choose(live, value, dead))
            for c in range(0, classes, lanes):
                to = g + (first + i) * g_step
                mem.lanes_to_rows(tile + c * 64, to, g_step, some, c, classes, like)
        finish(rows, terms, weights, weighs, digits, weight_digits, counts, like)
    if digits != 0:
        carry(digits)
        if weighs:
            carry(weight_digits)
