"""The header of the .npy format, read with NumPy's own functions and then distrusted."""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from crossent.stream.readers._protocol import ReaderError

_LONGEST: Final = 2**16
"""Bytes; NumPy itself refuses headers of more than 10 000 characters."""


@dataclass(frozen=True)
class Header:
    """What a .npy header promises."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    offset: int
    """Where the numbers start, in bytes."""

    @property
    def nbytes(self) -> int:
        """How many bytes of numbers follow; a Python int, so that no size overflows."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def row_bytes(self) -> int:
        """The bytes of one row of an array in C order."""
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def by_columns(self) -> bool:
        """Whether rows lie apart: in Fortran order, unless both orders are the same."""
        return self.fortran_order and sum(size > 1 for size in self.shape) > 1


def read_header(file: IO[bytes], name: str, size: int) -> Header:
    """Read the header and compare what it promises with the size of the file.

    Parameters
    ----------
    file : binary file
        At the start of the .npy data.
    name : str
        For messages.
    size : int
        How many bytes there are, header included.

    Raises
    ------
    ReaderError
        If this is no .npy data, holds something other than plain numbers, or is cut off.
    """
    if size == 0:
        raise ReaderError(name, "the file is empty (0 bytes); write it again with numpy.save")
    start = io.BytesIO(file.read(_LONGEST))
    shape, fortran_order, dtype = _parse(start, name)
    _check_dtype(dtype, name)
    if not shape:
        raise ReaderError(
            name, "holds a single number, not an array; save an array with one entry per row"
        )
    header = Header(shape, fortran_order, dtype, start.tell())
    held = size - header.offset
    if min(shape) < 0 or held < header.nbytes:
        raise ReaderError(
            name,
            f"is cut off: its header promises an array of shape {shape} and type {dtype} "
            f"({header.nbytes} bytes), the file holds {held} bytes after it; "
            "copy or write the file again",
        )
    if held > header.nbytes:
        raise ReaderError(
            name,
            f"holds {held - header.nbytes} bytes after its array of shape {shape}, which would "
            "be left out; if several arrays were saved into one file, join them with "
            "numpy.concatenate and save the result",
        )
    _check_shape(shape, dtype, name)
    return header


def check_values(piece: npt.NDArray[Any], name: str, first_row: int) -> None:
    """Raise where bytes stand for no value of the type: NumPy itself does not look.

    Parameters
    ----------
    piece : ndarray
        Rows as they were read.
    name : str
        For messages.
    first_row : int
        The number of the first of the rows.
    """
    if piece.dtype.kind == "b":
        wrong = piece.view(np.uint8) > 1
    elif piece.dtype.kind == "U":
        letters = np.ascontiguousarray(piece).view(f"{piece.dtype.str[0]}u4")
        wrong = (letters > 0x10FFFF) | ((letters >= 0xD800) & (letters < 0xE000))
    else:
        return
    if wrong.any():
        row = first_row + int(np.argmax(wrong.reshape(len(piece), -1).any(axis=1)))
        raise ReaderError(
            name,
            f"is damaged: row {row} holds bytes that are not a {piece.dtype.name} value; copy or "
            "write the file again",
        )


def _check_shape(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    """Refuse shapes that no array can have; sizes of 0 hide them from the size of the file."""
    try:
        np.broadcast_to(np.empty((), dtype), shape)
    except ValueError:
        raise ReaderError(
            name,
            f"its header promises an array of shape {shape}, which NumPy cannot hold; copy or "
            "write the file again",
        ) from None


def _parse(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(file)
        with warnings.catch_warnings():
            # Of a header by Python 2, and of odd literals in a damaged one.
            warnings.simplefilter("ignore")
            if version == (1, 0):
                return np.lib.format.read_array_header_1_0(file)
            if version == (2, 0):
                return np.lib.format.read_array_header_2_0(file)
    except Exception as error:  # whatever untrusted bytes make the parser raise
        raise ReaderError(
            name, f"is not a .npy file that NumPy wrote ({error}); write it with numpy.save"
        ) from None
    # Version 3 differs from 2 only in the names of structured fields.
    raise ReaderError(
        name,
        f"has version {version[0]}.{version[1]} of the .npy format, which holds tables with "
        "named columns; save the columns as one plain array of numbers",
    )


def _check_dtype(dtype: np.dtype[Any], name: str) -> None:
    if dtype.hasobject:
        raise ReaderError(
            name,
            "holds pickled Python objects, which can run any code when they are loaded, so it is "
            "not opened; if you trust the file, save it as numbers: "
            "numpy.save(path, numpy.array(values.tolist(), dtype=float)), with dtype=int for "
            "labels",
        )
    if dtype.names is not None:
        raise ReaderError(
            name,
            f"holds a table with the named columns {', '.join(dtype.names)}; save them as one "
            "plain array: numpy.lib.recfunctions.structured_to_unstructured(table)",
        )
    if dtype.kind == "V":
        raise ReaderError(
            name,
            f"holds raw bytes of type {dtype.str!r} without a number type, which is how NumPy "
            "stores bfloat16 and float8; save the array as float32: "
            "numpy.save(path, array.astype(numpy.float32))",
        )
    longdouble = dtype.kind == "f" and dtype.itemsize > 8
    if dtype.kind not in "biufSU" or dtype.itemsize == 0 or longdouble:
        raise ReaderError(
            name,
            f"holds {dtype} values; labels and predictions are integers or floats of up to 64 bits",
        )
