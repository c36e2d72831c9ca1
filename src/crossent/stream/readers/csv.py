"""`.csv`, `.tsv` and the same with `.gz`: one row a line, with or without a heading line.

A column whose cells are all numbers is one of numbers, in float64; one that holds anything else is
text. NumPy parses; this file finds the words for what it refuses.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._heading import (
    bad_cell,
    cells_of,
    check_counted,
    counts,
    is_heading,
    is_heading_of_table,
    is_missing,
    number_of,
)
from crossent.stream.readers._lines import blocks_of_lines, numbered_lines, open_text
from crossent.stream.readers._pieces import in_pieces
from crossent.stream.readers._protocol import TEXT, Array, Column, ReaderError
from crossent.stream.readers._text import as_text

_INTEGER: Final = re.compile(r"[ \t]*[+-]?0*[0-9]{1,19}[ \t]*")
_PLAIN: Final = re.compile(r"[ \t!-~]*")
"""Of other characters NumPy takes some for blanks."""

_EXACT: Final = 2.0**53
"""Below this every integer is a float64."""


@dataclass
class _Seen:
    """What the first pass has seen in a column."""

    fault: tuple[int, str] | None = None  # the first cell that is no number: its line, and words
    gap: int = 0  # the line of the first empty cell
    integers: bool = True
    empty: bool = True  # in every row, beside numbers


class CsvTable:
    """A table of text: columns of numbers and of names.

    Parameters
    ----------
    path : Path
    name : str
        For messages.
    header : bool or None
        Whether the first line is a heading; None: told from its cells.
    strict : bool
        Whether the file is meant to hold numbers alone: its heading is told more carefully.
    with_nan : bool
        With `strict`, whether an empty cell is NaN, and no error.
    """

    def __init__(
        self, path: Path, name: str, header: bool | None = None, *,
        strict: bool = False, with_nan: bool = True,
    ) -> None:  # fmt: skip
        self.name = name
        self._file = WatchedFile(path, name)
        first, second = self._first_lines()
        bare = path.name.lower().removesuffix(".gz")
        sniffed = next((mark for mark in ";\t" if mark in first), ",")
        self._delimiter = "\t" if bare.endswith(".tsv") else sniffed
        cells = cells_of(first, self._delimiter, name, 1)
        self._width = len(cells)
        with_nan = with_nan and self._width > 1
        self._counted = header is None and self._width > 1 and counts(cells)
        if header is None and strict:
            header = is_heading(cells, name, with_nan=with_nan)
        elif header is None:
            below = cells_of(second, self._delimiter, name, 2)
            header = is_heading_of_table(cells, below, name)
        self.headed = header
        self._headings = [cell.strip(" \t#\"'") if header else str(at)
                          for at, cell in enumerate(cells)]  # fmt: skip
        self._seen = [_Seen() for _ in cells]
        self.rows = self._count_rows()
        self.columns = tuple(map(self._column, range(self._width)))
        if self._ends_empty() and not (header and self._headings[-1]):
            raise ReaderError(name, bad_cell(1 + header, self._width, ""))
        self.load_code = (
            f"np.loadtxt({str(path)!r}, delimiter={self._delimiter!r}, skiprows={int(header)})"
        )

    @property
    def faults(self) -> list[tuple[int, str]]:
        """The cells that are no numbers, the first of each column, by line."""
        return sorted(seen.fault for seen in self._seen if seen.fault is not None)

    @property
    def gaps(self) -> list[tuple[int, str]]:
        """The empty cells, the first of each column, by line."""
        return sorted(
            (seen.gap, bad_cell(seen.gap, at + 1, ""))
            for at, seen in enumerate(self._seen)
            if seen.gap
        )

    def read(self, places: Sequence[int], name: str) -> CsvColumns:
        """Return columns as one array."""
        return CsvColumns(self, list(places), name)

    def _ends_empty(self) -> bool:
        """Whether the last cell of every row is empty, as after a delimiter at its end."""
        last = self._seen[-1]
        return bool(last.gap) and last.fault is None and last.empty

    def _column(self, at: int) -> Column:
        seen = self._seen[at]
        if seen.fault is not None:
            return Column(self._headings[at], TEXT, fault=seen.fault[1])
        whole = seen.integers and not seen.gap
        return Column(self._headings[at], np.dtype(np.int64 if whole else np.float64))

    def _first_lines(self) -> tuple[str, str]:
        with open_text(self._file.path, self.name) as file:
            lines = [line for _, line in itertools.islice(numbered_lines(file, self.name), 2)]
        if not lines:
            raise ReaderError(self.name, "the file is empty; it needs one line per row")
        return lines[0], lines[-1]

    def blocks(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the lines of rows, some at a time, with the number of the first of them."""
        with open_text(self._file.path, self.name) as file:
            lines = numbered_lines(file, self.name)
            yield from blocks_of_lines(itertools.islice(lines, int(self.headed), None))

    def _count_rows(self) -> int:
        """Go through the file once: count rows, check every cell, look for non-integers."""
        rows = 0
        try:
            for number, lines in self.blocks():
                if self._counted:
                    check_counted(number, lines, self.name)
                self.check_widths(number, lines)
                self._look(number, lines)
                self._file.check(rows)
                rows += len(lines)
        except ReaderError:
            self._file.check(rows)  # a change explains it better than what it looks like
            raise
        return rows

    def check_widths(self, first: int, lines: list[str]) -> None:
        """Raise for a line with more or fewer cells than the first."""
        for number, line in enumerate(lines, start=first):
            cells = line.count(self._delimiter) + 1
            if '"' in line:
                cells = len(cells_of(line, self._delimiter, self.name, number))
            if cells != self._width:
                raise ReaderError(
                    self.name,
                    f"line {number} has {_plural(cells, 'cell')}, the first line has {self._width}",
                )

    def _look(self, number: int, lines: list[str]) -> None:
        """Note which columns hold numbers, and which integers."""
        places = [at for at, seen in enumerate(self._seen) if seen.fault is None]
        if not places:
            return
        if self._width == 1 and self._seen[0].integers:
            # Integers that are none in float64 stay exact.
            if _integers(self.cells(number, lines, 0)) is not None:
                return
            self._seen[0].integers = False
        try:
            found = self.numbers(number, lines, places)
        except (ValueError, OverflowError) as error:
            self._find_faults(number, lines, places)
            places = [at for at in places if self._seen[at].fault is None]
            if not places:
                return
            try:
                found = self.numbers(number, lines, places)
            except (ValueError, OverflowError):
                raise ReaderError(self.name, str(error)) from None
        if self._width > 1:
            with np.errstate(invalid="ignore"):
                whole = (np.floor(found) == found) & (np.abs(found) < _EXACT)
            gone = np.isnan(found)
            empty = gone & ~gone.all(axis=1, keepdims=True)
            for number, at in enumerate(places):
                self._seen[at].integers &= bool(whole[:, number].all())
                self._seen[at].empty &= bool(empty[:, number].all())

    def _find_faults(self, first: int, lines: list[str], places: list[int]) -> None:
        """Find the first cell of each column that is no number, and the first empty one."""
        for number, line in enumerate(lines, start=first):
            cells = cells_of(line, self._delimiter, self.name, number)
            for at in places:
                seen = self._seen[at]
                if seen.fault is not None or number_of(cells[at]) is not None:
                    continue
                if is_missing(cells[at]):
                    seen.gap = seen.gap or number
                else:
                    seen.fault = number, bad_cell(number, at + 1, cells[at])

    def numbers(self, number: int, lines: list[str], places: list[int]) -> Array:
        """Return columns of a block as float64, of shape (rows, columns); "" and the like as NaN.

        Raises
        ------
        ValueError, OverflowError
            If a cell is no number.
        """
        every = len(places) == self._width
        chosen: Sequence[int] | None = None if every else places
        if any('"' in line for line in lines) or not all(map(_PLAIN.fullmatch, lines)):
            rows = [cells_of(line, self._delimiter, self.name, at)
                    for at, line in enumerate(lines, start=number)]  # fmt: skip
            lines = [self._joined([row[at] for at in places]) for row in rows]
            chosen = None
        if any(self._seen[at].gap for at in places):
            lines = list(map(self._nan_written, lines))
        found = np.loadtxt(
            lines, np.float64, comments=None, delimiter=self._delimiter, ndmin=2, usecols=chosen
        )
        if found.shape != (len(lines), len(places)):
            raise ValueError(f"lines {number} to {number + len(lines) - 1} do not form a table")
        return found

    def _joined(self, cells: list[str]) -> str:
        for cell in cells:
            if self._delimiter in cell or not _PLAIN.fullmatch(cell):
                raise ValueError("it holds a character that no number has")
        return self._delimiter.join(cells)

    def _nan_written(self, line: str) -> str:
        """Write NaN into the cells of a row that stand for it."""
        cells = line.split(self._delimiter)
        return self._delimiter.join("nan" if is_missing(cell) else cell for cell in cells)

    def cells(self, number: int, lines: list[str], at: int) -> list[str]:
        """Return the cells of one column of a block."""
        if not any('"' in line for line in lines):
            return lines if self._width == 1 else [line.split(self._delimiter)[at]
                                                   for line in lines]  # fmt: skip
        return [
            cells_of(line, self._delimiter, self.name, row)[at]
            for row, line in enumerate(lines, start=number)
        ]

    def check(self, row: int) -> None:
        """Raise if the file was changed."""
        self._file.check(row)


class CsvColumns:
    """Columns of a table of text, as one array."""

    def __init__(self, table: CsvTable, places: list[int], name: str) -> None:
        self._table, self._places, self.name = table, places, name
        self.load_code = table.load_code
        chosen = [table.columns[at] for at in places]
        self.shape: tuple[int, ...] = (table.rows,)
        self.dtype = chosen[0].dtype
        if len(places) > 1:
            self.shape, self.dtype = (table.rows, len(places)), np.dtype(np.float64)
            for column in chosen:
                if column.fault:
                    raise ReaderError(name, column.fault)

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        done = 0
        try:
            for piece in in_pieces(self._blocks(), rows):
                if done + len(piece) > self.shape[0]:
                    raise self._other_rows(done)
                yield piece
                done += len(piece)
        except ReaderError:
            self._table.check(done)  # a change explains it better than what it looks like
            raise
        if done != self.shape[0]:
            raise self._other_rows(done)

    def _blocks(self) -> Iterator[Array]:
        row = 0
        for number, lines in self._table.blocks():
            block = self._parse(number, lines, row)
            self._table.check(row)
            yield block
            row += len(block)

    def _parse(self, number: int, lines: list[str], row: int) -> Array:
        self._table.check_widths(number, lines)  # the file may be another one by now
        if self.dtype.kind == "U":
            cells = self._table.cells(number, lines, self._places[0])
            return as_text([cell.strip() for cell in cells], self.name, row)
        if self.dtype.kind == "i" and len(self._table.columns) == 1:
            found = _integers(self._table.cells(number, lines, 0))
            if found is not None:
                return found
        try:
            found = self._table.numbers(number, lines, self._places)
        except (ValueError, OverflowError) as error:
            raise ReaderError(self.name, str(error)) from None
        return (found if len(self._places) > 1 else found[:, 0]).astype(self.dtype, copy=False)

    def _other_rows(self, row: int) -> ReaderError:
        return ReaderError(
            self.name,
            f"no longer has the {self.shape[0]} rows that it had when it was opened (noticed at "
            f"row {row}): it was changed while it was read, so there is no result",
        )


class CsvReader(CsvColumns):
    """A file of numbers alone, as one array: (N,), integers if all are; or (N, C).

    Parameters
    ----------
    path, name, header
        As in :class:`CsvTable`.
    with_nan : bool
        Whether an empty cell of several columns is NaN, and no error.
    """

    def __init__(
        self, path: Path, name: str, header: bool | None = None, with_nan: bool = False
    ) -> None:
        table = CsvTable(path, name, header, strict=True, with_nan=with_nan)
        with_nan = with_nan and len(table.columns) > 1
        for _, fault in sorted(table.faults + ([] if with_nan else table.gaps)):
            raise ReaderError(name, fault)
        self.columns = tuple(column.name for column in table.columns) if table.headed else ()
        super().__init__(table, list(range(len(table.columns))), name)


def _integers(cells: list[str]) -> Array | None:
    """Return integers; None if there is anything else in a cell."""
    if not all(map(_INTEGER.fullmatch, cells)):
        return None
    try:
        return np.array(list(map(int, cells)), np.int64)
    except OverflowError:
        return None


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
