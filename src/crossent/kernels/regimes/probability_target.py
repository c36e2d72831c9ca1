"""Cross-entropy of probabilities with a distribution a row, or a label that is smoothed.

With v_c = w_c (keep q_c + uniform) the mass of a class, of which label smoothing takes a part and
spreads it over all, the term of a row is the sum of v_c loss_c. A class without mass is not looked
at, so that one-hot rows cost one logarithm. Smoothed labels are rows too: one row of zeros, in
which the label of the row at hand is set to 1.

Rows are judged as in :mod:`crossent.kernels.regimes.probability_label`; targets that may be no
distribution are counted as doubtful, and the checks decide. Lanes are classes or, where these are
few, rows; all vectors are of eight float64.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.core.precision import BASE
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, part, spliced, spliced_pair
from crossent.kernels.chunk import (
    BAD,
    DOUBTFUL,
    FACTORS,
    FACTS,
    LABELS,
    TILE,
    TILE_Q,
    WEIGHTS,
    count,
)
from crossent.kernels.drive import EIGHT, Regime, kernels_of
from crossent.kernels.labels import read_rows
from crossent.kernels.logits_of_a_row import VECTOR, fill_row
from crossent.kernels.regimes.probability_label import is_none, sums_of_probabilities
from crossent.kernels.scalars import LOG_OF_2, TINY, weight_of, weighted

BLOCK: Final = 1024  # classes
MOST_ACROSS: Final = 24
"""Classes up to which lanes are rows."""


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

    Values that the logarithm cannot take, or that the clip changes, are handled only if there are
    any.
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
    for i in range(0, classes, mem.EIGHT):
        if i % BLOCK == 0:
            # Partial sums, so that rounding does not grow with the number of classes.
            all_main, all_mass_q = all_main + main, all_mass_q + mass_q
            all_q, all_p = all_q + sum_q, all_p + sum_p
            main, mass_q, sum_q, sum_p = nothing, nothing, nothing, nothing
        if i + mem.EIGHT <= classes:
            a, b = mem.load_eight(p + i * size, like), mem.load_eight(q + i * size_q, like_q)
            if weight != 0:
                w = mem.load(weight + 8 * i, 0.0)
        else:
            a, b = (
                mem.load_some_eight(p, i, classes, like),
                mem.load_some_eight(q, i, classes, like_q),
            )
            # Classes beyond the end have no weight.
            w = v.choose(mem.below(i, classes), 1.0, nothing)
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
    for i in range(0, classes, mem.EIGHT):
        a, b = mem.load_some_eight(p, i, classes, like), mem.load_some_eight(q, i, classes, like_q)
        w = v.choose(mem.below(i, classes), 1.0, v.splat(0.0, 0.0))
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
    for i in range(0, classes, mem.EIGHT):
        whole = i + mem.EIGHT <= classes
        if whole:
            b = mem.load_eight(q + i * size_q, like_q)
        else:
            b = mem.load_some_eight(q, i, classes, like_q)
        slopes = others
        if uniform > 0.0 or has_mass(b):
            if whole:
                a = mem.load_eight(p + i * size, like)
                if weight != 0:
                    w = mem.load(weight + 8 * i, 0.0)
            else:
                a = mem.load_some_eight(p, i, classes, like)
                if weight != 0:
                    w = mem.load_some(weight, i, classes, -1, 0.0)
            if total != 1.0:
                a = a / total
            mass = mass_of(b, w, keep, uniform) * upstream
            slopes = others - class_slopes(a, mass, low, high)
        if whole:
            mem.store(g + i * size, v.narrow(slopes, like))
        else:
            mem.store_some(g, i, classes, v.narrow(slopes, like))


@part
def is_bad(p: int, classes: int, tolerance: float, like: Any) -> bool:
    """Whether a row holds something else than probabilities."""
    total, smallest, largest = sums_of_probabilities(p, classes, like)
    return is_none(total, smallest, largest, tolerance)


@part
def is_distribution(q: int, classes: int, like: Any) -> bool:
    """Whether targets are a distribution as far as float32 tells."""
    total, smallest, largest = sums_of_probabilities(q, classes, like)
    return smallest >= -BASE and largest <= 1.0 + BASE and abs(total - 1.0) <= BASE


@inner
def _targets(c: Any, row: int, own: int) -> int:
    """Return where the targets of a row are; of a label, the thread's row of zeros."""
    return own if c.y != 0 else c.q + row * c.q_step


@inner
def _set_label(c: Any, targets: int, label: int, value: float, like_q: Any) -> None:
    if c.y != 0:
        size_q = VECTOR // v.lanes(like_q)
        mem.write(targets + label * size_q, v.number(value, like_q))


@spliced_pair
def _facts(for_gradient: bool) -> Any:
    def facts(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> None:  # fmt: skip
        """Write the losses of some rows; where a gradient is asked for, nothing yet."""
        if for_gradient:
            return
        for i in range(some):
            label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
            value, weighs = 0.0, 1.0 if label == BAD else 0.0
            if label >= 0:
                row, targets = c.x + (first + i) * c.x_step, _targets(c, first + i, own)
                _set_label(c, targets, label, 1.0, like_q)
                total = 1.0
                if c.normalize:
                    total, _, _ = sums_of_probabilities(row, c.classes, like)
                value, mass, sum_q, sum_p, least, most = row_sums(
                    row, targets, c.class_weight, c.classes, total, c.keep, c.uniform,
                    c.low, c.high, c.at_low, c.at_high, like, like_q,
                )  # fmt: skip
                _set_label(c, targets, label, 0.0, like_q)
                weighs = mem.read(s + FACTORS + 8 * (at + i), 0.0) * mass
                fine = least >= -BASE and most <= 1.0 + BASE and abs(sum_q - 1.0) <= BASE
                near = abs(sum_p - 1.0) <= BASE if c.judges_sums else sum_p == sum_p
                if not (fine and near):
                    count(state, DOUBTFUL, 1)
                    if c.marks != 0 and not is_distribution(targets, c.classes, like_q):
                        mem.write(c.marks + first + i, np.uint8(1))
                    if is_bad(row, c.classes, c.tolerance, like):
                        value, weighs = np.nan, 1.0
            mem.write(s + FACTS + 8 * (at + i), value)
            mem.write(s + WEIGHTS + 8 * (at + i), weighs)

    return facts


@spliced
def _load(found: Any, s: int, at: int) -> Any:
    return mem.load(s + FACTS + 8 * at, 0.0)


@spliced
def _scalars(c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int) -> Any:
    return found, found


@spliced
def _slopes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Write the gradient of some rows."""
    for i in range(some):
        label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
        factor = mem.read(s + FACTORS + 8 * (at + i), 0.0)
        to = c.g + (first + i) * c.g_step
        if label < 0:
            fill_row(to, c.classes, factor, like)
            continue
        row, targets = c.x + (first + i) * c.x_step, _targets(c, first + i, own)
        total, smallest, largest = sums_of_probabilities(row, c.classes, like)
        none = is_none(total, smallest, largest, c.tolerance)
        if none or (c.normalize and total == 0.0):
            fill_row(to, c.classes, np.nan, like)
            continue
        _set_label(c, targets, label, 1.0, like_q)
        upstream = 0.0 if c.divisor == 0.0 else factor / c.divisor
        shared = 0.0
        if c.normalize:
            upstream /= total
            shared = upstream * row_mass_inside(
                row, targets, c.class_weight, c.classes, total, c.keep, c.uniform, c.low, c.high,
                like, like_q,
            )  # fmt: skip
        else:
            total = 1.0
        write_slopes(
            row, targets, c.class_weight, to, c.classes, total, c.keep, c.uniform, c.low, c.high,
            upstream, shared, like, like_q,
        )  # fmt: skip
        _set_label(c, targets, label, 0.0, like_q)


LANES_OF_CLASSES: Final = kernels_of(
    Regime(
        "probability_target",
        _facts,
        _scalars,
        _slopes,
        load=_load,
        read=read_rows,
        alone=True,
        **EIGHT,
    )
)  # fmt: skip


@inner
def _transpose(x: int, step: int, rows: int, classes: int, tile: int, like: Any) -> None:
    for first in range(0, classes, mem.EIGHT):
        mem.rows_to_eight(x, step, rows, first, classes, tile + first * 64, like)


@inner
def _sums_of_lanes(tile: int, tile_q: int, weight: int, classes: int) -> Any:
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
        mass = b * weight_of(weight, c)
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
def _judge_lanes(
    c: Any, first: int, at: int, rows: int, odd: int, s: int, state: int, judges_targets: bool,
    like: Any, like_q: Any,
) -> None:  # fmt: skip
    """Make the factor NaN of odd rows that hold something else than probabilities; count odd ones.

    Where there are `marks`, a byte is set for each row of doubtful targets.
    """
    for i in range(rows):
        if mem.read(odd + 8 * i, 0.0) == 0.0:
            continue
        count(state, DOUBTFUL, 1)
        row = first + i
        if judges_targets and not is_distribution(c.q + row * c.q_step, c.classes, like_q):
            mem.write(c.marks + row, np.uint8(1))
        if is_bad(c.x + row * c.x_step, c.classes, c.tolerance, like):
            mem.write(s + FACTORS + 8 * (at + i), np.nan)


@spliced_pair
def _facts_of_lanes(for_gradient: bool) -> Any:
    def facts_of_lanes(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> Any:  # fmt: skip
        """Return the sums of rows in lanes, whose classes are written to the tiles."""
        tile, tile_q = s + TILE, s + TILE_Q
        label = mem.load(s + LABELS + 8 * at, np.int64(0))
        _transpose(c.x + first * c.x_step, c.x_step, some, c.classes, tile, like)
        if c.y == 0:
            _transpose(c.q + first * c.q_step, c.q_step, some, c.classes, tile_q, like_q)
        else:
            for k in range(c.classes):
                mem.store(tile_q + 64 * k, v.choose(label == k, 1.0, v.splat(0.0, 0.0)))
        mass, sum_q, sum_p, least, most, the_p, the_mass, several = _sums_of_lanes(
            tile, tile_q, c.class_weight, c.classes
        )
        if for_gradient:  # targets were judged with the losses
            sum_q = v.splat(1.0, 0.0)
        odd = _oddities(sum_q, sum_p, least, most, c.judges_sums and not for_gradient, label)
        if v.any_lane(odd > 0.0):
            mem.store(s + FACTS, odd)
            marks = c.marks != 0 and not for_gradient
            _judge_lanes(c, first, at, some, s + FACTS, s, state, marks, like, like_q)
        return mass, sum_p, the_p, the_mass, several, label

    return facts_of_lanes


@spliced
def _scalars_of_lanes(
    c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int
) -> Any:
    """Return the sum of v loss of each row."""
    mass, total, the_p, the_mass, several, label = found
    main = v.splat(0.0, 0.0)
    one_class = c.uniform == 0.0 and not v.any_lane(several > 1.0)
    for k in range(1 if one_class else c.classes):
        a, mass_k = the_p, the_mass
        if not one_class:
            a = mem.load(s + TILE + 64 * k, 0.0)
            b = mem.load(s + TILE_Q + 64 * k, 0.0)
            mass_k = mass_of(b, weight_of(c.class_weight, k), c.keep, c.uniform)
        if c.normalize:
            a = a / total
        main = main + class_losses(a, mass_k, c.low, c.high, c.at_low, c.at_high)
    weighs = v.choose(label >= 0, factor * mass, 0.0)
    mem.store(s + WEIGHTS + 8 * at, v.choose(factor == factor, weighs, 1.0))
    return v.choose(label >= 0, main, 0.0), main


@spliced
def _slopes_of_lanes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    """Write the gradient of rows in lanes."""
    _, sum_p, _, _, _, label = found
    tile, tile_q, weight = s + TILE, s + TILE_Q, c.class_weight
    upstream = bar * 0.0 if c.divisor == 0.0 else bar / c.divisor
    shared = upstream * 0.0
    total = v.choose(sum_p == 0.0, np.nan, sum_p)
    if c.normalize:
        upstream = upstream / total
        for k in range(c.classes):
            a, b = mem.load(tile + 64 * k, 0.0) / total, mem.load(tile_q + 64 * k, 0.0)
            mass = mass_of(b, weight_of(weight, k), c.keep, c.uniform)
            shared = shared + upstream * mass_inside(a, mass, c.low, c.high)
    for k in range(c.classes):
        a, b = mem.load(tile + 64 * k, 0.0), mem.load(tile_q + 64 * k, 0.0)
        slopes = shared
        if c.uniform > 0.0 or has_mass(b):
            if c.normalize:
                a = a / total
            mass = mass_of(b, weight_of(weight, k), c.keep, c.uniform) * upstream
            slopes = shared - class_slopes(a, mass, c.low, c.high)
        slopes = v.choose(label >= 0, slopes, 0.0)
        mem.store(tile + 64 * k, v.choose(bar == bar, slopes, np.nan))
    for k in range(0, c.classes, mem.EIGHT):
        to = c.g + first * c.g_step
        mem.eight_to_rows(tile + k * 64, to, c.g_step, some, k, c.classes, like)


LANES_OF_ROWS: Final = kernels_of(
    Regime(
        "probability_target_across_rows",
        _facts_of_lanes,
        _scalars_of_lanes,
        _slopes_of_lanes,
        read=read_rows,
        alone=True,
        **EIGHT,
    )
)  # fmt: skip
