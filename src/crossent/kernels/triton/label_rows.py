"""Rows of logits with a label: one pass forward, a read and a write backward.

The formulae are those of ``losses/softmax.py``: the label stays out of the sum. What is done to a
class is done in the dtype `COMPUTE`, float32 unless the logits are float64; numbers of rows are
float64. The forward kernel makes of all options of a row a few numbers, with which the gradient of
a class c is

    exp(x_c - shift) others - uniform w_c

and `at_label` at the label. A kernel never loads what it has stored.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _log1p(u):
    # u >= 0 is finite: what rounding 1 + u loses is made good by the quotient.
    w = 1.0 + u
    return tl.where(w == 1.0, u, tl.log(w) * (u / tl.where(w == 1.0, 1.0, w - 1.0)))


@triton.jit
def label_facts(
    x_ptr, x_step, y_ptr, mask_ptr, mask_step, w_ptr, own_w_ptr, s_ptr, number_ptr,
    term_ptr, weight_ptr, shift_ptr, slopes_ptr, keep_ptr, rows_ptr,
    rows, classes, ignored,
    IGNORE: tl.constexpr, MASK: tl.constexpr, WEIGHT: tl.constexpr, SAMPLE: tl.constexpr,
    SMOOTH: tl.constexpr, Z: tl.constexpr, ENTROPY: tl.constexpr, SLOPES: tl.constexpr,
    COMPUTE: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write the term of every row, what it adds to the divisor, and its slopes.

    ``w_ptr`` has the class weights in the dtype of the loop, ``own_w_ptr`` as they were given;
    ``number_ptr`` has label_smoothing and z_loss; ``slopes_ptr`` takes others, at_label and
    uniform, each of all rows; ``rows_ptr`` entropy and logsumexp.
    """
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    alive = row < rows
    y = tl.load(y_ptr + row, mask=alive, other=0).to(tl.int64)
    keep = alive
    if IGNORE:
        keep = keep & (y != ignored)
    bad = (y < 0) | (y >= classes)
    label = tl.where(bad, 0, y)
    start = x_ptr + row * x_step
    x_label = tl.load(start + label, mask=alive, other=0.0).to(tl.float64)
    masks = mask_ptr
    if MASK:
        masks = mask_ptr + row * mask_step
        bad = bad | (tl.load(masks + label, mask=alive, other=1) == 0)

    top = tl.full((ROWS,), float("-inf"), COMPUTE)
    total = tl.zeros((ROWS,), COMPUTE)  # of exp(x - top)
    moment = tl.zeros((ROWS,), COMPUTE)  # of exp(x - top) (x - top)
    below = tl.zeros((ROWS,), COMPUTE)  # of w (top - x)
    spread = tl.zeros((ROWS,), COMPUTE)  # of w
    exist = tl.zeros((ROWS,), tl.int32)
    wrong = 0  # weights that are none
    for first in range(0, classes, BLOCK):
        c = first + tl.arange(0, BLOCK)
        here = alive[:, None] & (c < classes)[None, :]
        x = tl.load(start[:, None] + c[None, :], mask=here, other=float("-inf")).to(COMPUTE)
        if MASK:
            here = here & (tl.load(masks[:, None] + c[None, :], mask=here, other=0) != 0)
        other = here & (c[None, :] != label[:, None])
        x = tl.where(other, x, float("-inf"))
        new = tl.maximum(top, tl.max(x, axis=1))
        safe = tl.where(new == float("-inf"), 0.0, new)
        d = x - safe[:, None]
        e = tl.exp(d)
        first_seen = top == float("-inf")
        rise = tl.where(first_seen, 0.0, safe - top)
        shrink = tl.where(first_seen, 0.0, tl.exp(-rise))
        if ENTROPY:
            moved = tl.where(shrink == 0.0, 0.0, shrink * (moment - total * rise))
            moment = moved + tl.sum(tl.where(e == 0.0, 0.0, e * d), axis=1)
        if SMOOTH:
            w = tl.where(other, 1.0, 0.0).to(COMPUTE)
            if WEIGHT:
                given = tl.load(w_ptr + c, mask=c < classes, other=0.0)
                wrong += tl.sum((((given >= 0.0) & (given < float("inf"))) == 0).to(tl.int32))
                w = w * given[None, :]
            below = below + spread * rise + tl.sum(tl.where(w == 0.0, 0.0, -w * d), axis=1)
            spread = spread + tl.sum(w, axis=1)
            if MASK:
                exist = exist + tl.sum(here.to(tl.int32), axis=1)
        total = total * shrink + tl.sum(e, axis=1)
        top = new

    shift = tl.where(top == float("-inf"), 0.0, top)
    tl.store(shift_ptr + row, shift, mask=alive)
    second, s = top.to(tl.float64), total.to(tl.float64)
    w_label = tl.full((ROWS,), 1.0, tl.float64)
    if WEIGHT:
        w_label = tl.load(own_w_ptr + label, mask=alive, other=1.0).to(tl.float64)
        bad = bad | (((w_label >= 0.0) & (w_label < float("inf"))) == 0) | (wrong > 0)
    sample = tl.full((ROWS,), 1.0, tl.float64)
    if SAMPLE:
        sample = tl.load(s_ptr + row, mask=alive, other=0.0).to(tl.float64)
        keep = keep & (sample != 0.0)
        bad = bad | (((sample >= 0.0) & (sample < float("inf"))) == 0)

    gap = second - x_label
    low = tl.zeros((ROWS,), tl.float64)
    if tl.float64 == COMPUTE:  # else the scalars are so wide that its rounding is nothing
        part = gap - second
        low = (second - (gap - part)) - (x_label + part)
        low = tl.where(low * low < 9.3e-10, low, 0.0)
    gap = tl.where(bad | (x_label == float("inf")), float("nan"), gap)
    near = tl.where(gap > 60.0, 60.0, gap)
    of_gap = tl.exp(near)
    of_gap = of_gap + of_gap * low
    ratio = of_gap * s
    whole = 1.0 + ratio
    log_whole = _log1p(ratio)
    loss = log_whole + tl.where(gap > 60.0, gap - 60.0, 0.0)
    above = gap > 0.0
    of_others = tl.log(s + tl.exp(tl.where(above, -gap, 0.0)))
    lse = tl.where(above, second + of_others, x_label + log_whole)

    charge = w_label  # of the label's loss
    mass = w_label  # of all classes
    uniform = tl.zeros((ROWS,), tl.float64)
    main = tl.zeros((ROWS,), tl.float64)
    if SMOOTH:
        smoothing = tl.load(number_ptr)
        count = tl.full((ROWS,), 0, tl.int32) + classes
        if MASK:
            count = exist
        uniform = smoothing / tl.where(count == 0, 1, count).to(tl.float64)
        charge = w_label * (1.0 - smoothing + uniform)
        of_spread = uniform * spread.to(tl.float64)
        mass = charge + of_spread
        # lse - m, and of every class m - x_c: nothing is taken from anything.
        over = tl.where(above, of_others, log_whole - gap)
        part = tl.where(of_spread == 0.0, 0.0, of_spread * over)
        main = main + part + uniform * below.to(tl.float64)
    main = main + tl.where((charge == 0.0) & (loss == float("inf")), 0.0, charge * loss)
    lse_bar = tl.zeros((ROWS,), tl.float64)
    if Z:
        z = tl.load(number_ptr + 1)
        main = main + tl.where(w_label == 0.0, 0.0, z * w_label * lse * lse)
        lse_bar = 2.0 * z * w_label * lse
    nothing = keep == 0
    term = tl.where(nothing, 0.0, sample * main)
    tl.store(term_ptr + row, term.to(term_ptr.dtype.element_ty), mask=alive)
    adds = tl.where(bad, 1.0, sample * w_label)
    tl.store(weight_ptr + row, tl.where(nothing, 0.0, adds), mask=alive)
    tl.store(keep_ptr + row, keep.to(tl.int8), mask=alive)
    scale, p_label, rest = of_gap / whole, 1.0 / whole, ratio / whole
    if SLOPES:
        others = sample * (mass + lse_bar) * scale
        at_label = sample * ((lse_bar + (mass - charge)) * p_label - charge * rest)
        tl.store(slopes_ptr + row, others, mask=alive)
        tl.store(slopes_ptr + rows + row, at_label, mask=alive)
        if SMOOTH:
            tl.store(slopes_ptr + 2 * rows + row, sample * uniform, mask=alive)
    if ENTROPY:
        # Minus the sum of p log p, in which nothing is taken from anything either.
        of_label = tl.where(above, tl.where(gap > 60.0, 0.0, p_label * gap), 0.0)
        of_label = of_label - tl.where(above | (ratio == 0.0), 0.0, gap * rest)
        h = tl.where(above, of_others, log_whole) + of_label - scale * moment.to(tl.float64)
        tl.store(rows_ptr + row, tl.where(nothing, 0.0, h), mask=alive)
        tl.store(rows_ptr + rows + row, tl.where(nothing, 0.0, lse), mask=alive)


@triton.jit
def label_gradient(
    x_ptr, x_step, g_ptr, g_step, y_ptr, mask_ptr, mask_step, w_ptr,
    shift_ptr, slopes_ptr, keep_ptr, bar_ptr, bar_step, divisor_ptr,
    rows, classes,
    MASK: tl.constexpr, WEIGHT: tl.constexpr, SMOOTH: tl.constexpr,
    COMPUTE: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write the derivative of ``sum(bar * terms) / divisor`` to the logits."""
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    alive = row < rows
    y = tl.load(y_ptr + row, mask=alive, other=0).to(tl.int64)
    label = tl.where((y < 0) | (y >= classes), 0, y)
    keep = tl.load(keep_ptr + row, mask=alive, other=0) != 0
    divisor = tl.load(divisor_ptr).to(tl.float64)
    bar = tl.load(bar_ptr + row * bar_step, mask=alive, other=0.0).to(tl.float64)
    bar = tl.where(divisor == 0.0, 0.0, bar / divisor)
    shift = tl.load(shift_ptr + row, mask=alive, other=0.0)
    others = (bar * tl.load(slopes_ptr + row, mask=alive, other=0.0)).to(COMPUTE)
    at_label = (bar * tl.load(slopes_ptr + rows + row, mask=alive, other=0.0)).to(COMPUTE)
    uniform = at_label
    if SMOOTH:
        uniform = bar * tl.load(slopes_ptr + 2 * rows + row, mask=alive, other=0.0)
        uniform = uniform.to(COMPUTE)
    start, out = x_ptr + row * x_step, g_ptr + row * g_step
    masks = mask_ptr
    if MASK:
        masks = mask_ptr + row * mask_step
    for first in range(0, classes, BLOCK):
        c = first + tl.arange(0, BLOCK)
        inside = alive[:, None] & (c < classes)[None, :]
        x = tl.load(start[:, None] + c[None, :], mask=inside, other=float("-inf")).to(COMPUTE)
        g = tl.exp(x - shift[:, None]) * others[:, None]
        if SMOOTH:
            u = uniform[:, None]
            if WEIGHT:
                u = u * tl.load(w_ptr + c, mask=c < classes, other=0.0)[None, :]
            g = g - u
        if MASK:
            here = tl.load(masks[:, None] + c[None, :], mask=inside, other=0) != 0
            g = tl.where(here, g, 0.0 * others[:, None])  # a row that is NaN is so in all classes
        g = tl.where(c[None, :] == label[:, None], at_label[:, None], g)
        g = tl.where(keep[:, None], g, 0.0)
        tl.store(out[:, None] + c[None, :], g.to(g_ptr.dtype.element_ty), mask=inside)
