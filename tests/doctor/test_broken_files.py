"""The broken files of the example: the right first finding, and its advice works as printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import crossent as ce
from meta.source import ROOT, SRC

DIGITS = ROOT / "examples" / "digits"
CASES = tomllib.loads((DIGITS / "broken" / "cases.toml").read_text(encoding="utf-8"))["case"]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


def options_of(call: str) -> dict[str, object]:
    """The options of a diagnosis that stand for a call of a loss."""
    kind = re.search(r"ce\.(sparse_categorical|categorical|binary)_crossentropy", call)
    assert kind is not None
    words = {"sparse_categorical": "sparse", "categorical": "dense", "binary": "binary"}
    return {"loss": words[kind[1]], "from_logits": "from_logits=True" in call}


@every_case
def test_first_finding_in_python(case: dict) -> None:
    y_true, y_pred = (np.load(DIGITS / case[name]) for name in ("labels", "predictions"))
    report = ce.diagnose(y_true, y_pred, **options_of(case["call"]))
    assert report.codes[0] == case["code"]
    assert report.findings[0].severity == "error"
    assert not report.healthy


@every_case
def test_the_mended_call_is_healthy(case: dict) -> None:
    y_true, y_pred = (np.load(DIGITS / case[name]) for name in ("labels", "predictions"))
    if case.get("swap"):
        y_true, y_pred = y_pred, y_true
    first = ce.diagnose(*(
        (y_pred, y_true) if case.get("swap") else (y_true, y_pred)
    ), **options_of(case["call"])).findings[0]  # fmt: skip
    options = options_of(case["fixed"])
    # What the advice says, word for word.
    if "y_true - 1" in case["fixed"]:
        assert "y_true - 1" in first.fix
        y_true = y_true - 1
    if "argmax" in case["fixed"]:
        assert "np.argmax(y_true, axis=-1)" in first.fix
        y_true = np.argmax(y_true, axis=-1)
    if "np.unique" in case["fixed"]:
        assert "np.unique(y_true, return_inverse=True)[1]" in first.fix
        y_true = np.unique(y_true, return_inverse=True)[1]
    if "ignore_class" in case["fixed"]:
        assert "ignore_class=-1" in first.fix
        options["ignore_class"] = -1
    if options["loss"] != options_of(case["call"])["loss"]:
        assert str(options["loss"]) in first.fix
    report = ce.diagnose(y_true, y_pred, **options)
    assert report.healthy, report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "digits"
    shutil.copytree(DIGITS, path, ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "programs"
    programs.mkdir()
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return path


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{folder.parent / 'programs'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(SRC), os.getenv("PYTHONPATH")])),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@every_case
def test_advice_works_on_the_command_line(case: dict, folder: Path) -> None:
    words = ("python -m crossent doctor", case["labels"], case["predictions"], *case["flags"])
    done = shell(folder, " ".join(words))
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert re.findall(r"^(CE\d{3}) error", done.stdout, re.MULTILINE)[0] == case["code"]
    commands = [line.strip() for line in done.stdout.partition("\nTo go on:\n")[2].splitlines()]
    assert commands, done.stdout
    for command in commands:
        done = shell(folder, command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert done.stdout.startswith("healthy")
