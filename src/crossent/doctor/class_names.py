"""Labels that are names, and columns with headings, as class indices and columns in order."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np

from crossent.core.errors import ArrayKindError, LabelTypeError
from crossent.core.messages.names import listed
from crossent.doctor.arguments import Given, check_words, is_file, opened, spec_of
from crossent.stream.class_names import (
    check_no_gaps,
    distinct,
    headings_of_predictions,
    in_order_of_numbers,
    is_reader,
    is_text,
    name_classes,
    with_numbers,
)
from crossent.stream.columns import Found, described
from crossent.stream.readers import open_table
from crossent.stream.source import find_columns, parted, read_names
from crossent.stream.tables import headings_of, is_frame


def numbered(given: Given) -> Given:
    """Return the arguments with the columns in the order of the classes, and labels as indices.

    Labels that nothing numbers stay as they are, but for scikit-learn's losses, which number them
    in sorted order. What is wrong with the names is noted in `raised`.
    """
    check_words(given)
    # The loss beside a model of a framework may be one that is no cross-entropy.
    sklearn = given.model is None and spec_of(given).framework == "sklearn"
    given = replace(given, class_names=read_names(given.class_names))
    try:
        given, columns = _with_columns(given)
    except (ArrayKindError, LabelTypeError) as error:
        alone = given.y_pred is None
        y_true = None if alone else _of_one_column(given)
        return replace(given, y_true=y_true, y_pred=None, raised=[*given.raised, error])
    names = given.class_names
    y, p = _opened(given, given.y_true, text=True), _opened(given, given.y_pred, with_nan=True)
    text = is_text(y)
    try:
        check_no_gaps(y, p, names)
    except LabelTypeError as error:
        return replace(given, y_pred=None, raised=[*given.raised, error])
    needed = text or (p is not None and headings_of_predictions(p) is not None)
    try:
        found = name_classes(y, p, names if needed else None)
    except (ArrayKindError, LabelTypeError) as error:
        return replace(given, y_pred=None, raised=[*given.raised, error])
    said = described(columns or Found(y, p), found.names, found.said)
    if not found.names and not said:
        given = replace(given, y_true=_plain(given.y_true, found.labels))
        given = replace(given, y_pred=_plain(given.y_pred, found.predictions))
        return _sorted(given) if sklearn else given
    explicit = given.class_names is not None or text
    given = _put(_put(given, "y_true", found.labels), "y_pred", found.predictions)
    names = found.names or given.class_names
    return replace(given, class_names=names, columns=said, by_name=explicit)


def _with_columns(given: Given) -> tuple[Given, Found | None]:
    """Find labels and predictions in tables; what is found is taken for files that are open."""
    y, p = given.y_true, given.y_pred
    named = {"label": given.label, "positive": given.positive}
    p, wanted = parted(y, p, **named)
    if wanted.predictions is None and given.predictions is not None:
        wanted = replace(wanted, predictions=given.predictions)
    tables = [one for one in (y, p) if is_file(one) or is_frame(one)]
    if not wanted.given() and (not tables or (p is None and _is_one_array(given))):
        return given, None
    found = find_columns(y, p, wanted, given.header, given.class_names)
    if found.class_names is not None:
        given = replace(given, class_names=found.class_names)
    readers = dict(given.readers)
    for option, value in (("y_true", found.labels), ("y_pred", found.predictions)):
        if is_reader(value):
            # One file may hold both: each has a name of its own.
            name = f"{value.name} ({option})" if value.name in readers else value.name
            readers[name] = value
            given = _replaced(given, option, name)
    return replace(given, readers=readers), found


def _is_one_array(given: Given) -> bool:
    """Whether labels alone were given: one array, or one column, and no model to go with them."""
    if given.model is not None or given.num_classes is not None:
        return True
    if not is_file(given.y_true):
        return len(headings_of(given.y_true) or ("",)) == 1
    return len(open_table(given.y_true, header=given.header).columns) == 1  # type: ignore[arg-type]


def _of_one_column(given: Given) -> object:
    """Return the labels that were given, if they can be looked at without their columns."""
    if not is_file(given.y_true):
        return None if is_frame(given.y_true) else given.y_true
    columns = open_table(given.y_true, header=given.header).columns  # type: ignore[arg-type]
    return given.y_true if len(columns) == 1 else None


def guessed(given: Given) -> tuple[Given, tuple[str, ...]] | None:
    """Return the arguments with names numbered in the order of the numbers in them, and that order.

    Labels alone stay as they are. None where the labels are no names, or not as many as there are
    columns.
    """
    y, p = _opened(given, given.y_true, text=True), _opened(given, given.y_pred, with_nan=True)
    if not is_text(y):
        return None
    try:
        names = tuple(in_order_of_numbers(distinct(y)))
    except LabelTypeError:
        return None  # some are missing
    if p is None:
        return given, names
    shape = _shape(p)
    if len(shape) < 2 or shape[-1] != len(names) or len(names) < 2:
        return None
    labels = with_numbers(y, {name: at for at, name in enumerate(names)})
    # The readers are those of the arguments too, which stay as they are.
    return _put(replace(given, readers=dict(given.readers)), "y_true", labels), names


def _sorted(given: Given) -> Given:
    """Return the arguments with labels as the class indices that scikit-learn makes of them.

    Labels that it could not number, such as those of another number of classes than there are
    columns, stay as they are.
    """
    y, p = given.y_true, given.y_pred
    if y is None or p is None or is_file(y) or is_file(p):
        return given
    try:
        shape, labels = _shape(p), np.asarray(y)
        classes, indices = np.unique(labels, return_inverse=True)
    except (TypeError, ValueError, RuntimeError):
        return given  # no array, or of things without an order
    columns = shape[1] if len(shape) == 2 and shape[1] > 1 else 2
    if labels.ndim != 1 or len(classes) != columns:
        return given
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        return given
    said = ""
    if is_text(labels):
        said = f"in sorted order, as scikit-learn has it: {listed(classes.tolist())}"
    return replace(given, y_true=indices, columns=said)


def _opened(given: Given, value: Any, *, text: bool = False, with_nan: bool = False) -> Any:
    return opened(given, value, text=text, with_nan=with_nan) if is_file(value) else value


def _plain(value: Any, found: Any) -> Any:
    return value if is_file(value) else found


def _put(given: Given, name: str, found: Any) -> Given:
    """Put labels or predictions in the place of those that were given."""
    value: Any = getattr(given, name)
    if not is_file(value):
        return _replaced(given, name, found)
    given.readers[os.fspath(value)] = found
    return given


def _replaced(given: Given, name: str, value: Any) -> Given:
    changed: dict[str, Any] = {name: value}
    return replace(given, **changed)


def _shape(predictions: Any) -> tuple[int, ...]:
    return tuple(getattr(predictions, "shape", ())) or np.asarray(predictions).shape
