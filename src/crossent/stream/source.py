"""The arguments of an evaluation, in files or in memory, walked together in pieces."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeGuard

import numpy as np
import numpy.typing as npt

from crossent.core.messages import columns as column_messages
from crossent.core.messages import data as messages
from crossent.core.plan import Spec
from crossent.stream.class_names import checked_names, is_reader, name_classes
from crossent.stream.columns import (
    MARK,
    Found,
    Wanted,
    described,
    holds_mark,
    in_one_table,
    in_two,
)
from crossent.stream.host import to_host
from crossent.stream.readers import (
    READERS,
    WITH_HEADING,
    Reader,
    Table,
    holds_arrays,
    open_array,
    open_table,
)
from crossent.stream.readers._heading import LABEL_NAMES
from crossent.stream.readers.arrays import ArrayReader
from crossent.stream.tables import FrameTable, headings_of, is_frame
from crossent.stream.walk import piece_rows, read_whole, together, total_bytes

HostArray = npt.NDArray[Any]

BY_ROW: Final[tuple[str, ...]] = ("sample_weight", "target_prob")
"""Options that always belong to the rows."""

MAYBE_BY_ROW: Final[tuple[str, ...]] = ("class_mask", "pos_weight")
"""Options that may have an entry for each row, and may hold for all of them."""

WHOLE_BYTES: Final = 2**27
"""Up to this size arguments are read whole, for an error that speaks of all rows."""

NOTHING_WANTED: Final = Wanted()

_OPTIONS = (*BY_ROW, *MAYBE_BY_ROW, "class_weight")


@dataclass
class Source:
    """Arguments with an entry for each row of predictions, and arguments that hold for all."""

    labels: Reader
    predictions: Reader
    by_row: dict[str, Reader] = field(default_factory=dict)
    fixed: dict[str, object] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    """Of the classes, in the order of the columns, where they have names."""
    columns: str = ""
    """Which column is what, and how that was found, where there are columns."""
    marked: int | None = None
    """What marks rows without a label, where that is known by the name of the labels."""
    beside: dict[str, Reader] = field(default_factory=dict)
    """Columns that belong to the rows: `id`, `cluster`, `by`, `bytes`."""

    @property
    def rows(self) -> int:
        """How many rows there are along the first axis."""
        return self.predictions.shape[0]

    def specs(self) -> dict[str, Spec]:
        """Return the shape and the type of every option that is an array."""
        given: dict[str, Any] = {**self.fixed, **self.by_row}
        return {
            name: Spec(array.shape, array.dtype.name)
            for name, array in given.items()
            if hasattr(array, "shape")
        }

    def readers(self) -> dict[str, Reader]:
        """Every argument that is walked, by name."""
        return {"y_true": self.labels, "y_pred": self.predictions, **self.by_row}

    def pieces(self, rows: int) -> Iterator[tuple[int, dict[str, HostArray]]]:
        """Go through all of them together: the number of the first row, the arrays by name."""
        along: dict[str, Reader] = {
            name: self.beside[name] for name in ("cluster", "by") if name in self.beside
        }
        for first, arrays in together({**self.readers(), **along}, rows):
            yield first, _with_bool(arrays)

    def whole(self, *names: str) -> dict[str, HostArray] | None:
        """Read arguments whole; None if they are too large for that."""
        chosen = {name: reader for name, reader in self.readers().items() if name in names}
        if sum(total_bytes(reader) for reader in chosen.values()) > WHOLE_BYTES:
            return None
        return _with_bool({name: read_whole(reader) for name, reader in chosen.items()})

    def piece_rows(self) -> int:
        """How many rows make a piece of the usual size."""
        return piece_rows(*self.readers().values())


def check_header(header: object, *given: object) -> None:
    """Raise if `header` is no answer, or nothing that is given could have one."""
    if header is None:
        return
    if not isinstance(header, bool):
        raise messages.option(f"`header` must be True, False or None; got {header!r}.")
    paths = [os.fspath(path) for path in given if isinstance(path, str | os.PathLike)]
    if not any(any(ending in str(path).lower() for ending in WITH_HEADING) for path in paths):
        raise messages.option(
            "`header` speaks of the first line of .csv and .tsv files, and none is "
            "given: leave it out."
        )


def open_source(
    labels: object,
    predictions: object,
    axis: int,
    options: Mapping[str, object],
    header: bool | None = None,
    class_names: object = None,
    wanted: Wanted = NOTHING_WANTED,
) -> Source:
    """Open everything that may be a file, and sort it by whether it has an entry for each row.

    Parameters
    ----------
    labels, predictions : array, table or path
        `predictions` is None where one table holds both.
    axis : int
        The class axis of the predictions. If it is the first, everything is read whole and the
        classes are moved to the end.
    options : dict
        Those of the loss function.
    header : bool, optional
        Whether .csv files begin with a heading.
    class_names : sequence or path, optional
        Names of the classes, in the order of the columns.
    wanted : Wanted
        The columns that were named.
    """
    check_header(header, labels, predictions, *options.values())
    names = read_names(class_names)
    found = find_columns(labels, predictions, wanted, header, names)
    names = names if found.class_names is None else found.class_names
    named = name_classes(found.labels, found.predictions, names, refuse=True)
    source = Source(
        _open("y_true", named.labels, "the labels", header),
        _open("y_pred", named.predictions, "the predictions", header),
        names=named.names,
        columns=described(found, named.names, named.said),
        marked=MARK if found.of_label_ids and holds_mark(named.labels) else None,
        beside=found.beside,
    )
    for reader in (source.labels, source.predictions):
        if not reader.shape:
            raise messages.scalar(reader.name)
    rank = len(source.predictions.shape)
    classes_first = rank > 1 and axis in (0, -rank)
    if classes_first:
        source.labels = _classes_last(source.labels, rank)
        source.predictions = _classes_last(source.predictions, rank)
    for name in _OPTIONS:
        value = source.beside.pop(name, None) or options.get(name)
        if value is None:
            continue
        if isinstance(value, Mapping) or _is_word(name, value):
            source.fixed[name] = value
            continue
        reader = _open(name, value, f"`{name}`", header)
        if classes_first and name in ("class_mask", "target_prob"):
            reader = _classes_last(_of_rank(reader, rank) if name == "class_mask" else reader, rank)
        if _has_rows(name, reader, source):
            source.by_row[name] = reader
        else:
            _check_small(name, reader, source)
            whole = read_whole(reader)
            source.fixed[name] = as_bool(whole) if name == "class_mask" else whole
    return source


def find_columns(
    labels: Any, predictions: Any, wanted: Wanted, header: bool | None, class_names: object
) -> Found:
    """Find labels and predictions in files and tables; arrays stay what they are.

    Parameters
    ----------
    class_names : sequence or None
        As :func:`read_names` returns it.

    Raises
    ------
    OptionError
        If it cannot be told which column is what.
    SpecError, ReaderError
        If a file cannot be opened.
    """
    names = None if class_names is None else checked_names(class_names)
    if predictions is None:
        table = _as_table(labels, header)
        if table is None:
            raise column_messages.one_array()
        return in_one_table(table, wanted, names)
    if is_frame(labels) and not _has_labels(labels, wanted):
        table = None  # its columns are what was meant, each a class or the one of labels
    else:
        table = _as_table(labels, header)
    other = None
    if not is_frame(predictions) or wanted.predictions is not None:
        other = _as_table(predictions, header)
    if table is None and other is None:
        named = [one for one in wanted.given() if one != "positive"]
        if named:
            raise column_messages.columns_of_arrays(named)
    return in_two(
        labels if table is None else table, predictions if other is None else other, wanted, names
    )


def parted(labels: Any, predictions: Any, **columns: Any) -> tuple[Any, Wanted]:
    """Tell predictions from names of columns of the table that was given as labels.

    Returns
    -------
    predictions : array, table, path or None
    wanted : Wanted
        The columns that were named.
    """
    if _are_names(labels, predictions):
        return None, Wanted(predictions=predictions, **columns)
    return predictions, Wanted(**columns)


def is_column(given: object) -> bool:
    """Whether an option that may be a path names a column; what is there is a path."""
    if not isinstance(given, str) or holds_arrays(given):
        return False
    if os.sep in given or given.startswith("~") or os.path.lexists(given):
        return False
    return not any(end in given.lower() for end in READERS)


def _are_names(labels: Any, predictions: Any) -> bool:
    if not (_is_path(labels) or is_frame(labels)):
        return False
    if isinstance(predictions, list | tuple):
        return bool(predictions) and all(isinstance(one, str) for one in predictions)
    if not isinstance(predictions, str) or holds_arrays(predictions):
        return False
    headings = (headings_of(labels) or ()) if is_frame(labels) else ()
    return predictions in headings or not any(end in predictions.lower() for end in READERS)


def _as_table(given: Any, header: bool | None) -> Table | None:
    if _is_path(given):
        return open_table(given, header=header)
    return FrameTable(given) if is_frame(given) else None


def _has_labels(frame: Any, wanted: Wanted) -> bool:
    """Whether a table in memory has a column of labels beside others."""
    headings = headings_of(frame) or ()
    if wanted.label is not None:
        return True
    return len(headings) > 1 and any(name.lower() in LABEL_NAMES for name in headings)


def _with_bool(arrays: dict[str, HostArray]) -> dict[str, HostArray]:
    if "class_mask" in arrays:
        arrays["class_mask"] = as_bool(arrays["class_mask"])
    return arrays


def as_bool(mask: HostArray) -> HostArray:
    """Return a mask that a file holds as 0 and 1 as bool; anything else as it is."""
    if mask.dtype != bool and ((mask == 0) | (mask == 1)).all():
        return mask.astype(bool)
    return mask


def read_names(given: object) -> object:
    """Return `class_names`, read from a file where it is the path of one."""
    if not _is_path(given):
        return given
    name = os.fspath(given)
    known = any(ending in name.lower() for ending in READERS)
    if not known and not os.path.isfile(name):
        return given  # a word, which is no list of names
    if known:
        reader = open_array(given, header=False, text=True)
    else:
        from crossent.stream.readers.names import NamesReader

        reader = NamesReader(Path(name), name, header=False)
    return np.atleast_1d(read_whole(reader)).reshape(-1).tolist()


def _is_path(given: object) -> TypeGuard[str | os.PathLike[str]]:
    return isinstance(given, str | os.PathLike)


def _open(name: str, given: Any, shown: str, header: bool | None) -> Reader:
    if _is_path(given):
        return open_array(given, header=header, with_nan=name == "y_pred")
    if is_reader(given):
        return given  # type: ignore[no-any-return]
    return ArrayReader(to_host(name, given), shown)


def _is_word(name: str, value: object) -> bool:
    """Whether a class weight is a word such as "balanced", which the core refuses with advice."""
    return name == "class_weight" and isinstance(value, str) and "." not in value


def _has_rows(name: str, reader: Reader, source: Source) -> bool:
    if name in BY_ROW:
        return bool(reader.shape)
    full = len(reader.shape) == len(source.predictions.shape)
    return name in MAYBE_BY_ROW and full and reader.shape[0] == source.rows > 1


def _of_rank(reader: Reader, rank: int) -> Reader:
    """Add axes of 1 in front, as broadcasting does; one weight a class stays as it is."""
    missing = rank - len(reader.shape)
    if len(reader.shape) < 2 or missing <= 0:
        return reader
    return ArrayReader(read_whole(reader)[(None,) * missing], reader.name)


def _check_small(name: str, reader: Reader, source: Source) -> None:
    """Refuse by its shape what has more entries than a row of predictions, before it is read."""
    row = source.predictions.shape[1:]
    if total_bytes(reader) > WHOLE_BYTES and math.prod(reader.shape) > math.prod(row):
        raise messages.not_of_a_row(name, reader.shape, source.predictions.shape)


def _classes_last(reader: Reader, rank: int) -> Reader:
    """Move the classes of an argument that has them to the end; it is read whole for that."""
    if len(reader.shape) != rank:
        return reader
    return ArrayReader(np.moveaxis(read_whole(reader), 0, -1), reader.name)
