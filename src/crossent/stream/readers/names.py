"""`.csv` and `.csv.gz` with one column of names: labels that are text."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._heading import cells_of, is_name, number_of
from crossent.stream.readers._lines import blocks_of_lines, numbered_lines, open_text
from crossent.stream.readers._protocol import Array, ReaderError
from crossent.stream.readers._text import LONGEST_NAME


class NamesReader:
    """One column of names.

    Without a word about the heading, the first line is one if its name does not come again.
    """

    def __init__(self, path: Path, name: str, header: bool | None = None) -> None:
        self.name = name
        self._file = WatchedFile(path, name)
        self._header = False
        first, rows, longest, again = "", 0, 1, False
        for number, lines in self._blocks():
            cells = self._cells(number, lines)
            longest = max(longest, *map(len, cells))
            if not rows:
                first = cells[0]
            again = again or first in cells[int(not rows) :]
            rows += len(cells)
        self._header = (rows > 1 and not again) if header is None else header
        self.load_code = f"np.loadtxt({str(path)!r}, str, skiprows={int(self._header)})"
        self.dtype: np.dtype[Any] = np.dtype(f"U{longest}")
        self.shape: tuple[int, ...] = (rows - int(self._header),)

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the names from the start in pieces of `rows` rows."""
        cells = (
            cell for number, lines in self._blocks() for cell in self._cells(number, lines)
        )  # fmt: skip
        done = 0
        while done < self.shape[0]:
            piece = list(itertools.islice(cells, min(rows, self.shape[0] - done)))
            self._file.check(done)
            if not piece or max(map(len, piece)) > self.dtype.itemsize // 4:
                raise ReaderError(self.name, "was changed while it was read, so there is no result")
            yield np.array(piece, self.dtype)
            done += len(piece)
        self._file.check(done)

    def _blocks(self) -> Iterator[tuple[int, list[str]]]:
        with open_text(self._file.path, self.name) as file:
            lines = numbered_lines(file, self.name)
            yield from blocks_of_lines(itertools.islice(lines, int(self._header), None))

    def _cells(self, first: int, lines: list[str]) -> list[str]:
        found = []
        for number, line in enumerate(lines, start=first):
            cells = cells_of(line, ",", self.name, number)
            cell = cells[0].strip()
            if len(cells) > 1:
                raise ReaderError(
                    self.name,
                    f"line {number} has {len(cells)} cells, the first line has 1; a name with a "
                    'comma is written in quotes, "a, b"',
                )
            if len(cell) > LONGEST_NAME:
                raise ReaderError(
                    self.name, f"line {number} holds a name of {len(cell)} characters; names have "
                    f"up to {LONGEST_NAME}",
                )  # fmt: skip
            found.append(cell)
        return found


def holds_names(path: Path, name: str, header: bool | None) -> bool:
    """Whether a text file is one column of names: which the first row tells.

    A first line of a name above numbers is a heading.
    """
    with open_text(path, name) as file:
        lines = [line for _, line in itertools.islice(numbered_lines(file, name), 2)]
    if not lines or any(mark in line for line in lines for mark in ";\t"):
        return False
    cells = [cells_of(line, ",", name, at + 1) for at, line in enumerate(lines)]
    if any(len(one) != 1 for one in cells):
        return False
    if header is False:
        return _names(cells[0][0])
    return _names(cells[-1][0]) and (header is True or number_of(cells[0][0]) is None)


def _names(cell: str) -> bool:
    number = number_of(cell)
    return (number is None or math.isnan(number)) and (
        is_name(cell) or cell.strip().lower() in ("true", "false")
    )
