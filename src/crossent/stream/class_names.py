"""Which column is which class, where labels are names or columns have headings.

Names are found by the headings of the columns, or by `class_names`; never by sorting them. Where
neither is there, labels that are text stay what they are, and are refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from crossent.core.label_facts import is_missing
from crossent.core.messages import columns as column_messages
from crossent.core.messages import names as messages
from crossent.core.messages.names import listed
from crossent.stream.readers import Reader
from crossent.stream.readers._heading import is_no_name
from crossent.stream.tables import as_array, column_of, headings_of, is_table, numbers_of

HostArray = npt.NDArray[Any]

_STEP: Final = 2**16
"""Labels that are looked at at once."""

_MANY_MISSING: Final = 2**20
"""Missing labels after which the rest is not read."""

_MOST_NAMES: Final = 2**20
"""Different names that are kept: text with more is no list of classes, and would fill memory."""

UNNAMED: Final = ("", "unnamed: 0")
"""Headings of the index that pandas writes as the first column."""

NO_CLASS: Final = frozenset((
    "id", "index", "idx", "row", "row_id", "label", "labels", "label_ids", "target", "targets",
    "y_true", "y", "fold", "split", "weight", "sample_weight",
))  # fmt: skip
"""Headings of what tables hold beside classes. A label of that name makes one a class."""

_SHOWN_ROWS: Final = 5
"""Rows without a label that are named, the first ones."""

_NUMBER: Final = re.compile(r"[+-]?\d+")
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Naming:
    """Labels and predictions with the classes numbered, and how that was done."""

    labels: Any
    predictions: Any
    names: tuple[str, ...] = ()  # of the classes, in the order of the columns
    said: str = ""


class NumberedReader:
    """Labels that are names, read as the numbers of their classes."""

    def __init__(self, reader: Reader, numbers: Mapping[str, int]) -> None:
        self._reader, self._numbers = reader, numbers
        self.name, self.load_code = reader.name, reader.load_code
        self.shape, self.dtype = reader.shape, np.dtype(np.int64)

    def chunks(self, rows: int) -> Iterator[HostArray]:
        """Go through the numbers in pieces."""
        for piece in self._reader.chunks(rows):
            yield numbered(piece, self._numbers)


class ColumnsReader:
    """Some columns of predictions, in an order of their own."""

    def __init__(self, reader: Reader, columns: Sequence[int]) -> None:
        self._reader, self._columns = reader, list(columns)
        self.name, self.load_code, self.dtype = reader.name, reader.load_code, reader.dtype
        self.shape = (*reader.shape[:-1], len(self._columns))

    def chunks(self, rows: int) -> Iterator[HostArray]:
        """Go through the columns in pieces."""
        for piece in self._reader.chunks(rows):
            yield piece[..., self._columns]


def checked_names(given: object) -> tuple[str, ...]:
    """Return `class_names` as text, or raise OptionError."""
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        raise messages.class_names_kind(given)
    names = tuple(_text(name) for name in cast(Any, given))
    if not names:
        raise messages.class_names_kind(given)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise messages.class_names_twice(twice)
    return names


def name_classes(
    labels: Any,
    predictions: Any,
    class_names: object = None,
    *,
    refuse: bool = False,
) -> Naming:
    """Number the classes of labels and put the columns of predictions into their order.

    Parameters
    ----------
    labels, predictions : array, table or Reader
    class_names : sequence, optional
        Names of the classes, in the order of the columns where those have no headings.
    refuse : bool
        Whether text that nothing numbers is an error; else it stays as it is.

    Raises
    ------
    OptionError
        If `class_names` does not fit the columns.
    LabelTypeError
        If a label is missing, or names no column.
    ArrayKindError
        If a column that is no class stands among the predictions, or one stands there twice.
    """
    names = None if class_names is None else checked_names(class_names)
    headings = headings_of_predictions(predictions)
    if headings is None and not is_text(labels):
        if refuse and names is not None:
            _check_count(names, _width(predictions))
        return Naming(as_array(labels), as_array(predictions), names or ())
    if headings is None:
        return _by_option(labels, predictions, names, refuse)
    left = [0] if headings and headings[0].lower() in UNNAMED else []
    columns = _Columns(
        tuple(headings[len(left) :]), tuple(range(len(left), len(headings))), predictions
    )
    columns.check_different()
    wide = headings_of_predictions(labels)
    if wide is not None and len(wide) > 1:
        found = _wide(labels, wide, columns)
    elif names is not None:
        found = _by_names(labels, columns, names)
    elif is_text(labels):
        found = _by_labels(labels, columns)
    else:
        found = _by_numbers(labels, columns)
    if not left:
        return found
    said = "left out: the first column, which has no name"
    said = f"{found.said}; {said}" if found.said else said
    return Naming(found.labels, found.predictions, found.names, said)


def _by_option(
    labels: Any, predictions: Any, names: tuple[str, ...] | None, refuse: bool
) -> Naming:
    """Number text by `class_names`; refuse it or leave it as it is where they are not given."""
    predictions = as_array(predictions)
    if names is None:
        if refuse:
            values = distinct(labels)
            raise messages.names_without_order(
                values, _width(predictions) or 1, class_names_option(in_order_of_numbers(values))
            )
        return Naming(as_array(labels), predictions)
    _check_count(names, _width(predictions))
    wrong = [value for value in distinct(labels, names) if value not in names]
    if wrong:
        raise messages.name_without_column(wrong, names, "`class_names`")
    numbers = {name: at for at, name in enumerate(names)}
    return Naming(with_numbers(labels, numbers), predictions, names, "named by class_names")


def _check_count(names: tuple[str, ...], width: int | None) -> None:
    """Raise if there is not a name for each column; of one column both sides have a name."""
    if width is not None and len(names) != width and not (width == 1 and len(names) == 2):
        raise messages.class_names_count(names, width)


@dataclass(frozen=True)
class _Columns:
    """The columns of predictions that may be classes."""

    headings: tuple[str, ...]
    places: tuple[int, ...]
    table: Any

    def check_different(self) -> None:
        twice = [name for name, count in Counter(self.headings).items() if count > 1]
        if twice:
            raise messages.headings_twice(twice)

    def take(self, order: Sequence[int]) -> Any:
        """Return these columns, in this order, as an array or a Reader."""
        places = [self.places[at] for at in order]
        if is_reader(self.table):
            return ColumnsReader(self.table, places)
        return numbers_of(self.table, places)

    def check_extra(self, classes: Sequence[int], expected: Sequence[str]) -> None:
        """Raise if a column is no class: one that is not listed, or holds no numbers."""
        extra = [name for at, name in enumerate(self.headings) if at not in set(classes)]
        if not is_reader(self.table):
            extra += [
                self.headings[at]
                for at in classes
                if column_of(self.table, self.places[at]).dtype.kind not in "biuf"
            ]
        if extra:
            expected = [name for name in expected if name not in extra]
            raise messages.headings_of_no_class(extra, expected, self.headings)


def _by_names(labels: Any, columns: _Columns, names: tuple[str, ...]) -> Naming:
    """Find the columns of `class_names` by their headings."""
    found = match(names, columns.headings)
    if found:
        wrong = [name for name in names if name not in found]
        if wrong:
            raise messages.class_names_and_headings(wrong, names, columns.headings)
        order = [found[name] for name in names]
        said = "found by their headings"
    else:  # the headings are numbers, or other words: the names are in the order of the columns
        if len(names) != len(columns.headings):
            raise messages.class_names_count(names, len(columns.headings))
        numbers = numbers_in(columns.headings)
        order = list(range(len(names)) if numbers is None else np.argsort(numbers).tolist())
        said = "named by class_names"
    columns.check_extra(order, names)
    numbered_labels = as_array(labels)
    if is_text(labels):
        wrong = [value for value in distinct(labels, names) if value not in names]
        if wrong:
            raise messages.name_without_column(wrong, names, "`class_names`")
        numbered_labels = with_numbers(labels, {name: at for at, name in enumerate(names)})
    return Naming(numbered_labels, columns.take(order), names, said)


def _by_labels(labels: Any, columns: _Columns) -> Naming:
    """Find the columns of names that are labels by their headings."""
    values = distinct(labels, columns.headings)
    found = match(values, columns.headings)
    if len(columns.headings) == 1 and len(values) == 2 and len(found) == 1:
        positive = next(iter(found))
        names = tuple(sorted(values, key=lambda value: value == positive))
        numbers = {name: at for at, name in enumerate(names)}
        return Naming(
            with_numbers(labels, numbers), columns.take([0]), names,
            f"the column is of {positive!r}",
        )  # fmt: skip
    wrong = [value for value in values if value not in found]
    if wrong:
        raise messages.name_without_column(wrong, columns.headings)
    before, after = around(found, columns.headings)
    classes = [
        at
        for at, heading in enumerate(columns.headings)
        if at in found.values()
        or (
            heading.startswith(before)
            and heading.endswith(after)
            and (before or after or heading.lower() not in NO_CLASS)
        )
    ]
    of_place = {at: value for value, at in found.items()}
    end = len(after)
    names = tuple(
        of_place.get(at, columns.headings[at][len(before) : -end or None]) for at in classes
    )
    columns.check_extra(classes, names)
    numbers = {of_place[at]: number for number, at in enumerate(classes) if at in of_place}
    said = "found by their headings"
    absent = [name for name in names if name not in numbers]
    if absent:
        said += f"; no label is {listed(absent)}"
    return Naming(with_numbers(labels, numbers), columns.take(classes), names, said)


def _by_numbers(labels: Any, columns: _Columns) -> Naming:
    """Find the columns of labels that are numbers: by the numbers in headings, or by position."""
    headings = columns.headings
    numbers = numbers_in(headings)
    if sorted(map(str.lower, headings)) == ["false", "true"]:
        numbers = [int(heading.lower() == "true") for heading in headings]
    every = list(range(len(headings)))
    labels = as_array(labels)
    if numbers is None:
        odd = [at for at, name in enumerate(headings) if name.lower() not in NO_CLASS]
        columns.check_extra(odd, [headings[at] for at in odd])
        said = "named by their headings, in the order of the columns"
        return Naming(labels, columns.take(every), headings, said)
    columns.check_extra(every, headings)
    order = np.argsort(numbers).tolist()
    said = ""
    if order != every:
        said = f"put into the order of their numbers; they stood as {listed(headings)}"
    in_order = sorted(numbers)
    if in_order == every:
        return Naming(labels, columns.take(order), (), said)
    values = [int(value) for value in distinct(labels) if _NUMBER.fullmatch(value)]
    if not values or not {value for value in values if value >= 0} <= set(in_order):
        return Naming(labels, columns.take(order), (), said)
    of_number = {str(number): at for at, number in enumerate(in_order)}
    # What marks rows without a label stays what it is.
    of_number |= {str(value): value for value in values if value < 0}
    said = said or f"found by the numbers in their headings, {listed(headings)}"
    names = tuple(map(str, in_order))
    return Naming(with_numbers(labels, of_number), columns.take(order), names, said)


def _wide(labels: Any, headings: tuple[str, ...], columns: _Columns) -> Naming:
    """Put the columns of one-hot or soft labels into the order of the predictions'."""
    table, places = labels, list(range(len(headings)))
    if headings[0].lower() in UNNAMED:
        headings, places = headings[1:], places[1:]
    found = match(columns.headings, headings)
    if len(found) < len(columns.headings):
        back = match(headings, columns.headings)
        found = {columns.headings[at]: headings.index(name) for name, at in back.items()}
    every = range(len(columns.headings))
    if not found and len(headings) == len(columns.headings):
        return Naming(as_array(labels), columns.take(every))
    wrong = [name for name in columns.headings if name not in found]
    if wrong or len(headings) != len(columns.headings):
        missing = wrong or [h for at, h in enumerate(headings) if at not in found.values()]
        raise messages.headings_of_no_class(missing, headings, columns.headings)
    order = [places[found[name]] for name in columns.headings]
    dense = ColumnsReader(table, order) if is_reader(table) else numbers_of(table, order)
    return Naming(dense, columns.take(every), columns.headings, "found by their headings")


def match(names: Sequence[str], headings: Sequence[str]) -> dict[str, int]:
    """Find the column of each name: as it is written, as a number, or after one prefix or suffix.

    >>> match(["cat", "dog"], ["prob_dog", "prob_cat"]), match(["2", "10"], ["p10", "p2"])
    ({'cat': 1, 'dog': 0}, {'2': 1, '10': 0})

    The names that have none are left out; where no way finds half of them, all are.
    """
    found = _exact(names, headings)
    for before, after in _affixes(names, headings):
        if len(found) == len(names):
            break
        inner = {
            heading[len(before) : len(heading) - len(after)]: at
            for at, heading in enumerate(headings)
            if heading.startswith(before)
            and heading.endswith(after)
            and len(heading) > len(before) + len(after)
        }
        other = _exact(names, list(inner))
        places = list(inner.values())
        if len(other) > len(found):
            found = {name: places[at] for name, at in other.items()}
    return found if 2 * len(found) >= len(names) else {}


def _exact(names: Sequence[str], headings: Sequence[str]) -> dict[str, int]:
    place = {heading: at for at, heading in reversed(list(enumerate(headings)))}
    found = {name: place[name] for name in names if name in place}
    if len(found) == len(names) or not all(map(_NUMBER.fullmatch, names)):
        return found
    by_number = {int(h): at for h, at in place.items() if _NUMBER.fullmatch(h)}
    return {name: by_number[int(name)] for name in names if int(name) in by_number}


def _affixes(names: Sequence[str], headings: Sequence[str]) -> list[tuple[str, str]]:
    """Return what may stand before or behind the first names in the headings."""
    found: dict[tuple[str, str], None] = {}
    for name in names[:3]:
        number = _NUMBER.fullmatch(name)  # "1" is no end of "11"
        wanted = rf"0*{int(name)}" if number else re.escape(name)
        at_end = re.compile(rf"(?<!\d)({wanted})$" if number else f"({wanted})$")
        at_start = re.compile(rf"({wanted})(?!\d)" if number else f"({wanted})")
        for heading in headings:
            if last := at_end.search(heading):
                found[heading[: last.start(1)], ""] = None
            if first := at_start.match(heading):
                found["", heading[first.end(1) :]] = None
    return [affix for affix in found if any(affix)]


def around(found: Mapping[str, int], headings: Sequence[str]) -> tuple[str, str]:
    """Return the prefix and suffix of headings around the names that were found in them."""
    for name, at in found.items():
        heading = headings[at]
        if heading != name and name in heading:
            return heading[: heading.rindex(name)], heading[heading.rindex(name) + len(name) :]
    return "", ""


def numbers_in(headings: Sequence[str]) -> list[int] | None:
    """Return the numbers that the headings are, after one prefix or before one suffix.

    >>> numbers_in(["p_0", "p_10", "p_2"]), numbers_in(["cat", "dog"])
    ([0, 10, 2], None)
    """
    parts = [_DIGITS.split(heading) for heading in headings]
    if not parts or any(len(one) < 3 for one in parts):
        return None
    for at in (-2, 1):  # the last number of each heading, or the first
        around = {(tuple(p[: at % len(p)]), tuple(p[at % len(p) + 1 :])) for p in parts}
        numbers = [int(p[at]) for p in parts]
        if len(around) == 1 and len(set(numbers)) == len(numbers):
            return numbers
    return None


def in_order_of_numbers(names: Sequence[str]) -> list[str]:
    """Sort names, with the numbers in them by their value.

    >>> in_order_of_numbers(["c10", "c2", "c1"])
    ['c1', 'c2', 'c10']
    """

    def key(name: str) -> list[tuple[int, int, str]]:
        parts = _DIGITS.split(name)
        return [(0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p) for p in parts if p]

    return sorted(names, key=key)


def class_names_option(names: Sequence[str], most: int = 20) -> str:
    """Write the option that names the columns; without the names where they are many."""
    return "class_names=[...]" if len(names) > most else f"class_names={list(names)}"


def headings_of_predictions(given: Any) -> tuple[str, ...] | None:
    """Return the headings of the columns of a file or table; None where there are none."""
    columns = getattr(given, "columns", None) if is_reader(given) else headings_of(given)
    if not columns or len(getattr(given, "shape", (0, 0))) != 2:
        return None
    return tuple(str(name).strip() for name in columns)


def is_reader(given: Any) -> bool:
    """Whether an argument is an open file, and no array."""
    return hasattr(given, "load_code") and hasattr(given, "chunks")


def _width(predictions: Any) -> int | None:
    """Return how many columns predictions have; 1 where they are one number a row."""
    if predictions is None:
        return None
    shape = getattr(predictions, "shape", None)
    shape = np.asarray(predictions).shape if shape is None else tuple(shape)
    return shape[-1] if len(shape) > 1 else 1


def check_empty(labels: Reader, table: str, name: str) -> None:
    """Raise LabelTypeError if cells of a column of labels that are numbers are empty."""
    if labels.dtype.kind != "f" or len(labels.shape) > 1:
        return
    count, total, rows = 0, 0, list[int]()
    for piece in labels.chunks(_STEP):
        gone = np.flatnonzero(np.isnan(piece))
        rows += (total + gone[: _SHOWN_ROWS - len(rows)]).tolist()
        count, total = count + len(gone), total + len(piece)
    if count:
        raise column_messages.empty_labels(table, name, count, total, rows)


def is_text(labels: Any) -> bool:
    """Whether labels are names."""
    if is_reader(labels):
        return labels.dtype.kind in "US"
    return _as_text(labels) is not None


def _as_text(labels: Any) -> HostArray | None:
    """Return labels in memory that are text as an array of str; None if they are none."""
    if isinstance(labels, list | tuple):
        return np.asarray(labels, object) if _has_text(labels) else None
    labels = np.asarray(labels) if is_table(labels) else as_array(labels)
    if isinstance(labels, np.ma.MaskedArray):
        return None
    kind = getattr(getattr(labels, "dtype", None), "kind", None)
    if not isinstance(kind, str) or kind not in "OUS":
        return None
    array = np.asarray(labels)
    if array.dtype.kind == "O" and not any(isinstance(one, str | bytes) for one in array.flat):
        return None
    return array if array.dtype.kind in "OUS" and array.size else None


def _has_text(values: Sequence[Any]) -> bool:
    """Whether a list holds text; arrays in it are not looked into."""
    return any(
        isinstance(one, str | bytes) or (isinstance(one, list | tuple) and _has_text(one))
        for one in values
    )


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _texts(array: HostArray) -> HostArray:
    """Return labels as text: names as they are, and numbers as they are written."""
    if array.dtype.kind == "O":
        text = ["" if is_missing(one) else _text(one).strip() for one in array.flat]
        return np.array(text, np.str_).reshape(array.shape)
    if array.dtype.kind == "S":
        return np.char.strip(np.char.decode(array, "utf-8", "replace"))
    if array.dtype.kind == "U":
        return np.char.strip(array)
    if array.dtype.kind == "f":
        whole = np.isfinite(array) & (np.floor(array) == array)
        return np.where(whole, np.where(whole, array, 0).astype(np.int64).astype(str), "nan")
    return array.astype(str)


def _as_stored(array: HostArray) -> HostArray:
    """Return labels that NumPy can sort: objects as text, others as they are stored."""
    return _texts(array) if array.dtype.kind == "O" else array


def distinct(labels: Any, known: Sequence[str] = ()) -> list[str]:
    """Return the different labels as text, in the order in which they come.

    A word such as "NA" is a missing label, unless a name in `known` holds it.

    Raises
    ------
    LabelTypeError
        If labels are missing, or there are more different ones than classes can have names.
    """
    found: dict[str, None] = {}
    missing = _Missing(known)
    for piece in labels.chunks(_STEP) if is_reader(labels) else (_plain(labels),):
        stored = _as_stored(piece)
        values, first = np.unique(stored, return_index=True)
        order = np.argsort(first)
        texts = _texts(values[order]).tolist()
        missing.look(stored, values[order], texts)
        found |= dict.fromkeys(texts)
        if len(found) > _MOST_NAMES:
            raise messages.too_many_names(_MOST_NAMES)
    missing.check()
    return list(found)


def check_no_gaps(labels: Any, predictions: Any, class_names: object) -> None:
    """Raise LabelTypeError if labels are names of which some are missing."""
    if is_text(labels):
        known = [*(headings_of_predictions(predictions) or ())] if predictions is not None else []
        if class_names is not None:
            known += checked_names(class_names)
        distinct(labels, known)


class _Missing:
    """Counts labels that are no names."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known, self._total, self._count = known, 0, 0
        self._rows: list[int] = []
        self._marks: set[str] = set()

    def look(self, stored: HostArray, values: HostArray, texts: list[str]) -> None:
        """Look at one piece: its labels, and the different ones also as text."""
        words = stored.dtype.kind in "US"
        gone = [
            at for at, text in enumerate(texts) if text == "" or (words and self._is_word(text))
        ]
        if gone:
            where = np.flatnonzero(np.isin(stored.reshape(-1), values[gone]))
            self._count += len(where)
            self._rows += (self._total + where[:_SHOWN_ROWS]).tolist()
            self._marks |= {texts[at] for at in gone}
        self._total += stored.size
        if self._count >= _MANY_MISSING:
            self.check(whole=False)

    def _is_word(self, text: str) -> bool:
        """Whether it is "NA" or the like; "?" and "-" alone may be classes."""
        letters = any(map(str.isalpha, text))
        return letters and is_no_name(text) and not any(text in name for name in self._known)

    def check(self, *, whole: bool = True) -> None:
        """Raise if a label was missing; `whole`: all labels have been looked at."""
        if self._count:
            rows = self._rows[:_SHOWN_ROWS]
            raise messages.missing_names(
                self._count, self._total, rows, sorted(self._marks), whole=whole
            )


def numbered(labels: HostArray, numbers: Mapping[str, int]) -> HostArray:
    """Return the number of each label; one that has none stays what it is, or is -1."""
    values, inverse = np.unique(_as_stored(labels), return_inverse=True)
    of_value = np.array([numbers.get(value, -1) for value in _texts(values).tolist()], np.int64)
    return of_value[inverse].reshape(np.shape(labels))


def with_numbers(labels: Any, numbers: Mapping[str, int]) -> Any:
    """Return labels as numbers: a Reader of them, or an array."""
    if is_reader(labels):
        return NumberedReader(labels, numbers)
    return numbered(_plain(labels), numbers)


def _plain(labels: Any) -> HostArray:
    text = _as_text(labels)
    return np.asarray(as_array(labels)) if text is None else text
