"""A process that compiles everything for AVX2, once for all tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def python(*words: str, **environment: str) -> str:
    """Run Python in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *words],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def on_avx2(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Digests and assembly of code for AVX2, compiled anew."""
    folder = tmp_path_factory.mktemp("cache")
    printed = python(
        str(HERE / "digests.py"),
        "--assembly",
        NUMBA_CPU_NAME="x86-64-v3",
        NUMBA_CPU_FEATURES="",  # else those of this CPU, AVX-512 included, are added
        CROSSENT_CACHE_DIR=str(folder),
    )
    return json.loads(printed)
