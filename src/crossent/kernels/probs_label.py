"""Cross-entropy of probabilities with one label a row: values, and the gradient.

Of a row its label is needed, and, to be judged, the smallest and the largest probability and the
sum. A row that holds something else than probabilities is NaN; it is counted, as are rows whose sum
is not near 1, and the checks decide what to say of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel, part
from crossent.kernels._labels import DOUBTFUL, read_targets
from crossent.kernels._rows import VECTOR, fill_row
from crossent.kernels._scalars import log_of_probability, weighted
from crossent.kernels.exact_sum import TERMS, carry
from crossent.kernels.logits_label import WIDE, finish


@part
def row_facts(p: int, classes: int, like: Any) -> Any:
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


@kernel
def label_values(
    like: Any, p: int, p_step: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int,
    sample: int, class_weight: int,
    low: float, high: float, at_low: float, at_high: float, normalize: bool, sums: bool,
    tolerance: float, out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Compute the terms of n rows: written to `out`, added to `digits`, or both (0: not).

    `sums`: rows whose sum is not near 1 are counted as doubtful.
    """
    labels, factors, weights, own = (
        mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048),
    )  # fmt: skip
    q = mem.room(2048)
    size = VECTOR // v.lanes(like)
    weighs = sample != 0 or class_weight != 0
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                     class_weight, labels, factors, weights, counts)  # fmt: skip
        doubtful = np.int64(0)
        for i in range(rows):
            label = mem.read(labels + 8 * i, np.int64(0))
            value = 1.0
            if label >= 0:
                row = p + (first + i) * p_step
                total, smallest, largest = row_facts(row, classes, like)
                value = np.float64(mem.read(row + label * size, like))
                if normalize:
                    value /= total
                inside = smallest >= -tolerance and largest <= 1.0 + tolerance
                if not (inside and total == total):
                    value = np.nan
                    mem.write(weights + 8 * i, 1.0)
                    doubtful += 1
                elif sums and not abs(total - 1.0) <= BASE:
                    doubtful += 1
            mem.write(q + 8 * i, value)
        mem.write(counts + DOUBTFUL, mem.read(counts + DOUBTFUL, doubtful) + doubtful)
        for i in range(0, rows, WIDE):
            loss = clipped(mem.load(q + 8 * i, 0.0), low, high, at_low, at_high)
            term = weighted(mem.load(factors + 8 * i, 0.0), loss)
            mem.store_some(terms, i, rows, v.narrow(term, like))
        finish(rows, terms, weights, weighs, digits, weight_digits, counts, like)
    if digits != 0:
        carry(digits)
        if weighs:
            carry(weight_digits)


@kernel
def label_gradient(
    like: Any, p: int, p_step: int, g: int, g_step: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int,
    sample: int, class_weight: int,
    low: float, high: float, normalize: bool, tolerance: float, divisor: float, counts: int,
) -> None:  # fmt: skip
    """Write the gradient of the terms' sum over `divisor` (0: nothing) to `g`, which may be `p`."""
    labels, factors, weights = mem.room(2048), mem.room(2048), mem.room(2048)
    size = VECTOR // v.lanes(like)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                     class_weight, labels, factors, weights, counts)  # fmt: skip
        for i in range(rows):
            label = mem.read(labels + 8 * i, np.int64(0))
            factor = mem.read(factors + 8 * i, 0.0)
            to = g + (first + i) * g_step
            if label < 0:
                fill_row(to, classes, factor, like)
                continue
            row = p + (first + i) * p_step
            total, smallest, largest = row_facts(row, classes, like)
            q = np.float64(mem.read(row + label * size, like))
            if not (smallest >= -tolerance and largest <= 1.0 + tolerance and total == total):
                fill_row(to, classes, np.nan, like)
                continue
            if normalize:
                q /= total
            upstream = 0.0 if divisor == 0.0 else factor / divisor
            at_label = 0.0
            if upstream != 0.0 and low <= q <= high:
                at_label = -upstream / q
            others = 0.0
            if normalize:
                at_label /= total
                others = -at_label * q
                if q == 0.0 and at_label != 0.0:
                    others = 0.0  # the slope is infinite, but the sum moves no such loss
                at_label += others
            fill_row(to, classes, others, like)
            mem.write(to + label * size, v.number(at_label, like))
