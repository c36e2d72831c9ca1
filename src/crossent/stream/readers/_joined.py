"""Several files of the same columns, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from crossent.core.messages.columns import other_columns
from crossent.stream.readers._columns import common
from crossent.stream.readers._pieces import in_pieces
from crossent.stream.readers._protocol import TEXT, Array, Column, Reader, Table


class JoinedTable:
    """Tables of the same columns as one."""

    def __init__(self, tables: Sequence[Table], name: str) -> None:
        self.name, self.tables = name, tables
        first = tables[0]
        self.headed = first.headed
        self.rows = -1 if first.rows < 0 else sum(table.rows for table in tables)
        names = [column.name for column in first.columns]
        for table in tables:
            if [column.name for column in table.columns] != names:
                raise other_columns(first.name, table.name, names)
        self.columns = tuple(map(_alike, zip(*(table.columns for table in tables), strict=True)))

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return columns as one array."""
        parts = [
            table.read(places, table.name + (name.removeprefix(self.name)))
            for table in self.tables
        ]  # fmt: skip
        return JoinedReader(parts, name)


class JoinedReader:
    """Arrays of the same rows one after the other."""

    def __init__(self, parts: Sequence[Reader], name: str) -> None:
        self.name, self.parts = name, parts
        self.load_code = f"np.concatenate([{', '.join(one.load_code for one in parts)}])"
        first = parts[0]
        for part in parts:
            if part.shape[1:] != first.shape[1:]:
                raise other_columns(first.name, part.name, [str(size) for size in first.shape[1:]])
        self.shape: tuple[int, ...] = (sum(one.shape[0] for one in parts), *first.shape[1:])
        self.dtype: np.dtype[Any] = _joined([one.dtype for one in parts])

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the arrays in pieces of `rows` rows."""
        blocks = (
            piece if self.dtype.kind == "U" else piece.astype(self.dtype, copy=False)
            for part in self.parts
            for piece in part.chunks(rows)
        )
        return in_pieces(blocks, rows)


def _joined(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    if any(one.kind not in "biuf" for one in dtypes):
        return TEXT
    if all(one.kind in "biu" for one in dtypes):
        return np.result_type(*dtypes)
    return common(dtypes)


def _alike(columns: Sequence[Column]) -> Column:
    """Return a column of several files: text if it is in one of them."""
    first = columns[0]
    odd = next((one for one in columns if one.dtype.kind not in "biuf"), None)
    if odd is not None:
        return odd
    shape = first.shape if all(one.shape == first.shape for one in columns) else (-1,)
    return Column(first.name, _joined([one.dtype for one in columns]), shape)
