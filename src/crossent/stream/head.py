"""The first entries of a file, kept as they are read, so that a sample needs no second reading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from crossent.stream.readers import Reader
from crossent.stream.readers._protocol import Array


class KeptHead:
    """A reader that keeps what it reads first.

    Parameters
    ----------
    reader : Reader
    rows : int
        Entries of the first axis to keep.
    """

    def __init__(self, reader: Reader, rows: int) -> None:
        self._reader, self._rows = reader, max(1, rows)
        self._parts: list[Array] = []
        self.name, self.load_code = reader.name, reader.load_code
        self.shape: tuple[int, ...] = reader.shape
        self.dtype: np.dtype[Any] = reader.dtype

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        parts: list[Array] = []
        missing = min(self._rows, self.shape[0])
        for piece in self._reader.chunks(rows):
            if missing > 0:
                parts.append(piece[:missing])
                missing -= len(parts[-1])
                if missing == 0:
                    self._parts = parts
            yield piece

    def first(self, rows: int) -> Array | None:
        """Return the first entries if they have been read; None if not, or if fewer are kept."""
        if not self._parts or rows > sum(map(len, self._parts)):
            return None
        whole = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        self._parts = [whole]
        return whole[:rows]
