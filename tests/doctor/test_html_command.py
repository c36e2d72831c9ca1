"""`crossent doctor --html FILE`, as people run it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from meta.source import ROOT, run_python

DIGITS = ROOT / "examples" / "digits"


def doctor(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return run_python("-m", "crossent", "doctor", *map(str, words), cwd=folder)


def test_a_healthy_report_is_written(tmp_path: Path) -> None:
    files = DIGITS / "labels.npy", DIGITS / "probabilities.npy"
    done = doctor(tmp_path, *files, "--html", "report.html")
    assert done.returncode == 0, done.stderr
    assert done.stdout == doctor(tmp_path, *files).stdout
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1>Healthy</h1>" in text
    assert f"{files[0]} and {files[1]}" in text
    assert "Can the probabilities be trusted?" in text
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_report_of_errors_speaks_of_the_command(tmp_path: Path) -> None:
    files = DIGITS / "broken" / "labels_with_minus_1.npy", DIGITS / "logits.npy"
    done = doctor(tmp_path, *files, "--html", "report.html", "--json")
    assert done.returncode == 1
    assert done.stdout.startswith("{")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1>1 error</h1>" in text
    assert "error CE103" in text
    assert "--ignore-class -1" in text


def test_labels_alone_have_a_report(tmp_path: Path) -> None:
    labels = DIGITS / "labels.npy"
    done = doctor(tmp_path, labels, "--classes", 10, "--html", "report.html")
    assert done.returncode == 0, done.stderr
    assert "Class balance" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_misuse(tmp_path: Path) -> None:
    done = doctor(tmp_path, DIGITS / "labels.npy", "--classes", 10, "--html", "no/report.html")
    assert done.returncode == 2
    assert "no/report.html: cannot be written" in done.stderr
    assert list(tmp_path.iterdir()) == []
