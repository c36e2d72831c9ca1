"""`crossent evaluate` as people run it: a process, its output and its exit status."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

from crossent.evaluate import evaluate
from meta.source import SRC

RNG = np.random.default_rng(2)
N, C = 120, 10
LABELS = np.concatenate([np.arange(C), RNG.integers(0, C, N - C)])
LOGITS = (RNG.normal(size=(N, C)) * 2 + 4 * np.eye(C)[LABELS]).astype(np.float32)
FILES = {
    "labels": LABELS,
    "logits": LOGITS,
    "probabilities": softmax(LOGITS, axis=1),
    "weights": RNG.uniform(0, 2, N),
    "class_weights": RNG.uniform(0.5, 2, C),
    "mask": np.arange(C) < C,
    "quiet": RNG.uniform(size=(N, C)),
    "multi": np.maximum(np.eye(C)[LABELS], RNG.uniform(size=(N, C)) < 0.3),
    "scores": expit(RNG.normal(size=(N, C))),
    "ids": np.stack([LABELS, (LABELS + 1) % C], axis=1),
    "shares": np.tile([0.75, 0.25], (N, 1)),
    "sentinel": np.where(np.arange(N) % 9 == 3, -1, LABELS),
    "two_sentinels": np.where(np.arange(N) % 9 == 3, -1, np.where(np.arange(N) == 5, 255, LABELS)),
    "nan_labels": np.where(np.arange(N) == 7, np.nan, LABELS),
    "one_hot": np.eye(C)[LABELS],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files")
    for name, array in FILES.items():
        np.save(path / f"{name}.npy", array)
    np.savez(path / "both.npz", labels=LABELS + 1, logits=LOGITS)
    np.savetxt(path / "from_1.csv", LABELS + 1, fmt="%d", header="label", comments="")
    np.savetxt(path / "from 1.csv", LABELS + 1, fmt="%d")
    np.savetxt(path / "logits.csv", LOGITS, delimiter=",")
    (path / "broken.npy").write_bytes((path / "logits.npy").read_bytes()[:200])
    np.save(path / "pickled.npy", np.array([{"a": 1}], dtype=object))
    np.save(path / "text.npy", LABELS.astype("U2"))
    return path


def environment() -> dict[str, str]:
    paths = [str(SRC), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "COLUMNS": "80"}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "crossent", *words],
        cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def evaluated(folder: Path, *words: str) -> dict:
    """Run with --json and return the object."""
    done = run(folder, "evaluate", *words, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_the_table(folder: Path) -> None:
    done = run(folder, "evaluate", "labels.npy", "logits.npy", "--per-class", "--worst", "3")
    assert done.returncode == 0
    assert done.stderr == ""
    want = evaluate(LABELS, LOGITS, per_class=True, worst=3)
    assert done.stdout == f"{want}\n"
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert f"reading as logits: minimum {LOGITS.min():.6g}" in done.stdout


SAME = [
    pytest.param(["labels", "logits"], {}, id="logits"),
    pytest.param(["labels", "probabilities"], {}, id="probabilities"),
    pytest.param(["labels", "quiet", "--logits"], {"from_logits": True}, id="--logits"),
    pytest.param(["labels", "probabilities", "--probabilities"], {"from_logits": False},
                 id="--probabilities"),
    pytest.param(["one_hot", "logits"], {}, id="dense"),
    pytest.param(["multi", "scores", "--loss", "binary"], {"loss": "binary"}, id="--loss"),
    pytest.param(["multi", "scores", "--loss", "binary", "--pos-weight", "2.5"],
                 {"loss": "binary", "pos_weight": 2.5}, id="--pos-weight"),
    pytest.param(["multi", "scores", "--loss", "binary", "--pos-weight", "class_weights.npy"],
                 {"loss": "binary", "pos_weight": FILES["class_weights"]}, id="--pos-weight-file"),
    pytest.param(["sentinel", "logits", "--ignore-class", "-1"], {"ignore_class": -1},
                 id="--ignore-class"),
    pytest.param(["two_sentinels", "logits", "--ignore-class", "-1", "--ignore-class", "255"],
                 {"ignore_class": (-1, 255)}, id="--ignore-class-twice"),
    pytest.param(["labels", "logits", "--class-weight", "class_weights.npy"],
                 {"class_weight": FILES["class_weights"]}, id="--class-weight"),
    pytest.param(["labels", "logits", "--class-weight", ",".join(f"{c}={c + 1}" for c in range(C))],
                 {"class_weight": np.arange(C) + 1.0}, id="--class-weight-pairs"),
    pytest.param(["labels", "logits", "--class-mask", "mask.npy"], {"class_mask": FILES["mask"]},
                 id="--class-mask"),
    pytest.param(["labels", "logits", "--sample-weight", "weights.npy"],
                 {"sample_weight": FILES["weights"]}, id="--sample-weight"),
    pytest.param(["ids", "logits", "--target-prob", "shares.npy"],
                 {"target_prob": FILES["shares"]}, id="--target-prob"),
    pytest.param(["labels", "logits", "--label-smoothing", "0.1"], {"label_smoothing": 0.1},
                 id="--label-smoothing"),
    pytest.param(["labels", "logits", "--z-loss", "0.01"], {"z_loss": 0.01}, id="--z-loss"),
    pytest.param(["labels", "probabilities", "--epsilon", "0.01"], {"epsilon": 0.01},
                 id="--epsilon"),
    pytest.param(["labels", "quiet", "--normalize"], {"normalize": True}, id="--normalize"),
    pytest.param(["labels", "quiet", "--no-normalize"], {"normalize": False}, id="--no-normalize"),
    pytest.param(["labels", "logits", "--axis", "1"], {"axis": 1}, id="--axis"),
    pytest.param(["labels", "logits", "--top-k", "2"], {"top_k": 2}, id="--top-k"),
    pytest.param(["labels", "logits", "--no-per-class"], {"per_class": False}, id="--per-class"),
    pytest.param(["labels", "logits", "--worst", "4"], {"worst": 4}, id="--worst"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "options"), SAME)
def test_every_option_is_that_of_the_library(words: list[str], options: dict, folder: Path) -> None:
    files = [f"{name}.npy" for name in words[:2]]
    want = evaluate(*(FILES[name] for name in words[:2]), **options).to_dict()
    got = evaluated(folder, *files, *words[2:])
    if got["reading"] and "given" in got["reading"]:
        assert want["reading"] == got["reading"]
    assert got == want
    plain = evaluate(*(FILES[name] for name in words[:2]), loss=options.get("loss", "auto"),
                     from_logits=got["from_logits"], **ignoring(options)).to_dict()  # fmt: skip
    if not set(options) <= {"loss", "from_logits", "ignore_class", "axis", "class_mask"}:
        assert {**plain, "reading": None} != {**got, "reading": None}  # the option did something


def ignoring(options: dict) -> dict:
    """Return what the files cannot be evaluated without."""
    needed = {name: options[name] for name in ("ignore_class", "target_prob") if name in options}
    if "normalize" in options:
        needed["normalize"] = not options["normalize"]
    if "target_prob" in needed:
        needed["target_prob"] = needed["target_prob"][:, ::-1]
    return needed


def test_chunk_rows_change_nothing(folder: Path) -> None:
    words = ("labels.npy", "logits.npy", "--per-class", "--worst", "5")
    assert evaluated(folder, *words, "--chunk-rows", "7") == evaluated(folder, *words)


def test_json_is_one_strict_object(folder: Path) -> None:
    words = ("evaluate", "labels.npy", "one_hot.npy", "--probabilities", "--epsilon", "0", "--json")
    done = run(folder, *words)
    found = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(name))
    assert (found["loss"], found["standard_error"]) == (0.0, 0.0)
    np.save(folder / "hard.npy", np.eye(C)[(LABELS + 1) % C])
    found = evaluated(folder, "labels.npy", "hard.npy", "--probabilities", "--epsilon", "0")
    assert (found["loss"], found["standard_error"]) == ("inf", "nan")


MISUSE, BAD_DATA = 2, 1
ENDS = [
    pytest.param("evaluate labels.npy", MISUSE, "no predictions", id="one-file"),
    pytest.param("evaluate labels.npy logits.npy --foo", MISUSE, "--foo", id="unknown-option"),
    pytest.param("evaluate labels.npy logits.npy --top-k x", MISUSE, "--top-k", id="no-number"),
    pytest.param("evaluate labels.npy logits.npy --top-k 0", MISUSE, "--top-k must be", id="top-0"),
    pytest.param("evaluate labels.npy logits.npy --loss softmax", MISUSE, "--loss must be",
                 id="loss"),
    pytest.param("evaluate labels.npy logits.npy --label-smoothing 2", MISUSE,
                 "--label-smoothing must be a number in [0, 1]; got 2.0", id="range"),
    pytest.param("evaluate labels.npy logits.npy --class-weight 0=a", MISUSE, "CLASS=WEIGHT",
                 id="pairs"),
    pytest.param("evaluate labels.npy logits.npy --logits --epsilon 0.1", MISUSE, "--probabilities",
                 id="meaningless"),
    pytest.param("evaluate there.npy logits.npy", MISUSE, "there is no such file", id="no-file"),
    pytest.param("evaluate both.npz:what logits.npy", MISUSE, "'labels' (integers), 'logits'",
                 id="no-key"),
    pytest.param("evaluate labels.txt logits.npy", MISUSE, "no such file", id="no-text"),
    pytest.param("evaluate labels.npy quiet.npy", MISUSE, "--logits", id="unsure"),
    pytest.param("evaluates", MISUSE, "evaluates", id="no-command"),
    pytest.param("evaluate labels.npy broken.npy", BAD_DATA, "CE501", id="cut-off"),
    pytest.param("evaluate pickled.npy logits.npy", BAD_DATA, "pickled", id="pickled"),
    pytest.param("evaluate labels.npy text.npy", BAD_DATA, "CE305", id="text"),
    pytest.param("evaluate sentinel.npy logits.npy", BAD_DATA, "CE103", id="sentinel"),
    pytest.param("evaluate two_sentinels.npy logits.npy", BAD_DATA, "--ignore-class N",
                 id="sentinels"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "status", "says"), ENDS)
def test_exit_status_and_one_clear_error(
    command: str, status: int, says: str, folder: Path
) -> None:
    done = run(folder, *command.split())
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    for word in ("from_logits", "ignore_class=", "`", "y_true", "y_pred", "_crossentropy"):
        assert word not in done.stderr


FIXED = [
    pytest.param("both.npz:labels both.npz:logits", "CE104", id="from-1-npz"),
    pytest.param("from_1.csv logits.csv", "CE104", id="from-1-csv"),
    pytest.param("'from 1.csv' logits.npy --worst 1", "CE104", id="from-1-blank-in-name"),
    pytest.param("sentinel.npy logits.npy", "CE103", id="sentinel"),
    pytest.param("nan_labels.npy logits.npy", "CE312", id="nan"),
    pytest.param("one_hot.npy logits.npy --loss=sparse", "CE108", id="one-hot"),
    pytest.param("labels.npy logits.npy --loss dense", "CE109", id="indices-to-dense"),
    pytest.param("labels.npy probabilities.npy --logits --z-loss 0.1", "CE105", id="softmax"),
    pytest.param("labels.npy logits.npy --epsilon 0.1 --no-normalize", "CE106", id="logits"),
    pytest.param("multi.npy logits.npy", "CE301", id="multi-label"),
    pytest.param("logits.npy labels.npy --top-k 3", "CE304", id="swapped"),
    pytest.param("probabilities.npy one_hot.npy", "CE304", id="swapped-dense"),
]


@pytest.mark.parametrize(("words", "code"), FIXED)
def test_the_commands_of_an_error_mend_it(words: str, code: str, folder: Path) -> None:
    shell = {**environment(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def do(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=shell,
                              capture_output=True, text=True, check=False)  # fmt: skip

    done = do(f"python -m crossent evaluate {words}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith(f"error [{code}]: ")
    commands = done.stderr.partition("\nTo go on:\n")[2].splitlines()
    assert commands
    for command in commands:
        assert command.startswith("  python ")
        done = do(command)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert re.search(r"^loss +\S+ nats", done.stdout)


def test_warnings_are_one_line_each(folder: Path) -> None:
    np.save(folder / "nearly.npy", FILES["probabilities"] * 0.99)
    done = run(folder, "evaluate", "labels.npy", "nearly.npy", "--chunk-rows", "50")
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("warning [CE406]: In rows 0 to 49")
    assert "--normalize to divide" in done.stderr
    assert done.stdout.startswith("loss")


def test_rows_of_nan_are_a_warning_and_a_field(folder: Path) -> None:
    logits = LOGITS.copy()
    logits[[5, 60], 1] = np.nan
    np.save(folder / "nan.npy", logits)
    words = ("evaluate", "labels.npy", "nan.npy", "--chunk-rows", "50")
    done = run(folder, *words)
    assert done.returncode == 0
    assert done.stderr.startswith(f"warning [CE217]: The loss of 2 of {N} rows is NaN (first in")
    assert len(done.stderr.splitlines()) == 1
    assert f"rows            {N}  (the loss of 2 is NaN)\n" in done.stdout
    found = json.loads(run(folder, *words, "--json").stdout)
    assert (found["nan_rows"], found["loss"]) == (2, "nan")


def test_version_and_help(folder: Path) -> None:
    import crossent

    assert run(folder, "--version").stdout == f"crossent {crossent.__version__}\n"
    for words in (["--help"], ["evaluate", "--help"], ["evaluate", "-h"]):
        done = run(folder, *words)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 80
    for flag in ("--logits", "--ignore-class", "--class-weight", "--json", "--no-progress"):
        assert flag in done.stdout


def in_terminal(folder: Path, *words: str, status: int = 0, columns: int = 80) -> str:
    """Run with stderr on a terminal and return what appears there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "crossent", "evaluate", *words]
    terminal = {"TERM": "xterm", "COLUMNS": str(columns)}
    with subprocess.Popen(
        command, cwd=folder, env={**environment(), **terminal}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                data = os.read(ours, 4096)
            except OSError:  # the other side is closed
                break
            shown += data
        assert process.wait() == status
        assert process.stdout is not None
        assert b"\x1b" not in process.stdout.read()
    os.close(ours)
    return shown.decode()


def test_the_progress_bar_is_for_terminals(folder: Path) -> None:
    words = ("labels.npy", "logits.npy", "--chunk-rows", "10")
    assert "/120" in in_terminal(folder, *words)
    assert in_terminal(folder, *words, "--no-progress") == ""


@pytest.mark.parametrize(("columns", "widest"), [(60, 60), (80, 80), (250, 100)])
def test_a_message_fits_the_terminal(folder: Path, columns: int, widest: int) -> None:
    words = ("evaluate", "labels.npy", "wide.npy")
    np.save(folder / "wide.npy", np.zeros((len(LOGITS) + 1, 3)))
    piped = run(folder, *words).stderr
    assert len(piped.splitlines()[0]) > 100  # one line where no terminal is
    shown = in_terminal(folder, *words[1:], "--no-progress", status=1, columns=columns)
    lines = shown.splitlines()
    assert widest - 15 < max(map(len, lines)) <= widest
    assert " ".join(shown.split()) == " ".join(piped.split())


def listens_to_ctrl_c() -> None:
    """What a shell starts in the background ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def reads(process: subprocess.Popen[str], name: str) -> bool:
    """Whether a process has a file open."""
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            if link.readlink().name == name:
                return True
    return False


def test_ctrl_c_ends_quietly(folder: Path) -> None:
    rows, classes = 2**14, 2**14
    with (folder / "huge.npy").open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, classes)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 4 * rows * classes)
    np.save(folder / "zeros.npy", np.zeros(rows, np.uint8))
    command = [sys.executable, "-m", "crossent", "evaluate", "zeros.npy", "huge.npy", "--logits"]
    # Kernels would be done before the signal comes.
    slowly = {**environment(), "CROSSENT_KERNELS": "0"}
    with subprocess.Popen(
        command, cwd=folder, env=slowly, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=listens_to_ctrl_c,
    ) as process:  # fmt: skip
        while not reads(process, "huge.npy") and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
