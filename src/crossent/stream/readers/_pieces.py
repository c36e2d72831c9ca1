"""Pieces of as many rows as are asked for, of bytes in a file or of blocks of any size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from crossent.stream.readers._file import Bytes
from crossent.stream.readers._header import Header
from crossent.stream.readers._protocol import Array

BLOCK_BYTES: Final = 2**25
"""As many rows are gathered at a time; a piece is cut from them."""

_SHORT: Final = 2**12
"""Columns of fewer bytes are read together: each read of its own would cost more than its bytes."""

_SPAN: Final = 2**22

ReadAt = Callable[[Bytes, int, int], None]
"""Fills an array of bytes from an offset on, for the rows from a number on."""


def pieces(header: Header, rows: int, read: ReadAt) -> Iterator[Array]:
    """Yield pieces of `rows` rows in C order, each in memory of its own.

    Parameters
    ----------
    header : Header
        Of an array that has elements.
    rows : int
    read : callable
        Reads from the numbers of the array: offset 0 is the first.
    """
    if header.by_columns:
        yield from _pieces_of_columns(header, rows, read)
        return
    for start in range(0, header.shape[0], rows):
        count = min(rows, header.shape[0] - start)
        data = np.empty(count * header.row_bytes, np.uint8)
        read(data, start * header.row_bytes, start)
        yield data.view(header.dtype).reshape((count, *header.shape[1:]))


def _pieces_of_columns(header: Header, rows: int, read: ReadAt) -> Iterator[Array]:
    height, item = header.shape[0], header.dtype.itemsize
    columns = math.prod(header.shape[1:])
    fitting = max(1, BLOCK_BYTES // (columns * item))
    tall = min(height, max(rows, fitting - fitting % rows))
    for first in range(0, height, tall):
        last = min(first + tall, height)
        block = _gather(columns, height * item, first * item, last * item, first, read)
        numbers = block.view(header.dtype)
        for start in range(0, last - first, rows):
            piece = numbers[:, start : start + rows]
            # The trailing axes are in Fortran order as well.
            shaped = piece.reshape((*header.shape[:0:-1], piece.shape[1]))
            yield np.ascontiguousarray(shaped.T)


def _gather(columns: int, column: int, start: int, stop: int, row: int, read: ReadAt) -> Bytes:
    """Return the bytes from start to stop of every column, each of which has `column` bytes."""
    block = np.empty((columns, stop - start), np.uint8)
    if column > _SHORT:
        for at in range(columns):
            read(block[at], at * column + start, row)
        return block
    several = max(1, _SPAN // column)
    for at in range(0, columns, several):
        span = np.empty((min(several, columns - at), column), np.uint8)
        read(span.reshape(-1), at * column, row)
        block[at : at + several] = span[:, start:stop]
    return block


def in_pieces(blocks: Iterator[Array], rows: int) -> Iterator[Array]:
    """Yield pieces of `rows` rows of blocks of any size; a piece within a block is a view of it."""
    parts: list[Array] = []
    filled = 0
    for block in blocks:
        at = 0
        while at < len(block):
            part = block[at : at + rows - filled]
            parts.append(part)
            at, filled = at + len(part), filled + len(part)
            if filled == rows:
                yield parts[0] if len(parts) == 1 else np.concatenate(parts)
                parts, filled = [], 0
    if parts:
        yield parts[0] if len(parts) == 1 else np.concatenate(parts)
