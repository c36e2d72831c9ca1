"""tools/differential.py says that two packages are the same, and where they are not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meta.source import ROOT

COUNT = "80"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools/differential.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_package_is_like_itself() -> None:
    done = run("--old", str(ROOT), "--front-end", "numpy-operations", "--count", COUNT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"numpy-operations: {COUNT} calls, 0 differ" in done.stdout


@pytest.mark.parametrize(
    ("file", "good", "other", "said"),
    [
        ("core/options.py", "import", "raise RuntimeError\nimport", "a process ended"),
        (
            "losses/softmax.py",
            "return ops.log1p(self.ratio) +",
            "return 2 * ops.log1p(self.ratio) +",
            "value: bits",
        ),
        ("core/messages/options.py", '"CE001"', '"CE009"', "code: CE009 -> CE001"),
    ],
    ids=["process", "bits", "code"],
)
def test_what_differs_is_told(tmp_path: Path, file: str, good: str, other: str, said: str) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    changed = tmp_path / "src/crossent" / file
    text = changed.read_text()
    assert good in text
    changed.write_text(text.replace(good, other))
    done = run("--old", str(tmp_path), "--front-end", "numpy-operations", "--count", COUNT)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout


def test_what_is_no_revision_is_refused() -> None:
    done = run("--old", "no-such-revision")
    assert done.returncode != 0
    assert "no folder and no revision 'no-such-revision'" in done.stderr
