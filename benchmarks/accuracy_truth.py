"""The truth in 80-bit arithmetic, for arrays that 60 digits a number would take hours for.

With the label's class y, every difference d_c = x_c - x_y is held exactly as the sum of two float64
(Knuth's TwoSum), and

    R = sum over c != y of exp(d_c),   loss = log(1 + R),
    gradient at c: exp(d_c) / (1 + R),   at y: -R / (1 + R)

in which nothing cancels, so that x86's long double (64 bits of precision, exponents to ±4932) gives
every result to about 2^-60. ``tests/benchmarks/test_truth.py`` holds it against the oracle in 60
digits, row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
LONG = np.longdouble


def of_probabilities(y: Array, p: Array) -> tuple[Array, Array]:
    """Return -log(p) of the label in every row, and the gradient of their sum."""
    _need_long_double()
    here = np.arange(len(y))
    gradient = np.zeros(p.shape, LONG)
    gradient[here, y] = -1 / p[here, y].astype(LONG)
    return -np.log(p[here, y].astype(LONG)), gradient


def of_targets(q: Array, x: Array) -> tuple[Array, Array]:
    """Return the loss of targets q in every row, sum_c q_c (lse - x_c), and the gradient."""
    top = x.argmax(axis=1)
    loss, p = losses_and_gradient(top, x)  # the label leads: no term is negative
    here = np.arange(len(x))
    wide = x.astype(np.float64)
    high = wide[here, top][:, None] - wide
    part = high - wide[here, top][:, None]
    low = (wide[here, top][:, None] - (high - part)) - (wide + part)
    mass = q.astype(LONG)
    total = mass.sum(axis=1)
    value = total * loss + (mass * (high.astype(LONG) + low.astype(LONG))).sum(axis=1)
    rest = -p[here, top]
    others = total - mass[here, top]
    gradient = total[:, None] * p - mass
    gradient[here, top] = others - total * rest
    return value, gradient


def _need_long_double() -> None:
    if np.finfo(LONG).nmant < 63:
        raise RuntimeError("long double is no wider than double here: run this on x86")


def losses_and_gradient(y: Array, x: Array) -> tuple[Array, Array]:
    """Return the loss of every row and the gradient of their sum, as long doubles."""
    _need_long_double()
    wide = x.astype(np.float64)
    here = np.arange(len(y))
    label = wide[here, y][:, None]
    gone = np.isneginf(wide)
    wide[gone] = 0
    high = wide - label
    part = high - wide
    low = (wide - (high - part)) - (label + part)
    exps = np.exp(high.astype(LONG)) * (1 + low.astype(LONG))
    exps[gone] = exps[here, y] = 0
    ratio = exps.sum(axis=1)
    small = ratio <= 1
    safe = np.where(small, 1, ratio)
    loss = np.where(small, np.log1p(np.where(small, ratio, 0)), np.log(safe) + np.log1p(1 / safe))
    gradient = exps / (1 + ratio)[:, None]
    gradient[here, y] = -ratio / (1 + ratio)
    return loss, gradient
