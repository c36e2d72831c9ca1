"""What a command is given: one table, two files, parts of them, patterns, standard input."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import crossent as ce
from crossent.cli.__main__ import app
from crossent.stream.columns import pattern

RNG = np.random.default_rng(23)
NAMES = np.array(["cat", "dog", "fish"])
Y = RNG.integers(0, 3, 44)
X = RNG.normal(size=(44, 3)) * 3
TABLE = pd.DataFrame({"id": range(44), "label": NAMES[Y], **dict(zip(NAMES, X.T, strict=True))})
TRUE = ce.evaluate(Y, X).loss


class Done(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def loss(self) -> float:
        return float(json.loads(self.out)["loss"])


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with the files of this module."""
    monkeypatch.chdir(tmp_path)
    TABLE.to_csv("t.csv", index=False)
    TABLE.to_csv("t.tsv", index=False, sep="\t")
    TABLE.to_parquet("t.parquet")
    TABLE.to_feather("t.arrow")
    TABLE.to_json("t.jsonl", orient="records", lines=True, double_precision=15)
    np.save("y.npy", Y)
    np.save("x.npy", X)
    for number, part in enumerate((0, 1, 2, 10)):
        rows = slice(11 * number, 11 * number + 11)
        TABLE[rows].to_csv(f"part-{part}.csv", index=False)
        np.save(f"y-{part}.npy", Y[rows])
        np.save(f"x-{part}.npy", X[rows])

    def run(*words: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        monkeypatch.setattr(sys, "argv", ["crossent", *words])
        try:
            ended: Any = app(list(words), standalone_mode=False)
        except Exception as error:
            ended = getattr(error, "exit_code", 1)
        out = capsys.readouterr()
        return Done(ended if isinstance(ended, int) else 0, out.out, out.err)

    return run


@pytest.mark.parametrize(
    "words",
    ["t.csv", "t.tsv", "t.parquet", "t.arrow", "t.jsonl", "y.npy x.npy", "y.npy t.parquet",
     "t.csv:label t.parquet", "t.csv:label t.csv:cat,dog,fish", "t.csv:label t.csv:[cdf]*",
     "t.parquet:label t.arrow:cat,dog,fish", "part-*.csv", "y-*.npy x-*.npy", "y-*.npy t.csv",
     "part-*.csv:label x.npy --class-names cat,dog,fish",
     "t.csv --label label --predictions cat,dog,fish", "t.csv --predictions [cdf]* --id id"],
)  # fmt: skip
def test_every_way_gives_the_same_bits(run: Run, words: str) -> None:
    done = run("evaluate", *words.split(), "--json")
    assert done.status == 0, done.err
    assert done.loss == TRUE
    doctor = [one for one in words.split() if one not in ("--id", "id")]
    assert run("doctor", *doctor, "--logits").out.startswith("healthy: 44 labels, 3 classes")
    status, out, _ = run("conventions", *doctor, "--observed", repr(TRUE), "--logits")
    assert status == 0
    assert "observed" in out


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "arrow"])
def test_standard_input(run: Run, form: str) -> None:
    content = Path(f"t.{form}").read_bytes()
    more = [] if form == "csv" else ["--format", form]
    assert run("evaluate", "-", *more, "--json", stdin=content).loss == TRUE
    assert run("evaluate", "y.npy", "-", *more, "--json", stdin=content).loss == TRUE
    words = ("evaluate", "-:label", "t.parquet", *more, "--json")
    assert run(*words, stdin=content).loss == TRUE
    assert run("doctor", "-", *more, "--logits", stdin=content).out.startswith("healthy: 44")
    done = run("evaluate", "-", "-", *more, stdin=content)
    assert done.status == 2
    assert "can be read once" in done.err
    wrong = run("evaluate", "-", "--format", "parquet", stdin=content)
    assert wrong.status == 2


@pytest.mark.parametrize("command", ["evaluate", "doctor", "conventions"])
def test_files_without_quotes_are_told_the_pattern(run: Run, command: str) -> None:
    done = run(command, "part-0.csv", "part-1.csv")
    assert done.status == 2
    assert "into quotes: 'part-*.csv'" in done.err
    done = run(command, "part-0.csv", "part-1.csv", "part-2.csv", "part-10.csv")
    assert done.status == 2
    assert "into quotes: 'part-*.csv'" in done.err


def test_patterns_that_do_not_pair(run: Run) -> None:
    np.save("y-3.npy", Y[:2])
    done = run("evaluate", "y-*.npy", "x-*.npy")
    assert (done.status, "5 files and that of the predictions 4" in done.err) == (1, True)
    Path("y-3.npy").unlink()
    np.save("y-2.npy", Y[:10])
    done = run("evaluate", "y-*.npy", "x-*.npy")
    assert "y-2.npy has 10 rows and x-2.npy has 11" in done.err
    TABLE[["label", "cat"]].to_csv("part-3.csv", index=False)
    done = run("evaluate", "part-*.csv")
    assert "part-3.csv has not the columns of part-0.csv" in done.err
    assert run("evaluate", "other-*.csv").status == 2


def test_an_existing_path_wins_and_then_the_longest_before_a_colon(run: Run) -> None:
    Path("t.csv").rename("a:b.csv")
    assert run("evaluate", "a:b.csv", "--json").loss == TRUE
    assert run("evaluate", "a:b.csv:label", "x.npy", "--class-names", "cat,dog,fish",
               "--json").loss == TRUE  # fmt: skip
    Path("a:b.csv:label.csv").write_bytes(Path("part-0.csv").read_bytes())
    found = json.loads(run("evaluate", "a:b.csv:label.csv", "--json").out)
    assert found["rows"] == 11
    done = run("evaluate", "nothing:label", "x.npy")
    assert (done.status, "nothing:label: there is no such file" in done.err) == (2, True)


def test_advice_is_written_as_options(run: Run) -> None:
    TABLE.rename(columns={"label": "species", "cat": "c"}).to_csv("u.csv", index=False)
    done = run("evaluate", "u.csv")
    assert done.status == 2
    assert "--label 'species'" in done.err
    done = run("evaluate", "u.csv", "--label", "specis")
    assert "--label names 'specis'" in done.err
    pd.DataFrame({"label": NAMES[Y % 2], "score": X[:, 0]}).to_csv("s.csv", index=False)
    done = run("evaluate", "s.csv")
    assert "--positive 'dog'" in done.err
    done = run("evaluate", "s.csv", "--positive", "dog", "--json")
    assert done.loss == ce.evaluate(Y % 2, X[:, 0]).loss


def test_a_pattern_of_names() -> None:
    assert pattern(["part-0.csv", "part-1.csv", "part-10.csv"]) == "'part-*.csv'"
    assert pattern(["a.csv", "a.csv"]) == "'a.csv*'"
    assert pattern(["ab.csv", "abb.csv"]) == "'ab*.csv'"


def test_models_are_compared(run: Run) -> None:
    np.save("z.npy", X * 1.5)
    want = ce.compare(Y, X, X * 1.5)
    done = run("compare", "y.npy", "x.npy", "z.npy")
    assert done.status == 0
    assert "z.npy" in done.out.partition("\n")[0]
    found = json.loads(run("compare", "y.npy", "x.npy", "z.npy", "--json").out)
    (one,) = found["comparisons"]
    assert (found["schema"], one["difference"]) == (1, want.difference)
    assert one["tie"] is want.tie
    several = json.loads(run("compare", "y.npy", "x.npy", "z.npy", "x.npy", "--json").out)
    assert [pair["second"] for pair in several["comparisons"]] == ["z.npy", "the second"]
    tables = json.loads(
        run("compare", "t.csv", "t.parquet", "--id", "id", "--label", "label", "--json",
            "--predictions", "cat,dog,fish", "--logits", "--confidence", "0.8").out
    )  # fmt: skip
    assert tables["comparisons"][0]["difference"] == 0
    assert tables["comparisons"][0]["confidence"] == 0.8
    assert run("compare", "t.csv").status == 2
    assert run("compare", "y.npy", "x.npy", "y.npy").status == 1


def test_log_probabilities_of_labels_alone(run: Run) -> None:
    lines = (json.dumps({"id": f"r{at}", "lp": [-0.5 * at, -0.25]}) for at in range(9))
    Path("lp.jsonl").write_text("".join(f"{line}\n" for line in lines))
    want = ce.evaluate("lp.jsonl", label_logprob="lp")
    assert run("evaluate", "lp.jsonl", "--label-logprob", "lp", "--json").loss == want.loss
    done = run("evaluate", "lp.jsonl", "--label-logprob", "lp", "--label", "id")
    assert (done.status, "--label is not an option" in done.err) == (2, True)
    found = run("compare", "lp.jsonl", "lp.jsonl", "--label-logprob", "lp", "--json")
    assert json.loads(found.out)["comparisons"][0]["difference"] == 0
