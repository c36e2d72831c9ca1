"""Entries of columns that are text or lists, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.stream.readers._protocol import Array, ReaderError

LONGEST_NAME: Final = 1000
"""Characters of a name; an array of text has room for the longest in every row."""


def as_text(values: Sequence[str | None], name: str, first: int) -> Array:
    """Return names as an array; what is missing is "".

    Raises
    ------
    ReaderError
        If one is longer than any name: `first` is the number of the first row.
    """
    found = ["" if one is None or one != one else one for one in values]
    longest = max(map(len, found), default=0)
    if longest > LONGEST_NAME:
        row = next(at for at, one in enumerate(found) if len(one) > LONGEST_NAME)
        raise ReaderError(
            name,
            f"row {first + row} holds a name of {len(found[row])} characters; names have up to "
            f"{LONGEST_NAME}",
        )
    return np.array(found, f"U{max(longest, 1)}")


def check_lengths(lengths: npt.NDArray[Any], width: int, name: str, first: int) -> None:
    """Raise if a list is not as long as the first one."""
    wrong = np.flatnonzero(lengths != width)
    if len(wrong):
        raise ReaderError(
            name,
            f"row {first + int(wrong[0])} holds a list of {lengths[wrong[0]]} numbers, row 0 one "
            f"of {width}; every row needs a number for each class",
        )
