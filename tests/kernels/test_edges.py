"""Kernels read and write nothing before an array and nothing behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from meta.source import run_python


@pytest.mark.parametrize("edge", ["first", "last"])
def test_no_byte_outside_of_an_array_is_touched(edge: str) -> None:
    done = run_python(str(Path(__file__).with_name("edges.py")), edge)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-2000:]
