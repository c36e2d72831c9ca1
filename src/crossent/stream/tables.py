"""Tables in memory, of pandas, polars and Arrow: their headings, and columns as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.stream.readers._protocol import OTHER, TEXT, Column, Reader

HostArray = npt.NDArray[Any]

_CONVERTED = ("polars", "pyarrow")
"""Libraries of tables whose arrays NumPy reads, and that have no front end."""


def _library(given: object) -> str:
    return type(given).__module__.partition(".")[0]


def is_table(given: Any) -> bool:
    """Whether labels or predictions are a table of pandas, with columns of their own types."""
    return _library(given) == "pandas" and getattr(given, "ndim", 0) == 2


def is_frame(given: Any) -> bool:
    """Whether something in memory is a table of pandas, polars or Arrow."""
    library = _library(given)
    if library == "polars":
        return hasattr(given, "get_columns")
    return is_table(given) or (library == "pyarrow" and hasattr(given, "column_names"))


def headings_of(given: Any) -> tuple[str, ...] | None:
    """Return the names of the columns of a table; None where there are none.

    pandas numbers the columns that nobody named, which are no names.
    """
    library = _library(given)
    if is_table(given):
        columns = list(given.columns)
        return None if columns == list(range(len(columns))) else tuple(map(str, columns))
    if library == "polars" and hasattr(given, "columns"):
        return tuple(given.columns)
    if library == "pyarrow" and hasattr(given, "column_names"):
        return tuple(given.column_names)
    return None


def column_of(table: Any, at: int) -> HostArray:
    """Return a column of a table by its place."""
    library = _library(table)
    if library == "polars":
        return _plain(table.to_series(at))
    if library == "pyarrow":
        return _plain(table.column(at))
    return _plain(table.iloc[:, at])


def _plain(column: Any) -> HostArray:
    """Return a column of a library as an array; lists of equal length as rows."""
    library = _library(column)
    if library == "pyarrow" and getattr(column, "num_chunks", None) is not None:
        column = column.combine_chunks()
    if library == "pyarrow" and hasattr(column, "dictionary_decode"):
        column = column.dictionary_decode()
    array = np.asarray(column)
    if array.dtype.kind == "O" and getattr(getattr(column, "dtype", None), "kind", "O") in "biuf":
        array = column.to_numpy(dtype=np.float64, na_value=np.nan)  # of pandas's nullable types
    if array.dtype.kind == "O" and array.ndim == 1 and len(array) and _is_list(array[0]):
        lengths = {len(one) if _is_list(one) else -1 for one in array}
        if len(lengths) == 1:
            array = np.array([np.asarray(one) for one in array])
    return array


def _is_list(one: object) -> bool:
    return isinstance(one, list | tuple | np.ndarray)


def numbers_of(table: Any, columns: Sequence[int]) -> HostArray:
    """Return columns of a table as one array of shape (rows, columns)."""
    return np.stack([column_of(table, at) for at in columns], axis=1)


def as_array(given: Any) -> Any:
    """Return a column or table of a library without a front end as an ndarray."""
    if _library(given) not in _CONVERTED:
        return given
    if headings_of(given) is not None:
        return numbers_of(given, range(len(headings_of(given) or ())))
    return _plain(given)


class FrameTable:
    """A table in memory, with the columns that it has."""

    def __init__(self, table: Any) -> None:
        self.name = "the table"
        self._table = table
        names = headings_of(table)
        self.headed = names is not None
        self.rows = len(table) if hasattr(table, "__len__") else table.num_rows
        count = table.shape[1]
        self._arrays = [column_of(table, at) for at in range(count)]
        self.columns = tuple(
            _described(name, array)
            for name, array in zip(names or map(str, range(count)), self._arrays, strict=True)
        )

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return columns as one array."""
        return FrameColumns([self._arrays[at] for at in places], name)

    def lists(self, at: int, rows: int) -> Iterator[tuple[HostArray, HostArray]]:
        """Go through a column of lists, which may differ in length."""
        array = self._arrays[at]
        for start in range(0, len(array), rows):
            part = [np.asarray([] if one is None else one, np.float64)
                    for one in array[start : start + rows]]  # fmt: skip
            yield np.concatenate(part), np.array([len(one) for one in part], np.int64)


class FrameColumns:
    """Columns of a table in memory, put side by side a piece at a time."""

    def __init__(self, arrays: Sequence[HostArray], name: str) -> None:
        self._arrays = arrays
        self.name, self.load_code = name, name
        self.dtype: np.dtype[Any] = np.result_type(*arrays) if len(arrays) > 1 else arrays[0].dtype
        self.shape: tuple[int, ...] = arrays[0].shape
        if self.dtype.kind in "OSU":
            self.dtype = TEXT
        if len(arrays) > 1:
            self.shape = (len(arrays[0]), len(arrays))

    def chunks(self, rows: int) -> Iterator[HostArray]:
        """Go through the columns from the start in pieces of `rows` rows."""
        for start in range(0, self.shape[0], rows):
            parts = [array[start : start + rows] for array in self._arrays]
            yield np.stack(parts, axis=1) if len(parts) > 1 else parts[0]


def _described(name: str, array: HostArray) -> Column:
    if array.dtype.kind in "biuf":
        return Column(name, array.dtype, array.shape[1:])
    if array.dtype.kind in "OSU" and array.ndim == 1:
        if any(_is_list(one) for one in array[:8]):
            return Column(name, np.dtype(np.float64), (-1,), "its lists differ in length")
        numbers = all(isinstance(one, int | float | np.number) or one is None for one in array)
        return Column(name, OTHER if numbers and len(array) else TEXT, fault=f"{name} holds text")
    return Column(name, OTHER, fault=f"{name} holds {array.dtype}")
