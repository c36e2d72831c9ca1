"""How many rows and classes a program takes at once, by the classes and their dtype alone.

Never by the number of rows: so a row has the same bits in every batch.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SMALLEST: Final = 16
LARGEST: Final = {2: 8192, 4: 4096, 8: 2048}
"""Classes at once, by the bytes of a logit: loads of 16 bytes for every thread, and no spills."""

ELEMENTS: Final = {2: 2048, 4: 2048, 8: 1024}
"""Elements that a program has at least, where a row has fewer; more of float64 would spill."""


class Tile(NamedTuple):
    """What a program works on at once."""

    rows: int
    block: int  # classes
    warps: int


def tile(classes: int, itemsize: int) -> Tile:
    """Return the tile of a program for so many classes.

    >>> tile(32_000, 4), tile(10, 4)
    (Tile(rows=1, block=4096, warps=8), Tile(rows=128, block=16, warps=4))
    """
    block = max(SMALLEST, min(1 << (classes - 1).bit_length(), LARGEST[itemsize]))
    rows = max(1, ELEMENTS[itemsize] // block)
    return Tile(rows, block, 8 if rows == 1 else 4)
