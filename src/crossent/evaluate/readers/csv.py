"""`.csv` and `.csv.gz`: one row a line, numbers only, with or without a header line.

One column gives an array of shape (N,): integers if every cell is one, else float64. Several
columns give (N, C) in float64. NumPy parses; this file finds the words for what it refuses.
"""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from crossent.evaluate.readers._protocol import Array, ReaderError

_FIRST_PASS_LINES = 8192
_LONGEST_LINE = 1 << 26
"""Characters; a file without line ends must not be read into memory as one line."""

_BROKEN = (OSError, EOFError, zlib.error, UnicodeError)

Lines = Iterator[tuple[int, str]]
"""Line number, counted from 1, and the line without its end."""


class CsvReader:
    """A .csv or .csv.gz file."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._path = path
        first = self._first_lines()
        if not first:
            raise ReaderError(name, "the file is empty; it needs one line per row")
        self._delimiter = next((mark for mark in ";\t" if mark in first[0]), ",")
        self._columns = len(self._cells(first[0]))
        self._header = self._is_header(first)
        self.load_code = (
            f"np.loadtxt({str(path)!r}, delimiter={self._delimiter!r}, "
            f"skiprows={int(self._header)})"
        )
        rows, integers = self._count_rows()
        self.dtype: np.dtype[Any] = np.dtype(
            np.int64 if integers and self._columns == 1 else np.float64
        )
        self.shape: tuple[int, ...] = (rows,) if self._columns == 1 else (rows, self._columns)

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        with self._lines() as lines:
            while block := list(itertools.islice(lines, rows)):
                table = self._parse(block, self.dtype)
                yield table[:, 0] if self._columns == 1 else table

    def _first_lines(self) -> list[str]:
        with _open(self._path, self.name) as file:
            lines = _numbered(file, self.name)
            return [line for _, line in itertools.islice(lines, 2)]

    @contextmanager
    def _lines(self) -> Iterator[Lines]:
        """Open the file at its first row of numbers."""
        with _open(self._path, self.name) as file:
            lines = _numbered(file, self.name)
            if self._header:
                next(lines)
            yield lines

    def _is_header(self, first: list[str]) -> bool:
        cells = self._cells(first[0])
        if cells[0].strip() == "" and len(cells) > 1:
            raise ReaderError(
                self.name,
                "its first column has no name, so it is the index that pandas adds; write the "
                "file again with to_csv(..., index=False)",
            )
        for column, cell in enumerate(cells, start=1):
            if _number(cell) is None and _number(_with_point(cell)) is not None:
                raise ReaderError(self.name, _bad_cell(1, column, cell))
        if any(_number(cell) is None for cell in cells):
            return True
        # pandas numbers the columns of a frame without names: 0, 1, 2, ... above real numbers.
        counted = [cell.strip() for cell in cells] == [str(c) for c in range(len(cells))]
        below = self._cells(first[1]) if len(first) > 1 else []
        return counted and len(cells) > 1 and any(not _is_integer(cell) for cell in below)

    def _count_rows(self) -> tuple[int, bool]:
        """Go through the file once: count rows, check every cell, look for non-integers."""
        rows, integers = 0, self._columns == 1
        with self._lines() as lines:
            while block := list(itertools.islice(lines, _FIRST_PASS_LINES)):
                rows += len(block)
                if integers:
                    try:
                        np.loadtxt([line for _, line in block], np.int64, comments=None)
                        continue
                    except (ValueError, OverflowError):
                        integers = False
                self._parse(block, np.dtype(np.float64))
        return rows, integers

    def _parse(self, block: list[tuple[int, str]], dtype: np.dtype[Any]) -> Array:
        try:
            table: Array = np.loadtxt(
                [line for _, line in block],
                dtype,
                comments=None,
                delimiter=self._delimiter,
                quotechar='"',
                ndmin=2,
            )
        except (ValueError, OverflowError) as error:
            raise self._complaint(block) or ReaderError(self.name, str(error)) from None
        if table.shape != (len(block), self._columns):
            raise self._complaint(block) or ReaderError(
                self.name, f"lines {block[0][0]} to {block[-1][0]} do not form a table"
            )
        return table

    def _complaint(self, block: list[tuple[int, str]]) -> ReaderError | None:
        """Find the first line that is not a row of numbers and say what is wrong with it."""
        for number, line in block:
            if not line.strip():
                return ReaderError(
                    self.name, f"line {number} is blank; remove it, or write the missing number"
                )
            cells = self._cells(line)
            if len(cells) != self._columns:
                return ReaderError(
                    self.name,
                    f"line {number} has {_plural(len(cells), 'cell')}, "
                    f"the first line has {self._columns}",
                )
            for column, cell in enumerate(cells, start=1):
                if _number(cell) is None:
                    return ReaderError(self.name, _bad_cell(number, column, cell))
        return None

    def _cells(self, line: str) -> list[str]:
        return [cell.strip().strip('"') for cell in line.split(self._delimiter)]


def _bad_cell(line: int, column: int, cell: str) -> str:
    where = f"line {line}, column {column}"
    if not cell:
        return f"{where} is empty; every cell holds a number (-1 or another mark for no label)"
    shown = cell if len(cell) <= 40 else cell[:37] + "..."
    text = f"{where} holds {shown!r}, which is not a number"
    if _number(_with_point(cell)) is not None:
        return f"{text}; write decimals with a point"
    return f"{text}; class names must be numbers from 0: pandas.factorize(names)[0]"


def _with_point(cell: str) -> str:
    """Return a number that is written with a decimal comma as Python writes it."""
    return cell.replace(",", ".", 1)


def _number(cell: str) -> float | None:
    # Python's float also reads "1_000", which NumPy and every other tool refuse.
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _is_integer(cell: str) -> bool:
    return cell.strip().lstrip("+-").isdecimal()


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")


@contextmanager
def _open(path: Path, name: str) -> Iterator[IO[str]]:
    try:
        # utf-8-sig: Excel begins a file with a byte order mark.
        if path.suffix.lower() == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline=None) as file:
                yield file
        else:
            with path.open(encoding="utf-8-sig") as file:
                yield file
    except UnicodeError:
        raise ReaderError(
            name, "is not text in UTF-8; save it from the spreadsheet as 'CSV UTF-8'"
        ) from None
    except _BROKEN as error:
        raise ReaderError(name, f"cannot be read ({error}); copy the file again") from None


def _numbered(file: IO[str], name: str) -> Lines:
    """Number the lines; blank ones at the end of the file are left out."""
    blank: list[int] = []
    for number in itertools.count(1):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        if len(line) == _LONGEST_LINE:
            raise ReaderError(
                name, f"line {number} is longer than {_LONGEST_LINE} characters; not a CSV file?"
            )
        if not line.strip():
            blank.append(number)
            continue
        if blank:
            yield blank[0], ""
            blank.clear()
        yield number, line.rstrip("\n")
