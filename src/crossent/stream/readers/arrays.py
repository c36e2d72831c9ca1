"""Arrays in memory, and one array as a table of one column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from crossent.stream.readers._protocol import Array, Column, Reader


class ArrayReader:
    """An array that is in memory already."""

    def __init__(self, array: Array, name: str) -> None:
        self.name = self.load_code = name
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype[Any] = array.dtype
        self.array = array

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows, which are views."""
        for start in range(0, self.shape[0], rows):
            yield self.array[start : start + rows]


class OneArray:
    """A file of one array without a name."""

    headed = False

    def __init__(self, reader: Reader) -> None:
        self.name, self.reader = reader.name, reader
        self.rows = reader.shape[0]
        self.columns: tuple[Column, ...] = (Column("0", reader.dtype, reader.shape[1:]),)

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return the array."""
        return self.reader
