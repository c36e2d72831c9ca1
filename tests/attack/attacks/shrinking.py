"""Files that are cut, grown, replaced or touched while they are read: an error, and no result."""

from __future__ import annotations

import gzip
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from attack.campaign import Fault, Limits

LIMITS = Limits(count=160, seconds=180, memory=2 * 10**9)

LABELS = np.arange(3000) % 7
LOGITS = np.random.default_rng(1).normal(size=(3000, 7)) * 4

LONG_AGO = 10**18
"""A time, so that a write in the same tick of the clock shows."""


def attack(seed: int, count: int) -> dict[str, int]:
    """Change `count` files while they are read, in one way or another."""
    draw, tally = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        labels = base / "labels.npy"
        np.save(labels, LABELS)
        for number in range(count):
            ending = draw.choice((".npy", ".npy", ".npz", ".csv", ".csv.gz"))
            path = base / f"p{number}{ending}"
            _write(draw, path)
            os.utime(path, ns=(LONG_AGO, LONG_AGO))
            change = draw.choice(CHANGES)
            way = draw.choice((_pieces, _pieces, _pieces, _pieces, _evaluate, _doctor, _opened))
            try:
                way(draw, path, labels, change)
            except Fault as fault:
                name = f"{change.__name__} {way.__name__} {ending}"
                raise Fault(f"seed {seed}, file {number}, {name}: {fault}") from None
            tally[f"{ending[1:]} {change.__name__[1:]}"] += 1
            path.unlink(missing_ok=True)
    return dict(tally)


def _write(draw: random.Random, path: Path) -> None:
    order: Any = draw.choice("CF")
    if path.suffix == ".npy":
        np.save(path, np.asarray(LOGITS, order=order))
    elif path.suffix == ".npz":
        draw.choice((np.savez, np.savez_compressed))(path, p=np.asarray(LOGITS, order=order))
    else:
        text = "\n".join(",".join(map(repr, row)) for row in LOGITS.tolist())
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def _cut(draw: random.Random, path: Path) -> None:
    os.truncate(path, draw.randrange(path.stat().st_size))


def _grow(draw: random.Random, path: Path) -> None:
    with path.open("ab") as file:
        file.write(bytes(draw.randrange(1, 9000)))


def _replace(draw: random.Random, path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(LONG_AGO, LONG_AGO))
    other.replace(path)


def _overwrite(draw: random.Random, path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(draw.randrange(path.stat().st_size - 8))
        file.write(bytes(8))


def _remove(draw: random.Random, path: Path) -> None:
    path.unlink()


Change = Callable[[random.Random, Path], None]
CHANGES: tuple[Change, ...] = (_cut, _cut, _cut, _grow, _replace, _overwrite, _remove)


def _pieces(draw: random.Random, path: Path, labels: Path, change: Change) -> None:
    """Read pieces, and change the file after some of them."""
    from crossent.evaluate import ReaderError, open_array

    rows, reader = draw.choice((7, 100, 999)), open_array(path)
    after, seen = draw.randrange(1, 3000 // rows), []
    try:
        for number, piece in enumerate(reader.chunks(rows), start=1):
            seen.append(piece.copy())
            if number == after:
                change(draw, path)
                # What was given stays readable.
                _same(np.array(piece), seen[-1])
    except ReaderError as error:
        _names(error, path)
        _same(np.concatenate(seen), LOGITS[: sum(map(len, seen))])
        return
    # A text is read ahead by a block: what was read before the change is whole.
    if path.name.endswith((".csv", ".gz")):
        _same(np.concatenate(seen), LOGITS)
        return
    raise Fault("all rows were given")


def _opened(draw: random.Random, path: Path, labels: Path, change: Change) -> None:
    """Change the file between opening and reading it."""
    from crossent.evaluate import ReaderError, open_array

    reader = open_array(path)
    change(draw, path)
    try:
        next(reader.chunks(10))
    except ReaderError as error:
        _names(error, path)
        return
    raise Fault("rows of another file were given")


def _evaluate(draw: random.Random, path: Path, labels: Path, change: Change) -> None:
    from crossent.evaluate import evaluate

    def call(progress: Callable[[int, int], None]) -> object:
        return evaluate(labels, path, chunk_rows=500, progress=progress)

    _through(draw, path, change, call)


def _doctor(draw: random.Random, path: Path, labels: Path, change: Change) -> None:
    from crossent import diagnose

    _through(draw, path, change, lambda progress: diagnose(labels, path, progress=progress))


def _through(
    draw: random.Random, path: Path, change: Change,
    call: Callable[[Callable[[int, int], None]], object],
) -> None:  # fmt: skip
    """Change the file after some rows of a whole call."""
    from crossent.evaluate import ReaderError

    done: list[int] = []

    def progress(rows: int, total: int) -> None:
        if not done and rows < total:
            done.append(rows)
            change(draw, path)

    try:
        result = call(progress)
    except ReaderError as error:
        _names(error, path)
        return
    if done and path.suffix in (".npy", ".npz") and _reads_on(result):
        raise Fault(f"a result of a file that was changed after {done[0]} rows: {result}")


def _reads_on(result: object) -> bool:
    """Whether anything was left to read at the change: the doctor reads so little in one go."""
    return not type(result).__name__.startswith("Report")


def _names(error: Exception, path: Path) -> None:
    if str(path) not in str(error):
        raise Fault(f"the error does not name the file: {error}")


def _same(got: Any, want: Any) -> None:
    if got.tobytes() != np.ascontiguousarray(want).tobytes():
        raise Fault("rows differ from those that were written")
