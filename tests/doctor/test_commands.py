"""`crossent doctor` and `crossent explain` as people run them."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crossent.doctor.catalogue import all_checks
from doctor.healthy import digits
from meta.source import SRC, run_python


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files")
    y, x = digits()
    np.save(path / "labels.npy", y)
    np.save(path / "logits.npy", x)
    np.save(path / "from_1.npy", y + 1)
    np.save(path / "marked.npy", np.where(np.arange(len(y)) % 9 == 0, -1, y))
    np.save(path / "padded.npy", np.tile([3, 4, 0, 0, 0, 0, 0, 0], (20, 1)))
    np.savetxt(path / "labels.csv", y, fmt="%d")
    np.savetxt(path / "logits.csv", x, delimiter=",")
    np.savez(path / "both.npz", y=y, x=x)
    np.save(path / "text.npy", y.astype("U2"))
    np.save(path / "numbers_as_text.npy", x.astype("U8"))
    (path / "message.txt").write_text("IndexError: Target -1 is out of bounds.\n")
    return path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run_python("-m", "crossent", *words, cwd=folder)


@pytest.mark.parametrize(
    "words",
    [
        ("labels.npy", "logits.npy"),
        ("labels.npy", "logits.npy", "--logits", "--loss", "torch.nn.CrossEntropyLoss"),
        ("labels.csv", "logits.csv", "--logits"),
        ("both.npz:y", "both.npz:x"),
        ("labels.npy", "--classes", "10"),
        ("marked.npy", "logits.npy", "--ignore-class", "-1"),
        ("from_1.npy", "--classes", "11"),
    ],
    ids=" ".join,
)
def test_healthy_files_exit_with_0(folder: Path, words: tuple[str, ...]) -> None:
    done = run(folder, "doctor", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("healthy")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("from_1.npy", "logits.npy"), "CE104"),
        (("from_1.npy", "--classes", "10"), "CE104"),
        (("marked.npy", "logits.npy"), "CE103"),
        (("labels.npy", "logits.npy", "--probabilities"), "CE106"),
        (("labels.npy", "logits.npy", "--loss", "dense"), "CE109"),
        (("text.npy", "logits.npy"), "CE313"),
        (("text.npy", "--classes", "10"), "CE313"),
        (("labels.npy", "numbers_as_text.npy"), "CE002"),
        (("labels.npy", "logits.npy", "--classes", "11"), "CE211"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_faults_exit_with_1(folder: Path, words: tuple[str, ...], code: str) -> None:
    done = run(folder, "doctor", *words)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"{code} error: " in done.stdout


def test_a_report_can_be_had_as_json(folder: Path) -> None:
    done = run(folder, "doctor", "from_1.npy", "logits.npy", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    found = json.loads(done.stdout)
    assert found["healthy"] is False
    assert found["findings"][0]["code"] == "CE104"
    assert found["findings"][0]["page"] == "errors/CE104.md"


def test_warnings_fail_if_that_is_asked_for(folder: Path) -> None:
    words = ("doctor", "padded.npy", "--classes", "6")
    done = run(folder, *words)
    assert done.returncode == 0
    assert "CE209 warning" in done.stdout
    assert run(folder, *words, "--strict").returncode == 1
    assert run(folder, *words, "--strict", "--ignore", "CE209").returncode == 0


def test_codes_can_be_selected(folder: Path) -> None:
    words = ("doctor", "from_1.npy", "logits.npy", "--probabilities")
    assert {"CE104", "CE106"} <= set(codes(folder, *words))
    for word in ("CE104", "ce104", "CE2,CE104"):
        assert codes(folder, *words, "--select", word) == ["CE104"]
    assert codes(folder, *words, "--ignore", "CE1") == []
    done = run(folder, *words, "--select", "E501")
    assert done.returncode == 2
    assert "beginnings of codes" in done.stderr


def codes(folder: Path, *words: str) -> list[str]:
    found = json.loads(run(folder, *words, "--json").stdout)
    return [finding["code"] for finding in found["findings"]]


@pytest.mark.parametrize(
    "words",
    [
        ("doctor", "no_such_file.npy", "--classes", "3"),
        ("doctor", "labels.npy", "logits.npy", "--loss", "hinge"),
        ("doctor", "labels.npy", "logits.npy", "--framework", "caffe"),
        ("doctor", "labels.npy", "--no-such-option"),
        ("doctor", "--strict"),
        ("doctor", "labels.npy", "--classes", "many"),
        ("doctor", "labels.npy", "--classes", "-1"),
        ("doctor", "labels.npy", "logits.npy", "--label-smoothing", "2"),
        ("doctor", "labels.npy", "logits.npy", "--html", "labels.npy"),
        ("explain", ""),
    ],
    ids=" ".join,
)
def test_misuse_exits_with_2(folder: Path, words: tuple[str, ...]) -> None:
    done = run(folder, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "error" in done.stderr.lower()


def test_the_catalogue_is_listed(folder: Path) -> None:
    done = run(folder, "doctor", "--list")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"{c.code}  {c.title}" for c in all_checks()]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("Target", "10", "is", "out", "of", "bounds."), "CE101"),
        (("Received a label value of 3 which is outside the valid range of [0, 3).",), "CE104"),
        (("16.118",), "CE215"),
        (("-0.73",), "CE306"),
        (("ce104",), "CE104"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value)[:30],
)
def test_explain(folder: Path, words: tuple[str, ...], code: str) -> None:
    done = run(folder, "explain", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert code in done.stdout.splitlines()[0]


def test_an_explanation_can_be_had_as_json(folder: Path) -> None:
    found = json.loads(run(folder, "explain", "--json", "16.118").stdout)
    assert found["kind"] == "value"
    assert found["readings"][0]["code"] == "CE215"


def test_a_message_can_be_piped_in(folder: Path) -> None:
    with (folder / "message.txt").open() as message:
        done = subprocess.run(
            [sys.executable, "-m", "crossent", "explain", "-"],
            stdin=message, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(SRC)},
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "CE103" in done.stdout.splitlines()[0]


def test_a_terminal_shows_the_same_in_colours(folder: Path) -> None:
    words = ["doctor", "from_1.npy", "--classes", "10"]
    lead, follow = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "crossent", *words], cwd=folder, stdin=subprocess.DEVNULL,
        stdout=follow, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(SRC), "TERM": "xterm-256color", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(follow)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while piece := os.read(lead, 65536):
            shown += piece
    os.close(lead)
    assert process.wait() == 1
    text = shown.decode().replace("\r\n", "\n")
    assert "\x1b[1;31mCE104 error" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == run(folder, *words).stdout


def test_explain_says_what_it_does_not_know(folder: Path) -> None:
    done = run(folder, "explain", "the moon is made of cheese")
    assert done.returncode == 1
    assert "Not recognised" in done.stdout
