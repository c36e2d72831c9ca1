"""Cross-entropy of logits with one label a row: values, and values with their gradient.

The formulae are those of :mod:`crossent.losses.softmax`, with the label in the place of the
largest class: m2 and S2 leave it out, so that confident rows keep their digits.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE, WARN_LIMIT
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel
from crossent.kernels._labels import IGNORED, judged, read_label, read_targets, wrong_labels
from crossent.kernels._rows import BLOCK, VECTOR, fill_row, row_facts, scale_row
from crossent.kernels._scalars import label_scalars, log_sum, weighted
from crossent.kernels.exact_sum import TERMS, add_terms, carry

WIDE: Final = 8  # rows whose scalars are computed together
CACHED: Final = 2**18  # bytes of logits and exps that wait for their scalars


@inner
def main_loss(
    loss: Any, above: Any, lse: Any, gaps: Any, classes: int, smoothing: float, z: float
) -> Any:
    """Return what the factor of a row multiplies: smoothed, and with its z-loss."""
    main = loss
    if smoothing > 0.0:
        uniform = smoothing / classes
        of_label = uniform + (1.0 - smoothing)
        main = loss * of_label + (above * np.float64(classes - 1) + gaps) * uniform
    if z > 0.0:
        main = main + lse * lse * z
    return main


@inner
def label_slopes(
    factor: Any, divisor: float, s2: Any, to_p: Any, p_label: Any, lse: Any,
    classes: int, smoothing: float, z: float,
) -> Any:  # fmt: skip
    """Return a, d and g_y of the gradient exp(x_c - m2) a - d, and g_y at the label."""
    upstream = factor * 0.0 if divisor == 0.0 else factor / divisor
    of_lse = upstream * 0.0
    if z > 0.0:
        of_lse = upstream * (2.0 * z) * lse
    total = upstream + of_lse
    others = s2 * to_p
    if smoothing == 0.0:
        return total * to_p, upstream * 0.0, of_lse * p_label - upstream * others
    uniform = smoothing / classes
    # Below 1/2 it is p that has the digits, above it 1 - p.
    sure = of_lse + upstream * (smoothing - uniform) - total * others
    unsure = total * p_label - upstream * ((1.0 - smoothing) + uniform)
    return total * to_p, upstream * uniform, v.choose(p_label > 0.5, sure, unsure)


@inner
def finish(
    rows: int, terms: int, weights: int, weighs: bool, digits: int, weight_digits: int,
    counts: int, like: Any,
) -> None:  # fmt: skip
    """Add the terms and weights of a chunk to the totals, if any are asked for."""
    if digits != 0:
        add_terms(digits, counts, terms, rows, like)
        if weighs:
            add_terms(weight_digits, counts, weights, rows, 0.0)


@kernel
def label_values(
    like: Any, x: int, x_step: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int,
    sample: int, class_weight: int, smoothing: float, z: float,
    out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Compute the terms of n rows: written to `out`, added to `digits`, or both (0: not)."""
    m2, s2, gaps, xl = mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048)
    labels, factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048)
    size = VECTOR // v.lanes(like)
    weighs = sample != 0 or class_weight != 0
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                     class_weight, labels, factors, weights, counts)  # fmt: skip
        for i in range(rows):
            label = mem.read(labels + 8 * i, np.int64(0))
            top, total, gap, at_label = 0.0, 1.0, 0.0, 0.0
            if label >= 0:
                row = x + (first + i) * x_step
                at_label = np.float64(mem.read(row + label * size, like))
                top, total, gap = row_facts(row, 0, 0, classes, label, smoothing > 0.0, like)
            mem.write(m2 + 8 * i, top)
            mem.write(s2 + 8 * i, total)
            mem.write(gaps + 8 * i, gap)
            mem.write(xl + 8 * i, at_label)
        for i in range(0, rows, WIDE):
            by, m = 8 * i, mem.load(m2 + 8 * i, 0.0)
            x_label = mem.load(xl + by, 0.0)
            loss, above, _, _ = label_scalars(m, mem.load(s2 + by, 0.0), x_label)
            lse = log_sum(m, above, x_label, loss)
            main = main_loss(loss, above, lse, mem.load(gaps + by, 0.0), classes, smoothing, z)
            term = weighted(mem.load(factors + by, 0.0), main)
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
    """Do the same and write the gradient of the terms' sum over `divisor` (0: nothing) to `g`.

    `g` may be `x`: every element is read before it is written. `tops` is room for a float64 for
    each block of a row, and for 8 rows at least.
    """
    m2, s2, gaps, xl = mem.room(64), mem.room(64), mem.room(64), mem.room(64)
    at_label, scale, less = mem.room(64), mem.room(64), mem.room(64)
    labels, factors, weights, own = mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048)
    size = VECTOR // v.lanes(like)
    weighs = sample != 0 or class_weight != 0
    together = max(1, min(WIDE, CACHED // (classes * size)))
    if classes * size > BLOCK:
        together = 1  # the maxima of its blocks wait with a row
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                     class_weight, labels, factors, weights, counts)  # fmt: skip
        for start in range(0, rows, together):
            some = min(together, rows - start)
            for i in range(some):
                label = mem.read(labels + 8 * (start + i), np.int64(0))
                top, total, gap, value = 0.0, 1.0, 0.0, 0.0
                if label >= 0:
                    row = x + (first + start + i) * x_step
                    value = np.float64(mem.read(row + label * size, like))
                    to = g + (first + start + i) * g_step
                    top, total, gap = row_facts(
                        row, to, tops + 8 * i, classes, label, smoothing > 0.0, like
                    )
                mem.write(m2 + 8 * i, top)
                mem.write(s2 + 8 * i, total)
                mem.write(gaps + 8 * i, gap)
                mem.write(xl + 8 * i, value)
            m, s, x_label = mem.load(m2, 0.0), mem.load(s2, 0.0), mem.load(xl, 0.0)
            loss, above, to_p, p_label = label_scalars(m, s, x_label)
            lse = log_sum(m, above, x_label, loss)
            main = main_loss(loss, above, lse, mem.load(gaps, 0.0), classes, smoothing, z)
            factor = mem.load_some(factors, start, start + some, -1, 0.0)
            mem.store_some(terms, start, start + some, v.narrow(weighted(factor, main), like))
            of_p, minus, of_label = label_slopes(
                factor, divisor, s, to_p, p_label, lse, classes, smoothing, z
            )
            mem.store(at_label, of_label)
            mem.store(scale, of_p)
            mem.store(less, minus)
            for i in range(some):
                to = g + (first + start + i) * g_step
                label = mem.read(labels + 8 * (start + i), np.int64(0))
                if label < 0:
                    fill_row(to, classes, mem.read(factors + 8 * (start + i), 0.0), like)
                    continue
                scale_row(
                    to, tops + 8 * i, mem.read(m2 + 8 * i, 0.0), mem.read(scale + 8 * i, 0.0),
                    mem.read(less + 8 * i, 0.0), classes, like,
                )  # fmt: skip
                mem.write(to + label * size, v.number(mem.read(at_label + 8 * i, 0.0), like))
        finish(rows, terms, weights, weighs, digits, weight_digits, counts, like)
    if digits != 0:
        carry(digits)
        if weighs:
            carry(weight_digits)


@kernel
def label_weights(
    n: int, classes: int, y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int,
    sample: int, class_weight: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Count the rows that are kept and the labels that are bad, and add up the weights."""
    if n_ignored == 0 and sample == 0 and class_weight == 0:
        wrong_labels(n, classes, y, y_kind, y_step, counts)
        return
    labels, factors, weights = mem.room(2048), mem.room(2048), mem.room(2048)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                     class_weight, labels, factors, weights, counts)  # fmt: skip
        if sample != 0 or class_weight != 0:
            add_terms(weight_digits, counts, weights, rows, 0.0)
    carry(weight_digits)


@kernel
def maybe_probabilities(
    like: Any, x: int, x_step: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int, sample: int,
) -> bool:  # fmt: skip
    """Return whether every row that is kept lies in [0, 1] and has a sum near 1.

    The first row that does not settles it, which in logits is nearly always the first of all.
    """
    size = VECTOR // v.lanes(like)
    for i in range(n):
        if n_ignored > 0:
            label = judged(read_label(y + i * y_step, y_kind), classes, ignored, n_ignored)
            if label == IGNORED:
                continue
        if sample != 0 and mem.read(sample + 8 * i, 0.0) == 0.0:
            continue
        total = 0.0
        for c in range(classes):
            p = np.float64(mem.read(x + i * x_step + c * size, like))
            if not -BASE <= p <= 1.0 + BASE:
                return False
            total += p
        if not abs(total - 1.0) <= WARN_LIMIT:
            return False
    return True
