"""Which column of a table is what: labels, classes, and what is left out.

The rule, in this order. Labels: the column that is named, else the one whose heading is a word for
labels. Never a class: columns with another use, and a first column without a name. Classes: the
columns that are named; else the one of lists; else those whose headings are labels, as they are or
after one prefix or suffix. Else a last column of numbers is a binary score. Anything else is an
error that lists every column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple

import numpy as np

from crossent.core.messages import columns as messages
from crossent.core.messages.data import row_counts
from crossent.core.messages.names import headings_twice, name_without_column
from crossent.core.precision import predictions_miss_one
from crossent.stream.class_names import (
    NO_CLASS,
    UNNAMED,
    HostArray,
    around,
    check_empty,
    distinct,
    in_order_of_numbers,
    match,
    numbers_in,
    with_numbers,
)
from crossent.stream.readers import Reader
from crossent.stream.readers._columns import kind_of, kinds_of, place_of, places_of
from crossent.stream.readers._heading import LABEL_NAMES
from crossent.stream.readers._protocol import Table

MARK: Final = -100
"""What the Trainer of transformers writes into `label_ids` where there is no label."""

PREDICTION_NAMES: Final = ("predictions", "logits", "probabilities", "probs", "scores")
"""Names of an array of predictions in a file of several."""

SHOWN: Final = 12
"""Classes that are named in a line."""

_LOOKED_AT: Final = 1024
"""Rows that tell whether columns without a label complete the probabilities."""


@dataclass(frozen=True)
class Wanted:
    """The columns that were named."""

    label: str | None = None
    predictions: Any = None  # a name, a pattern such as "prob_*", or several
    id: str | None = None
    cluster: str | None = None
    by: str | None = None
    bytes: str | None = None
    sample_weight: str | None = None
    positive: str | None = None

    def given(self) -> list[str]:
        """Return the names of what was given."""
        return [one.name for one in fields(self) if getattr(self, one.name) is not None]


BESIDE: Final = ("id", "cluster", "by", "bytes", "sample_weight")
"""Columns of `Wanted` that belong to the rows."""


class Headed:
    """A reader of several columns, with their headings."""

    def __init__(self, reader: Reader, columns: Sequence[str]) -> None:
        self._reader, self.columns = reader, tuple(columns)
        self.name, self.load_code = reader.name, reader.load_code
        self.dtype = reader.dtype
        self.shape = reader.shape if len(reader.shape) > 1 else (*reader.shape, 1)

    def chunks(self, rows: int) -> Iterator[HostArray]:
        """Go through the columns in pieces."""
        for piece in self._reader.chunks(rows):
            yield piece.reshape(len(piece), -1)


@dataclass
class Found:
    """What was found in a table, or in two."""

    labels: Any
    predictions: Any
    label: str = ""
    kind: str = "classes"
    """What the predictions are called: classes, a score, or predictions."""
    classes: tuple[str, ...] = ()
    """Headings, or keys, of the predictions."""
    left: tuple[str, ...] = ()
    class_names: tuple[str, ...] | None = None
    """Of a score of one class: the other one, and that."""
    of_label_ids: bool = False
    """Whether the labels are what a Trainer of transformers writes."""
    beside: dict[str, Reader] = field(default_factory=dict)


def in_one_table(table: Table, wanted: Wanted, class_names: Sequence[str] | None) -> Found:
    """Find labels and predictions in one table."""
    if len(table.columns) == 1:
        raise messages.one_array()
    at = _label_place(table, wanted, None)
    if at is None:
        raise messages.no_label(table.name, kinds_of(table), _likely_label(table))
    labels = table.read([at], f"{table.name}:{table.columns[at].name}")
    if table.rows >= 0:
        check_empty(labels, table.name, table.columns[at].name)
    return _with_classes(Found(labels, None, table.columns[at].name), table, {at}, wanted,
                         class_names, beside=_beside((table,), wanted))  # fmt: skip


def in_two(
    labels: Any, predictions: Any, wanted: Wanted, class_names: Sequence[str] | None
) -> Found:
    """Find labels in one table or array, and predictions in another.

    Parameters
    ----------
    labels, predictions : Table, or array
        An array is what it is.
    """
    tables = [one for one in (labels, predictions) if is_table(one)]
    if len(tables) == 2:
        _check_pair(labels, predictions)
    found = Found(labels, predictions, beside=_beside(tables, wanted))
    if is_table(predictions) and _is_one_array(predictions):
        found.predictions = predictions = predictions.read([0], predictions.name)
    if is_table(labels):
        headings = _headings(predictions) if is_table(predictions) else None
        place = _label_place(labels, wanted, headings)
        places = _all_numbers(labels, wanted) if place is None else [place]
        if len(places) == 1:
            (at,) = places
            several = labels.headed and len(labels.columns) > 1
            found.label = labels.columns[at].name if several else ""
            found.labels = labels.read([at], _name(labels, at))
            if labels.headed and labels.rows >= 0:
                check_empty(found.labels, labels.name, labels.columns[at].name)
            found.of_label_ids = labels.columns[at].name.lower() == "label_ids"
            found.left = _left(labels, {at}, wanted)
        else:
            reader = labels.read(places, labels.name)
            names = [labels.columns[at].name for at in places]
            found.labels = Headed(reader, names) if labels.headed else reader
    if not is_table(predictions) and wanted.positive is not None:
        shape = np.shape(predictions)
        if len(shape) > 1 and shape[-1] > 1:
            raise messages.positive_of_classes(wanted.positive, shape[-1])
        return scored(found, predictions, "the score", wanted, class_names)
    if is_table(predictions):
        found = _with_classes(found, predictions, set(), wanted, class_names, beside=found.beside)
    return found


def _check_pair(labels: Table, predictions: Table) -> None:
    """Raise for two tables that hold everything each, and for patterns that do not pair."""
    names = [column.name for column in labels.columns]
    alike = len(names) > 2 and names == [one.name for one in predictions.columns]
    hot = all(column.numbers for column in labels.columns) and labels.rows >= 0
    if labels.headed and alike and any(name.lower() in LABEL_NAMES for name in names):
        if hot and _are_shares(labels, list(range(len(names)))):
            return  # one-hot or soft labels, of a class that is named as labels are
        raise messages.several_sources(pattern([labels.name, predictions.name]))
    own: Sequence[Table] = getattr(labels, "tables", ())
    other: Sequence[Table] = getattr(predictions, "tables", ())
    if not own or not other:
        return
    if len(own) != len(other):
        raise messages.files_of_pairs(len(own), len(other))
    for first, second in zip(own, other, strict=True):
        if -1 not in (first.rows, second.rows) and first.rows != second.rows:
            raise row_counts(
                (first.name, first.rows), (second.name, second.rows), maybe_header=False
            )


def pattern(names: Sequence[str]) -> str:
    """Return one pattern for several names.

    >>> pattern(["part-0.csv", "part-1.csv", "part-10.csv"])
    "'part-*.csv'"
    """
    before = _common_start(names)
    after = _common_start([name[len(before) :][::-1] for name in names])[::-1]
    return f"'{before}*{after}'"


def _common_start(names: Sequence[str]) -> str:
    for at, letters in enumerate(zip(*names, strict=False)):
        if len(set(letters)) > 1:
            return names[0][:at]
    return min(names, key=len)


def is_table(given: Any) -> bool:
    """Whether something has columns to choose from."""
    return hasattr(given, "columns") and hasattr(given, "headed")


def _is_one_array(table: Table) -> bool:
    """Whether there is one array, and no heading that could be a class."""
    return len(table.columns) == 1 and (not table.headed or table.rows < 0)


def _name(table: Table, at: int) -> str:
    """Return how messages call a column: as the file, where it has no other."""
    return f"{table.name}:{table.columns[at].name}" if len(table.columns) > 1 else table.name


def _likely_label(table: Table) -> str:
    """Return the column that the advice names: one of text, else of integers."""
    plain = [one for one in table.columns if not one.lists and one.name.lower() not in NO_CLASS]
    for kinds in ("U", "iub"):
        likely = [one.name for one in plain if one.dtype.kind in kinds]
        if likely:
            return likely[-1]
    return table.columns[-1].name if table.columns else "NAME"


def _headings(table: Table) -> list[str] | None:
    return [column.name for column in table.columns] if table.headed else None


def _beside(tables: Sequence[Table], wanted: Wanted) -> dict[str, Reader]:
    """Return the columns that belong to the rows: of labels first, then of predictions."""
    found: dict[str, Reader] = {}
    for option in BESIDE:
        name = getattr(wanted, option)
        if name is None:
            continue
        for number, table in enumerate(tables):
            last = number == len(tables) - 1
            if last or name in [column.name for column in table.columns]:
                at = place_of(table, f"`{option}`", name)
                found[option] = table.read([at], f"{table.name}:{name}")
                break
    return found


def _declared(table: Table, wanted: Wanted) -> set[int]:
    """Return the places of columns with another use: those of options, and an index."""
    names = {getattr(wanted, option) for option in BESIDE}
    found = {at for at, column in enumerate(table.columns) if column.name in names}
    if table.headed and table.columns and table.columns[0].name.lower() in UNNAMED:
        found.add(0)
    return found


def _label_place(table: Table, wanted: Wanted, predictions: list[str] | None) -> int | None:
    """Return the place of the labels; None where no column is named as labels are."""
    if wanted.label is not None:
        return place_of(table, "`label`", wanted.label)
    left = [at for at in range(len(table.columns)) if at not in _declared(table, wanted)]
    if (len(left) == 1 and predictions is not None) or len(table.columns) == 1:
        return left[0] if left else 0
    headings = [table.columns[at].name for at in left]
    if predictions is not None and len(match(predictions, headings)) == len(predictions) > 1:
        return None  # a column a class: one-hot or soft labels
    if not table.headed:
        return None
    named = [at for at in left if table.columns[at].name.lower() in LABEL_NAMES]
    if len(named) > 1:
        raise messages.several_labels(table.name, [table.columns[at].name for at in named])
    return named[0] if named else None


def _all_numbers(table: Table, wanted: Wanted) -> list[int]:
    """Return the columns of one-hot or soft labels: all of numbers, or the one of lists."""
    left = [at for at in range(len(table.columns)) if at not in _declared(table, wanted)]
    if len(left) == 1:
        return left
    if table.rows < 0 or not left or not all(table.columns[at].numbers for at in left):
        raise messages.no_label(table.name, kinds_of(table), _likely_label(table))
    return left


def _left(table: Table, used: set[int], wanted: Wanted) -> tuple[str, ...]:
    """Return the names of the columns of a table of labels that nothing reads."""
    names = {getattr(wanted, option) for option in BESIDE}
    return tuple(
        column.name or "the first column, which has no name"
        for at, column in enumerate(table.columns)
        if at not in used and column.name not in names
    )


class _Chosen(NamedTuple):
    """Columns of predictions."""

    places: list[int]
    score: bool = False


def _with_classes(
    found: Found, table: Table, taken: set[int], wanted: Wanted,
    class_names: Sequence[str] | None, *, beside: dict[str, Reader],
) -> Found:  # fmt: skip
    """Find the predictions of a table beside labels that are known."""
    found.beside = beside
    taken = taken | _declared(table, wanted)
    label = found.label.lower() if found.label else ""
    found.of_label_ids = found.of_label_ids or label == "label_ids"
    chosen = _choose(found, table, taken, wanted, class_names)
    columns = [table.columns[at] for at in chosen.places]
    found.classes = tuple(column.name for column in columns) if table.headed else ()
    used = taken | set(chosen.places)
    found.left += tuple(
        column.name or "the first column, which has no name"
        for at, column in enumerate(table.columns)
        if at not in used or (at in _declared(table, Wanted()) and at not in chosen.places)
    )
    own = _name(table, chosen.places[0]) if table.rows < 0 else table.name
    reader = table.read(chosen.places, own)
    if table.rows < 0 or columns[0].lists or (not table.headed and len(columns) > 1):
        found.predictions, found.kind = reader, "predictions"
        return _checked_positive(found, wanted)
    if len(columns) == 1:
        found.kind = "score"
        return scored(found, reader, columns[0].name, wanted, class_names)
    found.predictions = Headed(reader, found.classes)
    return _checked_positive(found, wanted)


def _checked_positive(found: Found, wanted: Wanted) -> Found:
    if wanted.positive is not None and len(getattr(found.predictions, "shape", ())) > 1:
        raise messages.positive_of_classes(wanted.positive, found.predictions.shape[-1])
    return found


def scored(
    found: Found, reader: Reader, name: str, wanted: Wanted, class_names: Sequence[str] | None
) -> Found:
    """Say which class one score is of, where the labels are names or one is named."""
    found.predictions = reader
    if class_names is not None:
        return found
    text = getattr(found.labels, "dtype", np.dtype(float)).kind in "OUS"
    if wanted.positive is None and not text:
        return found
    values = in_order_of_numbers(distinct(found.labels, (name,)))
    if wanted.positive is not None:
        if wanted.positive not in values or len(values) > 2:
            raise messages.positive_is_no_label(wanted.positive, values)
        others = [value for value in values if value != wanted.positive]
        numbers = {wanted.positive: 1, **dict.fromkeys(others, 0)}
        found.labels = with_numbers(found.labels, numbers)
        found.class_names = (*(others or [f"not {wanted.positive}"]), wanted.positive)
        return found
    if len(values) == 2 and len(match(values, [name])) != 1:
        raise messages.which_is_positive(name, values)
    found.predictions = Headed(reader, [name])
    return found


def _choose(
    found: Found, table: Table, taken: set[int], wanted: Wanted,
    class_names: Sequence[str] | None,
) -> _Chosen:  # fmt: skip
    """Return the columns of predictions."""
    if wanted.predictions is not None:
        return _Chosen(_named(table, wanted.predictions))
    free = [at for at in range(len(table.columns)) if at not in taken]
    if table.rows < 0:
        return _Chosen([_array(found, table, free)])
    lists = [at for at in free if table.columns[at].lists]
    if len(lists) > 1:
        named = [at for at in lists if table.columns[at].name.lower() in PREDICTION_NAMES]
        lists = named if len(named) == 1 else lists
    if len(lists) > 1:
        raise messages.no_classes(
            table.name, kinds_of(table), found.label, [table.columns[lists[0]].name]
        )
    if lists:
        column = table.columns[lists[0]]
        if column.shape == (-1,) and column.fault:
            raise messages.of_several_lengths(table.name, column.name)
        return _Chosen(lists)
    numbers = [at for at in free if table.columns[at].numbers]
    if not numbers:
        raise messages.no_predictions(table.name, kinds_of(table), found.label)
    if not table.headed:
        return _Chosen(numbers)
    return _Chosen(_by_headings(found, table, numbers, free, class_names))


def _named(table: Table, given: Any) -> list[int]:
    """Return the columns that were named, which must be of numbers."""
    places = places_of(table, "`predictions`", given)
    names = [table.columns[at].name for at in places]
    twice = [name for name in names if [c.name for c in table.columns].count(name) > 1]
    if twice:
        raise headings_twice(twice)
    for at in places:
        column = table.columns[at]
        if not column.numbers and not column.lists:
            why = column.fault or f"it holds {kind_of(column)}"
            raise messages.not_numbers(column.name, table.name, why)
        if column.lists and len(places) > 1:
            raise messages.mixed_columns("predictions", names)
    return places


def _array(found: Found, table: Table, free: list[int]) -> int:
    """Return the array of predictions in a file of several arrays."""
    named = [at for at in free if table.columns[at].name.lower() in PREDICTION_NAMES]
    left = named or [at for at in free if table.columns[at].dtype.kind in "biuf"]
    if len(left) != 1:
        raise messages.no_classes(
            table.name, kinds_of(table), found.label or "NAME",
            [table.columns[at].name for at in left[:1]] or ["NAME"],
        )  # fmt: skip
    return left[0]


def _by_headings(
    found: Found, table: Table, numbers: list[int], free: list[int],
    class_names: Sequence[str] | None,
) -> list[int]:  # fmt: skip
    """Return the columns whose headings are labels; else those that can be told otherwise."""
    headings = [table.columns[at].name for at in free]
    values = _values(found, headings) if class_names is None else list(class_names)
    plain = [at for at in numbers if table.columns[at].name.lower() not in NO_CLASS]
    if len(plain) == 1 and len(values) <= 2:
        return plain
    matched = match(values, headings) if values else {}
    if matched:
        wrong = [value for value in values if value not in matched]
        if wrong and class_names is None:
            raise name_without_column(wrong, [table.columns[at].name for at in numbers])
        classes = _alike(matched, headings)
        for at in classes:
            column = table.columns[free[at]]
            if not column.numbers:
                why = column.fault or f"it holds {kind_of(column)}"
                raise messages.not_numbers(column.name, table.name, why)
        return _with_unlabelled(found, table, [free[at] for at in classes], numbers)
    if len(plain) == 1:
        return plain
    floats = all(table.columns[at].dtype.kind == "f" for at in plain)
    text = getattr(found.labels, "dtype", np.dtype(float)).kind in "OUS"
    if not plain or not (floats or found.label == "") or (text and class_names is None):
        names = [table.columns[at].name for at in (plain or numbers)]
        raise messages.no_classes(table.name, kinds_of(table), found.label or "NAME", names)
    return plain


def _values(found: Found, headings: Sequence[str]) -> list[str]:
    """Return the labels as text; those that mark rows without one are left out.

    Labels that are one-hot or soft have their classes in the headings, if anywhere.
    """
    labels = found.labels
    headed = getattr(labels, "columns", None)
    if headed is not None and not is_table(labels):
        return [str(name) for name in headed]
    shape = np.shape(labels) if not hasattr(labels, "shape") else tuple(labels.shape)
    if len(shape) > 1:
        return []
    values = distinct(labels, headings)
    return [value for value in values if not value.startswith("-") or value in headings]


def _alike(matched: dict[str, int], headings: Sequence[str]) -> list[int]:
    """Return the columns that were matched, and those with headings of their form.

    That is their prefix and suffix; among numbers, other numbers.
    """
    before, after = around(matched, headings)
    numbered = all(name.isdigit() for name in matched)
    if before or after:
        return [
            at
            for at, heading in enumerate(headings)
            if heading.startswith(before)
            and heading.endswith(after)
            and (not numbered or heading[len(before) : len(heading) - len(after)].isdigit())
        ]
    if numbered:
        return [at for at, heading in enumerate(headings) if heading.strip().isdigit()]
    return sorted(matched.values())


def _with_unlabelled(
    found: Found, table: Table, classes: list[int], numbers: list[int]
) -> list[int]:
    """Add columns of numbers that are classes without a label; leave out what is none.

    Columns of other types, and those named as what tables hold beside classes, are none. Of others
    it is told by the sums of the rows, or not at all.
    """
    kinds = {table.columns[at].dtype.kind for at in classes}
    left = [
        at
        for at in numbers
        if at not in classes
        and table.columns[at].dtype.kind in kinds
        and table.columns[at].name.lower() not in NO_CLASS
    ]
    names = [table.columns[at].name for at in classes]
    if not left or _around_all(names):
        return classes
    if _are_shares(table, classes):
        return classes
    every = sorted(classes + [at for at in left if _are_in_unit(_first_rows(table, [at]))])
    if _are_shares(table, every):
        return every
    raise messages.columns_left(
        table.name, [table.columns[at].name for at in left], found.label or "NAME", names,
        [table.columns[at].name for at in sorted(classes + left)],
    )  # fmt: skip


def _around_all(names: Sequence[str]) -> bool:
    """Whether the headings have something in common that others lack: numbers, or a prefix."""
    return numbers_in(names) is not None or all(name.strip().isdigit() for name in names)


def _are_shares(table: Table, places: list[int]) -> bool:
    """Whether the first rows of columns are probabilities that sum to 1."""
    rows = _first_rows(table, places)
    return _are_in_unit(rows) and not predictions_miss_one(rows, rows.sum(axis=1)).any()


def _are_in_unit(rows: HostArray) -> bool:
    return bool(rows.size) and bool(((rows >= 0) & (rows <= 1)).all())


def _first_rows(table: Table, places: list[int]) -> HostArray:
    """Return the first rows of columns, those without a number left out."""
    first = next(iter(table.read(places, table.name).chunks(_LOOKED_AT)), np.zeros((0, 1)))
    rows = first.reshape(len(first), -1).astype(np.float64)
    return rows[np.isfinite(rows).all(axis=1)]


def holds_mark(labels: Reader) -> bool:
    """Whether labels hold the mark of rows without one."""
    return any((piece == MARK).any() for piece in labels.chunks(2**18))


def described(found: Found, names: Sequence[str], said: str) -> str:
    """Say which column is what."""
    parts = [f"label: {found.label}"] if found.label else []
    shown = list(names) if found.kind == "classes" and names else list(found.classes)
    if shown:
        more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
        parts.append(f"{found.kind}: {', '.join(shown[:SHOWN])}{more}")
    if found.left:
        parts.append(f"left out: {', '.join(found.left)}")
    return "; ".join([*parts, said] if said else parts)
