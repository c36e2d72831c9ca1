"""Arrays in memory, behind the same protocol as files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from crossent.stream.readers._protocol import Array


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
