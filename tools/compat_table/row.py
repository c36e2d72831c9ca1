"""One line of the table: the same call given to another library and to its drop-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A peculiarity of another library, whether its drop-in has it too, and why.

    `call` is given the library's functions or the drop-in's, whatever the file of the rows names,
    and returns what the table shows: numbers, text, or a list of these.
    """

    given: str
    call: Callable[[Any], Any]
    kept: bool
    why: str
