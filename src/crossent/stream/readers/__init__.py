"""Readers: arrays in files, read in pieces. One file a format, one row of the table each."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from crossent.stream.readers._protocol import Array, Reader, ReaderError, SpecError


class Format(NamedTuple):
    """How arrays lie in files whose names end alike."""

    reader: str  # module and class: imported when a file has the format, as zipfile is slow to load
    keyed: bool = False  # whether a file holds arrays that are named, as in file.npz:key
    heading: bool = False  # whether the first line may hold names


READERS: Final = {
    ".npy": Format("npy:NpyReader"),
    ".npz": Format("npz:NpzReader", keyed=True),
    ".csv": Format("csv:CsvReader", heading=True),
    ".csv.gz": Format("csv:CsvReader", heading=True),
}
"""How a file name ends, and what reads it: the reader is made of the path, the name to show, and
the key or `header` where the format has one."""

WITH_HEADING: Final = tuple(ending for ending, one in READERS.items() if one.heading)
"""Files that may begin with a line of names."""

_KEYED: Final = re.compile(
    rf"(.*(?:{'|'.join(re.escape(ending) for ending, one in READERS.items() if one.keyed)})):(.+)",
    re.IGNORECASE | re.DOTALL,
)


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
        A path that ends in .npy, .npz, .csv or .csv.gz; ``file.npz:key`` names one array of an
        .npz file that holds several.
    header : bool, optional
        Whether the first line of a .csv file is a heading. By default it is one if every cell of
        it is a name; a line that may be a heading or a row is an error.
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
    try:
        path, key = _file_and_key(name)
        _check_file(path, name)
    except OSError as error:  # the name is too long, or in a folder that may not be looked at
        raise SpecError(name, f"cannot be opened ({error.strerror or error})") from None
    for ending, one in READERS.items():
        if path.name.lower().endswith(ending):
            try:
                return _opened(one, path, name, key, header, with_nan, text)
            except OSError as error:
                raise ReaderError(name, f"cannot be read ({error.strerror or error})") from None
    raise SpecError(name, f"the format is told by the end of the name; known: {', '.join(READERS)}")


def _opened(
    one: Format,
    path: Path,
    name: str,
    key: str | None,
    header: bool | None,
    with_nan: bool,
    text: bool,
) -> Reader:
    module, kind = one.reader.split(":")
    given: dict[str, object] = {"key": key} if one.keyed else {}
    if one.heading:
        given = {"header": header, "with_nan": True} if with_nan else {"header": header}
        if text:
            from crossent.stream.readers.names import NamesReader, holds_names

            if holds_names(path, name, header):
                return NamesReader(path, name, header)
    make: Callable[..., Reader] = getattr(importlib.import_module(f"{__name__}.{module}"), kind)
    return make(path, name, **given)


def _file_and_key(name: str) -> tuple[Path, str | None]:
    path = Path(name)
    keyed = _KEYED.fullmatch(name)
    if keyed is None or path.exists():
        return path, None
    return Path(keyed[1]), keyed[2]


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
    "READERS", "WITH_HEADING", "Array", "Reader", "ReaderError", "SpecError", "open_array",
]  # fmt: skip
