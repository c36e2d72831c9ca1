"""`.npy`: mapped into memory, with the pages behind the reader given back."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from crossent.evaluate.readers._header import Header, read_header
from crossent.evaluate.readers._protocol import Array, ReaderError

_COLUMNS = 256
"""How many columns of a Fortran-ordered file are touched before its pages are given back.

Every touched column costs at least one page and what the system maps around it (64 KiB)."""


class NpyReader:
    """A .npy file."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.load_code = f"np.load({str(path)!r})"
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            header = read_header(file, name, size)
            self._map: mmap.mmap | None = None
            if header.nbytes:
                try:
                    self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                except (OSError, ValueError) as error:
                    raise ReaderError(name, f"cannot be mapped into memory ({error})") from None
        self._header = header
        self.shape = header.shape
        self.dtype = header.dtype

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        if self._map is None:
            return
        flat = np.frombuffer(
            self._map, self.dtype, _count(self._header), offset=self._header.offset
        )
        if self._header.fortran_order and len(self.shape) > 1:
            yield from self._fortran_chunks(flat, rows)
            return
        array = flat.reshape(self.shape)
        for start in range(0, self.shape[0], rows):
            stop = min(start + rows, self.shape[0])
            yield array[start:stop]
            self._give_back(
                self._header.offset + start * self._header.row_bytes,
                self._header.offset + stop * self._header.row_bytes,
            )

    def _fortran_chunks(self, flat: Array, rows: int) -> Iterator[Array]:
        """Copy the rows together, few columns at a time."""
        columns = flat.reshape(-1, self.shape[0])  # a column of the file is a row here
        for start in range(0, self.shape[0], rows):
            stop = min(start + rows, self.shape[0])
            piece = np.empty((len(columns), stop - start), self.dtype)
            for first in range(0, len(columns), _COLUMNS):
                piece[first : first + _COLUMNS] = columns[first : first + _COLUMNS, start:stop]
                self._give_back(0, self._header.offset + self._header.nbytes)
            # The trailing axes are in Fortran order as well.
            yield np.ascontiguousarray(piece.reshape((*self.shape[:0:-1], stop - start)).T)

    def _give_back(self, start: int, stop: int) -> None:
        """Drop the pages of a byte range from this process; they stay in the system's cache."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            start -= start % mmap.PAGESIZE
            self._map.madvise(mmap.MADV_DONTNEED, start, stop - start)


def _count(header: Header) -> int:
    return header.nbytes // header.dtype.itemsize
