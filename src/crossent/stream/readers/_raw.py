"""Numbers that lie in a file as they are in memory, read piece by piece into memory of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from crossent.stream.readers._file import Bytes, WatchedFile, cut_off, fill
from crossent.stream.readers._header import Header, check_values
from crossent.stream.readers._pieces import pieces
from crossent.stream.readers._protocol import OTHER, Array, Column, Reader, ReaderError

BFLOAT16: Final = np.dtype("<u2")
"""How the bits of bfloat16 are read: NumPy has no such type."""


class RawReader:
    """An array whose numbers begin at a place of a file.

    `bfloat16`: its bits are the upper halves of float32, which is what comes out.
    """

    def __init__(
        self, file: WatchedFile, name: str, header: Header, load_code: str, bfloat16: bool = False
    ) -> None:
        self.name, self.load_code = name, load_code
        self._file, self._header, self._bfloat16 = file, header, bfloat16
        self.shape = header.shape
        self.dtype: np.dtype[Any] = np.dtype(np.float32) if bfloat16 else header.dtype

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
                yield as_float32(piece) if self._bfloat16 else piece
                first += len(piece)


def as_float32(bits: Array) -> Array:
    """Return bfloat16 numbers, given as their bits, as float32, which holds each of them."""
    found: Array = (bits.astype(np.uint32) << 16).view(np.float32)
    return found


class Tensor(NamedTuple):
    """A named array in a file of several."""

    name: str
    header: Header | None  # None: of a type that no loss is computed in
    kind: str  # as the file has it
    bfloat16: bool = False


class TensorTable:
    """A file of named arrays that lie in it as they are in memory."""

    headed = True
    rows = -1

    def __init__(self, file: WatchedFile, name: str, tensors: Sequence[Tensor], load: str) -> None:
        self.name, self._file, self._tensors, self._load = name, file, tensors, load
        self.columns = tuple(map(self._column, tensors))

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return one of the arrays."""
        tensor = self._tensors[places[0]]
        if tensor.header is None:
            raise ReaderError(name, self.columns[places[0]].fault)
        load = f"{self._load}[{tensor.name!r}]"
        return RawReader(self._file, name, tensor.header, load, tensor.bfloat16)

    def _column(self, tensor: Tensor) -> Column:
        if tensor.header is None or not tensor.header.shape:
            what = f"is of type {tensor.kind}" if tensor.header is None else "is a single number"
            fault = (
                f"{tensor.name} {what}; labels and predictions are arrays of integers, or of "
                "floats of up to 64 bits"
            )
            return Column(tensor.name, OTHER, fault=fault)
        dtype = np.dtype(np.float32) if tensor.bfloat16 else tensor.header.dtype
        return Column(tensor.name, dtype, tensor.header.shape[1:])
