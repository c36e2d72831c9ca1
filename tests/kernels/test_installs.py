"""Installations that are unlike the usual one: read-only, and without the compiler."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

import crossent as ce
from meta.source import PACKAGE, ROOT

X = np.array([[2.5, -1.0, 0.3], [0.1, 0.2, -4.0]], np.float32)
SCRIPT = """
import sys
import numpy as np
import crossent as ce
x = np.array([[2.5, -1.0, 0.3], [0.1, 0.2, -4.0]], np.float32)
terms = ce.sparse_categorical_crossentropy([0, 2], x, from_logits=True, reduction="none")
print(ce.last_path(), ce.show_config()["kernels"], terms.tobytes().hex(), sep="|")
print(ce.__file__)
"""


def as_permissions_say() -> None:
    """Let even root write only where the permissions allow it."""
    drop_from_bounding_set, dac_override = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override, 0, 0, 0)


def run(*words: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=as_permissions_say,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def forbid_writing(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)


def bits_here() -> str:
    terms = ce.sparse_categorical_crossentropy([0, 2], X, from_logits=True, reduction="none")
    assert ce.last_path() == "kernel"
    return terms.tobytes().hex()


def test_a_read_only_installation_and_an_unwritable_cache(tmp_path: Path) -> None:
    site, home, temporary = (tmp_path / name for name in ("site", "home", "temporary"))
    shutil.copytree(PACKAGE, site / "crossent", ignore=shutil.ignore_patterns("__pycache__"))
    home.mkdir()
    temporary.mkdir()
    forbid_writing(site)
    forbid_writing(home)
    line, place = run(
        "-c",
        SCRIPT,
        PYTHONPATH=str(site),
        HOME=str(home),
        XDG_CACHE_HOME=str(home / "cache"),
        TMPDIR=str(temporary),
        CROSSENT_CACHE_DIR="",
        NUMBA_CACHE_DIR="",
    )
    assert Path(place).is_relative_to(site)
    assert line.split("|") == ["kernel", "on", bits_here()]
    assert list(home.iterdir()) == []
    assert list(site.rglob("__pycache__")) == []
    assert list(temporary.rglob("*.nbc")) != []  # the code is kept where it can be


def test_without_numba_everything_runs_on_operations(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from without_numba import python_path
    finally:
        sys.path.pop(0)
    line, _ = run("-S", "-c", SCRIPT, PYTHONPATH=python_path(tmp_path))
    path, why, bits = line.split("|")
    assert (path, why) == ("operations", "numba is not installed")
    wide = X.astype(np.float64)
    want = np.log(np.exp(wide).sum(axis=1)) - wide[[0, 1], [0, 2]]
    np.testing.assert_allclose(np.frombuffer(bytes.fromhex(bits), np.float32), want, rtol=1e-6)
