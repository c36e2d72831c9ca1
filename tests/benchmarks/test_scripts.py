"""The scripts run from end to end, and the pages are what the stored numbers give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from meta.source import ROOT, run_python

SPEED, ACCURACY, LOG_PROBS = (
    str(ROOT / "benchmarks" / name) for name in ("speed.py", "accuracy.py", "log_probs.py")
)
SCRIPTS = pytest.mark.parametrize(
    "script", [SPEED, ACCURACY, LOG_PROBS], ids=["speed", "accuracy", "log_probs"]
)


@SCRIPTS
def test_the_page_is_what_the_stored_numbers_give(script: str) -> None:
    done = run_python(script, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


@SCRIPTS
def test_a_page_that_was_edited_is_found(script: str, tmp_path: Path) -> None:
    assert run_python(script, "--page", "--to", str(tmp_path)).returncode == 0
    (page,) = tmp_path.glob("*.md")
    assert run_python(script, "--check", "--to", str(tmp_path)).returncode == 0
    page.write_text(page.read_text(encoding="utf-8") + "2 times faster\n", encoding="utf-8")
    assert run_python(script, "--check", "--to", str(tmp_path)).returncode == 1


def test_speed_from_end_to_end(tmp_path: Path) -> None:
    names = ["crossent, NumPy", "crossent, PyTorch", "NumPy"]
    done = run_python(SPEED, "--quick", "--to", str(tmp_path), "--contenders", *names)
    assert done.returncode == 0, done.stderr
    stored = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert set(stored["shapes"]) == {"4000x10", "64x1000"}
    for found in stored["shapes"].values():
        assert {"cpu", "cores", "libc"} <= set(found["machine"])
        assert "numpy" in found["versions"]
        assert set(found["paths"]) == set(names[:2])
        assert set(found["seconds"]) == {"read", "copy", "forward", "fresh", "kept", "upstream"}
        assert set(found["seconds"]["forward"]) == set(names)
        every = [t for mode in found["seconds"].values() for times in mode.values() for t in times]
        assert all(t > 0 for t in every)
    assert set(stored["memory"]["4000x10"]["bytes"]) == set(names)
    page = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "## 4 000 × 10" in page
    assert "| **crossent, PyTorch** |" in page


def test_nothing_is_measured_beside_other_work(tmp_path: Path) -> None:
    with ExitStack() as stack:
        for _ in range(2 * (os.cpu_count() or 1)):
            work = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(work.wait)
            stack.callback(work.kill)
        done = run_python(
            *(SPEED, "--only", "8x10", "--rounds", "1", "--to", str(tmp_path)),
            *("--contenders", "NumPy"),
        )
    assert done.returncode == 1
    assert "of the CPUs busy" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_accuracy_from_end_to_end(tmp_path: Path) -> None:
    names = ["crossent, NumPy operations", "NumPy"]
    for name in names:  # the second call adds to what the first has stored
        done = run_python(ACCURACY, "--quick", "--to", str(tmp_path), "--only", name)
        assert done.returncode == 0, done.stderr
    stored = json.loads((tmp_path / "accuracy.json").read_text(encoding="utf-8"))["contenders"]
    assert set(stored) == set(names)
    ours, plain = (stored[name]["worst"]["float32"] for name in names)
    assert ours["confident"]["10"]["loss"] < 64  # the target of the operations path
    assert plain["confident"]["10"]["loss"] > 2**20  # such a loss comes out as 0
    assert (tmp_path / "accuracy.md").read_text(encoding="utf-8").count("## ") >= 6


def test_a_gpu_that_is_not_there_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "gpu.json"
    words = ("--shape", "few_classes_f32", "--contender", "torch", "crossent", "--to", str(file))
    done = run_python(str(ROOT / "benchmarks" / "gpu.py"), *words)
    assert done.returncode == 1, "nothing could be measured"
    contenders = json.loads(file.read_text())["shapes"]["few_classes_f32"]["contenders"]
    assert contenders.keys() == {"torch", "crossent"}
    assert all("GPU" in one["not_run"] for one in contenders.values())
