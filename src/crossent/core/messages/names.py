"""Messages about the names of classes: labels, headings of columns, and `class_names`."""

from __future__ import annotations

from collections.abc import Sequence

from crossent.core.errors import ArrayKindError, LabelTypeError, OptionError

_SHOWN = 8
_SHOWN_ROWS = 5


def listed(names: Sequence[object], most: int = _SHOWN) -> str:
    """Write names, the first of them where they are many."""
    text = ", ".join(repr(str(name)) for name in names[:most])
    return text + (f" and {len(names) - most} more" if len(names) > most else "")


def name_without_column(
    wrong: Sequence[str], columns: Sequence[str], source: str = "the columns of `y_pred`"
) -> LabelTypeError:
    some = "these names" if len(wrong) > 1 else "this name"
    return LabelTypeError(
        "CE313",
        f"`y_true` holds {listed(wrong)}, but {source} are named {listed(columns)}: there is no "
        f"column for {some}. Write the names alike in both, or pass class_names with one name "
        "for each column, in the order of the columns.",
    )


def names_without_order(names: Sequence[str], columns: int, advice: str) -> LabelTypeError:
    """Text as labels, and nothing that says which column is whose."""
    count = "its column has no name" if columns == 1 else f"its {columns} columns have no names"
    return LabelTypeError(
        "CE313",
        f"`y_true` holds text, {listed(names)}, but the class of each column of `y_pred` is "
        f"unknown: {count}. Pass the names in the order of the columns, {advice} if that is "
        "their order. (scikit-learn sorts names; most models do not.)",
    )


def missing_names(
    count: int, total: int, rows: Sequence[int], marks: Sequence[str], *, whole: bool = True
) -> LabelTypeError:
    labels = f"{total} labels" if whole else f"first {total} labels"
    words = [repr(mark) for mark in sorted(marks) if mark]
    what = ", ".join([*words, *["empty, None or NaN"] * ("" in marks)])
    of = f"1 of its {labels} is" if count == 1 else f"{count} of its {labels} are"
    classes = f" If {' or '.join(words)} is a class, name it in class_names." if words else ""
    return LabelTypeError(
        "CE312",
        f"`y_true` holds names, and {of} missing ({what}; {_rows(rows[:_SHOWN_ROWS], count)}, "
        "counted from 0). Drop every row without a label, here and in the predictions, or give "
        f"it a sample_weight of 0 and any name.{classes}",
    )


def missing_numbers(rows: Sequence[int], total: int) -> LabelTypeError:
    count = len(rows)
    of = f"1 of its {total} labels is" if count == 1 else f"{count} of its {total} labels are"
    return LabelTypeError(
        "CE312",
        f"`y_true` is an array of Python objects, and {of} missing (None or NaN; "
        f"{_rows(rows[:_SHOWN_ROWS], count)}, counted from 0). Drop every row without a label, "
        "here and in the predictions; or give it the label -1, convert with astype(int), and pass "
        "ignore_class=-1.",
    )


def _rows(rows: Sequence[int], count: int) -> str:
    shown = ", ".join(map(str, rows))
    return f"row {shown}" if count == 1 else f"rows {shown}{', ...' if count > len(rows) else ''}"


def too_many_names(count: int) -> LabelTypeError:
    return LabelTypeError(
        "CE313",
        f"`y_true` is text with more than {count} different values. These are ids or sentences, "
        "not names of classes: pass the column that holds the class.",
    )


def headings_twice(twice: Sequence[str]) -> ArrayKindError:
    return ArrayKindError(
        "CE002",
        f"`y_pred` has more than one column named {listed(twice)}. Each class needs one column: "
        "leave out or rename the others.",
    )


def headings_of_no_class(
    extra: Sequence[str], classes: Sequence[str], columns: Sequence[str]
) -> ArrayKindError:
    what = "a column that is not a class" if len(extra) == 1 else "columns that are not classes"
    return ArrayKindError(
        "CE002",
        f"`y_pred` has {what}: {listed(extra)}. Expected one column for each class, "
        f"{listed(classes)}; its columns are {listed(columns)}. Pass only the columns of the "
        "classes.",
    )


def class_names_and_headings(
    wrong: Sequence[str], names: Sequence[str], columns: Sequence[str]
) -> OptionError:
    return OptionError(
        "CE001",
        f"`class_names` holds {listed(wrong)}, but no column of `y_pred` has that name. Expected "
        f"the headings {listed(columns)}; got {listed(names)}.",
    )


def class_names_count(names: Sequence[str], columns: int) -> OptionError:
    return OptionError(
        "CE001",
        f"`class_names` must have a name for each of the {columns} columns of `y_pred`; got "
        f"{len(names)}: {listed(names)}.",
    )


def class_names_twice(twice: Sequence[str]) -> OptionError:
    return OptionError(
        "CE001", f"`class_names` must hold each name once; {listed(twice)} is in it twice."
    )


def class_names_kind(got: object) -> OptionError:
    shown = repr(got)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return OptionError(
        "CE001", f"`class_names` must be a list with a name for each column; got {shown}."
    )
