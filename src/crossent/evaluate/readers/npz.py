"""`.npz`: one array of a zip file, decompressed as the rows are asked for."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from crossent.evaluate.readers._header import read_header
from crossent.evaluate.readers._protocol import Array, ReaderError, SpecError

_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError,
)  # fmt: skip
"""What zipfile raises for a damaged, encrypted or unknown archive."""


_LONGEST_HEADER = 2**16
"""Bytes; NumPy itself refuses headers of more than 10 000 characters."""


class NpzReader:
    """One array of an .npz file."""

    def __init__(self, path: Path, name: str, key: str | None) -> None:
        self.name = name
        self._path = path
        with _broken_is_reader_error(name), zipfile.ZipFile(path) as archive:
            self._member = _choose(archive, name, key)
            size = archive.getinfo(self._member).file_size
            with archive.open(self._member) as file:
                # Read first, so that damage of the archive is not taken for a bad header.
                start = io.BytesIO(file.read(_LONGEST_HEADER))
            self._header = read_header(start, name, size)
        key = self._member.removesuffix(".npy")
        self.load_code = f"np.load({str(path)!r})[{key!r}]"
        self.shape = self._header.shape
        self.dtype = self._header.dtype

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        header = self._header
        if header.nbytes == 0:
            return
        with (
            _broken_is_reader_error(self.name),
            zipfile.ZipFile(self._path) as archive,
            archive.open(self._member) as file,
        ):
            _read(file, header.offset, self.name)
            if header.fortran_order and len(self.shape) > 1:
                # Its rows are spread over the whole member, which cannot be walked twice cheaply.
                data = _read(file, header.nbytes, self.name)
                whole = np.frombuffer(data, self.dtype).reshape(self.shape, order="F")
                for start in range(0, self.shape[0], rows):
                    yield np.ascontiguousarray(whole[start : start + rows])
            else:
                for start in range(0, self.shape[0], rows):
                    count = min(rows, self.shape[0] - start)
                    data = _read(file, count * header.row_bytes, self.name)
                    yield np.frombuffer(
                        data, self.dtype, count * (header.row_bytes // self.dtype.itemsize)
                    ).reshape((count, *self.shape[1:]))


def _choose(archive: zipfile.ZipFile, name: str, key: str | None) -> str:
    members = {
        member.removesuffix(".npy"): member
        for member in archive.namelist()
        if member.endswith(".npy")
    }
    listing = ", ".join(members) or "none"
    if key is None:
        if len(members) == 1:
            return next(iter(members.values()))
        raise SpecError(
            name,
            f"holds {len(members)} arrays ({listing}); name one of them, such as "
            f"{name}:{next(iter(members), 'key')}",
        )
    member = members.get(key) or members.get(key.removesuffix(".npy"))
    if member is None:
        raise SpecError(name, f"there is no array {key!r} in the file; it holds: {listing}")
    return member


def _read(file: IO[bytes], count: int, name: str) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise ReaderError(name, "is cut off inside the array; copy or write the file again")
    return data


@contextmanager
def _broken_is_reader_error(name: str) -> Iterator[None]:
    try:
        yield
    except ReaderError:
        raise
    except _BROKEN as error:
        raise ReaderError(
            name, f"is not a whole .npz file ({error}); write it with numpy.savez"
        ) from None
