"""Cross-entropy of probabilities with a distribution a row: values, and the gradient.

With v_c = w_c (keep q_c + uniform) the mass of a class, of which label smoothing takes a part and
spreads it over all, the term of a row is the sum of v_c loss_c. A class without mass is not looked
at, so that one-hot rows cost one logarithm. Smoothed labels are rows too: one row of zeros, in
which the label of the row at hand is set to 1.

Rows are judged as in :mod:`crossent.kernels.probs_label`; targets that may be no distribution
are counted as doubtful, and the checks decide.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _eights as eights
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel, part
from crossent.kernels._labels import BAD, DOUBTFUL, IGNORED, KEPT, read_targets
from crossent.kernels._rows import VECTOR, fill_row
from crossent.kernels._scalars import LOG_OF_2, TINY, weighted
from crossent.kernels.exact_sum import TERMS, carry
from crossent.kernels.logits_label import WIDE, finish
from crossent.kernels.probs_label import row_facts

BLOCK: Final = 1024  # classes


@inner
def mass_of(q: Any, weight: Any, keep: float, uniform: float) -> Any:
    """Return v of some classes."""
    return v.fma(q, keep, v.splat(uniform, q)) * weight


@inner
def has_mass(q: Any) -> bool:
    """Whether any target is not 0."""
    return v.any_lane(v.choose(q == 0.0, 0.0, 1.0) > 0.0)


@inner
def class_losses(p: Any, mass: Any, low: float, high: float, at_low: float, at_high: float) -> Any:
    """Return v loss of some classes, 0 where there is no mass.

    What the logarithm cannot take, and what the clip acts on, is looked at where there is any.
    """
    plain = v.choose(p >= max(low, TINY), v.choose(p <= high, 1.0, 0.0), 0.0)
    odd = v.any_lane(plain == 0.0)
    inside = p
    if odd:
        inside = v.choose(p < low, 1.0, v.choose(p > high, 1.0, p))
        inside = v.choose(inside < TINY, inside * 2.0**54, inside)
    value = v.log(inside)
    if odd:
        value = v.choose(p < TINY, value - 54 * LOG_OF_2, value)
        loss = v.choose(p == 0.0, np.inf, 0.0 - value)
        loss = v.choose(p < low, at_low, v.choose(p > high, at_high, loss))
        return weighted(mass, loss)
    return mass * (0.0 - value)


@inner
def class_slopes(p: Any, mass: Any, low: float, high: float) -> Any:
    """Return v / p of some classes; 0 where there is no mass, and where the clip acts."""
    slope = v.choose(p < low, 0.0, v.choose(p > high, 0.0, mass / p))
    return v.choose(mass == 0.0, 0.0, slope)


@inner
def mass_inside(p: Any, mass: Any, low: float, high: float) -> Any:
    """Return v of some classes whose loss moves with the sum: not at 0 or where the clip acts."""
    return v.choose(p < low, 0.0, v.choose(p > high, 0.0, v.choose(p == 0.0, 0.0, mass)))


@part
def row_sums(
    p: int, q: int, weight: int, classes: int, total: float, keep: float, uniform: float,
    low: float, high: float, at_low: float, at_high: float, like: Any, like_q: Any,
) -> Any:  # fmt: skip
    """Return the sums of v loss, w q, q and p of a row, the smallest and largest of p and q.

    The losses are those of p divided by `total`.
    """
    size, size_q = VECTOR // v.lanes(like), VECTOR // v.lanes(like_q)
    nothing = v.splat(0.0, 0.0)
    main, mass_q, sum_q, sum_p = nothing, nothing, nothing, nothing
    all_main, all_mass_q, all_q, all_p = nothing, nothing, nothing, nothing
    least, most, w = nothing, nothing, v.splat(1.0, 0.0)
    for i in range(0, classes, eights.EIGHT):
        if i % BLOCK == 0:
            # Sums of their own, so that rounding does not grow with the number of classes.
            all_main, all_mass_q = all_main + main, all_mass_q + mass_q
            all_q, all_p = all_q + sum_q, all_p + sum_p
            main, mass_q, sum_q, sum_p = nothing, nothing, nothing, nothing
        if i + eights.EIGHT <= classes:
            a, b = eights.load(p + i * size, like), eights.load(q + i * size_q, like_q)
            if weight != 0:
                w = mem.load(weight + 8 * i, 0.0)
        else:
            a, b = eights.load_some(p, i, classes, like), eights.load_some(q, i, classes, like_q)
            # Beyond the end nothing weighs anything.
            w = v.choose(eights.below(i, classes), 1.0, nothing)
            if weight != 0:
                w = mem.load_some(weight, i, classes, -1, 0.0)
        sum_p, sum_q = sum_p + a, sum_q + b
        least, most = v.smaller(a, v.smaller(b, least)), v.larger(a, v.larger(b, most))
        if weight != 0:
            mass_q = mass_q + w * b
        if uniform > 0.0 or has_mass(b):
            if total != 1.0:
                a = a / total
            mass = mass_of(b, w, keep, uniform)
            main = main + class_losses(a, mass, low, high, at_low, at_high)
    of_q = v.add_lanes(all_q + sum_q)
    of_mass = of_q if weight == 0 else v.add_lanes(all_mass_q + mass_q)
    return (
        v.add_lanes(all_main + main), of_mass, of_q, v.add_lanes(all_p + sum_p),
        v.smallest_lane(least), v.largest_lane(most),
    )  # fmt: skip


@part
def row_mass_inside(
    p: int, q: int, weight: int, classes: int, total: float, keep: float, uniform: float,
    low: float, high: float, like: Any, like_q: Any,
) -> float:  # fmt: skip
    """Return the sum of v over the classes of a row whose loss moves with its sum."""
    found = v.splat(0.0, 0.0)
    for i in range(0, classes, eights.EIGHT):
        a, b = eights.load_some(p, i, classes, like), eights.load_some(q, i, classes, like_q)
        w = v.choose(eights.below(i, classes), 1.0, v.splat(0.0, 0.0))
        if weight != 0:
            w = mem.load_some(weight, i, classes, -1, 0.0)
        found = found + mass_inside(a / total, mass_of(b, w, keep, uniform), low, high)
    return v.add_lanes(found)


@part
def write_slopes(
    p: int, q: int, weight: int, g: int, classes: int, total: float, keep: float, uniform: float,
    low: float, high: float, upstream: float, shared: float, like: Any, like_q: Any,
) -> None:  # fmt: skip
    """Write shared - upstream v / p to a row, p divided by `total`; `g` may be `p`."""
    size, size_q = VECTOR // v.lanes(like), VECTOR // v.lanes(like_q)
    w = v.splat(1.0, 0.0)
    others = v.splat(shared, 0.0)
    for i in range(0, classes, eights.EIGHT):
        whole = i + eights.EIGHT <= classes
        if whole:
            b = eights.load(q + i * size_q, like_q)
        else:
            b = eights.load_some(q, i, classes, like_q)
        slopes = others
        if uniform > 0.0 or has_mass(b):
            if whole:
                a = eights.load(p + i * size, like)
                if weight != 0:
                    w = mem.load(weight + 8 * i, 0.0)
            else:
                a = eights.load_some(p, i, classes, like)
                if weight != 0:
                    w = mem.load_some(weight, i, classes, -1, 0.0)
            if total != 1.0:
                a = a / total
            mass = mass_of(b, w, keep, uniform) * upstream
            slopes = others - class_slopes(a, mass, low, high)
        if whole:
            eights.store(g + i * size, slopes, like)
        else:
            eights.store_some(g, i, classes, slopes, like)


@part
def read_samples(
    first: int, rows: int, sample: int, labels: int, factors: int, counts: int
) -> None:
    """Do for rows of targets what :func:`crossent.kernels._labels.read_targets` does for labels.

    Rows that are to be read have label 0; those of a weight that is NaN are bad.
    """
    kept = np.int64(0)
    for i in range(rows):
        label, factor = 0, 1.0
        if sample != 0:
            factor = mem.read(sample + 8 * (first + i), 0.0)
            if factor == 0.0:
                label = IGNORED
            elif factor != factor:
                label = BAD
        kept += label != IGNORED
        mem.write(labels + 8 * i, np.int64(label))
        mem.write(factors + 8 * i, factor)
    mem.write(counts + KEPT, mem.read(counts + KEPT, kept) + kept)


@inner
def read_rows(
    first: int, rows: int, classes: int, y: int, y_kind: int, y_step: int, ignored: int,
    n_ignored: int, sample: int, labels: int, factors: int, weights: int, counts: int,
) -> None:  # fmt: skip
    """Read labels, of which there are none where `y` is 0, and weights of some rows."""
    if y == 0:
        read_samples(first, rows, sample, labels, factors, counts)
    else:
        read_targets(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample, 0,
                     labels, factors, weights, counts)  # fmt: skip


@part
def is_bad(p: int, classes: int, tolerance: float, like: Any) -> bool:
    """Whether a row holds something else than probabilities."""
    total, smallest, largest = row_facts(p, classes, like)
    inside = smallest >= -tolerance and largest <= 1.0 + tolerance
    return not (inside and total == total)


@part
def is_distribution(q: int, classes: int, like: Any) -> bool:
    """Whether targets are a distribution as far as float32 tells."""
    total, smallest, largest = row_facts(q, classes, like)
    return smallest >= -BASE and largest <= 1.0 + BASE and abs(total - 1.0) <= BASE


@kernel
def target_values(
    like: Any, like_q: Any, p: int, p_step: int, q: int, q_step: int, n: int, classes: int,
    y: int, y_kind: int, y_step: int, ignored: int, n_ignored: int, sample: int, weight: int,
    keep: float, uniform: float, low: float, high: float, at_low: float, at_high: float,
    normalize: bool, sums: bool, tolerance: float, marks: int,
    out: int, digits: int, weight_digits: int, counts: int,
) -> None:  # fmt: skip
    """Compute the terms of n rows: written to `out`, added to `digits`, or both (0: not).

    With labels at `y`, `q` is one row of zeros. `sums`: rows whose sum is not near 1 are counted as
    doubtful. Where `marks` is not 0, a byte there is set for each row of doubtful targets.
    """
    labels, factors, weights, own, main = (
        mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048), mem.room(2048),
    )  # fmt: skip
    size, size_q = VECTOR // v.lanes(like), VECTOR // v.lanes(like_q)
    one, zero = v.number(1.0, like_q), v.number(0.0, like_q)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        terms = own if out == 0 else out + first * size
        read_rows(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                  labels, factors, weights, counts)  # fmt: skip
        doubtful = np.int64(0)
        for i in range(rows):
            label = mem.read(labels + 8 * i, np.int64(0))
            if label < 0:
                mem.write(main + 8 * i, 0.0)
                mem.write(weights + 8 * i, 1.0 if label == BAD else 0.0)
                continue
            row, targets = p + (first + i) * p_step, q + (first + i) * q_step
            if y != 0:
                mem.write(q + label * size_q, one)
            total = 1.0
            if normalize:
                total, _, _ = row_facts(row, classes, like)
            loss, mass, sum_q, sum_p, least, most = row_sums(
                row, targets, weight, classes, total, keep, uniform, low, high, at_low, at_high,
                like, like_q,
            )  # fmt: skip
            if y != 0:
                mem.write(q + label * size_q, zero)
            value, weighs = loss, mem.read(factors + 8 * i, 0.0) * mass
            fine = least >= -BASE and most <= 1.0 + BASE and abs(sum_q - 1.0) <= BASE
            near = abs(sum_p - 1.0) <= BASE if sums else sum_p == sum_p
            if not (fine and near):
                doubtful += 1
                if marks != 0 and not is_distribution(targets, classes, like_q):
                    mem.write(marks + first + i, np.uint8(1))
                if is_bad(row, classes, tolerance, like):
                    value, weighs = np.nan, 1.0
            mem.write(main + 8 * i, value)
            mem.write(weights + 8 * i, weighs)
        mem.write(counts + DOUBTFUL, mem.read(counts + DOUBTFUL, doubtful) + doubtful)
        for i in range(0, rows, WIDE):
            term = weighted(mem.load(factors + 8 * i, 0.0), mem.load(main + 8 * i, 0.0))
            mem.store_some(terms, i, rows, v.narrow(term, like))
        finish(rows, terms, weights, True, digits, weight_digits, counts, like)
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
    """Write the gradient of the terms' sum over `divisor` (0: nothing) to `g`, which may be `p`."""
    labels, factors, weights = mem.room(2048), mem.room(2048), mem.room(2048)
    size_q = VECTOR // v.lanes(like_q)
    one, zero = v.number(1.0, like_q), v.number(0.0, like_q)
    for first in range(0, n, TERMS):
        rows = min(TERMS, n - first)
        read_rows(first, rows, classes, y, y_kind, y_step, ignored, n_ignored, sample,
                  labels, factors, weights, counts)  # fmt: skip
        for i in range(rows):
            label = mem.read(labels + 8 * i, np.int64(0))
            factor = mem.read(factors + 8 * i, 0.0)
            to = g + (first + i) * g_step
            if label < 0:
                fill_row(to, classes, factor, like)
                continue
            row, targets = p + (first + i) * p_step, q + (first + i) * q_step
            total, smallest, largest = row_facts(row, classes, like)
            inside = smallest >= -tolerance and largest <= 1.0 + tolerance
            if not (inside and total == total) or (normalize and total == 0.0):
                fill_row(to, classes, np.nan, like)
                continue
            if y != 0:
                mem.write(q + label * size_q, one)
            upstream = 0.0 if divisor == 0.0 else factor / divisor
            shared = 0.0
            if normalize:
                upstream /= total
                shared = upstream * row_mass_inside(
                    row, targets, weight, classes, total, keep, uniform, low, high, like, like_q
                )
            else:
                total = 1.0
            write_slopes(
                row, targets, weight, to, classes, total, keep, uniform, low, high, upstream,
                shared, like, like_q,
            )  # fmt: skip
            if y != 0:
                mem.write(q + label * size_q, zero)
