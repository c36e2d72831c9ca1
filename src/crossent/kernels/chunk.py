"""What is known of 256 rows at a time, and where it stands in a room of the stack.

A chunk is as many rows as the exact sum takes at once. Each place below holds a number of 64 bits
for each of them; regimes keep the facts of rows, and rows in lanes, in the places after these.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels._jit import inner, spliced
from crossent.kernels.exact_sum import DIGITS, TERMS, add_terms, carry

EACH: Final = 8 * TERMS  # bytes of one number for each row
LABELS: Final = 0 * EACH  # the class; negative: the row is not read
FACTORS: Final = 1 * EACH  # what its loss is multiplied by: 0 in rows left out, NaN in bad ones
WEIGHTS: Final = 2 * EACH  # what it adds to the divisor
BARS: Final = 3 * EACH  # the factors times the upstream gradients, if there are any
TERM: Final = 4 * EACH  # its loss times the factor, where the caller has no room for it
FACTS: Final = 5 * EACH
TILE: Final = 12 * EACH  # 68 vectors, of a class each
TILE_Q: Final = TILE + 68 * 64
ROOM: Final = TILE_Q + 68 * 64

IGNORED: Final = -1
BAD: Final = -2

# The counts and totals of a thread, in bytes from where they begin; exact_sum has the first three.
KEPT, WRONG, DOUBTFUL = 24, 32, 40
COUNTS: Final = 6
TOTAL: Final = 8 * COUNTS
WEIGHT: Final = TOTAL + 8 * DIGITS
STATE: Final = WEIGHT + 8 * DIGITS


@inner
def count(state: int, what: int, number: int) -> None:
    """Add to one of the counts."""
    at, more = state + what, np.int64(number)
    mem.write(at, mem.read(at, more) + more)


@spliced
def read_bars(c: Any, first: int, rows: int, s: int) -> int:
    """Return where the factors of the gradients of a chunk are."""
    if c.upstream == 0:
        return s + FACTORS
    for i in range(rows):
        factor = mem.read(s + FACTORS + 8 * i, 0.0)
        bar = 0.0
        if factor != 0.0:
            bar = factor * mem.read(c.upstream + 8 * (first + i), 0.0)
        mem.write(s + BARS + 8 * i, bar)
    return s + BARS


@spliced
def add_up(c: Any, terms: int, rows: int, s: int, state: int, like: Any) -> None:
    """Add the terms and weights of a chunk to the totals, if any are asked for."""
    if c.total != 0:
        add_terms(state + TOTAL, state, terms, rows, like)
        if c.weighs:
            add_terms(state + WEIGHT, state, s + WEIGHTS, rows, 0.0)


@spliced
def close(c: Any, state: int) -> None:
    """Round the totals of a call."""
    if c.total != 0:
        carry(state + TOTAL)
        if c.weighs:
            carry(state + WEIGHT)
