"""Messages about which column of a table is what."""

from __future__ import annotations

from collections.abc import Sequence

from crossent.core.errors import ArrayKindError, LabelTypeError, OptionError, ShapeError
from crossent.core.messages.names import listed

_SHOWN = 20


def every(columns: Sequence[tuple[str, str]]) -> str:
    """Write every column with its kind; of many the first."""
    shown = ", ".join(f"{name!r} ({kind})" for name, kind in columns[:_SHOWN])
    more = f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    return (shown + more) or "none"


def no_label(table: str, columns: Sequence[tuple[str, str]], label: str) -> OptionError:
    return OptionError(
        "CE001",
        f"{table}: none of its columns is named as labels are (label, target, class, ...). "
        f"It has {every(columns)}. Name the one that holds them: label={label!r}.",
    )


def several_labels(table: str, found: Sequence[str]) -> OptionError:
    return OptionError(
        "CE001",
        f"{table}: more than one column is named as labels are, {listed(found)}. Name the one that "
        f"holds them: label={found[0]!r}.",
    )


def no_classes(
    table: str, columns: Sequence[tuple[str, str]], label: str, classes: Sequence[str]
) -> OptionError:
    named = classes[0] if len(classes) == 1 else list(classes[:_SHOWN])
    return OptionError(
        "CE001",
        f"{table}: it cannot be told which columns hold the predictions: no headings are the "
        f"labels, and more than one column is left. It has {every(columns)}. Name them: "
        f"label={label!r}, predictions={named!r}.",
    )


def no_predictions(table: str, columns: Sequence[tuple[str, str]], label: str) -> OptionError:
    return OptionError(
        "CE001",
        f"{table}: beside its labels it has no column of numbers. It has {every(columns)}. Pass "
        f"the predictions too, or name the columns: label={label!r}, predictions='NAME'.",
    )


def columns_left(
    table: str, left: Sequence[str], label: str, classes: Sequence[str], all_of_them: Sequence[str]
) -> OptionError:
    are = "is a class" if len(left) == 1 else "are classes"
    return OptionError(
        "CE001",
        f"{table}: it cannot be told whether {listed(left)} {are} that no label names. Name the "
        f"columns of the classes: label={label!r}, with predictions={list(classes[:_SHOWN])!r} or "
        f"with predictions={list(all_of_them[:_SHOWN])!r}.",
    )


def no_such_column(
    option: str, name: str, table: str, columns: Sequence[tuple[str, str]]
) -> OptionError:
    from difflib import get_close_matches  # slow to load, and nobody's way but that of an error

    names = [column for column, _ in columns]
    near = get_close_matches(name, names, 1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    return OptionError(
        "CE001",
        f"{option} names {name!r}, and {table} has no such column. It has {every(columns)}.{meant}",
    )


def not_numbers(name: str, table: str, why: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"{table}: {name!r} is taken for predictions, but it is no column of numbers ({why}). "
        "Predictions are columns of numbers.",
    )


def not_log_probs(name: str, table: str, why: str) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"{table}: {name!r} is no column of log-probabilities ({why}). They are numbers, one a "
        "row, or lists of numbers.",
    )


def of_several_lengths(table: str, name: str) -> ShapeError:
    return ShapeError(
        "CE112",
        f"{table}: the lists in {name!r} differ in length, but each needs a number for every "
        "class.",
    )


def mixed_columns(option: str, names: Sequence[str]) -> OptionError:
    return OptionError(
        "CE001",
        f"`{option}` names {listed(names)}, among them a list: pass one column of lists, or "
        "several of numbers.",
    )


def empty_labels(
    table: str, name: str, count: int, total: int, rows: Sequence[int]
) -> LabelTypeError:
    cells = f"1 of the {total} labels is" if count == 1 else f"{count} of the {total} labels are"
    shown = ", ".join(map(str, rows)) + (", ..." if count > len(rows) else "")
    return LabelTypeError(
        "CE312",
        f"{table}: {cells} empty (column {name!r}, row{'s' * (count > 1)} {shown}, counted from "
        "0). Drop the rows, or write -1 there and pass ignore_class=-1.",
    )


def which_is_positive(name: str, values: Sequence[str]) -> OptionError:
    return OptionError(
        "CE001",
        f"The labels are {listed(values)}, and the one score, {name!r}, may be of either. Name the "
        f"class that it is the score of: positive={values[-1]!r}.",
    )


def positive_is_no_label(positive: str, values: Sequence[str]) -> OptionError:
    return OptionError(
        "CE001",
        f"`positive` must be one of the labels, {listed(values)}, and there must be at most two of "
        f"them; got {positive!r}.",
    )


def positive_of_classes(positive: str, columns: int) -> OptionError:
    return OptionError(
        "CE001",
        f"`positive` names the class of one score, and the predictions have {columns} columns; "
        f"leave out {positive!r}.",
    )


def columns_of_arrays(options: Sequence[str]) -> OptionError:
    named = " and ".join(f"`{name}`" for name in options)
    return OptionError(
        "CE001",
        f"{named} names a column, and there is no table: pass a file with columns, or a table of "
        "pandas, polars or Arrow.",
    )


def other_columns(first: str, other: str, names: Sequence[str]) -> ShapeError:
    return ShapeError(
        "CE112",
        f"{other} has not the columns of {first}, {listed(names)}: files that are taken together "
        "need the same columns in the same order.",
    )


def several_sources(command: str) -> OptionError:
    return OptionError(
        "CE001",
        "Two tables that hold labels and predictions each, or more than two files, were given. "
        f"To take them together, put one name for all of them into quotes: {command}",
    )


def one_array() -> OptionError:
    return OptionError(
        "CE001",
        "There are labels and no predictions. Pass both, or one table that holds both: a file with "
        "columns, or a table of pandas, polars or Arrow.",
    )


def files_of_pairs(labels: int, predictions: int) -> ShapeError:
    return ShapeError(
        "CE112",
        f"The pattern of the labels names {labels} files and that of the predictions "
        f"{predictions}; they are taken in pairs, in natural order: name as many.",
    )
