"""Readers: arrays and tables in files, read in pieces. One file a format, one row of the table."""

from __future__ import annotations

import glob
import importlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from crossent.core.messages import columns as messages
from crossent.stream.readers._protocol import (
    Array,
    Column,
    Reader,
    ReaderError,
    SpecError,
    Table,
)


class Format(NamedTuple):
    """How arrays lie in files whose names end alike.

    Modules and classes are imported when a file has the format.
    """

    reader: str = ""  # of one array
    keyed: bool = False  # whether a file holds arrays that are named, as in file.npz:key
    heading: bool = False  # whether the first line may hold names
    table: str = ""  # of columns, or of arrays that are named
    library: str = ""  # that reads it, where it is none that crossent needs anyway


_TEXT: Final = Format("csv:CsvReader", heading=True, table="csv:CsvTable")
_ARROW: Final = Format(table="arrow:ArrowTable", library="pyarrow")

READERS: Final = {
    ".npy": Format("npy:NpyReader"),
    ".npz": Format("npz:NpzReader", keyed=True, table="npz:NpzTable"),
    ".csv": _TEXT,
    ".csv.gz": _TEXT,
    ".tsv": _TEXT,
    ".tsv.gz": _TEXT,
    ".jsonl": Format(table="jsonl:JsonlTable"),
    ".jsonl.gz": Format(table="jsonl:JsonlTable"),
    ".parquet": Format(table="parquet:ParquetTable", library="pyarrow"),
    ".arrow": _ARROW,
    ".feather": _ARROW,
    ".safetensors": Format(table="safetensors:SafetensorsTable"),
    ".pt": Format(table="torch_file:TorchTable"),
}
"""How a file name ends, and what reads it: the reader is made of the path, the name to show, and
the key or `header` where the format has one."""

WITH_HEADING: Final = tuple(ending for ending, one in READERS.items() if one.heading)
"""Files that may begin with a line of names."""

_DIGITS: Final = re.compile(r"(\d+)")


def open_array(
    spec: str | os.PathLike[str],
    *,
    header: bool | None = None,
    with_nan: bool = False,
    text: bool = False,
) -> Reader:
    """Open an array in a file.

    Parameters
    ----------
    spec : str or path
        A path whose ending names the format (`docs/formats.md` lists them). ``file.npz:key`` names
        one array of a file that holds several, ``table.parquet:column`` one column of a table,
        ``table.csv:a,b`` or ``'table.csv:p_*'`` several.
    header : bool, optional
        Whether the first line of a .csv or .tsv file is a heading. By default it is one if every
        cell of it is a name; a line that may be a heading or a row is an error.
    with_nan : bool, default False
        Whether an empty cell (or NA, null) in a .csv file of several columns is NaN, as it is in
        predictions of a run that diverged; else it is an error.
    text : bool
        Whether a .csv file of one column may hold names.

    Returns
    -------
    Reader
        With `shape`, `dtype` and ``chunks(rows)``.

    Raises
    ------
    SpecError
        If there is no such file or array, or the format is not known.
    ReaderError
        If the file cannot be read: cut off, damaged, pickled, not numbers. Also from ``chunks``,
        if it was changed since it was opened.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from crossent.evaluate import open_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/labels.npy", np.arange(5))
    ...     reader = open_array(f"{folder}/labels.npy")
    ...     print(reader.shape, [piece.tolist() for piece in reader.chunks(2)])
    (5,) [[0, 1], [2, 3], [4]]
    """
    name = os.fspath(spec)
    paths, columns = _paths(name)
    form = _format(paths[0], name)
    if len(paths) == 1 and form.reader and (columns is None or form.keyed):
        return _one_array(form, paths[0], name, columns, header, with_nan, text)
    table = open_table(spec, header=header)
    return _whole(table, name)


def open_table(spec: str | os.PathLike[str], *, header: bool | None = None) -> Table:
    """Open what a file holds as columns: one array is a column without a name.

    Parameters
    ----------
    spec : str or path
        As in :func:`open_array`; several files by a pattern, such as ``"part-*.parquet"``, are
        taken in natural order.
    header : bool, optional
        As in :func:`open_array`.

    Raises
    ------
    SpecError, ReaderError
        As in :func:`open_array`.
    OptionError
        If there is no such column.
    """
    from crossent.stream.readers._columns import SomeColumns
    from crossent.stream.readers._joined import JoinedTable

    name = os.fspath(spec)
    paths, columns = _paths(name)
    bare = name if columns is None else name[: -len(columns) - 1]
    if len(paths) == 1:
        table = _one_table(paths[0], bare, columns, header)
    else:
        table = JoinedTable([_one_table(path, str(path), columns, header) for path in paths], bare)
    if columns is None or (not table.headed and len(table.columns) == 1):
        return table
    return SomeColumns(table, columns)


def holds_arrays(spec: str | os.PathLike[str]) -> bool:
    """Whether a name is that of a file, with a column or not, or a pattern of files."""
    try:
        _paths(os.fspath(spec))
    except ReaderError:
        return False
    return True


def _one_table(path: Path, name: str, columns: str | None, header: bool | None) -> Table:
    from crossent.stream.readers.arrays import OneArray

    form = _format(path, name)
    if form.heading and columns is None and _is_one_of_names(path, name, header):
        return OneArray(_one_array(form, path, name, None, header, False, True))
    try:
        if form.table:
            given = {"header": header} if form.heading else {}
            make: Callable[..., Table] = _class(form.table)
            return make(path, name, **given)
        key = f"{name}:{columns}" if columns else name
        return OneArray(_one_array(form, path, key, columns, header, False, False))
    except OSError as error:
        raise ReaderError(name, f"cannot be read ({error.strerror or error})") from None


def _is_one_of_names(path: Path, name: str, header: bool | None) -> bool:
    from crossent.stream.readers.names import holds_names

    return holds_names(path, name, header)


def _whole(table: Table, name: str) -> Reader:
    """Return all columns of a table as one array."""
    places = list(range(len(table.columns)))
    lists = [at for at in places if table.columns[at].lists]
    if table.rows >= 0 and not lists and all(table.columns[at].numbers for at in places):
        return table.read(places, name)
    if len(places) == 1:
        return table.read(places, name)
    from crossent.stream.readers._columns import kinds_of

    raise SpecError(
        name,
        f"holds {len(places)} columns, {messages.every(kinds_of(table))}; name those that are "
        f"meant, such as {name}:{table.columns[0].name}",
    )


def _one_array(
    one: Format,
    path: Path,
    name: str,
    key: str | None,
    header: bool | None,
    with_nan: bool,
    text: bool,
) -> Reader:
    given: dict[str, object] = {"key": key} if one.keyed else {}
    try:
        if one.heading:
            given = {"header": header, "with_nan": True} if with_nan else {"header": header}
            if text and _is_one_of_names(path, name, header):
                from crossent.stream.readers.names import NamesReader

                return NamesReader(path, name, header)
        make: Callable[..., Reader] = _class(one.reader)
        return make(path, name, **given)
    except OSError as error:
        raise ReaderError(name, f"cannot be read ({error.strerror or error})") from None


def _class(word: str) -> Any:
    module, kind = word.split(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), kind)


def _format(path: Path, name: str) -> Format:
    """Return the format of a file, which the end of its name tells."""
    for ending, one in READERS.items():
        if path.name.lower().endswith(ending):
            return one
    raise SpecError(name, f"the format is told by the end of the name; known: {', '.join(READERS)}")


def _paths(name: str) -> tuple[list[Path], str | None]:
    """Return the files of a name, and its columns: what stands behind a colon.

    An existing path wins, then the longest one before a colon, then patterns of paths.
    """
    try:
        cuts = [len(name), *(at for at in range(len(name) - 1, 0, -1) if name[at] == ":")]
        for at in cuts:
            if os.path.lexists(name[:at]) and Path(name[:at]).exists():
                _check_file(Path(name[:at]), name)
                return [Path(name[:at])], name[at + 1 :] if at < len(name) else None
        for at in cuts:
            if any(mark in name[:at] for mark in "*?["):
                found = sorted(map(Path, glob.glob(name[:at])), key=_natural)
                for path in found:
                    _check_file(path, str(path))
                if found:
                    return found, name[at + 1 :] if at < len(name) else None
        _check_file(Path(name), name)
    except OSError as error:  # the name is too long, or in a folder that may not be looked at
        raise SpecError(name, f"cannot be opened ({error.strerror or error})") from None
    return [Path(name)], None


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Order names with the numbers in them by their value: part-2 before part-10."""
    parts = _DIGITS.split(str(path))
    return [(0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p) for p in parts if p]


def _check_file(path: Path, name: str) -> None:
    if path.is_dir():
        raise SpecError(name, "is a folder; name a file in it")
    if not path.exists():
        raise SpecError(name, "there is no such file" + _similar(path))
    if not path.is_file():
        raise SpecError(name, "is not an ordinary file; write the array to a file first")


def _similar(path: Path) -> str:
    """Name files of the same folder that have the same stem or kind."""
    if not path.parent.is_dir():
        return f"; there is no folder {path.parent} either"
    found = sorted(
        other.name
        for other in path.parent.iterdir()
        if other.name.lower().endswith(tuple(READERS)) and other.is_file()
    )
    return f"; the folder holds {', '.join(found[:8])}" if found else ""


__all__ = [
    "READERS", "WITH_HEADING", "Array", "Column", "Reader", "ReaderError", "SpecError", "Table",
    "holds_arrays", "open_array", "open_table",
]  # fmt: skip
