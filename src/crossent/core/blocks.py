"""Blocks of rows: how arrays of any rank are walked so that temporaries stay small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

ELEMENTS: Final = 2**17
"""Elements in a block: half a megabyte of float32, so that a pass over it stays in the cache."""

Block = tuple[int | slice, ...]


def row_blocks(
    rows: tuple[int, ...], row_elements: int, elements: int = ELEMENTS
) -> Iterator[Block]:
    """Yield indices into arrays of leading shape `rows`, each about that many elements.

    >>> list(row_blocks((2, 5), 2**16))
    [(0, slice(0, 2, None)), (0, slice(2, 4, None)), (0, slice(4, 6, None)), \
(1, slice(0, 2, None)), (1, slice(2, 4, None)), (1, slice(4, 6, None))]
    """
    most = max(1, elements // max(1, row_elements))
    axis, inner = len(rows), 1
    while axis > 0 and inner * rows[axis - 1] <= most:
        axis -= 1
        inner *= rows[axis]
    if axis == 0:
        yield ()
        return
    step = max(1, most // max(1, inner))
    for lead in np.ndindex(*rows[: axis - 1]):
        for start in range(0, rows[axis - 1], step):
            yield (*lead, slice(start, start + step))


def flat_rows(array: npt.NDArray[Any], block: Block, per_row: int = 1) -> npt.NDArray[Any]:
    """Return the rows of a block as one dimension, followed by `per_row` dimensions of a row."""
    part = array[block]
    return part.reshape(-1, *part.shape[part.ndim - per_row :]) if per_row else part.reshape(-1)
