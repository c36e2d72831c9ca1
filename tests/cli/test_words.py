"""How the words of the library read as flags."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crossent.cli.advice import CommandLine, commands_for, in_words_of_the_command
from crossent.core.errors import PredictionError, ShapeError

WORDS = [
    ("`y_true` must hold class indices; `y_pred` has 3", "LABELS must hold class indices; "
     "PREDICTIONS has 3"),
    ("They look like logits: pass from_logits=True.", "They look like logits: pass --logits."),
    ("because from_logits=False", "because they are read as probabilities"),
    ("Pass ignore_class=-1 to leave them out", "Pass --ignore-class -1 to leave them out"),
    ("Pass axis=0.", "Pass --axis 0."),
    ("take np.argmax(y_true, axis=-1) first", "take np.argmax(labels, axis=-1) first"),
    ("Pass them to categorical_crossentropy, or", "Use --loss dense, or"),
    ("use binary_crossentropy", "use --loss binary"),
    ("sparse_categorical_crossentropy takes one", "--loss sparse takes one"),
    ("`label_smoothing` must be a number", "--label-smoothing must be a number"),
    ("normalize=True divides, normalize=False says", "--normalize divides, --no-normalize says"),
    ("with the worst sum on the class axis", "with the worst sum on the class axis"),
    ("give it sample_weight 0", "give it a --sample-weight of 0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), WORDS)
def test_words(text: str, want: str) -> None:
    assert in_words_of_the_command(text) == want


def changed(line: CommandLine, text: str) -> list[str]:
    return commands_for(PredictionError("CE106", text), line)


def test_a_command_is_written_with_the_program_that_was_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("crossent", "python"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    words = ("evaluate", "a b.npy", "p.npy", "--epsilon", "0.1", "--json", "--epsilon=3")
    text = "pass from_logits=True"
    rest = "evaluate 'a b.npy' p.npy --json --logits"
    line = CommandLine("a b.npy", "p.npy", words, str(tmp_path / "crossent"))
    assert changed(line, text) == [f"crossent {rest}"]
    line = CommandLine("a b.npy", "p.npy", words, ".venv/bin/crossent")  # not the one of PATH
    assert changed(line, text) == [f".venv/bin/crossent {rest}"]
    line = CommandLine("a b.npy", "p.npy", words, "/x/crossent/__main__.py")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    assert changed(line, text) == [f"python -m crossent {rest}"]
    monkeypatch.setattr(sys, "executable", "/y/bin/python")
    assert changed(line, text) == [f"/y/bin/python -m crossent {rest}"]
    assert changed(line, "mask the logits") == []


def test_errors_without_a_sure_command_have_none() -> None:
    line = CommandLine("a.npy", "p.npy", ("evaluate", "a.npy", "p.npy"), "crossent")
    assert commands_for(PredictionError("CE406", "pass normalize=True"), line) == []


def test_another_loss_is_told_by_the_shapes_where_one_was_named() -> None:
    named = ("evaluate", "y.npy", "p.npy", "--loss", "sparse", "--json")
    for words in (named, ("evaluate", "y.npy", "p.npy", "--loss=sparse", "--json")):
        line = CommandLine("y.npy", "p.npy", words, "/usr/bin/crossent")
        (command,) = commands_for(ShapeError("CE108", "one-hot labels"), line)
        assert command.endswith(" evaluate y.npy p.npy --json")
        assert commands_for(ShapeError("CE108", "one-hot labels, flattened"), line) == []
    unnamed = CommandLine("y.npy", "p.npy", ("evaluate", "y.npy", "p.npy"), "/usr/bin/crossent")
    assert commands_for(ShapeError("CE108", "one-hot labels"), unnamed) == []
