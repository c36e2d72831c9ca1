"""Messages of a comparison: rows that do not pair."""

from __future__ import annotations

from collections.abc import Sequence

from crossent.core.errors import OptionError, ShapeError
from crossent.core.messages.names import listed


def other_rows(first: str, rows: int, second: str, others: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"{first} keeps {rows} rows and {second} keeps {others}, or others than that: a comparison "
        "is of the same rows. Write both from the same data, or pass id, a column that names the "
        "rows.",
    )


def ids_twice(name: str, twice: Sequence[str]) -> ShapeError:
    return ShapeError(
        "CE112", f"{name}: rows are aligned by `id`, and {listed(twice)} names more than one row."
    )


def ids_missing(first: str, second: str, missing: Sequence[str]) -> ShapeError:
    return ShapeError(
        "CE112",
        f"Rows are aligned by `id`, and {second} lacks {len(missing)} that {first} has: "
        f"{listed(missing)}. Compare the rows that both have.",
    )


def ids_of_both() -> OptionError:
    return OptionError(
        "CE001",
        "`id` names a column that both tables need, to align their rows; with labels apart from "
        "the predictions rows are in the order of the labels. Pass two tables, or leave `id` out.",
    )


def other_labels(row: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"The two tables have different labels in row {row} (counted from 0): they are not of the "
        "same rows in the same order. Pass id, a column that names the rows.",
    )
