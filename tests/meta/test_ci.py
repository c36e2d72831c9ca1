""".ci/run tells its verdict: what it cleans up at the end does not change it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from meta.source import ROOT

RUN = ROOT / ".ci" / "run"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("true", 0, id="no job"),
        pytest.param('true & job=$!; wait "$job"', 0, id="a job that has ended"),
        pytest.param("sleep 60 & true", 0, id="a job that runs"),
        pytest.param("false", 1, id="a step failed"),
        pytest.param("sleep 60 & false", 1, id="a step failed beside a job that runs"),
    ],
)
def test_cleaning_up_keeps_the_status(body: str, status: int, tmp_path: Path) -> None:
    first = RUN.read_text(encoding="utf-8").splitlines()
    opening = [line for line in first if line.startswith(("set ", "work=", "trap "))]
    assert len(opening) == 3
    done = subprocess.run(
        ["bash", "-c", "\n".join([*opening, body])],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        timeout=30,
        check=False,
    )
    assert done.returncode == status
    assert list(tmp_path.iterdir()) == []  # its folder is gone
