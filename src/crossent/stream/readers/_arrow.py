"""Columns of Arrow as arrays: what Parquet and Arrow files, and tables in memory, are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from crossent.stream.readers._columns import common
from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._needed import needed
from crossent.stream.readers._pieces import in_pieces
from crossent.stream.readers._protocol import OTHER, TEXT, Array, Column, ReaderError
from crossent.stream.readers._text import as_text, check_lengths

FLOAT64: Final = np.dtype(np.float64)

Batches = Callable[[Sequence[str], int], Iterator[Any]]
"""Record batches of columns, of about as many rows as are asked for."""


def arrow(name: str, module: str = "pyarrow") -> ModuleType:
    """Import pyarrow, or raise the error that names what to install."""
    return needed(module, "pyarrow", "data", name)


@contextmanager
def understood(name: str, file: WatchedFile | None = None) -> Iterator[None]:
    """Make whatever pyarrow raises of untrusted bytes one ReaderError.

    That a file was changed meanwhile explains it better than what it looks like.
    """
    try:
        yield
    except (ReaderError, GeneratorExit):
        raise
    except MemoryError as error:
        raise ReaderError(
            name,
            f"asks for more memory than there is ({_first(error)}): it is damaged, or its row "
            "groups are too large; write it with fewer rows in each",
        ) from None
    except Exception as error:
        if file is not None:
            file.check(0)
        raise ReaderError(
            name, f"is cut off or damaged ({_first(error)}); copy or write the file again"
        ) from None


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")[:200] or type(error).__name__


def columns_of(schema: Any) -> tuple[Column, ...]:
    """Return what the columns of a schema are; of lists that may differ in length -1."""
    return tuple(Column(field.name, *_kind(field.type)) for field in schema)


def _kind(kind: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
    import pyarrow.types as types

    kind = getattr(kind, "storage_type", kind)  # of an extension, as a tensor of fixed shape
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_fixed_size_list(kind):
        dtype, shape = _kind(kind.value_type)
        return (OTHER, ()) if shape else (dtype, (kind.list_size,))
    if types.is_list(kind) or types.is_large_list(kind):
        dtype, shape = _kind(kind.value_type)
        return (OTHER, ()) if shape else (dtype, (-1,))
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return TEXT, ()
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return np.dtype(kind.to_pandas_dtype()), ()
    return OTHER, ()


class ArrowColumns:
    """Columns of a file of Arrow's kinds, as one array."""

    def __init__(
        self, name: str, path: Path, columns: Sequence[Column], rows: int,
        batches: Batches, file: WatchedFile,
    ) -> None:  # fmt: skip
        self.name = name
        self._columns, self._batches, self._file = columns, batches, file
        (first, *others) = columns
        self.dtype: np.dtype[Any] = first.dtype
        self.shape: tuple[int, ...] = (rows, *first.shape)
        self.load_code = f"pyarrow.parquet.read_table({str(path)!r})[{first.name!r}].to_numpy()"
        if others:
            self.shape = (rows, len(columns))
            self.dtype = common([one.dtype for one in columns])
        elif first.shape == (-1,):
            self.shape = (rows, self._width())
        elif first.numbers and first.dtype.kind in "iub" and self._holds_gaps():
            self.dtype = FLOAT64

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        done = 0
        for piece in in_pieces(self._blocks(rows), rows):
            if piece.dtype.kind != "U":
                piece = piece.astype(self.dtype, copy=False)
            yield piece
            done += len(piece)
        if done != self.shape[0]:
            self._file.check(done)
            raise ReaderError(
                self.name,
                f"holds {done} rows, although its metadata promises {self.shape[0]}; write the "
                "file again",
            )

    def _blocks(self, rows: int) -> Iterator[Array]:
        names, first = [one.name for one in self._columns], 0
        with understood(self.name, self._file):
            for batch in self._batches(names, rows):
                self._file.check(first)
                yield self._array(batch, first)
                first += batch.num_rows

    def _array(self, batch: Any, first: int) -> Array:
        if len(self._columns) > 1:
            # A row after the other in memory, as everything that reads them wants it.
            out = np.empty((batch.num_rows, len(self._columns)), self.dtype)
            for at, column in enumerate(batch.columns):
                out[:, at] = numbers(column)
            return out
        (column,) = batch.columns
        if self.dtype.kind == "U":
            return text(column, self.name, first)
        if len(self.shape) > 1:
            return lists(column, self.shape[1], self.name, first)
        return numbers(column)

    def _width(self) -> int:
        """Return the length of the first list: all must have it."""
        with understood(self.name, self._file):
            for batch in self._batches([self._columns[0].name], 1):
                if batch.num_rows:
                    first = batch.columns[0][0]
                    return len(first) if first.is_valid else 0
        return 0

    def _holds_gaps(self) -> bool:
        with understood(self.name, self._file):
            return any(
                batch.columns[0].null_count
                for batch in self._batches([self._columns[0].name], 2**16)
            )


def numbers(column: Any) -> Array:
    """Return a column of numbers; one that is missing is NaN."""
    found: Array = column.to_numpy(zero_copy_only=False)
    if found.dtype.kind == "O":  # bool with gaps
        found = np.array([np.nan if one is None else float(one) for one in found])
    return found


def lists(column: Any, width: int, name: str, first: int) -> Array:
    """Return a column of lists of numbers as rows; each must hold as many."""
    column = getattr(column, "storage", column)
    if column.null_count:
        row = first + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise ReaderError(name, f"has no list in row {row}; every row needs one of {width} numbers")
    if hasattr(column.type, "list_size"):
        return numbers(column.flatten()).reshape(len(column), width)
    # Bounds that are out of order would be read from anywhere in memory.
    column.validate(full=True)
    bounds = column.offsets.to_numpy()
    check_lengths(np.diff(bounds), width, name, first)
    return numbers(column.values[bounds[0] : bounds[-1]]).reshape(len(column), width)


def ragged(batches: Iterator[Any], name: str, file: WatchedFile) -> Iterator[tuple[Array, Array]]:
    """Go through a column of lists: the numbers of some rows, and how many each row has."""
    row = 0
    with understood(name, file):
        for batch in batches:
            file.check(row)
            column = getattr(batch.columns[0], "storage", batch.columns[0])
            column.validate(full=True)
            lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
            yield numbers(column.flatten()).astype(np.float64), lengths.astype(np.int64)
            row += batch.num_rows


def text(column: Any, name: str, first: int) -> Array:
    """Return a column of text; what is missing is ""."""
    if hasattr(column, "dictionary_decode"):
        column.validate(full=True)
        column = column.dictionary_decode()
    column.validate(full=True)
    return as_text(column.to_pylist(), name, first)
