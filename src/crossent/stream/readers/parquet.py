"""`.parquet`: a batch of rows at a time, of the columns that are asked for alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from crossent.stream.readers._arrow import ArrowColumns, arrow, columns_of, ragged, understood
from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._protocol import Array, Reader

_LONGEST: Final = 2**26
"""Bytes of a text in the metadata, and entries of a list there."""


class ParquetTable:
    """A .parquet file."""

    headed = True

    def __init__(self, path: Path, name: str) -> None:
        arrow(name)
        self.name = name
        self._file = WatchedFile(path, name)
        with self._opened() as file:
            self.rows: int = file.metadata.num_rows
            self.columns = columns_of(file.schema_arrow)

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return columns as one array."""
        columns = [self.columns[at] for at in places]
        return ArrowColumns(name, self._file.path, columns, self.rows, self._batches, self._file)

    def lists(self, at: int, rows: int) -> Iterator[tuple[Array, Array]]:
        """Go through a column of lists, which may differ in length."""
        yield from ragged(self._batches([self.columns[at].name], rows), self.name, self._file)

    def _batches(self, names: Sequence[str], rows: int) -> Iterator[Any]:
        with self._opened() as file:
            yield from file.iter_batches(batch_size=rows, columns=list(names))

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        parquet = arrow(self.name, "pyarrow.parquet")
        # Not mapped into memory: a mapped file that is cut ends the process.
        with (
            understood(self.name, self._file),
            parquet.ParquetFile(
                self._file.path, memory_map=False, thrift_string_size_limit=_LONGEST,
                thrift_container_size_limit=_LONGEST,
            ) as file,
        ):  # fmt: skip
            yield file
