"""Tables in memory, of pandas, polars and Arrow: their headings, and columns as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

HostArray = npt.NDArray[Any]

_CONVERTED = ("polars", "pyarrow")
"""Libraries of tables whose arrays NumPy reads, and that have no front end."""


def _library(given: object) -> str:
    return type(given).__module__.partition(".")[0]


def is_table(given: Any) -> bool:
    """Whether labels or predictions are a table of pandas, with columns of their own types."""
    return _library(given) == "pandas" and getattr(given, "ndim", 0) == 2


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
        return np.asarray(table.to_series(at))
    if library == "pyarrow":
        return np.asarray(table.column(at))
    column = table.iloc[:, at]
    array = np.asarray(column)
    if array.dtype.kind == "O" and getattr(column.dtype, "kind", "O") in "biuf":
        array = column.to_numpy(dtype=np.float64, na_value=np.nan)  # of pandas's nullable types
    return array


def numbers_of(table: Any, columns: Sequence[int]) -> HostArray:
    """Return columns of a table as one array of shape (rows, columns)."""
    return np.stack([column_of(table, at) for at in columns], axis=1)


def as_array(given: Any) -> Any:
    """Return a column or table of a library without a front end as an ndarray."""
    if _library(given) not in _CONVERTED:
        return given
    if headings_of(given) is not None:
        return numbers_of(given, range(len(headings_of(given) or ())))
    return np.asarray(given)
