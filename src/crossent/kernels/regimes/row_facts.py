"""Facts of rows beside their loss: log-probability, entropy, rank of the label, sum of squares.

With m2, S2 as in :mod:`crossent.kernels.regimes.logits_label`, D = sum of e_c (m2 - x_c) and
Q = sum of e_c^2 over the same classes, e_c = exp(x_c - m2), and p_y the label's probability,

    entropy = (e^m2 / Z) (S2 (log Z - m2) + D) - p_y log p_y,   sum of p^2 = (e^m2 / Z)^2 Q + p_y^2:

sums of terms >= 0. The rank counts the classes that stand before the label: those whose value is
larger or NaN, and equal ones of lower number. What parts of the classes give (m2, S2, -D, rank) is
joined by :mod:`crossent.losses.merge`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import inner, kernel, part, spliced
from crossent.kernels.call import call_at
from crossent.kernels.chunk import BAD, EACH, FACTORS, FACTS, LABELS, ROOM, TILE
from crossent.kernels.exact_sum import TERMS
from crossent.kernels.labels import read_labels
from crossent.kernels.logits_of_a_row import (
    BLOCK,
    CARRY,
    INF,
    VECTOR,
    fill_row,
    largest,
    plain_group,
    plain_groups,
    whole_groups,
)
from crossent.kernels.regimes.logits_label import rows_in_cache, to_lanes
from crossent.kernels.regimes.logits_target import largest_class
from crossent.kernels.regimes.probability_label import clipped, is_none, sums_of_probabilities
from crossent.kernels.regimes.probability_target import class_losses
from crossent.kernels.scalars import label_scalars, log_sum

ABSENT: Final = -3
"""The label of a row that another part of the classes has."""


@inner
def _more(sums: Any, x: Any, m: Any, spread: bool, squares: bool) -> Any:
    """Add some logits to the sums of e, e (m - x) and e^2; to the last two if they are wanted."""
    total, gaps, twice = sums
    e = v.exp(x - m)
    if spread:
        gaps = gaps + v.choose(e == 0.0, 0.0, e * (m - x))
    if squares:
        twice = twice + e * e
    return total + e, gaps, twice


@inner
def _widened(totals: Any, sums: Any) -> Any:
    exps, spread, squares = totals
    return exps + v.wide(sums[0]), spread + v.wide(sums[1]), squares + v.wide(sums[2])


@part
def _sums_of_block(
    x: int, first: int, stop: int, skip: int, shift: Any, own: Any, spread: bool, squares: bool,
    counts: bool, like: Any,
) -> Any:  # fmt: skip
    """Return S, D and Q of elements first to stop without element `skip`, and counts.

    The counts are of elements below `own`, and of those not above it; `skip` is none of them.
    """
    lanes = v.lanes(like)
    per_group, size = 2 * lanes, VECTOR // lanes
    cut, whole = whole_groups(first, stop, skip, per_group)
    # Fetch the next block meanwhile: the search for its maximum would wait for memory.
    ahead = (stop - first) * size
    low, m, mine = v.number(-INF, like), v.splat(shift, like), v.splat(own, like)
    zero = v.splat(0.0, like)
    totals = v.wide(zero), v.wide(zero), v.wide(zero)
    below, not_above = np.int64(0), np.int64(0)
    groups = plain_groups(first, cut, whole, per_group)
    for start in range(0, groups, CARRY):
        even, odd = (zero, zero, zero), (zero, zero, zero)
        for group in range(start, min(groups, start + CARRY)):
            here = x + plain_group(group, first, cut, per_group) * size
            mem.fetch(here + ahead)
            mem.fetch(here + ahead + VECTOR)
            a, b = mem.load(here, like), mem.load(here + VECTOR, like)
            even, odd = _more(even, a, m, spread, squares), _more(odd, b, m, spread, squares)
            if counts:
                below += v.count(a < mine) + v.count(b < mine)
                not_above += v.count(a <= mine) + v.count(b <= mine)
        totals = _widened(_widened(totals, even), odd)
    at = cut
    while at < stop:
        for i in range(at, min(at + per_group, stop), lanes):
            a = mem.load_some(x, i, stop, skip, low)
            totals = _widened(totals, _more((zero, zero, zero), a, m, spread, squares))
            # Lanes of no class hold NaN, which is neither.
            a = mem.load_some(x, i, stop, skip, v.number(np.nan, like))
            below += v.count(a < mine)
            not_above += v.count(a <= mine)
        at = max(at + per_group, whole)
    return (
        v.add_lanes(totals[0]), v.add_lanes(totals[1]), v.add_lanes(totals[2]), below, not_above
    )  # fmt: skip


@part
def _ties_before(x: int, label: int, own: Any, like: Any) -> Any:
    """Count the classes before the label that are equal to it."""
    lanes, found, mine = v.lanes(like), np.int64(0), v.splat(own, like)
    for i in range(0, label, lanes):
        here = mem.load_some(x, i, label, -1, v.number(np.nan, like))
        found += v.count(here == mine)
    return found


@part
def _rank(x: int, classes: int, label: int, own: Any, below: int, not_above: int, like: Any) -> int:
    """Return how many classes stand before the label, whose value is `own`."""
    if own != own:
        return classes
    others = classes - (1 if label >= 0 else 0)
    rank = others - not_above
    if not_above > below and label >= 0:
        rank += _ties_before(x, label, own, like)
    return rank


@part
def _first_class(x: int, classes: int, like: Any) -> int:
    """Return the first class with the largest value; -1 where one is NaN."""
    numbers = np.int64(0)
    for i in range(0, classes, v.lanes(like)):
        a = mem.load_some(x, i, classes, -1, v.number(np.nan, like))
        numbers += v.count(a == a)
    return largest_class(x, classes, like) if numbers == classes else -1


@part
def _facts_of_logits(c: Any, x: int, label: int, own: Any, f: int, like: Any) -> int:
    """Write m2, S2, D and Q of a row, of all classes but the label; return its rank."""
    classes = c.classes
    with_spread, with_squares = c.entropy != 0 or c.spread != 0, c.squares != 0
    with_spread = with_spread or c.entropy_bar != 0
    counts = c.rank != 0
    per_block = BLOCK // VECTOR * v.lanes(like)
    m = v.number(-INF, like)
    s2, spread, squares = 0.0, 0.0, 0.0
    below, not_above = np.int64(0), np.int64(0)
    for first in range(0, classes, per_block):
        stop = min(classes, first + per_block)
        top = largest(x, first, stop, label, like)
        if top > m:
            if s2 > 0.0:
                raised = np.float64(top) - np.float64(m)
                by = v.lane(v.exp(v.splat(-raised, 0.0)), 0)
                s2, spread, squares = s2 * by, (spread + raised * s2) * by, squares * by * by
            m = top
        shift = m if m > -INF else v.number(0.0, like)
        s, d, q, less, no_more = _sums_of_block(
            x, first, stop, label, shift, own, with_spread, with_squares, counts, like
        )
        s2, spread, squares = s2 + s, spread + d, squares + q
        below, not_above = below + less, not_above + no_more
    mem.write(f, np.float64(m))
    mem.write(f + EACH, s2)
    mem.write(f + 2 * EACH, spread)
    mem.write(f + 3 * EACH, squares)
    return _rank(x, classes, label, own, below, not_above, like) if counts else 0


@inner
def _give(place: int, row: int, some: int, numbers: Any) -> None:
    if place != 0:
        mem.store_some(place, row, row + some, numbers)


@spliced
def _read(c: Any, first: int, rows: int, s: int, state: int) -> None:
    """Read labels; of a part of the classes, one that it does not have is absent."""
    read_labels(c, first, rows, s, state)
    if c.is_part:
        for i in range(rows):
            if mem.read(s + LABELS + 8 * i, np.int64(0)) == BAD:
                mem.write(s + LABELS + 8 * i, np.int64(ABSENT))
                mem.write(s + FACTORS + 8 * i, 1.0)


@spliced
def _give_rank(c: Any, row: int, label: int, rank: int, x: int, like: Any) -> None:
    if c.rank != 0:
        mem.write(c.rank + 8 * row, np.int64(rank))
    if c.first_class != 0:
        best = label if rank == 0 and c.rank != 0 else -1
        if best < 0 and rank >= 0:
            best = _first_class(x, c.classes, like)
        mem.write(c.first_class + 8 * row, np.int64(best))


@inner
def _entropy(s2: Any, spread: Any, loss: Any, above: Any, to_p: Any, p_label: Any) -> Any:
    others = v.choose(s2 == 0.0, 0.0, to_p * (s2 * above + spread))
    return others + v.choose(p_label == 0.0, 0.0, p_label * loss)


@inner
def _give_numbers(
    c: Any, row: int, some: int, m2: Any, s2: Any, spread: Any, squares: Any, x_label: Any,
    factor: Any,
) -> None:  # fmt: skip
    """Write the numbers of some rows that are asked for: 0 of ignored rows, NaN of bad ones."""
    loss, above, to_p, p_label = label_scalars(m2, s2, x_label)
    lse = log_sum(m2, above, x_label, loss)
    entropy = _entropy(s2, spread, loss, above, to_p, p_label)
    dead, live = v.choose(factor == 0.0, 0.0, v.splat(np.nan, factor)), factor > 0.0
    _give(c.log_prob, row, some, v.choose(live, 0.0 - loss, dead))
    _give(c.lse, row, some, v.choose(live, lse, dead))
    _give(c.entropy, row, some, v.choose(live, entropy, dead))
    share = to_p * to_p * squares + p_label * p_label
    _give(c.squares, row, some, v.choose(live, share, dead))
    _give(c.top, row, some, v.choose(live, m2, dead))
    _give(c.rest, row, some, v.choose(live, s2, dead))
    _give(c.spread, row, some, v.choose(live, 0.0 - spread, dead))


@inner
def _tops_of_lanes(tile: int, classes: int, label: Any, like: Any) -> Any:
    """Return m2, the first class with the largest logit, the label's logit, the number of NaN."""
    low, zero = v.splat(-INF, like), v.splat(0.0, like)
    m, top, best, x_label, odd = low, low, zero, low, zero
    for k in range(classes):
        x, here = mem.load(tile + 64 * k, like), label == np.float64(k)
        x_label = v.choose(here, x, x_label)
        m = v.larger(m, v.choose(here, -INF, x))
        best = v.choose(x > top, np.float64(k), best)
        top = v.choose(x > top, x, top)
        odd = odd + v.choose(x == x, zero, 1.0)
    return m, best, x_label, odd


def _of_logits(
    like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int
) -> None:
    """Write the facts of rows of logits that are asked for."""
    c, s = call_at(call), mem.room(ROOM)
    size = VECTOR // v.lanes(like)
    for first in range(start, stop, TERMS):
        rows = min(TERMS, stop - first)
        _read(c, first, rows, s, state)
        for i in range(rows):
            f, label, rank = s + FACTS + 8 * i, mem.read(s + LABELS + 8 * i, np.int64(0)), -1
            x, x_label = c.x + (first + i) * c.x_step, -INF
            mem.write(f, 0.0)
            mem.write(f + EACH, 1.0)
            mem.write(f + 2 * EACH, 0.0)
            mem.write(f + 3 * EACH, 0.0)
            if label >= 0 or label == ABSENT:
                value = v.number(-INF, like)
                if label >= 0:
                    value = mem.read(x + label * size, like)
                    x_label = np.float64(value)
                elif c.label_logits != 0:
                    value = v.number(mem.read(c.label_logits + 8 * (first + i), 0.0), like)
                rank = _facts_of_logits(c, x, max(label, -1), value, f, like)
            mem.write(f + 4 * EACH, x_label)
            _give_rank(c, first + i, label, rank, x, like)
        for i in range(0, rows, 8):
            f, row, some = s + FACTS + 8 * i, first + i, min(8, rows - i)
            m2, s2, spread = mem.load(f, 0.0), mem.load(f + EACH, 0.0), mem.load(f + 2 * EACH, 0.0)
            squares, x_label = mem.load(f + 3 * EACH, 0.0), mem.load(f + 4 * EACH, 0.0)
            factor = mem.load(s + FACTORS + 8 * i, 0.0)
            _give_numbers(c, row, some, m2, s2, spread, squares, x_label, factor)


def _of_logits_across_rows(
    like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int
) -> None:
    """Do the same with lanes that are rows."""
    c, s = call_at(call), mem.room(ROOM)
    lanes, tile = v.lanes(like), s + TILE
    size = VECTOR // lanes
    for first in range(start, stop, TERMS):
        rows = min(TERMS, stop - first)
        read_labels(c, first, rows, s, state)
        for at in range(0, rows, lanes):
            some, row = min(lanes, rows - at), first + at
            label = mem.load_integers(s + LABELS + 8 * at, like)
            to_lanes(c.x + row * c.x_step, c.x_step, some, c.classes, tile, like)
            m, best, x_label, odd = _tops_of_lanes(tile, c.classes, label, like)
            shift = v.choose(m > -INF, m, 0.0)
            zero = v.splat(0.0, like)
            s2, spread, squares, rank = zero, zero, zero, zero
            for k in range(c.classes):
                x, here = mem.load(tile + 64 * k, like), label == np.float64(k)
                e = v.exp(v.choose(here, -INF, x) - shift)
                s2, squares = s2 + e, squares + e * e
                spread = spread + v.choose(e == 0.0, 0.0, e * (shift - x))
                tie = v.choose(x == x_label, v.choose(label > np.float64(k), 1.0, zero), zero)
                rank = rank + v.choose(x <= x_label, tie, 1.0)
            rank = v.choose(x_label == x_label, rank, np.float64(c.classes))
            live = label >= 0.0
            mem.store(s + FACTS, v.choose(live, rank, -1.0))
            mem.store(s + FACTS + EACH, v.choose(live, v.choose(odd == 0.0, best, -1.0), -1.0))
            for i in range(some):
                if c.rank != 0:
                    number = mem.read(s + FACTS + size * i, like)
                    mem.write(c.rank + 8 * (row + i), np.int64(number))
                if c.first_class != 0:
                    number = mem.read(s + FACTS + EACH + size * i, like)
                    mem.write(c.first_class + 8 * (row + i), np.int64(number))
            factor = mem.load_wide(s + FACTORS + 8 * at, like)
            _give_numbers(
                c, row, some, v.wide(m), v.wide(s2), v.wide(spread), v.wide(squares),
                v.wide(x_label), factor,
            )  # fmt: skip


@inner
def _bar(place: int, row: int, some: int) -> Any:
    """Return what comes down to a fact of some rows."""
    return v.splat(0.0, 0.0) if place == 0 else mem.load_some(place, row, row + some, -1, 0.0)


@inner
def _slopes(c: Any, row: int, some: int, s2: Any, spread: Any, m2: Any, x_label: Any) -> Any:
    """Return a, b and g_y of the gradient exp(x_c - m2) (a + b (m2 - x_c)), and g_y at the label.

    With log p_c = x_c - log Z and the entropy H, the derivatives to x_c are [c = y] - p_c of
    log p_y, p_c of log Z, and -p_c (log p_c + H) of H.
    """
    loss, above, to_p, p_label = label_scalars(m2, s2, x_label)
    entropy = _entropy(s2, spread, loss, above, to_p, p_label)
    of_loss = 0.0 - _bar(c.log_prob_bar, row, some)
    of_lse, of_entropy = _bar(c.lse_bar, row, some), _bar(c.entropy_bar, row, some)
    slope = to_p * of_entropy
    scale = to_p * (of_loss + of_lse + of_entropy * (above - entropy))
    lone, none = s2 == 0.0, p_label == 0.0
    at_label = of_lse * p_label - of_loss * (s2 * to_p)
    at_label = at_label + v.choose(none, 0.0, of_entropy * p_label * (loss - entropy))
    # Of a label that is alone the loss is 0; NaN, and so the row, where it is at -inf too.
    scale = v.choose(lone, 0.0 * (of_loss + of_lse + of_entropy + loss), scale)
    return scale, v.choose(lone, 0.0, slope), at_label


@part
def _write_gradient(
    x: int, g: int, classes: int, m2: float, scale: float, slope: float, like: Any
) -> None:
    """Write exp(x_c - m2) (scale + slope (m2 - x_c)) to a row, which may be that of the logits."""
    lanes = v.lanes(like)
    size = VECTOR // lanes
    m = v.splat(m2 if m2 > -INF else 0.0, like)
    a, b, low = v.splat(scale, like), v.splat(slope, like), v.number(-INF, like)
    whole = classes - classes % lanes
    for i in range(0, whole, lanes):
        gap = m - mem.load(x + i * size, like)
        e = v.exp_to_subnormal(0.0 - gap)
        mem.store(g + i * size, v.choose(e == 0.0, 0.0, e * v.fma(b, gap, a)))
    if whole < classes:
        gap = m - mem.load_some(x, whole, classes, -1, low)
        e = v.exp_to_subnormal(0.0 - gap)
        mem.store_some(g, whole, classes, v.choose(e == 0.0, 0.0, e * v.fma(b, gap, a)))


def _gradient_of_logits(
    like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int
) -> None:
    """Write the gradient of facts of rows, with what comes down to each."""
    c, s = call_at(call), mem.room(ROOM)
    size = VECTOR // v.lanes(like)
    many = rows_in_cache(c, like)
    for first in range(start, stop, TERMS):
        rows = min(TERMS, stop - first)
        read_labels(c, first, rows, s, state)
        for at in range(0, rows, many):
            some, f = min(many, rows - at), s + FACTS
            for i in range(some):
                label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
                x, x_label = c.x + (first + at + i) * c.x_step, 0.0
                mem.write(f + 8 * i, 0.0)
                mem.write(f + EACH + 8 * i, 1.0)
                mem.write(f + 2 * EACH + 8 * i, 0.0)
                if label >= 0:
                    value = mem.read(x + label * size, like)
                    x_label = np.float64(value)
                    _facts_of_logits(c, x, label, value, f + 8 * i, like)
                mem.write(f + 4 * EACH + 8 * i, x_label)
            scale, slope, at_label = _slopes(
                c, first + at, some, mem.load(f + EACH, 0.0), mem.load(f + 2 * EACH, 0.0),
                mem.load(f, 0.0), mem.load(f + 4 * EACH, 0.0),
            )  # fmt: skip
            mem.store(f + 3 * EACH, scale)
            mem.store(f + 5 * EACH, slope)
            mem.store(f + 6 * EACH, at_label)
            for i in range(some):
                row, label = first + at + i, mem.read(s + LABELS + 8 * (at + i), np.int64(0))
                to, a = c.g + row * c.g_step, mem.read(f + 3 * EACH + 8 * i, 0.0)
                if label < 0 or a != a:
                    value = mem.read(s + FACTORS + 8 * (at + i), 0.0) if label < 0 else np.nan
                    fill_row(to, c.classes, value, like)
                    continue
                b = mem.read(f + 5 * EACH + 8 * i, 0.0)
                m2 = mem.read(f + 8 * i, 0.0)
                _write_gradient(c.x + row * c.x_step, to, c.classes, m2, a, b, like)
                value = mem.read(f + 6 * EACH + 8 * i, 0.0)
                mem.write(to + label * size, v.number(value, like))


@part
def _sums_of_shares(p: int, classes: int, total: float, like: Any) -> Any:
    """Return the entropy and the sum of squares of a row of probabilities, divided by `total`."""
    nothing = v.splat(0.0, 0.0)
    entropy, squares = nothing, nothing
    for i in range(0, classes, mem.EIGHT):
        a = mem.load_some_eight(p, i, classes, like) / total
        squares = squares + a * a
        entropy = entropy + class_losses(a, a, 0.0, INF, INF, INF)
    return v.add_lanes(entropy), v.add_lanes(squares)


@part
def _rank_of_label(p: int, classes: int, label: int, own: Any, like: Any) -> int:
    lanes, mine = v.lanes(like), v.splat(own, like)
    below, not_above = np.int64(0), np.int64(0)
    for i in range(0, classes, lanes):
        a = mem.load_some(p, i, classes, label, v.number(np.nan, like))
        below += v.count(a < mine)
        not_above += v.count(a <= mine)
    return _rank(p, classes, label, own, below, not_above, like)


def _of_probabilities(
    like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int
) -> None:
    """Write the facts of rows of probabilities that are asked for."""
    c, s = call_at(call), mem.room(ROOM)
    size = VECTOR // v.lanes(like)
    for first in range(start, stop, TERMS):
        rows = min(TERMS, stop - first)
        read_labels(c, first, rows, s, state)
        for i in range(rows):
            f, label, rank = s + FACTS + 8 * i, mem.read(s + LABELS + 8 * i, np.int64(0)), -1
            p = c.x + (first + i) * c.x_step
            q, entropy, squares = 1.0, 0.0, 0.0
            if label >= 0:
                value = mem.read(p + label * size, like)
                total, smallest, most = sums_of_probabilities(p, c.classes, like)
                divided = total if c.normalize else 1.0
                q = np.float64(value) / divided
                entropy, squares = _sums_of_shares(p, c.classes, divided, like)
                if is_none(total, smallest, most, c.tolerance):
                    q, entropy, squares = np.nan, np.nan, np.nan
                rank = _rank_of_label(p, c.classes, label, value, like)
            mem.write(f, q)
            mem.write(f + EACH, entropy)
            mem.write(f + 2 * EACH, squares)
            _give_rank(c, first + i, label, rank, p, like)
        for i in range(0, rows, 8):
            f, row, some = s + FACTS + 8 * i, first + i, min(8, rows - i)
            loss = clipped(mem.load(f, 0.0), c.low, c.high, c.at_low, c.at_high)
            factor = mem.load(s + FACTORS + 8 * i, 0.0)
            dead = v.choose(factor == 0.0, 0.0, v.splat(np.nan, 0.0))
            live = factor > 0.0
            _give(c.log_prob, row, some, v.choose(live, 0.0 - loss, dead))
            _give(c.entropy, row, some, v.choose(live, mem.load(f + EACH, 0.0), dead))
            _give(c.squares, row, some, v.choose(live, mem.load(f + 2 * EACH, 0.0), dead))


def _ranks(like: Any, like_q: Any, call: int, start: int, stop: int, state: int, own: int) -> None:
    """Write the ranks of labels and the first classes, where nothing else is asked for."""
    c, s = call_at(call), mem.room(ROOM)
    size = VECTOR // v.lanes(like)
    for first in range(start, stop, TERMS):
        rows = min(TERMS, stop - first)
        read_labels(c, first, rows, s, state)
        for i in range(rows):
            label, rank = mem.read(s + LABELS + 8 * i, np.int64(0)), -1
            x = c.x + (first + i) * c.x_step
            if label >= 0:
                value = mem.read(x + label * size, like)
                rank = _rank_of_label(x, c.classes, label, value, like)
            _give_rank(c, first + i, label, rank, x, like)


OF_LOGITS: Final = kernel(_of_logits, "facts_of_logits")
GRADIENT: Final = kernel(_gradient_of_logits, "gradient_of_facts")
OF_PROBABILITIES: Final = kernel(_of_probabilities, "facts_of_probabilities")
RANKS: Final = kernel(_ranks, "ranks")
OF_LOGITS_ACROSS_ROWS: Final = kernel(_of_logits_across_rows, "facts_of_logits_across_rows")
