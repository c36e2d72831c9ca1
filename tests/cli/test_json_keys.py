"""`--json` of every command: these keys, these types, and JSON as the standard has it."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crossent.cli.__main__ import app
from meta.source import run_python
from unit.shape_of_results import (
    CONVENTIONS,
    DATA,
    EVALUATION,
    EVALUATIONS,
    EXPLANATION,
    EXPLANATIONS,
    FOOTPRINT,
    REPORT,
    REPORTS,
    SEVERAL,
    Situation,
    strict,
    unlike,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("json")
    for name, array in DATA.items():
        np.save(path / f"{name}.npy", array)
    return path


def output(words: list[str]) -> tuple[int, str]:
    """Exit status and standard output of a command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        ended = app(words, standalone_mode=False)  # typer.Exit comes back as its status
    return (ended if isinstance(ended, int) else 0), out.getvalue()


COMMANDS: dict[str, tuple[dict[str, Any], dict[str, Situation]]] = {
    "evaluate": (EVALUATION, EVALUATIONS),
    "doctor": (REPORT, REPORTS),
    "conventions": (CONVENTIONS, SEVERAL),
}


def words_of(command: str, situation: Situation) -> list[str]:
    files = [f"{name}.npy" for name in situation.files]
    return [command, *files, *situation.words.split(), "--json"]


@pytest.mark.parametrize(
    ("command", "name"), [(command, name) for command in COMMANDS for name in COMMANDS[command][1]]
)
def test_keys_of_a_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    monkeypatch.chdir(folder)
    usual, situations = COMMANDS[command]
    status, text = output(words_of(command, situations[name]))
    assert status == situations[name].status
    assert unlike(strict(text), {**usual, **situations[name].changes}) == []


@pytest.mark.parametrize("thing", EXPLANATIONS)
def test_keys_of_an_explanation(thing: str) -> None:
    changes, status = EXPLANATIONS[thing]
    ended, text = output(["explain", "--json", thing])
    assert ended == status
    assert unlike(strict(text), {**EXPLANATION, "thing": thing, **changes}) == []


@pytest.mark.parametrize("more", ["", "--chunk-rows 7", "--dtype bfloat16", "--limit 0.000001"])
def test_keys_of_a_forecast(more: str) -> None:
    words = ["memory", "--rows", "1000", "--classes", "50", *more.split(), "--json"]
    status, text = output(words)
    assert status == int("limit" in more)
    assert unlike(strict(text), FOOTPRINT) == []


def test_a_number_that_was_found_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    loss = strict(output(["evaluate", "labels.npy", "logits.npy", "--json"])[1])["loss"]
    words = ["conventions", "labels.npy", "logits.npy", "--observed", repr(loss), "--json"]
    status, text = output(words)
    assert status == 0
    assert unlike(strict(text), {**CONVENTIONS, "observed": loss, "matches": [str]}) == []


@pytest.mark.parametrize(
    "words",
    ["evaluate from_1.npy logits.npy", "evaluate labels.npy unlike.npy", "evaluate no.npy p.npy",
     "doctor no.npy", "conventions from_1.npy logits.npy", "explain ''"],
)  # fmt: skip
def test_an_error_is_json_too(folder: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.chdir(folder)
    status, text = output([*words.replace("''", " ").split(" "), "--json"])
    assert status in (1, 2)
    if words.startswith("explain"):
        assert text == ""
        return
    assert unlike(strict(text), {"schema": 1, "error": {"code": str, "message": str}}) == []


@pytest.mark.parametrize(
    ("command", "name"), [("evaluate", "NaN, by class and worst"), ("doctor", "errors")]
)
def test_a_process_prints_the_same(folder: Path, command: str, name: str) -> None:
    usual, situations = COMMANDS[command]
    done = run_python("-m", "crossent", *words_of(command, situations[name]), cwd=folder)
    assert done.returncode == situations[name].status, done.stderr
    assert unlike(strict(done.stdout), {**usual, **situations[name].changes}) == []
