"""A file that stays as it was when it was opened, or gives no result.

Nothing is mapped into memory: a mapped file that another program cuts ends the whole process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from crossent.stream.readers._protocol import ReaderError

Bytes = npt.NDArray[np.uint8]


class WatchedFile:
    """A path, and what the file at it was when the reader was made.

    Attributes
    ----------
    size : int
        In bytes.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self._name = name
        self._state = self._look()
        self.size = self._state[2]

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open the file, without a buffer; what the system refuses is a ReaderError."""
        try:
            with self.path.open("rb", buffering=0) as file:
                yield file
        except OSError as error:
            raise unreadable(self._name, error) from None

    def check(self, row: int) -> None:
        """Raise if the file is another one by now; asked after rows were read, before their use.

        Parameters
        ----------
        row : int
            The first of the rows.
        """
        state = self._look()
        if state == self._state:
            return
        sizes = f" from {self.size} to {state[2]} bytes" if state[2] != self.size else ""
        raise ReaderError(
            self._name,
            f"was changed{sizes} while it was read (noticed at row {row}), so there is no result; "
            "run this again when nothing writes to the file",
        )

    def _look(self) -> tuple[int, ...]:
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise unreadable(self._name, error) from None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def fill(file: IO[bytes], out: Bytes, offset: int) -> int:
    """Read from a place of the file until `out` is full; return how many bytes there were."""
    file.seek(offset)
    view, got = memoryview(out.data), 0
    while got < len(view):
        count = file.readinto(view[got:])  # type: ignore[attr-defined]
        if not count:
            break
        got += count
    return got


def cut_off(name: str, row: int) -> ReaderError:
    """Return the error of a file that ends before its rows do."""
    return ReaderError(
        name,
        f"ends within row {row}, although it was whole when it was opened: another program cut "
        "it, so there is no result; copy or write the file again",
    )


def unreadable(name: str, error: Exception) -> ReaderError:
    """Return the error of a file that the system does not read."""
    reason = getattr(error, "strerror", None) or error
    return ReaderError(name, f"cannot be read ({reason}); copy the file again")
