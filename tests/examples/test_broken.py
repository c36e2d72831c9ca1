"""Every broken file ends in a message that names the cause, and doing what it says works.

The advice is taken from the message, not from the table: in Python the table's `fixed` must
contain the words that the message contains, on the command line the commands under "To go on" are
run as they are printed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax

import crossent as ce
from meta.source import ROOT, SRC, run_python

DIGITS = ROOT / "examples" / "digits"
BROKEN = DIGITS / "broken"


@dataclass(frozen=True)
class Case:
    """A row of cases.toml; its head says what each column means."""

    name: str
    mistake: str
    labels: str
    predictions: str
    call: str
    flags: list[str]
    code: str
    cause: str
    advice: str
    fixed: str
    answer: str
    swap: bool = False


CASES = [
    Case(**row)
    for row in tomllib.loads((BROKEN / "cases.toml").read_text(encoding="utf-8"))["case"]
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def evaluate(expression: str, labels: str, predictions: str) -> float:
    y_true, y_pred = np.load(DIGITS / labels), np.load(DIGITS / predictions)
    names = {"ce": ce, "np": np, "y_true": y_true, "y_pred": y_pred}
    return float(eval(compile(expression, "cases.toml", "eval"), names))


def message_of(case: Case) -> ce.CrossentError | ce.CrossentWarning:
    """Make the mistake in Python and return what is raised, or warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = evaluate(case.call, case.labels, case.predictions)
        except (ce.CrossentError, ce.CrossentWarning) as message:
            return message
    return pytest.fail(f"nothing was said; the value is {value}")


def answer_to(case: Case) -> float:
    """Compute the right loss from the good files, without crossent."""
    labels = np.load(DIGITS / "labels.npy")
    logits = np.load(DIGITS / "logits.npy").astype(np.float64)
    if case.answer == "every digit of every row":
        here = np.equal.outer(labels, np.arange(10))
        either = here | np.roll(here, -1, axis=0)
        return float(np.mean(np.logaddexp(0, logits) - either * logits))
    losses = -log_softmax(logits, axis=1)[np.arange(len(labels)), labels]
    keep = {"every row": labels >= 0, "rows with a label": np.arange(len(labels)) % 20 != 19}
    return float(np.mean(losses[keep[case.answer]]))


def test_every_file_has_a_case_and_every_case_its_files() -> None:
    used = {name for case in CASES for name in (case.labels, case.predictions)}
    there = {f"broken/{path.name}" for path in BROKEN.glob("*.npy")}
    assert there == {name for name in used if name.startswith("broken/")}
    assert len({case.name for case in CASES}) == len(CASES)


def test_break_it_makes_the_committed_files(tmp_path: Path) -> None:
    done = run_python(str(DIGITS / "break_it.py"), "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    made = {path.name: np.load(path) for path in tmp_path.iterdir()}
    assert sorted(made) == sorted(path.name for path in BROKEN.glob("*.npy"))
    for name, array in made.items():
        committed = np.load(BROKEN / name)
        assert committed.dtype == array.dtype
        assert np.array_equal(committed, array), name


@pytest.mark.parametrize("files", [("labels", "logits"), ("labels", "probabilities")])
def test_the_good_files_give_no_message(files: tuple[str, str]) -> None:
    labels, predictions = (f"{name}.npy" for name in files)
    flag = predictions == "logits.npy"
    call = f"ce.sparse_categorical_crossentropy(y_true, y_pred, from_logits={flag})"
    assert evaluate(call, labels, predictions) == pytest.approx(answer_to(CASES[0]), rel=1e-6)


@every_case
def test_message_names_the_cause(case: Case) -> None:
    message = message_of(case)
    assert message.code == case.code
    assert case.cause in str(message)


@every_case
def test_advice_works_in_python(case: Case) -> None:
    assert re.search(rf"(?<!\w){re.escape(case.advice)}", str(message_of(case)))
    assert case.advice in case.fixed
    files = (case.labels, case.predictions)
    value = evaluate(case.fixed, *(reversed(files) if case.swap else files))
    assert value == pytest.approx(answer_to(case), rel=1e-6)


@dataclass(frozen=True)
class Shell:
    """A copy of the example to run commands in, with this interpreter as `python`."""

    folder: Path
    programs: Path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": os.pathsep.join(filter(None, [str(SRC), os.getenv("PYTHONPATH")])),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = tmp_path / "digits"
    shutil.copytree(DIGITS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "programs"
    programs.mkdir()
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return Shell(folder, programs)


def command_of(case: Case) -> str:
    words = ("python -m crossent evaluate", case.labels, case.predictions, *case.flags)
    return " ".join(words)


def to_go_on(shown: str) -> list[str]:
    """Return the commands that a message ends with."""
    _, found, after = shown.partition("\nTo go on:\n")
    assert found, shown
    lines = after.rstrip("\n").split("\n")
    assert all(line.startswith("  ") for line in lines), shown
    return [line.strip() for line in lines]


@every_case
def test_advice_works_on_the_command_line(case: Case, shell: Shell) -> None:
    done = shell.run(command_of(case))
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert f"[{case.code}]" in done.stderr
    assert case.cause in done.stderr

    for command in to_go_on(done.stderr):
        done = shell.run(command)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stderr == ""
    shown = re.search(r"^loss +(\S+) nats", done.stdout, re.MULTILINE)
    assert shown is not None, done.stdout
    # As many digits are printed as its error leaves, and the last one is rounded.
    unit = 10.0 ** -len(shown[1].partition(".")[2])
    assert float(shown[1]) == pytest.approx(answer_to(case), rel=0, abs=0.51 * unit)


def test_commands_are_read_from_the_end_of_a_message() -> None:
    assert to_go_on("error: text.\n\nTo go on:\n  one 'a b'\n  two\n") == ["one 'a b'", "two"]
    with pytest.raises(AssertionError):
        to_go_on("error: text.\n")
