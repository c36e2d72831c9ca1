"""Columns of a table by name: one, a pattern, several parted by commas."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from crossent.core.messages import columns as messages
from crossent.core.messages.names import headings_twice
from crossent.stream.readers._protocol import Column, Reader, Table


def kind_of(column: Column) -> str:
    """Say what a column holds."""
    if column.lists:
        sizes = " × ".join(map(str, column.shape))
        return "lists of numbers" if column.shape == (-1,) else f"{sizes} numbers a row"
    if column.numbers:
        return "integers" if column.dtype.kind in "iub" else "numbers"
    return "text" if column.dtype.kind == "U" else "something else"


def kinds_of(table: Table) -> list[tuple[str, str]]:
    """Return the names of all columns, each with what it holds."""
    return [(column.name, kind_of(column)) for column in table.columns]


def place_of(table: Table, option: str, name: str) -> int:
    """Return the place of a column, by its heading as text, else as an integer.

    Raises
    ------
    OptionError
        If there is none; `option` is what named it, in words.
    """
    headings = [column.name for column in table.columns]
    if headings.count(name) > 1:
        raise headings_twice([name])
    if name in headings:
        return headings.index(name)
    if name.isdigit():
        same = [at for at, one in enumerate(headings) if one.isdigit() and int(one) == int(name)]
        if len(same) == 1:
            return same[0]
    inner = getattr(table, "find", None)
    found = None if inner is None else inner(name)
    if found is None:
        raise messages.no_such_column(option, name, table.name, kinds_of(table))
    return int(found)


def places_of(table: Table, option: str, given: Any) -> list[int]:
    """Return the places of columns: a name, a pattern, several parted by commas, or a list."""
    headings = [column.name for column in table.columns]
    listed = [given] if isinstance(given, str) else list(map(str, given))
    names = [part for one in listed for part in ([one] if one in headings else one.split(","))]
    places: list[int] = []
    for name in names:
        if name in headings or not any(mark in name for mark in "*?["):
            places.append(place_of(table, option, name if name in headings else name.strip()))
            continue
        fitting = [at for at, one in enumerate(headings) if fnmatchcase(one, name)]
        if not fitting:
            raise messages.no_such_column(option, name, table.name, kinds_of(table))
        places += fitting
    return list(dict.fromkeys(places))


def common(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """Return the type of columns side by side: floats of up to 32 bits stay so."""
    if all(one.kind == "f" and one.itemsize <= 4 for one in dtypes):
        return np.result_type(*dtypes)
    return np.dtype(np.float64)


class SomeColumns:
    """A table of some columns of another."""

    def __init__(self, table: Table, given: str) -> None:
        self._table = table
        self._places = places_of(table, "the name behind the colon", given)
        self.name, self.rows, self.headed = table.name, table.rows, table.headed
        self.columns = tuple(table.columns[at] for at in self._places)

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return columns as one array."""
        return self._table.read([self._places[at] for at in places], name)
