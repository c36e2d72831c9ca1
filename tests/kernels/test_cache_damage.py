"""Whatever is wrong with compiled code on disk: right numbers, one warning, and it is mended."""

from __future__ import annotations

import os
import pickle
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kernels.conftest import python

CALL = """
import numpy as np
import crossent as ce
x = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)
print(ce.sparse_categorical_crossentropy([0, 1], x, from_logits=True), ce.last_path())
"""
RIGHT = "0.18092452 kernel"  # (softplus(-1) + softplus(-3)) / 2


def child(
    code: str, cache: Path, limit: Callable[[], None] | None = None, **environment: str
) -> tuple[str, list[str]]:
    """What a process prints, and the warnings that it gives."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "CROSSENT_CACHE_DIR": str(cache), **environment},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), [line for line in done.stderr.splitlines() if "Warning" in line]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the code of one call is."""
    cache = tmp_path_factory.mktemp("warm")
    assert child(CALL, cache) == (RIGHT, [])
    return cache


@pytest.fixture
def file(warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a kernel, in a copy of that cache."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    shutil.copytree(warm, tmp_path / "cache")
    (found,) = (tmp_path / "cache").rglob("*.nbc")
    return found


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:20])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def one_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def other_pickle(file: Path) -> None:
    file.write_bytes(pickle.dumps({"a": 1}))


def writable_by_all(file: Path) -> None:
    file.chmod(0o666)


def a_link(file: Path) -> None:
    elsewhere = file.with_name("elsewhere")
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


@pytest.mark.parametrize(
    "damage", [cut, cut_short, emptied, one_bit, other_pickle, writable_by_all, a_link, a_pipe]
)
def test_damage_is_told_once_and_mended(damage: Callable[[Path], None], file: Path) -> None:
    cache = file.parents[2]
    damage(file)
    printed, warnings = child(CALL, cache)
    assert printed == RIGHT
    assert len(warnings) == 1
    assert str(file) in warnings[0]
    assert file.is_file()
    before = file.stat().st_mtime_ns
    assert child(CALL, cache) == (RIGHT, [])
    assert file.stat().st_mtime_ns == before


def test_a_folder_in_the_place_of_a_file_is_told_and_left(file: Path) -> None:
    file.unlink()
    file.mkdir()
    printed, warnings = child(CALL, file.parents[2])
    assert printed == RIGHT
    assert len(warnings) == 1
    assert str(file) in warnings[0]
    assert file.is_dir()


def no_room() -> None:
    """Let no file of this process be larger than 1000 bytes: writing fails as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def test_a_disk_without_room_is_told_once(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    both = CALL + CALL.replace("float32", "float64")
    printed, warnings = child(both, cache, no_room, TMPDIR=str(tmp_path))
    assert printed.split()[1::2] == ["kernel", "kernel"]
    assert printed.startswith(RIGHT)
    assert len(warnings) == 1
    assert str(cache) in warnings[0]
    assert [*tmp_path.rglob("*.tmp")] == []
    assert child(CALL, cache) == (RIGHT, [])


def test_the_folder_may_vanish_while_a_process_runs(tmp_path: Path) -> None:
    code = f"{CALL}\nimport shutil; shutil.rmtree({str(tmp_path / 'cache')!r})\n"
    printed, warnings = child(code + CALL.replace("float32", "float64"), tmp_path / "cache")
    assert printed.split()[1::2] == ["kernel", "kernel"]
    assert warnings == []


def test_processes_may_write_at_the_same_time(tmp_path: Path) -> None:
    environment = {**os.environ, "CROSSENT_CACHE_DIR": str(tmp_path)}
    codes = [CALL, CALL, CALL.replace("float32", "float64"), CALL.replace("float32", "float64")]
    children = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", code],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )
        for code in codes
    ]  # fmt: skip
    printed = [process.communicate()[0].split() for process in children]
    assert [words[1] for words in printed] == ["kernel"] * 4
    assert [float(words[0]) for words in printed] == pytest.approx([0.1809245] * 4, rel=1e-6)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert len(files) == 2
    assert python("-c", CALL + CALL.replace("float32", "float64"), CROSSENT_CACHE_DIR=str(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == files


def test_no_folder_at_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = tmp_path / "file"
    code = f"import tempfile; tempfile.tempdir = {str(nowhere)!r}\n{CALL}"
    printed, warnings = child(code, nowhere)
    assert printed == RIGHT
    assert len(warnings) == 1
    assert "CROSSENT_CACHE_DIR" in warnings[0]
