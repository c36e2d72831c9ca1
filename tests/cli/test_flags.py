"""Every flag reaches the library: a command prints what the library's own call gives.

Each flag is one that changes the result of the call, so that a flag that is dropped is seen.
"""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer

import crossent as ce
from crossent.cli.__main__ import app
from crossent.doctor.footprint import GIB, footprint

ROWS, CLASSES = 60, 4
RNG = np.random.default_rng(21)
LOGITS = RNG.normal(size=(ROWS, CLASSES)) * 2
P = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
LABELS = np.where(RNG.random(ROWS) < 0.7, LOGITS.argmax(1), RNG.integers(0, CLASSES, ROWS))
DATA: dict[str, np.ndarray] = {
    "labels": LABELS,
    "named": np.array(["cat", "dog", "fish", "bird"])[LABELS],
    "marked": np.where(np.arange(ROWS) % 7 == 0, 2, LABELS),
    "from1": LABELS + 1,
    "logits": LOGITS,
    "classes_first": np.ascontiguousarray(LOGITS.reshape(15, 4, 4).transpose(0, 2, 1)),
    "places": LABELS.reshape(15, 4),
    "p": P,
    "off": P * 0.98,
    "sure": np.where(np.arange(CLASSES) == LABELS[:, None], 1.0, 0.0)[np.arange(ROWS) - 1],
    "weights": RNG.uniform(0.2, 3, ROWS),
    "class_weights": np.array([0.3, 1.0, 2.5, 0.7]),
    "mask": np.array([1, 1, 1, 0], bool),
    "labels_masked": LABELS % 3,
    "ids": np.stack([LABELS, (LABELS + 1) % CLASSES], axis=1),
    "id_prob": np.tile([0.6, 0.4], (ROWS, 1)),
    "scores": LOGITS * 2,
    "bits": (RNG.random((ROWS, CLASSES)) < 0.4).astype(np.int8),
    "one_hot": np.eye(CLASSES)[LABELS],
    "pos": np.array([0.5, 1.0, 2.0, 3.0]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flags")
    for name, array in DATA.items():
        np.save(path / f"{name}.npy", array)
    names, ids = np.array(["cat", "dog", "fish", "bird"]), [f"r{row}" for row in range(ROWS)]
    columns = dict(zip(names, LOGITS.T, strict=True))
    pd.DataFrame({"species": names[LABELS], **columns}).to_csv(path / "table.csv", index=False)
    scores = {f"p_{name}": column for name, column in columns.items()}
    several = {
        "id": ids,
        "group": np.arange(ROWS) // 5,
        "label": names[LABELS],
        "x_cat": LOGITS[:, 1],
        **scores,
    }
    pd.DataFrame(several).to_csv(path / "several.csv", index=False)
    yes = {"label": np.where(LABELS > 1, "yes", "no"), "score": LOGITS[:, 3]}
    pd.DataFrame(yes).to_csv(path / "score.csv", index=False)
    pd.DataFrame({"lp": -np.abs(LOGITS[:, 0])}).to_csv(path / "lp.csv", index=False)
    # A line 0,1,2,3 above real numbers may be a heading or a row: of 60 rows and of 59.
    heading = ",".join(map(str, range(CLASSES)))
    for name, rows in (("headed", LOGITS), ("unheaded", LOGITS[1:])):
        np.savetxt(path / f"{name}.csv", rows, delimiter=",", header=heading, comments="")
    return path


def output(words: list[str]) -> tuple[int, str]:
    """Exit status and standard output of a command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        ended = app(words, standalone_mode=False)  # typer.Exit comes back as its status
    status = ended if isinstance(ended, int) else 0
    return status, out.getvalue()


def settled(value: Any) -> Any:
    """A result as JSON has it: numbers that JSON lacks as words, tuples as lists."""
    return json.loads(json.dumps(value))


def quiet(call: Callable[[], Any]) -> Any:
    """The result of a call without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


# Per flag: the files, the words after them, the library's options, and what is the same call
# without the flag where that is not simply the files.
Flag = tuple[tuple[str, str], list[str], dict[str, Any]]
EVALUATE: dict[str, Flag] = {
    "--label": (("table.csv", ""), ["--label", "species"], {"label": "species"}),
    "--predictions": (
        ("several.csv", ""), ["--predictions", "p_*"], {"predictions": "p_*"},
    ),
    "--positive": (("score.csv", ""), ["--positive", "yes"], {"positive": "yes"}),
    "--id": (("several.csv", ""), ["--id", "id", "--predictions", "p_*"],
             {"id": "id", "predictions": "p_*"}),
    "--logits": (("labels", "p"), ["--logits"], {"from_logits": True, "refused": "CE105"}),
    "--probabilities": (("labels", "p"), ["--probabilities"], {"from_logits": False}),
    "--loss": (("one_hot", "p"), ["--loss", "binary"], {"loss": "binary"}),
    "--ignore-class": (
        ("marked", "logits"), ["--ignore-class", "2", "--ignore-class", "3"],
        {"ignore_class": (2, 3)},
    ),
    "--class-weight": (
        ("labels", "logits"), ["--class-weight", "0=0.5,1=1,2=2,3=0"],
        {"class_weight": {0: 0.5, 1: 1.0, 2: 2.0, 3: 0.0}},
    ),
    "--class-weight FILE": (
        ("labels", "logits"), ["--class-weight", "class_weights.npy"],
        {"class_weight": "class_weights"},
    ),
    "--class-mask": (
        ("labels_masked", "logits"), ["--class-mask", "mask.npy"], {"class_mask": "mask"},
    ),
    "--sample-weight": (
        ("labels", "logits"), ["--sample-weight", "weights.npy"], {"sample_weight": "weights"},
    ),
    "--target-prob": (
        ("ids", "logits"), ["--target-prob", "id_prob.npy"],
        {"target_prob": "id_prob"},
    ),
    "--pos-weight": (
        ("bits", "logits"), ["--loss", "binary", "--pos-weight", "2.5"],
        {"loss": "binary", "pos_weight": 2.5},
    ),
    "--pos-weight FILE": (
        ("bits", "logits"), ["--loss", "binary", "--pos-weight", "pos.npy"],
        {"loss": "binary", "pos_weight": "pos"},
    ),
    "--label-smoothing": (
        ("labels", "logits"), ["--label-smoothing", "0.2"],
        {"label_smoothing": 0.2},
    ),
    "--z-loss": (
        ("labels", "logits"), ["--z-loss", "0.1", "--logits"],
        {"z_loss": 0.1, "from_logits": True},
    ),
    "--epsilon": (("labels", "sure"), ["--epsilon", "1e-3"], {"epsilon": 1e-3}),
    "--normalize": (
        ("labels", "off"), ["--normalize", "--probabilities"],
        {"normalize": True, "from_logits": False},
    ),
    "--no-normalize": (
        ("labels", "off"), ["--no-normalize", "--probabilities"],
        {"normalize": False, "from_logits": False},
    ),
    "--axis": (("places", "classes_first"), ["--axis", "1"], {"axis": 1}),
    "--top-k": (("labels", "logits"), ["--top-k", "2"], {"top_k": 2}),
    "--per-class": (("bits", "scores"), ["--per-class", "--loss", "binary"],
                    {"per_class": True, "loss": "binary"}),
    "--no-per-class": (("labels", "logits"), ["--no-per-class"], {"per_class": False}),
    "--confidence": (("labels", "logits"), ["--confidence", "0.8"], {"confidence": 0.8}),
    "--by": (("several.csv", ""), ["--by", "group", "--predictions", "p_*"],
             {"by": "group", "predictions": "p_*"}),
    "--bytes": (("labels", "logits"), ["--bytes", "123"], {"bytes": 123}),
    "--label-logprob": (("lp.csv", ""), ["--label-logprob", "lp"], {"label_logprob": "lp"}),
    "--sample-weight COLUMN": (
        ("several.csv", ""), ["--sample-weight", "group", "--predictions", "p_*"],
        {"sample_weight": "group", "predictions": "p_*"},
    ),
    "--cluster": (("several.csv", ""), ["--cluster", "group", "--predictions", "p_*"],
                  {"cluster": "group", "predictions": "p_*"}),
    "--worst": (("labels", "logits"), ["--worst", "3"], {"worst": 3}),
    "--chunk-rows": (("labels", "logits"), ["--chunk-rows", "7"], {"chunk_rows": 7}),
    "--header": (("labels", "headed.csv"), ["--header"], {"header": True}),
    "--no-header": (("labels", "unheaded.csv"), ["--no-header"], {"header": False}),
    "--class-names": (
        ("named", "logits"), ["--class-names", "cat,dog,fish,bird"],
        {"class_names": ["cat", "dog", "fish", "bird"]},
    ),
}  # fmt: skip
DOCTOR: dict[str, Flag] = {
    "--label": (("table.csv", ""), ["--label", "species"], {"label": "species"}),
    "--predictions": (
        ("several.csv", ""), ["--predictions", "p_*"], {"predictions": "p_*"},
    ),
    "--positive": (("score.csv", ""), ["--positive", "yes"], {"positive": "yes"}),
    "--classes": (("labels", ""), ["--classes", "3"], {"num_classes": 3}),
    "--logits": (("labels", "p"), ["--logits"], {"from_logits": True}),
    "--probabilities": (("labels", "logits"), ["--probabilities"], {"from_logits": False}),
    "--loss": (("one_hot", "p"), ["--loss", "sparse"], {"loss": "sparse"}),
    "--ignore-class": (("from1", "logits"), ["--ignore-class", "4"], {"ignore_class": (4,)}),
    "--sample-weight": (
        ("labels", "logits"), ["--sample-weight", "weights.npy", "--observed", "9.75"],
        {"sample_weight": "weights", "observed": 9.75},
    ),
    "--label-smoothing": (
        ("labels", "logits"), ["--label-smoothing", "0.3", "--observed", "9.75"],
        {"label_smoothing": 0.3, "observed": 9.75},
    ),
    "--axis": (("places", "classes_first"), ["--axis", "1"], {"axis": 1}),
    "--framework": (("from1", "logits"), ["--framework", "optax"], {"framework": "optax"}),
    "--observed": (("labels", "logits"), ["--observed", "16.118"], {"observed": 16.118}),
    "--accuracy": (("labels", "logits"), ["--accuracy", "0.01"], {"accuracy": 0.01}),
    "--select": (("from1", "logits"), ["--select", "CE3"], {"select": ("CE3",)}),
    "--ignore": (("from1", "logits"), ["--ignore", "CE104"], {"ignore": ("CE104",)}),
    "--header": (("labels", "headed.csv"), ["--header"], {"header": True}),
    "--no-header": (("labels", "unheaded.csv"), ["--no-header"], {"header": False}),
    "--class-names": (
        ("named", "logits"), ["--class-names", "cat,dog,fish,bird"],
        {"class_names": ["cat", "dog", "fish", "bird"]},
    ),
}  # fmt: skip
CONVENTIONS: dict[str, Flag] = {
    "--label": (("table.csv", ""), ["--label", "species"], {"label": "species"}),
    "--predictions": (
        ("several.csv", ""), ["--predictions", "p_*"], {"predictions": "p_*"},
    ),
    "--positive": (("score.csv", ""), ["--positive", "yes"], {"positive": "yes"}),
    "--observed": (("labels", "logits"), ["--observed", "16.118"], {"observed": 16.118}),
    "--logits": (("labels", "p"), ["--logits"], {"from_logits": True, "refused": "CE105"}),
    "--probabilities": (("labels", "p"), ["--probabilities"], {"from_logits": False}),
    "--loss": (("one_hot", "p"), ["--loss", "binary"], {"loss": "binary"}),
    "--ignore-class": (("marked", "logits"), ["--ignore-class", "2"], {"ignore_class": (2,)}),
    "--class-weight": (
        ("labels", "logits"), ["--class-weight", "class_weights.npy"],
        {"class_weight": "class_weights"},
    ),
    "--sample-weight": (
        ("labels", "logits"), ["--sample-weight", "weights.npy"], {"sample_weight": "weights"},
    ),
    "--axis": (("places", "classes_first"), ["--axis", "1"], {"axis": 1}),
    "--header": (("labels", "headed.csv"), ["--header"], {"header": True}),
    "--no-header": (("labels", "unheaded.csv"), ["--no-header"], {"header": False}),
    "--class-names": (
        ("named", "logits"), ["--class-names", "cat,dog,fish,bird"],
        {"class_names": ["cat", "dog", "fish", "bird"]},
    ),
}  # fmt: skip
COMMANDS: dict[str, tuple[Any, dict[str, Flag]]] = {
    "evaluate": (ce.evaluate, EVALUATE),
    "doctor": (ce.diagnose, DOCTOR),
    "conventions": (ce.conventions, CONVENTIONS),
}
SHOWING = {"--json", "--no-progress", "--html", "--list", "--strict", "--help", "--format"}
"""What decides how a result is shown, or standard input read; other tests have it."""

SAME = {("evaluate", "--probabilities"), ("conventions", "--probabilities")}
"""Flags that say what is told from the data as well; only the words differ, or nothing."""


def flags() -> Iterator[Any]:
    for command, (function, table) in COMMANDS.items():
        for name, flag in table.items():
            yield pytest.param(command, function, name, flag, id=f"{command} {name}")


@pytest.mark.parametrize(("command", "function", "name", "flag"), list(flags()))
def test_a_flag_means_the_librarys_option(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    function: Any,
    name: str,
    flag: Flag,
) -> None:
    monkeypatch.chdir(folder)
    (labels, predictions), words, given = flag
    options = dict(given)
    refused = options.pop("refused", None)
    files = [file if "." in file else f"{file}.npy" for file in (labels, predictions) if file]
    for option in ("class_weight", "class_mask", "sample_weight", "target_prob", "pos_weight"):
        if isinstance(options.get(option), str) and options[option] != "group":
            options[option] = f"{options[option]}.npy"
    status, found = output([command, *files, *words, "--json"])
    if refused is not None:
        with pytest.raises(ce.CrossentError, match=refused):
            quiet(lambda: function(*files, **options))
        assert status in (1, 2)
        assert json.loads(found)["error"]["code"] == refused
        return
    want = quiet(lambda: function(*files, **options))
    assert settled(json.loads(found)) == settled(want.to_dict())
    chunked = name == "--chunk-rows"  # which changes nothing but what is read at a time
    if (command, name) in SAME or chunked:
        return
    # Words that come in pairs are companions of the flag, and stay.
    at = words.index(name.split()[0])
    without = words[:at] + words[at + 1 :]
    if at + 1 < len(words) and not words[at + 1].startswith("--"):
        without = words[:at] + words[at + 2 :]
    base = output([command, *files, *without, "--json"])
    assert base != (status, found), "the same without the flag: it tests nothing"


def test_every_flag_is_tested() -> None:
    group: Any = typer.main.get_command(app)
    for command, (_, table) in COMMANDS.items():
        options = {
            word
            for parameter in group.commands[command].params
            if parameter.param_type_name == "option"
            for word in (*parameter.opts, *parameter.secondary_opts)
            if word.startswith("--")
        }
        tested = {name.split()[0] for name in table}
        assert options - SHOWING - tested == set(), command
        assert tested <= options, command


def test_chunk_rows_reach_the_library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    status, _ = output(["evaluate", "labels.npy", "logits.npy", "--chunk-rows", "0"])
    assert status == 2


MEMORY = ["memory", "--rows", "1000", "--classes", "50"]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ([], {}),
        (["--dtype", "float16"], {"dtype": "float16"}),
        (["--label-dtype", "uint8"], {"label_dtype": "uint8"}),
        (["--chunk-rows", "100"], {"chunk_rows": 100}),
    ],
    ids=str,
)
def test_memory_flags(words: list[str], options: dict[str, Any]) -> None:
    status, found = output([*MEMORY, *words, "--json"])
    assert status == 0
    assert json.loads(found) == footprint(1000, 50, **options).to_dict()


def test_the_limit_is_that_of_whole_logits_with_integer_labels() -> None:
    step = footprint(1000, 50)
    assert step.whole < step.dense
    statuses = {
        "at the sum": step.whole,
        "a byte below": step.whole - 1,
        "between the sums": (step.whole + step.dense) // 2,
        "at the one-hot sum": step.dense,
    }
    found = {
        name: output([*MEMORY, "--limit", repr(size / GIB)])[0] for name, size in statuses.items()
    }
    assert found == {
        "at the sum": 0, "a byte below": 1, "between the sums": 0, "at the one-hot sum": 0,
    }  # fmt: skip
    over = output([*MEMORY, "--limit", repr(statuses["between the sums"] / GIB)])[1]
    assert [line.split("  ")[0] for line in over.splitlines() if "over the limit" in line] == [
        "a step, one-hot labels"
    ]


@pytest.mark.parametrize("strict", [True, False])
def test_strict_fails_on_warnings(
    folder: Path, monkeypatch: pytest.MonkeyPatch, strict: bool
) -> None:
    monkeypatch.chdir(folder)
    words = ["doctor", "labels.npy", "logits.npy", "--accuracy", "0.01"]
    report = quiet(lambda: ce.diagnose("labels.npy", "logits.npy", accuracy=0.01))
    assert report.warnings
    assert not report.errors
    assert output([*words, *(["--strict"] if strict else [])])[0] == int(strict)
