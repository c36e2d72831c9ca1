"""`.npy`: read piece by piece into memory of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from crossent.stream.readers._file import Bytes, WatchedFile, cut_off, fill
from crossent.stream.readers._header import check_values, read_header
from crossent.stream.readers._pieces import pieces
from crossent.stream.readers._protocol import Array


class NpyReader:
    """A .npy file."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.load_code = f"np.load({str(path)!r})"
        self._file = WatchedFile(path, name)
        with self._file.opened() as file:
            self._header = read_header(file, name, self._file.size)
        self.shape = self._header.shape
        self.dtype = self._header.dtype

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        header, first = self._header, 0
        if not header.nbytes:
            return
        with self._file.opened() as file:

            def read(out: Bytes, offset: int, row: int) -> None:
                got = fill(file, out, header.offset + offset)
                if got < len(out):
                    within = 0 if header.by_columns else got // header.row_bytes
                    raise cut_off(self.name, row + within)

            for piece in pieces(header, rows, read):
                self._file.check(first)
                check_values(piece, self.name, first)
                yield piece
                first += len(piece)
