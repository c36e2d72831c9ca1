"""Files that change while they are read: an error that names the file, and no result."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import crossent as ce
from crossent.evaluate import ReaderError, evaluate, open_array

LOGITS = np.random.default_rng(2).normal(size=(2000, 5)) * 3
LABELS = np.arange(2000) % 5

LONG_AGO = 10**18
"""A time, so that a write in the same tick of the clock shows."""


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n")


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(LONG_AGO, LONG_AGO))
    other.replace(path)


def touch(path: Path) -> None:
    path.touch()


CHANGES = [cut, grow, replace, touch]


@pytest.fixture(params=["C", "F", ".npz", ".csv", ".csv.gz"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param in ("C", "F"):
        path = tmp_path / "p.npy"
        np.save(path, np.asarray(LOGITS, order=request.param))
    elif request.param == ".npz":
        path = tmp_path / "p.npz"
        np.savez(path, p=LOGITS)
    else:
        path = tmp_path / f"p{request.param}"
        np.savetxt(path, np.tile(LOGITS, (5, 1)), delimiter=",")  # several blocks of lines
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return path


@pytest.mark.parametrize("change", CHANGES)
def test_pieces(change: Callable[[Path], None], file: Path) -> None:
    reader = open_array(file)
    pieces = reader.chunks(100)
    first = next(pieces)
    kept = first.copy()
    change(file)
    with pytest.raises(ReaderError, match=r"while it was read|although it was whole") as caught:
        list(pieces)
    assert str(file) in str(caught.value)
    np.testing.assert_array_equal(first, kept)
    with pytest.raises(ReaderError):  # from the front as well
        next(reader.chunks(100))


def test_the_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    np.save(path, LOGITS)
    pieces = open_array(path).chunks(100)
    next(pieces)
    os.truncate(path, 128 + 40 * 150)
    with pytest.raises(ReaderError, match="ends within row 150"):
        next(pieces)


@pytest.mark.parametrize("change", CHANGES)
def test_evaluate(change: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    np.save(path, LOGITS)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    done: list[int] = []

    def progress(rows: int, _: int) -> None:
        if not done:
            change(path)
        done.append(rows)

    with pytest.raises(ReaderError, match=r"while it was read|although it was whole"):
        evaluate(LABELS, path, from_logits=True, chunk_rows=500, progress=progress)
    assert done == [500]


@pytest.mark.parametrize("change", CHANGES)
def test_pictures_are_of_what_was_diagnosed(change: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    np.save(path, LOGITS)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))
    report = ce.diagnose(LABELS, path)
    change(path)
    with pytest.raises(ReaderError, match=r"while it was read|although it was whole"):
        report.to_html()
