"""`.arrow` and `.feather`: Arrow's own format, a record batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crossent.stream.readers._arrow import ArrowColumns, arrow, columns_of, ragged, understood
from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._protocol import Array, Reader, ReaderError

_OLD = b"FEA1"


class ArrowTable:
    """A file of Arrow's IPC format, with or without a footer (a stream)."""

    headed = True

    def __init__(self, path: Path, name: str) -> None:
        arrow(name)
        self.name = name
        self._file = WatchedFile(path, name)
        with self._file.opened() as file:
            beginning = file.read(6)
        if beginning[:4] == _OLD:
            raise ReaderError(
                name, "is in the first version of Feather; write it again with a newer pyarrow"
            )
        self._whole = beginning == b"ARROW1"
        with self._opened(None) as reader:
            self.columns = columns_of(reader.schema)
        narrow = min(range(len(self.columns)), key=lambda at: self.columns[at].shape, default=None)
        with self._opened(None if narrow is None else [narrow]) as reader:
            self.rows = sum(batch.num_rows for batch in _each(reader))

    def read(self, places: Sequence[int], name: str) -> Reader:
        """Return columns as one array."""
        columns = [self.columns[at] for at in places]
        return ArrowColumns(name, self._file.path, columns, self.rows, self._batches, self._file)

    def lists(self, at: int, rows: int) -> Iterator[tuple[Array, Array]]:
        """Go through a column of lists, which may differ in length."""
        yield from ragged(self._batches([self.columns[at].name], rows), self.name, self._file)

    def _batches(self, names: Sequence[str], rows: int) -> Iterator[Any]:
        places = {column.name: at for at, column in enumerate(self.columns)}
        wanted = [places[name] for name in names]
        with self._opened(sorted(wanted)) as reader:
            for batch in _each(reader):
                chosen = batch.select(list(names))
                for start in range(0, max(1, batch.num_rows), rows):
                    yield chosen.slice(start, rows)

    @contextmanager
    def _opened(self, places: Sequence[int] | None) -> Iterator[Any]:
        ipc = arrow(self.name, "pyarrow.ipc")
        options = ipc.IpcReadOptions(included_fields=None if places is None else list(places))
        open_ = ipc.open_file if self._whole else ipc.open_stream
        # Not mapped into memory: a mapped file that is cut ends the process.
        with (
            understood(self.name, self._file),
            arrow(self.name).OSFile(str(self._file.path)) as file,
            open_(file, options=options) as reader,
        ):
            yield reader


def _each(reader: Any) -> Iterator[Any]:
    """Go through the record batches of a file or a stream."""
    if not hasattr(reader, "num_record_batches"):
        yield from reader
        return
    for at in range(reader.num_record_batches):
        yield reader.get_batch(at)
