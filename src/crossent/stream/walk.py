"""Labels and predictions, gone through together in blocks of rows, each read once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import ELEMENTS
from crossent.stream.readers import Reader
from crossent.stream.readers.arrays import ArrayReader

HostArray = npt.NDArray[Any]

PIECE: Final = 2**21
"""Elements that are read at once; they are looked at in smaller blocks."""

MOST_ROWS: Final = 2**18
"""Entries of the first axis that are read at once, however short they are."""


class Rows(NamedTuple):
    """Rows of predictions, or elements of binary ones, and what goes with them."""

    x: HostArray  # (n, C); (n,) of elements
    labels: HostArray | None = None  # (n,) int64; -1 is what no class can be
    keep: HostArray | None = None  # False where a row is ignored or weighs nothing
    targets: HostArray | None = None  # (n, C), where labels are distributions


def rows_of(
    reader: Reader, axis: int, note: Callable[[HostArray], None] | None = None
) -> Iterator[HostArray]:
    """Go through an array as blocks of rows (n, C), the classes of `axis` last.

    `note` is called with every piece as it is read, before its rows.
    """
    rank = len(reader.shape)
    note = note or (lambda piece: None)
    if rank == 1 or axis % rank == 0:
        whole = read_whole(reader)
        note(whole)
        whole = whole[None] if rank == 1 else np.moveaxis(whole, 0, -1)
        for piece in ArrayReader(whole, reader.name).chunks(piece_rows(reader)):
            yield from blocks_of(piece)
        return
    for piece in reader.chunks(piece_rows(reader)):
        note(piece)
        yield from blocks_of(np.moveaxis(piece, axis, -1))


def piece_rows(*readers: Reader) -> int:
    """How many entries of the first axis are read at once, of readers that go together."""
    row = max(math.prod(one.shape[1:]) * max(1, one.dtype.itemsize // 8) for one in readers)
    return min(MOST_ROWS, max(1, PIECE // max(1, row)))


def together(
    readers: Mapping[str, Reader], rows: int
) -> Iterator[tuple[int, dict[str, HostArray]]]:
    """Go through arrays of as many rows: the number of the first row, and the arrays by name."""
    first = 0
    for arrays in zip(*(reader.chunks(rows) for reader in readers.values()), strict=True):
        yield first, dict(zip(readers, arrays, strict=True))
        first += len(arrays[0])


def read_whole(reader: Reader) -> HostArray:
    """Return all of an array."""
    if isinstance(reader, ArrayReader):
        return reader.array
    parts = list(reader.chunks(piece_rows(reader)))
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(reader.shape, reader.dtype)


def total_bytes(reader: Reader) -> int:
    """How much memory all of an array takes."""
    return math.prod(reader.shape) * reader.dtype.itemsize


def blocks_of(piece: HostArray) -> Iterator[HostArray]:
    """Go through a piece as blocks of rows (n, C)."""
    if not piece.size:
        return
    flat = piece.reshape(-1, piece.shape[-1])
    step = max(1, ELEMENTS // max(1, flat.shape[-1]))
    for at in range(0, len(flat), step):
        yield flat[at : at + step]


class Feed:
    """Takes values from an iterator of blocks, as many as are asked for."""

    def __init__(self, blocks: Iterator[HostArray]) -> None:
        self._blocks, self._rest = blocks, np.zeros(0)

    def take(self, count: int) -> HostArray:
        """Return the next values."""
        parts = [self._rest[:count]] if len(self._rest) or not count else []
        self._rest = self._rest[count:]
        got = sum(map(len, parts))
        while got < count:
            block = next(self._blocks)
            parts.append(block[: count - got])
            self._rest = block[count - got :]
            got += len(parts[-1])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def alive(self, count: int) -> HostArray:
        """Return which of the next values, which are weights, are not 0."""
        return np.asarray(self.take(count) != 0)


def paired(
    predictions: Reader,
    axis: int,
    labels: Iterator[HostArray] | None = None,
    *,
    dense: bool = False,
    ignored: tuple[int | float, ...] = (),
    weights: Iterator[HostArray] | None = None,
) -> Iterator[Rows]:
    """Go through predictions as rows, with their labels.

    Parameters
    ----------
    predictions : Reader
    axis : int
        Of the classes.
    labels : iterator of ndarray, optional
        In the order of the rows: class indices, or with `dense` rows of targets.
    ignored : tuple of number
        Class indices of rows that are left out.
    weights : iterator of ndarray, optional
        One for each row; a row of weight 0 is left out.
    """
    feed = None if labels is None else Feed(labels)
    weighing = None if weights is None else Feed(weights)
    for block in rows_of(predictions, axis):
        y = keep = targets = None
        if feed is not None and dense:
            targets = feed.take(len(block))
            y = targets.argmax(axis=-1)
        elif feed is not None:
            y, keep = as_classes(feed.take(len(block)), ignored)
        if weighing is not None:
            alive = weighing.alive(len(block))
            keep = alive if keep is None else keep & alive
        yield Rows(block, y, keep, targets)


def elements(
    predictions: Reader,
    labels: Iterator[HostArray] | None,
    ignored: tuple[int | float, ...],
    weights: Iterator[HostArray] | None,
) -> Iterator[Rows]:
    """Go through binary predictions element by element, with their labels."""
    feed = None if labels is None else Feed(labels)
    weighing = None if weights is None else Feed(weights)
    for piece in predictions.chunks(piece_rows(predictions)):
        flat = piece.reshape(-1)
        keep, y = np.ones(flat.shape, bool), None
        if feed is not None:
            y, kept = as_classes(feed.take(len(flat)), ignored)
            keep = keep if kept is None else kept
        if weighing is not None:
            keep &= weighing.alive(len(flat))
        yield Rows(flat, y, keep)


def as_classes(
    values: HostArray, ignored: tuple[int | float, ...]
) -> tuple[HostArray, HostArray | None]:
    """Return labels as int64 and which rows are kept; -1 is what no class can be."""
    keep = None
    for value in ignored:
        keep = values != value if keep is None else keep & (values != value)
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (np.floor(values) == values)
        values = np.where(whole, values, -1)
    if values.dtype.kind == "u" and values.dtype.itemsize == 8:
        values = np.where(values > 2**62, 2**62, values)
    return values.astype(np.int64, copy=False), keep
