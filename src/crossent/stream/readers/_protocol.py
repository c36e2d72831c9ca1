"""What a reader and a table offer, and the errors of all readers.

A reader is made from a path. Making it looks at the header only, or for a text file goes through
it once; afterwards `shape` and `dtype` are known and the rows come in pieces, so that no file has
to fit into memory. A format with columns of several kinds is a table, whose columns are read each
as such an array. To add a format: one file with such a class, one row in `READERS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from crossent.core.errors import CrossentError

Array = npt.NDArray[Any]


class ReaderError(CrossentError):
    """A file cannot be read as an array of numbers.

    Parameters
    ----------
    name : str
        The file, and the array in it, as the user wrote it.
    text : str
        What is wrong with it and the next step.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__("CE501", f"{name}: {text}")
        self.reason = text
        self._name = name

    def __reduce__(self) -> tuple[type[ReaderError], tuple[str, str]]:
        return type(self), (self._name, self.reason)


class SpecError(ReaderError):
    """The path names no array: no such file, no such key, or a format that is not known."""


class Reader(Protocol):
    """An array in a file, read in pieces along its first axis."""

    name: str
    """The file, and the array in it, as the user wrote it."""

    shape: tuple[int, ...]
    """At least one dimension."""

    dtype: np.dtype[Any]

    load_code: str
    """Python that loads the array with NumPy as np, for advice that rewrites the file."""

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start; every piece but the last has `rows` rows.

        Of a file each piece is memory of its own; it was read before the file changed, or
        a ReaderError comes in its place.
        """
        ...


TEXT: Final = np.dtype(np.str_)
OTHER: Final = np.dtype("V")


class Column(NamedTuple):
    """A column of a table, or an array of a file that holds several."""

    name: str
    dtype: np.dtype[Any]
    """Of numbers; `TEXT`, or `OTHER` for what is neither."""

    shape: tuple[int, ...] = ()
    """Of each entry: () for one number, (C,) for a list; -1 where lists differ in length."""

    fault: str = ""
    """Why it is not of numbers, where that has a place."""

    @property
    def numbers(self) -> bool:
        """Whether every entry is one number."""
        return self.dtype.kind in "biuf" and not self.shape

    @property
    def lists(self) -> bool:
        """Whether every entry is a list, or an array, of numbers."""
        return self.dtype.kind in "biuf" and bool(self.shape)


class Table(Protocol):
    """Columns of as many rows, each of its own kind."""

    name: str
    """The file, as the user wrote it."""

    rows: int
    """-1 where the columns are arrays of their own lengths."""

    columns: tuple[Column, ...]

    headed: bool
    """Whether the columns have names; else they are 0, 1, 2, ..."""

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return columns as one array: one as it is, several of numbers as (rows, columns).

        An empty cell is NaN among numbers, and "" in text. `name` is what to call it in messages.
        """
        ...
