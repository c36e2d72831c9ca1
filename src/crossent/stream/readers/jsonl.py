"""`.jsonl` and `.jsonl.gz`: an object a line; what is nested is a column with dots in its name.

In ``{"id": 7, "scores": {"cat": 0.9}, "tokens": [{"logprob": -1.5}]}`` there are the columns `id`,
`scores.cat` and `tokens.0.logprob`. A list of numbers is a column of lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._lines import blocks_of_lines, numbered_lines, open_text
from crossent.stream.readers._pieces import in_pieces
from crossent.stream.readers._protocol import OTHER, TEXT, Array, Column, ReaderError
from crossent.stream.readers._text import as_text, check_lengths

_MOST_COLUMNS: Final = 2**16
_EXACT: Final = 2**63


@dataclass
class _Seen:
    """What the first pass has seen in a column."""

    numbers: int = 0
    floats: int = 0
    text: int = 0
    lists: int = 0
    gaps: int = 0
    width: int = -1
    ragged: bool = False
    odd: int = 0  # the line of something else


class JsonlTable:
    """A file of an object a line."""

    headed = True

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._file = WatchedFile(path, name)
        seen: dict[str, _Seen] = {}
        self.rows = 0
        for number, row in self.objects():
            for key, value in _flat(row, ""):
                if key not in seen:
                    seen[key] = _Seen(gaps=self.rows)
                    if len(seen) > _MOST_COLUMNS:
                        raise ReaderError(
                            name, f"line {number} makes more than {_MOST_COLUMNS} columns; write a "
                            "list of numbers as [0.1, 0.9]",
                        )  # fmt: skip
                _note(seen[key], value, number)
            self.rows += 1
        if not self.rows:
            raise ReaderError(name, "the file is empty; it needs one object per line")
        self.columns = tuple(self._column(key, one) for key, one in seen.items())

    def read(self, places: Sequence[int], name: str) -> JsonlColumns:
        """Return columns as one array."""
        return JsonlColumns(self, [self.columns[at] for at in places], name)

    def find(self, key: str) -> int | None:
        """Return the place of a number within lists of numbers, such as `scores.0`."""
        before, _, at = key.rpartition(".")
        found = next((one for one in self.columns if one.name == before), None)
        if found is None or not found.lists or not at.isdigit():
            return None
        self.columns += (Column(key, np.dtype(np.float64)),)
        return len(self.columns) - 1

    def lists(self, at: int, rows: int) -> Iterator[tuple[Array, Array]]:
        """Go through a column of lists, which may differ in length."""
        values: list[float | None] = []
        lengths: list[int] = []
        for number, row in self.objects():
            found = _value(row, self.columns[at].name)
            own = found if isinstance(found, list) else []
            if not all(one is None or isinstance(one, int | float) for one in own):
                raise ReaderError(self.name, f"line {number} holds a list of more than numbers")
            values += own
            lengths.append(len(own))
            if len(lengths) == rows:
                yield np.array(values, np.float64), np.array(lengths, np.int64)
                values, lengths = [], []
        if lengths:
            yield np.array(values, np.float64), np.array(lengths, np.int64)

    def objects(self) -> Iterator[tuple[int, Any]]:
        """Go through the objects, each with the number of its line."""
        row = 0
        with open_text(self._file.path, self.name) as file:
            for first, lines in blocks_of_lines(numbered_lines(file, self.name)):
                for number, line in enumerate(lines, start=first):
                    yield number, self._parsed(number, line)
                self._file.check(row)
                row += len(lines)

    def check(self, row: int) -> None:
        """Raise if the file was changed."""
        self._file.check(row)

    def _parsed(self, number: int, line: str) -> dict[str, Any]:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            self._file.check(number - 1)
            why = str(error)[:80]
            raise ReaderError(
                self.name, f"line {number} is no JSON ({why}); write one object a line"
            ) from None
        if not isinstance(found, dict):
            raise ReaderError(
                self.name,
                f"line {number} holds no object but {type(found).__name__}; write one object a "
                'line, {"label": 0, "scores": [0.1, 0.9]}',
            )
        return found

    def _column(self, key: str, seen: _Seen) -> Column:
        if seen.gaps == self.rows:
            return Column(key, np.dtype(np.float64))
        kinds = [seen.numbers > 0, seen.text > 0, seen.lists > 0]
        if sum(kinds) != 1 or seen.odd:
            where = f" (line {seen.odd})" if seen.odd else ""
            return Column(key, OTHER, fault=f"{key} holds values of several kinds{where}")
        if seen.text:
            return Column(key, TEXT, fault=f"{key} holds text")
        if seen.lists:
            gaps = seen.gaps or seen.numbers + seen.lists < self.rows
            return Column(key, np.dtype(np.float64), (-1 if seen.ragged or gaps else seen.width,))
        whole = not seen.floats and seen.numbers == self.rows
        return Column(key, np.dtype(np.int64 if whole else np.float64))


class JsonlColumns:
    """Columns of a file of objects, as one array."""

    def __init__(self, table: JsonlTable, columns: Sequence[Column], name: str) -> None:
        self._table, self._columns, self.name = table, columns, name
        first = columns[0]
        self.load_code = f"pandas.read_json({table.name!r}, lines=True)[{first.name!r}].to_numpy()"
        self.dtype = first.dtype if len(columns) == 1 else np.dtype(np.float64)
        self.shape: tuple[int, ...] = (table.rows, *first.shape)
        if len(columns) > 1:
            self.shape = (table.rows, len(columns))
        elif first.shape == (-1,):
            self.shape = (table.rows, self._width(first.name))

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        done = 0
        for piece in in_pieces(self._blocks(rows), rows):
            yield piece
            done += len(piece)
        if done != self.shape[0]:
            self._table.check(done)
            raise ReaderError(self.name, "was changed while it was read, so there is no result")

    def _width(self, key: str) -> int:
        """Return the length of the first list: all must have it."""
        for _, row in self._table.objects():
            found = _value(row, key)
            return len(found) if isinstance(found, list) else 0
        return 0

    def _blocks(self, rows: int) -> Iterator[Array]:
        block: list[Any] = []
        first = 0
        for _, row in self._table.objects():
            found = [_value(row, column.name) for column in self._columns]
            block.append(found if len(found) > 1 else found[0])
            if len(block) == rows:
                yield self._array(block, first)
                first, block = first + len(block), []
        if block:
            yield self._array(block, first)

    def _array(self, values: list[Any], first: int) -> Array:
        if self.dtype.kind == "U":
            return as_text(values, self.name, first)
        if len(self.shape) > 1 and len(self._columns) == 1:
            lengths = [len(one) if isinstance(one, list) else 0 for one in values]
            check_lengths(np.array(lengths), self.shape[1], self.name, first)
        try:
            return np.array(values, self.dtype)  # None is NaN
        except (TypeError, ValueError, OverflowError):
            raise ReaderError(
                self.name, f"rows {first} to {first + len(values) - 1} hold what is no number"
            ) from None


def _note(seen: _Seen, value: Any, line: int) -> None:
    """Note a value of a column."""
    if value is None or value != value:
        seen.gaps += 1
    elif isinstance(value, list):
        seen.lists += 1
        seen.ragged |= seen.width not in (-1, len(value))
        seen.width = len(value)
    elif isinstance(value, str):
        seen.text += 1
    elif isinstance(value, bool | int | float):
        seen.numbers += 1
        seen.floats += isinstance(value, float) or abs(value) >= _EXACT
    else:
        seen.odd = seen.odd or line


def _flat(value: Any, before: str) -> Iterator[tuple[str, Any]]:
    """Go through the values of an object, with the way to each as its name."""
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in pairs:
        name = f"{before}.{key}" if before else str(key)
        inner = isinstance(one, dict) or (
            isinstance(one, list) and any(isinstance(part, dict | list | str) for part in one)
        )
        if inner:
            yield from _flat(one, name)
        else:
            yield name, one


def _value(row: Any, key: str) -> Any:
    """Return the value at the end of a way; None where it ends before.

    A key may itself have dots.
    """
    if isinstance(row, dict):
        if key in row:
            return row[key]
        for at in (at for at, letter in enumerate(key) if letter == "."):
            if key[:at] in row:
                found = _value(row[key[:at]], key[at + 1 :])
                if found is not None:
                    return found
        return None
    if isinstance(row, list):
        head, _, rest = key.partition(".")
        if not head.isdigit() or int(head) >= len(row):
            return None
        found = row[int(head)]
        return _value(found, rest) if rest else found
    return None
