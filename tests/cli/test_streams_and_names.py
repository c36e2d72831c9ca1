"""Commands whose output cannot be written, and arguments that nothing can be made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from crossent.cli.__main__ import main
from meta.source import ROOT, SRC

DIGITS = ROOT / "examples" / "digits"
LABELS, LOGITS = DIGITS / "labels.npy", DIGITS / "logits.npy"
COMMANDS = {
    "evaluate": f"evaluate {LABELS} {LOGITS}",
    "doctor": f"doctor {LABELS} {LOGITS}",
    "explain": "explain CE103",
    "memory": "memory --rows 10 --classes 10",
    "conventions": f"conventions {LABELS} {LOGITS}",
    "version": "--version",
}
each_command = pytest.mark.parametrize("name", COMMANDS)


def shell(
    words: str, folder: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command line in a shell that reports the status of crossent itself."""
    environment = {**os.environ, "PYTHONPATH": str(SRC), "CROSSENT_KERNELS": "0", **variables}
    return subprocess.run(
        ["bash", "-c", f"{sys.executable} -W error -m crossent {words}; exit ${{PIPESTATUS[0]}}"],
        env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@each_command
def test_a_full_device_is_one_error(name: str) -> None:
    done = shell(f"{COMMANDS[name]} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "error: standard output cannot be written (No space left on device)\n"


@pytest.mark.parametrize("name", ["evaluate", "version"])
def test_a_closed_output_is_one_error(name: str) -> None:
    done = shell(f"{COMMANDS[name]} >&-")
    assert done.returncode == 1
    assert done.stderr == "error: standard output cannot be written (Bad file descriptor)\n"


@pytest.mark.parametrize("name", ["evaluate", "doctor"])
def test_a_reader_that_goes_away_is_no_error_to_speak_of(name: str) -> None:
    done = shell(f"{COMMANDS[name]} --json | true")
    assert (done.returncode, done.stderr) == (1, "")
    done = shell(f"{COMMANDS[name]} --json | head -n 1")
    assert done.returncode in (0, 1)  # whether head still reads when the rest comes
    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.mark.parametrize("way", ["2>&-", "2>/dev/full"])
def test_what_is_lost_on_standard_error_does_not_lose_the_result(way: str, tmp_path: Path) -> None:
    logits = np.load(LOGITS)
    logits[3] = np.nan
    np.save(tmp_path / "nan.npy", logits)
    done = shell(f"evaluate {LABELS} nan.npy --logits {way}", tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("loss nan nats")
    assert shell(f"evaluate no.npy nan.npy {way}", tmp_path).returncode == 2
    assert shell(f"evaluate no.npy nan.npy <&- >&- {way}", tmp_path).returncode == 2


def test_output_in_ascii_loses_nothing_in_json(tmp_path: Path) -> None:
    np.save(tmp_path / "ä.npy", np.load(LABELS))
    words = f"doctor ä.npy {LOGITS} --json"
    plain, ascii_only = shell(words, tmp_path), shell(words, tmp_path, PYTHONIOENCODING="ascii")
    assert "ä.npy" in plain.stdout or "labels" in plain.stdout
    assert json.loads(ascii_only.stdout) == json.loads(plain.stdout)
    assert (ascii_only.returncode, ascii_only.stderr) == (0, "")
    done = shell(COMMANDS["memory"], PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")


LONG = "a" * 252 + ".npy"
NOWHERE = [
    pytest.param(LONG, "File name too long", id="256-bytes"),
    pytest.param("b/" * 3000 + "a.npy", "File name too long", id="path"),
    pytest.param("é" * 126 + ".npz:key", "File name too long", id="bytes-not-letters"),
    pytest.param("~", "no such file", id="home"),
    pytest.param(".", "is a folder", id="folder"),
    pytest.param("/dev/null", "not an ordinary file", id="device"),
    pytest.param("pipe.npy", "not an ordinary file", id="pipe"),
    pytest.param("loop.npy", "no such file", id="loop"),
    pytest.param("a\nb\x1b[31m.npy", "no such file", id="control-characters"),
]


class Done(NamedTuple):
    """How a command line ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run command lines in this process, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # put back at the end

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["crossent", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code or 0
        assert isinstance(code, int)
        return Done(code, *capfd.readouterr())

    return run


@pytest.mark.parametrize(("name", "says"), NOWHERE)
def test_names_that_lead_nowhere(name: str, says: str, here: Callable[..., Done]) -> None:
    os.mkfifo("pipe.npy")
    Path("loop.npy").symlink_to("loop.npy")
    lines = [
        ("evaluate", "--", name, LOGITS), ("evaluate", LABELS, LOGITS, "--sample-weight", name),
        ("doctor", "--", name, LOGITS), ("conventions", LABELS, LOGITS, "--sample-weight", name),
    ]  # fmt: skip
    for line in lines:
        done = here(*line)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("error [CE501]: ")
        assert done.err.count("\n") == 1
        assert says in done.err


@pytest.mark.parametrize("number", [2**31, 2**63, 2**64, 10**30])
def test_integers_beyond_those_of_the_machine(number: int, here: Callable[..., Done]) -> None:
    np.savetxt("y.csv", np.load(LABELS), "%d")
    want = here("evaluate", "y.csv", LOGITS)
    assert want.status == 0
    for option in ("--chunk-rows", "--worst"):
        done = here("evaluate", "y.csv", LOGITS, option, number)
        assert (done.status, done.err) == (0, "")
        assert done.out.startswith(want.out.rstrip("\n"))
    for status, *line in (
        (2, "evaluate", "y.csv", LOGITS, "--axis", number),
        (0, "evaluate", "y.csv", LOGITS, "--top-k", number),
        (2 * (number >= 2**64), "evaluate", "y.csv", LOGITS, "--ignore-class", number),
        (2 * (number >= 2**63), "memory", "--rows", number, "--classes", number),
    ):
        done = here(*line)
        assert done.status == status, done.err
        assert done.err.count("\n") == (1 if status else 0)


def test_two_options_of_wrong_shapes_at_once(tmp_path: Path) -> None:
    np.save(tmp_path / "square.npy", np.ones((449, 10)))
    np.save(tmp_path / "three.npy", np.ones(3))
    for one, two in (("square", "three"), ("three", "square")):
        options = f"--sample-weight {one}.npy --class-weight {two}.npy"
        done = shell(f"evaluate {LABELS} {LOGITS} {options}", tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith("error [CE")
        assert done.stderr.count("\n") == 1


def test_a_page_is_not_written_over_an_input(tmp_path: Path) -> None:
    labels = np.load(LABELS)
    np.save(tmp_path / "y.npy", labels)
    (tmp_path / "y.html").symlink_to("y.npy")
    os.link(tmp_path / "y.npy", tmp_path / "hard.html")
    for target, says in (("y.html", "is a link to y.npy"), ("hard.html", "the same file as y.npy")):
        done = shell(f"doctor y.npy {LOGITS} --html {target}", tmp_path)
        assert done.returncode == 2
        assert says in done.stderr
        assert done.stdout == ""
    assert (np.load(tmp_path / "y.npy") == labels).all()


@pytest.mark.parametrize("name", ["page", "picture"])
def test_a_full_disk_keeps_what_was_there(
    name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path / ("r.html" if name == "page" else "m.svg")
    target.write_text("old", encoding="utf-8")
    words = {"page": f"doctor {LABELS} {LOGITS} --html r.html",
             "picture": "memory --rows 10 --classes 10 --svg m.svg"}[name]  # fmt: skip
    # In a shell of its own, whose files may have 1 KB at most; matplotlib has its cache elsewhere.
    done = shell(f"--version > /dev/null; ulimit -f 1; {sys.executable} -m crossent {words}",
                 tmp_path, MPLCONFIGDIR=str(tmp_path_factory.mktemp("matplotlib")))  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert f"{target.name}: cannot be written (File too large)" in done.stderr
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_text_that_is_no_text_on_standard_input(tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(b"\xff\xfe Target 5 is out of bounds. \x00")
    done = shell("explain - < message", tmp_path)
    assert done.returncode in (0, 1)
    assert done.stderr == ""
    done = shell("explain - 0> out", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard input cannot be read")


def test_weights_of_text_are_one_error(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.full(449, "a"))
    for command in ("doctor", "evaluate"):
        done = shell(f"{command} {LABELS} {LOGITS} --sample-weight w.npy", tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith("error [CE002]")
        assert done.stderr.count("\n") == 1


def test_names_of_which_some_are_missing_are_one_error(tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("cat\ndog\nNA\ncat\n")
    np.save(tmp_path / "p.npy", np.full((4, 2), 0.5))
    done = shell("evaluate y.csv p.npy --class-names cat,dog", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error [CE312]: LABELS holds names, and 1 of its 4 labels is")
    assert done.stderr.count("\n") == 1
