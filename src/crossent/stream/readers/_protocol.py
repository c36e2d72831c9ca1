"""What a reader offers, and the errors of all readers.

A reader is made from a path. Making it looks at the header only, or for a text file goes through
it once; afterwards `shape` and `dtype` are known and the rows come in pieces, so that no file has
to fit into memory. To add a format: one file with such a class, one row in `READERS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

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
        self._parts = (name, text)

    def __reduce__(self) -> tuple[type[ReaderError], tuple[str, str]]:
        return type(self), self._parts


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
