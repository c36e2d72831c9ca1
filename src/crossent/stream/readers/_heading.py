"""What a cell of a text file is, and whether the first line is a heading.

A line is a heading only if every cell of it is a name. A cell that begins like a number, stands for
a missing one or is empty is no name: the line may then be a row, and a row is never left out.
"""

from __future__ import annotations

import csv
import operator
import re
from collections.abc import Iterable
from typing import Final

from crossent.stream.readers._protocol import ReaderError

MOST_COLUMNS: Final = 2**20

_MISSING: Final = frozenset((
    "na", "n/a", "n.a", "nil", "none", "null", "missing", "unknown", "undefined", "nat", "true",
    "false", "ind", "qnan", "snan",
))  # fmt: skip
"""Words that programs write where a number is meant, without the marks around them."""

_NANS: Final = frozenset(("", "na", "n/a", "#n/a", "null", "none", "nan"))
"""What programs write into a table where a number is NaN."""

_NO_NAME: Final = frozenset(("na", "n/a", "n.a", "nan", "nil", "null", "nat", ""))
"""Those that stand for a missing name; "none" and "unknown" are classes of some data."""

LABEL_NAMES: Final = (
    "label", "labels", "label_ids", "target", "targets", "y_true", "y", "class",
)  # fmt: skip
"""Headings of a column of labels."""

_FLAGS: Final = "Pass header=True if line 1 is a heading, header=False if it is a row"

_COUNT: Final = re.compile(r"\d+")
_NOT_WHOLE: Final = re.compile(r"[.eEnN]")


def number_of(cell: str) -> float | None:
    """Read a number; None if it is none."""
    bare = cell.strip(" \t")
    # Python's float also reads "1_000", digits of other scripts and their blanks.
    try:
        return float(bare) if bare.isascii() and bare.isprintable() and "_" not in bare else None
    except ValueError:
        return None


def is_missing(cell: str) -> bool:
    """Whether a cell of a table stands for NaN.

    >>> is_missing(""), is_missing(" NA"), is_missing("0")
    (True, True, False)
    """
    return cell.strip(" \t").casefold() in _NANS


def cells_of(line: str, delimiter: str, name: str, number: int) -> list[str]:
    """Part a line into its cells, without quotes.

    Raises
    ------
    ReaderError
        If its quotes do not pair, or it has more cells than a text file can mean.
    """
    if (marks := line.count(delimiter)) >= MOST_COLUMNS:
        raise ReaderError(
            name,
            f"line {number} has {marks + 1} cells; a text file may have up to {MOST_COLUMNS} in a "
            "line. Save the array with numpy.save",
        )
    if '"' not in line:
        return line.split(delimiter)
    try:
        rows = csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True)
        return next(rows)
    except csv.Error:
        raise ReaderError(
            name, f'line {number} has quotes that do not pair; write cells as "0.5" or as 0.5'
        ) from None


def is_heading(cells: list[str], name: str, *, with_nan: bool = False) -> bool:
    """Tell whether the first line holds the names of columns or a row of numbers.

    With `with_nan` cells that stand for NaN are numbers.

    Raises
    ------
    ReaderError
        If it is neither.
    """
    numbers = [number_of(cell) is not None for cell in cells]
    if all(numbers):
        return False
    names = [is_name(cell) for cell in cells]
    if all(names):
        return True
    if not cells[0].strip() and len(cells) > 1 and (all(names[1:]) or counts(cells[1:])):
        raise ReaderError(
            name,
            "its first column has no name, so it is the index that pandas adds; write the "
            "file again with to_csv(..., index=False)",
        )
    missing = [with_nan and is_missing(cell) for cell in cells]
    if all(map(operator.or_, numbers, missing)):
        return False
    # Beside numbers, a cell that is none is wrong; beside names alone, a cell that is no name.
    wrong = (numbers if any(numbers) else names).index(False)
    raise ReaderError(name, f"{bad_cell(1, wrong + 1, cells[wrong])}. {_FLAGS}")


def is_heading_of_table(cells: list[str], below: list[str], name: str) -> bool:
    """Tell whether the first line of a table, whose columns may be text, is a heading.

    Beside names, headings may be the numbers of classes, and the first column may have none: it is
    the index of pandas. `below` is the line after the first.

    Raises
    ------
    ReaderError
        If it may be a heading or a row.
    """
    others = cells if cells[0].strip() or len(cells) == 1 else cells[1:]
    counted = [cell.strip() for cell in others if _COUNT.fullmatch(cell.strip())]
    names = [cell for cell in others if is_name(cell)]
    distinct = len(names) + len(set(counted)) == len(others)
    if distinct and (len(others) < len(cells) or (names and _above_numbers(cells, below))):
        return True
    return is_heading(cells, name, with_nan=len(cells) > 1)


def _above_numbers(cells: list[str], below: list[str]) -> bool:
    """Whether a cell is the name of labels, or a name that stands above a number."""
    return any(
        cell.strip().lower() in LABEL_NAMES or (is_name(cell) and number_of(under) is not None)
        for cell, under in zip(cells, below, strict=False)
    )


def counts(cells: Iterable[str]) -> bool:
    """Whether cells are 0, 1, 2, ..., as pandas numbers the columns of a frame without names."""
    return all(cell.strip() == str(at) for at, cell in enumerate(cells))


def check_counted(first: int, block: list[str], name: str) -> None:
    """Raise if real numbers stand below a first line of 0, 1, 2, ..."""
    for number, line in enumerate(block, start=first):
        if number > 1 and _NOT_WHOLE.search(line):
            raise ReaderError(
                name,
                f"line 1 is 0, 1, 2, ... and line {number} holds real numbers, so line 1 may be a "
                f"row or the numbers that pandas gives to columns. {_FLAGS}",
            )


def bad_cell(line: int, column: int, cell: str) -> str:
    """Say what is wrong with a cell that is not a number."""
    cell = cell.strip(" \t")  # other blanks are part of what is wrong, and no number has them
    where = f"line {line}, column {column}"
    if not cell:
        return f"{where} is empty; every cell holds a number (-1 or another mark for no label)"
    shown = cell if len(cell) <= 40 else cell[:37] + "..."
    text = f"{where} holds {shown!r}, which is not a number"
    if number_of(cell.replace(",", ".", 1)) is not None:
        return f"{text}; write decimals with a point"
    if len(cell.split()) > 1 and all(number_of(part) is not None for part in cell.split()):
        return f"{text}; part cells with commas, numpy.savetxt(..., delimiter=',')"
    if is_name(cell):
        return (
            f"{text}; only labels may be names, and then all of them must be: their classes are "
            "found by the headings of the predictions or by class_names"
        )
    return f"{text}; write it as a number such as 0.5, without units or marks"


def is_no_name(cell: str) -> bool:
    """Whether a cell of names is what programs write where there is none."""
    return re.sub(r"^\W+|\W+$", "", cell).casefold() in _NO_NAME


def is_name(cell: str) -> bool:
    """Whether a cell is a name, and neither a number nor a mark for a missing one."""
    # numpy.savetxt writes a heading behind "#"; some programs quote with apostrophes.
    word = cell.lstrip(" \t#\"'")
    if not (word[:1].isalpha() or word[:1] == "_"):
        return False
    bare = re.sub(r"^\W+|\W+$", "", cell).casefold()
    return bare not in _MISSING and number_of(bare) is None
