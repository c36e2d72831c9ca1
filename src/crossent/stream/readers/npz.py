"""`.npz`: one array of a zip file, decompressed as the rows are asked for."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from crossent.stream.readers._file import Bytes, WatchedFile, cut_off, fill
from crossent.stream.readers._header import check_values, read_header
from crossent.stream.readers._pieces import BLOCK_BYTES, ReadAt, pieces
from crossent.stream.readers._protocol import (
    OTHER,
    TEXT,
    Array,
    Column,
    Reader,
    ReaderError,
    SpecError,
)

_LARGEST_DIRECTORY: Final = 2**22
"""Bytes; the names of some 40 000 arrays. Each takes ten times as much once it is read."""

_STEP: Final = 2**20
_SMALL_STEP: Final = 2**12
"""Bytes that are asked for at once; bzip2 and LZMA give all that comes of what they are fed."""

_SPARE: Final = 2**28
"""Bytes that stay free on the disk."""

_SHOWN = 8
_BEGINNINGS: Final = (b"PK\x03\x04", b"PK\x05\x06")  # of an archive, and of an empty one


class NpzReader:
    """One array of an .npz file."""

    def __init__(self, path: Path, name: str, key: str | None) -> None:
        self.name = name
        self._file = WatchedFile(path, name)
        self._unpacked: IO[bytes] | None = None
        with self._archive() as archive:
            self._member = _choose(archive, name, key)
            size = archive.getinfo(self._member).file_size
            with archive.open(self._member) as file:
                self._header = read_header(file, name, size)
        key = self._member.removesuffix(".npy")
        self.load_code = f"np.load({str(path)!r})[{key!r}]"
        self.shape = self._header.shape
        self.dtype = self._header.dtype

    def chunks(self, rows: int) -> Iterator[Array]:
        """Go through the array from the start in pieces of `rows` rows."""
        if self._header.nbytes == 0:
            return
        first = 0
        try:
            with self._numbers() as read:
                for piece in pieces(self._header, rows, read):
                    self._file.check(first)
                    check_values(piece, self.name, first)
                    yield piece
                    first += len(piece)
        except ReaderError:
            self._file.check(first)  # a change explains it better than what it looks like
            raise

    def _archive(self) -> AbstractContextManager[zipfile.ZipFile]:
        return _archive(self._file.path, self.name)

    @contextmanager
    def _numbers(self) -> Iterator[ReadAt]:
        """Give a function that reads the numbers of the array, at any place if by columns."""
        header = self._header
        if header.by_columns and header.nbytes > BLOCK_BYTES:
            yield self._read_unpacked
            return
        with self._archive() as archive, archive.open(self._member) as file:
            step = self._step(archive)
            self._read(file, np.empty(header.offset, np.uint8), 0, step)
            if not header.by_columns:
                yield lambda out, _, row: self._read(file, out, row, step)
                return
            whole = np.empty(header.nbytes, np.uint8)
            self._read(file, whole, 0, step)

            def read(out: Bytes, offset: int, _: int) -> None:
                out[:] = whole[offset : offset + len(out)]

            yield read

    def _read_unpacked(self, out: Bytes, offset: int, row: int) -> None:
        """Read from a copy in a file of its own: the numbers are not in the order of the rows."""
        if self._unpacked is None:
            self._unpacked = self._unpack()
        if fill(self._unpacked, out, offset) < len(out):
            raise cut_off(self.name, row)

    def _unpack(self) -> IO[bytes]:
        nbytes = self._header.nbytes
        try:
            if shutil.disk_usage(tempfile.gettempdir()).free < nbytes + _SPARE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            unpacked: Any = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        except OSError as error:
            raise self._not_unpacked(error) from None
        weakref.finalize(self, unpacked.close)
        with self._archive() as archive, archive.open(self._member) as file:
            step = self._step(archive)
            self._read(file, np.empty(self._header.offset, np.uint8), 0, step)
            for start in range(0, nbytes, _STEP):
                part = np.empty(min(_STEP, nbytes - start), np.uint8)
                self._read(file, part, 0, step)
                try:
                    _write(unpacked, part)
                except OSError as error:
                    unpacked.close()
                    raise self._not_unpacked(error) from None
        self._file.check(0)
        return unpacked  # type: ignore[no-any-return]

    def _not_unpacked(self, error: OSError) -> ReaderError:
        key = self._member.removesuffix(".npy")
        return ReaderError(
            self.name,
            f"holds {self._header.nbytes} bytes column by column (Fortran order). They must be "
            f"unpacked to a temporary file, which failed ({error.strerror}); save the array row "
            f"by row, numpy.savez(path, {key}=numpy.ascontiguousarray(array)), or name a folder "
            "with room in the environment variable TMPDIR",
        )

    def _step(self, archive: zipfile.ZipFile) -> int:
        method = archive.getinfo(self._member).compress_type
        return _STEP if method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) else _SMALL_STEP

    def _read(self, file: IO[bytes], out: Bytes, row: int, step: int) -> None:
        """Fill an array with what comes next."""
        view, got = memoryview(out.data), 0
        while got < len(view):
            count = file.readinto(view[got : got + step])  # type: ignore[attr-defined]
            if not count:
                raise ReaderError(
                    self.name,
                    f"is cut off inside the array, at row {row}; copy or write the file again",
                )
            got += count


@contextmanager
def _archive(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive; whatever untrusted bytes make zipfile raise is a ReaderError."""
    try:
        with Bounded(path) as file:
            # zipfile looks for the end alone, and would read over what stands before.
            if file.read(4) not in _BEGINNINGS:
                raise zipfile.BadZipFile("it does not begin as an archive")
            with zipfile.ZipFile(file) as archive:
                yield archive
    except (ReaderError, MemoryError):
        raise
    except Exception as error:
        raise ReaderError(
            name, f"is not a whole .npz file ({error}); write it with numpy.savez"
        ) from None


class NpzTable:
    """The arrays of an .npz file, by name."""

    headed = True
    rows = -1

    def __init__(self, path: Path, name: str) -> None:
        self.name, self._path = name, path
        with _archive(path, name) as archive:
            keys = dict.fromkeys(_key(one) for one in archive.namelist() if one.endswith(".npy"))
        self.columns = tuple(map(self._column, keys))

    def _column(self, key: str) -> Column:
        try:
            reader = NpzReader(self._path, self.name, key)
        except SpecError:
            raise
        except ReaderError as error:  # pickled, or damaged: nobody may ask for it
            return Column(key, OTHER, fault=error.reason)
        kind = reader.dtype if reader.dtype.kind in "biuf" else TEXT
        return Column(key, kind, reader.shape[1:])

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return one of the arrays."""
        return NpzReader(self._path, name, self.columns[places[0]].name)


class Bounded(io.FileIO):
    """A file that gives no more at a time than the directory of an archive may take."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            size = _LARGEST_DIRECTORY  # asked for near the end of the file alone
        if size > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"its directory claims {size} bytes")
        return super().read(size)


def _key(member: str) -> str:
    return member.removesuffix(".npy")


def _write(file: IO[bytes], part: Bytes) -> None:
    view = memoryview(part.data)
    while len(view):
        view = view[file.write(view) :]


def _choose(archive: zipfile.ZipFile, name: str, key: str | None) -> str:
    found = [member for member in archive.namelist() if member.endswith(".npy")]
    members = {member.removesuffix(".npy"): member for member in found}
    more = f" and {len(members) - _SHOWN} more" if len(members) > _SHOWN else ""
    listing = (", ".join(list(members)[:_SHOWN]) or "none") + more
    if key is None:
        if len(members) != 1:
            raise SpecError(
                name,
                f"holds {len(members)} arrays ({listing}); name one of them, such as "
                f"{name}:{next(iter(members), 'key')}",
            )
        member = next(iter(members.values()))
    else:
        member = members.get(key) or members.get(key.removesuffix(".npy"), "")
        if not member:
            raise SpecError(name, f"there is no array {key!r} in the file; it holds: {listing}")
    if found.count(member) > 1:
        raise ReaderError(
            name,
            f"holds {found.count(member)} arrays named {member.removesuffix('.npy')!r}, and it "
            "cannot be told which is meant; write it again with numpy.savez",
        )
    return member
