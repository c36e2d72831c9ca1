"""Small files that claim or unpack to much: every command stays within 2 GB of address space."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from meta.source import SRC

LIMIT = 10**9
"""Bytes; half of what is promised, so that smaller files tell."""

FEW_THREADS = {"OPENBLAS_NUM_THREADS": "2", "CROSSENT_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}
"""Each thread takes address space, and machines have many."""

COMMAND = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
from crossent.cli.__main__ import main
sys.argv[0] = "crossent"
main()
"""


def header(shape: str, descr: str = "<f8", *, fortran: bool = False) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    text += " " * (63 - (len(text) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def npy(path: Path, shape: str, numbers: int = 0, descr: str = "<f8") -> Path:
    """Write a header, and a hole in the file for the numbers."""
    with path.open("wb") as file:
        file.write(header(shape, descr))
        file.truncate(file.tell() + numbers)
    return path


def npz(path: Path, shape: str, numbers: int, *, fortran: bool, method: int) -> Path:
    """Write an archive of zeros, which are nothing once they are compressed."""
    with (
        zipfile.ZipFile(path, "w", method) as archive,
        archive.open("p.npy", "w", force_zip64=True) as file,
    ):
        file.write(header(shape, fortran=fortran))
        for start in range(0, numbers, 2**22):
            file.write(bytes(min(2**22, numbers - start)))
    return path


def packed(path: Path, *parts: tuple[bytes, int]) -> Path:
    """Write compressed text: each part so many times."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for text, times in parts:
            for start in range(0, times, 2**16):
                file.write(text * min(2**16, times - start))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile")
    np.save(path / "y.npy", np.arange(10) % 3)
    np.save(path / "p.npy", np.random.default_rng(0).normal(size=(10, 3)))
    np.save(path / "one.npy", np.zeros(1, np.int64))
    np.save(path / "many.npy", np.zeros(1000, np.int64))
    npy(path / "wide_empty.npy", f"(0, {10**10})")
    npy(path / "wider_empty.npy", f"(0, {10**22})")
    npy(path / "tall_empty.npy", f"({10**10}, 0)")
    npy(path / "taller_empty.npy", f"({2**63},)")
    npy(path / "deep.npy", str((0,) * 70))
    npy(path / "row.npy", f"(1, {2**29})", 2**31, "<f4")
    npy(path / "weights.npy", f"({3 * 10**9},)", 3 * 8 * 10**9)
    npy(path / "text.npy", f"({4 * 10**9},)", 4 * 10**9, "|S1")
    packed(path / "blank.csv.gz", (b"\n", 20_000_000))
    packed(path / "gap.csv.gz", (b"1\n", 1), (b"\n", 20_000_000), (b"1\n", 1))
    packed(path / "cell.csv.gz", (b"0", 100_000_000))
    packed(path / "columns.csv.gz", (b"a,", 8_000_000), (b"a\n0\n", 1))
    packed(path / "spaces.csv.gz", (b"1" + b" " * 60_000 + b"\n", 10))
    f8 = 8 * 1000 * 60_000
    npz(path / "fortran.npz", "(1000, 60000)", f8, fortran=True, method=zipfile.ZIP_DEFLATED)
    npz(path / "bz2.npz", "(1000, 6000)", f8 // 10, fortran=False, method=zipfile.ZIP_BZIP2)
    entry = io.BytesIO()
    with zipfile.ZipFile(entry, "w") as archive:
        archive.writestr("a", b"")
    local, _, rest = entry.getvalue().partition(b"PK\x01\x02")
    listed = (b"PK\x01\x02" + rest.partition(b"PK\x05\x06")[0]) * 10**6
    end = b"PK\x05\x06" + b"\0\0\0\0\xff\xff\xff\xff" + len(listed).to_bytes(4, "little")
    (path / "names.npz").write_bytes(
        local + listed + end + len(local).to_bytes(4, "little") + b"\0\0"
    )
    return path


CASES = [
    ("evaluate y.npy wide_empty.npy", 1, "CE202"),
    ("doctor y.npy wide_empty.npy", 1, "CE"),
    ("doctor y.npy wider_empty.npy", 1, "NumPy cannot hold"),
    ("doctor wide_empty.npy --classes 10", 1, "CE"),
    ("doctor wide_empty.npy p.npy", 1, "CE"),
    ("doctor y.npy tall_empty.npy", 1, "CE"),
    ("doctor tall_empty.npy --classes 10", 1, "CE"),
    ("conventions wide_empty.npy p.npy", 1, "CE202"),
    ("evaluate y.npy taller_empty.npy", 1, "cut off"),
    ("doctor y.npy deep.npy", 1, "NumPy cannot hold"),
    ("doctor one.npy row.npy", 1, "not enough memory"),
    ("evaluate one.npy row.npy --logits", 1, "not enough memory"),
    ("conventions one.npy row.npy --logits", 1, "not enough memory"),
    ("doctor text.npy --classes 3", 1, "CE"),
    ("evaluate y.npy p.npy --class-weight weights.npy", 1, "larger than one row"),
    ("conventions y.npy p.npy --class-weight weights.npy", 1, "larger than one row"),
    ("evaluate y.npy blank.csv.gz", 1, "is empty"),
    ("doctor y.npy gap.csv.gz", 1, "line 2 is blank"),
    ("conventions y.npy cell.csv.gz", 1, "longer than"),
    ("evaluate y.npy columns.csv.gz", 1, "cells"),
    ("doctor spaces.csv.gz --classes 2", 0, "healthy"),
    ("evaluate many.npy fortran.npz --logits", 0, "11.0021"),
    ("evaluate many.npy bz2.npz --logits", 0, "8.69951"),
    ("evaluate y.npy names.npz", 1, "directory"),
]


@pytest.mark.parametrize(("command", "status", "says"), CASES, ids=[case[0] for case in CASES])
def test_a_right_answer_or_one_error(command: str, status: int, says: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND.format(limit=LIMIT), *command.split()],
        cwd=folder,
        env={
            **os.environ,
            **FEW_THREADS,
            "PYTHONPATH": os.pathsep.join([str(SRC), os.getenv("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert (done.returncode, says in done.stdout + done.stderr) == (status, True), (
        done.stdout + done.stderr
    )
    if not done.stdout:
        assert len(done.stderr.splitlines()) == 1, done.stderr
