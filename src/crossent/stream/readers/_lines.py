"""Lines of a text file, numbered, in bounded memory."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from crossent.stream.readers._file import unreadable
from crossent.stream.readers._protocol import ReaderError

LONGEST: Final = 2**24
"""Characters; a file without line ends must not be read into memory as one line."""

_BLOCK_LINES: Final = 8192
_BLOCK_CHARACTERS: Final = 2**22

_BROKEN = (OSError, EOFError, zlib.error)

_BLANK = " \r\n"
"""A line of nothing else is blank. A tab parts cells."""


@contextmanager
def open_text(path: Path, name: str) -> Iterator[IO[str]]:
    """Open a text file, compressed if its name ends in .gz."""
    try:
        # utf-8-sig: Excel begins a file with a byte order mark.
        if path.suffix.lower() == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline=None) as file:
                yield file
        else:
            with path.open(encoding="utf-8-sig") as file:
                yield file
    except UnicodeError:
        raise ReaderError(
            name, "is not text in UTF-8; save it from the spreadsheet as 'CSV UTF-8'"
        ) from None
    except _BROKEN as error:
        raise unreadable(name, error) from None


def numbered_lines(file: IO[str], name: str) -> Iterator[tuple[int, str]]:
    """Yield the number of each line, counted from 1, and the line without its end.

    Blank lines at the end of the file are left out; one before that is an error.
    """
    for number in itertools.count(1):
        line = file.readline(LONGEST)
        if not line:
            return
        if len(line) == LONGEST:
            raise ReaderError(
                name,
                f"line {number} is longer than {LONGEST} characters; write one row a line, or save "
                "the array with numpy.save",
            )
        if not line.strip(_BLANK):
            if _is_blank_from_here(file):
                return
            raise ReaderError(name, f"line {number} is blank; remove it, or write what is missing")
        yield number, line.rstrip("\n")


def blocks_of_lines(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield some lines at a time, with the number of the first of them."""
    first, block, size = 0, list[str](), 0
    for number, line in lines:
        if not block:
            first = number
        block.append(line)
        size += len(line)
        if len(block) == _BLOCK_LINES or size >= _BLOCK_CHARACTERS:
            yield first, block
            block, size = [], 0
    if block:
        yield first, block


def _is_blank_from_here(file: IO[str]) -> bool:
    while rest := file.read(2**20):
        if rest.strip(_BLANK):
            return False
    return True
