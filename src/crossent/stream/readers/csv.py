"""`.csv` and `.csv.gz`: one row a line, numbers only, with or without a heading line.

One column gives an array of shape (N,): integers if every cell is one, else float64. Several
columns give (N, C) in float64. An empty cell is an error, or NaN where that is asked
for. NumPy parses; this file finds the words for what it refuses.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._heading import (
    bad_cell,
    cells_of,
    check_counted,
    counts,
    is_heading,
    is_missing,
    number_of,
)
from crossent.stream.readers._lines import blocks_of_lines, numbered_lines, open_text
from crossent.stream.readers._protocol import Array, ReaderError

_INTEGER: Final = re.compile(r"[ \t]*[+-]?0*[0-9]{1,19}[ \t]*")
_PLAIN: Final = re.compile(r"[ \t!-~]*")
"""Of other characters NumPy takes some for blanks."""


class CsvReader:
    """A .csv or .csv.gz file.

    Parameters
    ----------
    path : Path
    name : str
        For messages.
    header : bool or None
        Whether the first line is a heading; None: told from its cells.
    with_nan : bool
        Whether an empty cell of several columns is NaN, and no error.
    """

    columns: tuple[str, ...] = ()
    """The cells of the heading."""

    def __init__(
        self, path: Path, name: str, header: bool | None = None, with_nan: bool = False
    ) -> None:
        self.name = name
        self._file = WatchedFile(path, name)
        first = self._first_line()
        self._delimiter = next((mark for mark in ";\t" if mark in first), ",")
        cells = cells_of(first, self._delimiter, name, 1)
        self._columns = len(cells)
        self._with_nan = with_nan and len(cells) > 1
        self._counted = header is None and len(cells) > 1 and counts(cells)
        if header is None:
            header = is_heading(cells, name, with_nan=self._with_nan)
        self._header = header
        if header:
            self.columns = tuple(cell.strip(" \t#\"'") for cell in cells)
        self.load_code = (
            f"np.loadtxt({str(path)!r}, delimiter={self._delimiter!r}, "
            f"skiprows={int(self._header)})"
        )
        rows, integers = self._count_rows()
        self.dtype: np.dtype[Any] = np.dtype(np.int64 if integers else np.float64)
        self.shape: tuple[int, ...] = (rows,) if self._columns == 1 else (rows, self._columns)

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        done = 0
        try:
            for piece in self._pieces(rows):
                yield piece
                done += len(piece)
        except ReaderError:
            self._file.check(done)  # a change explains it better than what it looks like
            raise

    def _pieces(self, rows: int) -> Iterator[Array]:
        piece, filled, done = self._empty(rows, 0), 0, 0
        for number, lines in self._blocks():
            table = self._parse(number, lines)
            self._file.check(done + filled)
            while len(table):
                count = min(len(table), len(piece) - filled)
                if not count:
                    raise self._other_rows(done)
                piece[filled : filled + count] = table[:count]
                table, filled = table[count:], filled + count
                if filled == len(piece):
                    yield piece[:, 0] if self._columns == 1 else piece
                    done += filled
                    piece, filled = self._empty(rows, done), 0
        if done != self.shape[0]:
            raise self._other_rows(done)

    def _empty(self, rows: int, done: int) -> Array:
        """Return room for the next piece: none after the last row."""
        return np.empty((min(rows, self.shape[0] - done), self._columns), self.dtype)

    def _other_rows(self, row: int) -> ReaderError:
        return ReaderError(
            self.name,
            f"no longer has the {self.shape[0]} rows that it had when it was opened (noticed at "
            f"row {row}): it was changed while it was read, so there is no result",
        )

    def _first_line(self) -> str:
        with open_text(self._file.path, self.name) as file:
            for _, line in numbered_lines(file, self.name):
                return line
        raise ReaderError(self.name, "the file is empty; it needs one line per row")

    def _blocks(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the lines of rows, some at a time, with the number of the first of them."""
        with open_text(self._file.path, self.name) as file:
            lines = numbered_lines(file, self.name)
            yield from blocks_of_lines(itertools.islice(lines, int(self._header), None))

    def _count_rows(self) -> tuple[int, bool]:
        """Go through the file once: count rows, check every cell, look for non-integers."""
        rows, integers = 0, self._columns == 1
        empty = self._with_nan  # the last column, as after a delimiter at the end of each line
        for number, lines in self._blocks():
            if self._counted:
                check_counted(number, lines, self.name)
            # Integers that are none in float64 stay exact.
            integers = integers and self._integers(self._without_quotes(number, lines)) is not None
            if not integers:
                self._parse_floats(number, lines)
            self._file.check(rows)
            rows += len(lines)
            empty = empty and all(self._ends_empty(line) for line in lines)
        if empty and rows:
            raise ReaderError(self.name, bad_cell(1 + self._header, self._columns, ""))
        return rows, integers

    def _ends_empty(self, line: str) -> bool:
        """Whether the last cell of a row is empty, and not all of them are."""
        *others, last = line.split(self._delimiter)
        return not last.strip() and any(cell.strip() for cell in others)

    def _parse(self, number: int, lines: list[str]) -> Array:
        if self.dtype == np.int64:
            table = self._integers(self._without_quotes(number, lines))
            if table is not None:
                return table
        return self._parse_floats(number, lines)

    def _integers(self, lines: list[str]) -> Array | None:
        """Return one column of integers; None if there is anything else in it."""
        if not all(map(_INTEGER.fullmatch, lines)):
            return None
        try:
            return np.array(list(map(int, lines)), np.int64)[:, None]
        except OverflowError:
            return None

    def _parse_floats(self, number: int, lines: list[str]) -> Array:
        bare = self._without_quotes(number, lines)
        try:
            table = self._table(bare)
        except (ValueError, OverflowError) as error:
            complaint = self._complaint(number, lines)
            if complaint is not None:
                raise complaint from None
            try:
                table = self._table(list(map(self._nan_written, bare)))
            except (ValueError, OverflowError):
                raise ReaderError(self.name, str(error)) from None
        if table.shape != (len(lines), self._columns):
            raise self._complaint(number, lines) or ReaderError(
                self.name, f"lines {number} to {number + len(lines) - 1} do not form a table"
            )
        return table

    def _table(self, lines: list[str]) -> Array:
        if not all(map(_PLAIN.fullmatch, lines)):
            raise ValueError("it holds a character that no number has")
        return np.loadtxt(lines, np.float64, comments=None, delimiter=self._delimiter, ndmin=2)

    def _nan_written(self, line: str) -> str:
        """Write NaN into the cells of a row that stand for it."""
        cells = line.split(self._delimiter)
        return self._delimiter.join("nan" if is_missing(cell) else cell for cell in cells)

    def _without_quotes(self, first: int, lines: list[str]) -> list[str]:
        if not any('"' in line for line in lines):
            return lines
        bare = []
        for number, line in enumerate(lines, start=first):
            cells = cells_of(line, self._delimiter, self.name, number)
            for column, cell in enumerate(cells, start=1):
                if self._delimiter in cell:
                    raise ReaderError(self.name, bad_cell(number, column, cell))
            bare.append(self._delimiter.join(cells))
        return bare

    def _complaint(self, first: int, lines: list[str]) -> ReaderError | None:
        """Find the first line that is not a row of numbers and say what is wrong with it."""
        for number, line in enumerate(lines, start=first):
            cells = cells_of(line, self._delimiter, self.name, number)
            if len(cells) != self._columns:
                return ReaderError(
                    self.name,
                    f"line {number} has {_plural(len(cells), 'cell')}, "
                    f"the first line has {self._columns}",
                )
            for column, cell in enumerate(cells, start=1):
                if number_of(cell) is None and not (self._with_nan and is_missing(cell)):
                    return ReaderError(self.name, bad_cell(number, column, cell))
        return None


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
