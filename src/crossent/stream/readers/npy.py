"""`.npy`: read piece by piece into memory of its own."""

from __future__ import annotations

from pathlib import Path

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._header import read_header
from crossent.stream.readers._raw import RawReader


class NpyReader(RawReader):
    """A .npy file."""

    def __init__(self, path: Path, name: str) -> None:
        watched = WatchedFile(path, name)
        with watched.opened() as file:
            header = read_header(file, name, watched.size)
        super().__init__(watched, name, header, f"np.load({str(path)!r})")
