"""Random command lines with hostile values and files: one clear error at most, nothing changed."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np

from attack.campaign import Fault, Limits

LIMITS = Limits(count=300, seconds=240, memory=4 * 2**30, environment=(("CROSSENT_KERNELS", "0"),))

ENDS = {0, 1, 2}
INTEGERS = ["0", "-1", "1", "2", "7", str(2**31), str(2**63), str(-(2**63) - 1), str(2**64),
            str(10**30), "1" * 400, "", "x", "1.5", "\u0663", "0x10", "1_0"]  # fmt: skip
FLOATS = ["nan", "inf", "-inf", "-0.0", "1e400", "-1", "0", "0.1", "1", "1e-400", "5e-324", "",
          "x", "1,5", str(10**30)]  # fmt: skip
WORDS = ["auto", "sparse", "dense", "binary", "torch.nn.NLLLoss", "", "x", "\udc80", "--", "-"]
CODES = ["CE103", "CE1", "CE", "ce103", "", "x", "CE999"]
PAIRS = ["0=1,1=2,2=1", "0=nan", "0=1e400", "0=-1", "=", "0=", "99=1", f"{10**30}=1", "0=1,,"]
THINGS = ["nan", "inf", "-0.7", "1e400", "2.3026", "CE103", "CE999", "-", "--", "", "\udcff\x00",
          "1" * 5000, "Target 5 is out of bounds.", "a\nb\x1b[31m", "-x", "(" * 2000]  # fmt: skip
SPECIAL = ["", "~", "-", ".", "/", "/dev/null", "/dev/stdin", "/dev/full", "/proc/self/mem",
           "a" * 256 + ".npy", "a" * 5000, "x/" * 2100 + "y.npy", "nul\x00.npy", "\udc80.npy",
           "\ud800.npy", "new\nline.npy", "\x1b[31m.csv", "http://x/y.npy", "no.npy", "no.npz:k",
           "y.npz", "y.npz:", "y.npz:y", "y.npz:" + "k" * 300, "y.npy:y", "y.npy/x.npy",
           "--help.npy", "\u202egnp.npy"]  # fmt: skip

FILES = "evaluate-files"
ARRAYS = ("--class-weight", "--class-mask", "--sample-weight", "--target-prob", "--pos-weight")
OPTIONS: dict[str, dict[str, list[str] | None]] = {
    "evaluate": {
        **dict.fromkeys(("--logits", "--probabilities", "--normalize", "--no-normalize"), None),
        **dict.fromkeys(("--per-class", "--json", "--no-progress"), None),
        **dict.fromkeys(("--ignore-class", "--axis", "--top-k", "--worst"), INTEGERS),
        "--chunk-rows": INTEGERS,
        **dict.fromkeys(("--label-smoothing", "--z-loss", "--epsilon"), FLOATS),
        **{name: [FILES] for name in ARRAYS},
        "--loss": WORDS,
    },
    "conventions": {
        **dict.fromkeys(("--logits", "--probabilities", "--json"), None),
        **dict.fromkeys(("--ignore-class", "--axis"), INTEGERS),
        "--observed": FLOATS, "--class-weight": [FILES], "--sample-weight": [FILES],
        "--loss": WORDS,
    },
    "doctor": {
        **dict.fromkeys(("--logits", "--probabilities", "--strict", "--json", "--list"), None),
        **dict.fromkeys(("--classes", "--ignore-class", "--axis"), INTEGERS),
        **dict.fromkeys(("--label-smoothing", "--observed", "--accuracy"), FLOATS),
        **dict.fromkeys(("--select", "--ignore"), CODES),
        "--sample-weight": [FILES], "--loss": WORDS, "--framework": [*WORDS, "torch 1.10"],
    },
    "memory": {
        **dict.fromkeys(("--rows", "--classes", "--chunk-rows"), INTEGERS),
        "--dtype": ["float32", "bfloat16", "int8", "x", ""], "--limit": FLOATS,
        "--label-dtype": ["int64", "uint8", "float32", ""], "--json": None,
    },
    "explain": {"--json": None},
}  # fmt: skip
TARGETS = ["out.html", "out.HTM", "new/out.html", "link.html", "input.html", "folder.html", "x.svg",
           "out", "", "a" * 250 + ".html", "a" * 256 + ".html", "pipe.html", "nul\x00.html",
           "\udc80.html", "y.npy", "../out.html", "out.svg"]  # fmt: skip


def attack(seed: int, count: int) -> dict[str, int]:
    """Run `count` command lines in this process, and a few as processes of their own."""
    rng = random.Random(seed)
    tally: Counter[str] = Counter()
    signal.signal(signal.SIGALRM, too_slow)
    with tempfile.TemporaryDirectory() as name:
        outer = Path(name)
        folder = outer / "work"
        folder.mkdir()
        make_files(folder, rng)
        with contextlib.chdir(folder):
            for number in range(count):
                words = draw(rng)
                stdin = rng.choice(["", "2.3026", "CE103\n", "\udcff", "x" * 10_000])
                try:
                    tally[f"{words[0]} ends with {run_here(words, stdin, outer)}"] += 1
                except Fault as fault:
                    shown = " ".join(shlex.quote(word) for word in words)
                    raise Fault(f"number {number} of seed {seed}: {shown!r}\n{fault}") from None
            for words in [draw(rng) for _ in range(2)] + [["evaluate", "y.npy", "p.npy"]]:
                tally["processes"] += in_processes(words, rng)
    return dict(tally)


def too_slow(number: int, frame: FrameType | None) -> None:
    raise Fault("takes more than 60 s")


def make_files(folder: Path, rng: random.Random) -> None:
    """Write arrays that fit, arrays that do not, and things that are no arrays."""
    numbers = np.random.default_rng(rng.getrandbits(32))
    n, c = 12, 3
    y, x = numbers.integers(0, c, n), numbers.normal(size=(n, c)) * 4
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    bad = x.copy()
    bad[3] = np.nan, np.inf, 1
    arrays = {
        "y": y, "p": p, "x": x, "bad": bad, "bits": (x > 0).astype(int), "soft": p[::-1],
        "w": numbers.uniform(0, 2, n), "cw": np.ones(c), "mask": np.ones((n, c), bool),
        "mask1": np.ones((1, c), bool), "few": y[:5], "wide": numbers.normal(size=(n, c + 1)),
        "deep": numbers.normal(size=(n, c, 2)), "empty": np.zeros((0, c)), "minus": -np.ones(n),
        "minus1": np.where(y == 0, -1, y), "one": np.ones(1), "two": np.ones((2, c)),
        "text": np.array(["a", "b"] * 6), "big": np.full(n, 2**63 - 1), "ids": numbers.integers(
            0, c, (n, 2)), "shares": np.full((n, 2), 0.5), "half": x.astype("f2"),
        "swapped": x.astype(">f8"), "fortran": np.asfortranarray(x), "front": x.T,
    }  # fmt: skip
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "y.npz", y=y, x=x)
    np.savetxt(folder / "y.csv", y, "%d")
    np.savetxt(folder / "p.csv", p, delimiter=",")
    (folder / "bad.csv").write_bytes(b"1,2,3\n4,,6\n\xff\n")
    (folder / "zip.csv.gz").write_bytes(gzip.compress(b"0\n1\n2\n" * 4)[:-4])
    whole = (folder / "p.npy").read_bytes()
    (folder / "cut.npy").write_bytes(whole[:-7])
    (folder / "nothing.npy").write_bytes(b"")
    (folder / "a=b.npy").write_bytes(whole)
    (folder / "folder.npy").mkdir()
    (folder / "folder.html").mkdir()
    (folder / "loop.npy").symlink_to("loop.npy")
    (folder / "dangling.npy").symlink_to("nowhere.npy")
    (folder / "linked.npy").symlink_to("p.npy")
    os.mkfifo(folder / "pipe.npy")
    os.mkfifo(folder / "pipe.html")
    (folder / "link.html").symlink_to("p.npy")
    os.link(folder / "p.npy", folder / "input.html")
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(folder)  # a path of a socket has 107 bytes at most
        one.bind("socket.npy")
        os.chdir(here)


def some_file(rng: random.Random) -> str:
    """Draw the name of a file: mostly of one that is there."""
    if rng.random() < 0.25:
        return rng.choice(SPECIAL)
    return rng.choice(sorted(path.name for path in Path().iterdir()))


def some_value(rng: random.Random, values: list[str]) -> str:
    if values != [FILES]:
        return rng.choice(values)
    return rng.choice([*PAIRS, *FLOATS]) if rng.random() < 0.3 else some_file(rng)


def draw(rng: random.Random) -> list[str]:
    """Draw a command line."""
    command = rng.choice(["evaluate", "evaluate", "doctor", "doctor", *OPTIONS])
    words = [command]
    options = OPTIONS[command]
    if command in ("evaluate", "conventions", "doctor"):
        labels = rng.choice(["y.npy", "y.csv", "bits.npy", "ids.npy", "soft.npy"])
        scores = rng.choice(["p.npy", "x.npy", "x.npy", "p.csv", "bad.npy", "deep.npy"])
        files = [some_file(rng) if rng.random() < 0.25 else name for name in (labels, scores)]
        words += files[: rng.choice([2, 2, 2, 2, 1 + (command != "doctor")])]
    elif command == "memory":
        words += ["--rows", some_value(rng, INTEGERS), "--classes", some_value(rng, INTEGERS)]
    else:
        words += [rng.choice(THINGS) for _ in range(rng.randint(1, 2))]
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 5])):
        name = rng.choice(sorted(options))
        values = options[name]
        words.append(name)
        if values is not None:
            words.append(some_value(rng, values))
    if command == "doctor" and rng.random() < 0.3:
        words += ["--html", rng.choice(TARGETS)]
    if command == "memory" and rng.random() < 0.3:
        words += ["--svg", rng.choice(TARGETS)]
    if rng.random() < 0.02:
        words.append(rng.choice(["--help", "--foo", "-h", "--version"]))
    return words


def contents(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Return everything that lies in a folder: its kind and permissions, and what it holds."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted(folder.rglob("*")):
        held: bytes | str = b""
        if path.is_symlink():
            held = os.readlink(path)
        elif path.is_file():
            held = path.read_bytes()
        found[str(path.relative_to(folder))] = path.lstat().st_mode, held
    return found


@contextlib.contextmanager
def streams(words: list[str], stdin: str) -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
    """Put files in the place of the standard streams."""
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr, sys.unraisablehook
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    data = io.BytesIO(stdin.encode("utf-8", "surrogateescape"))
    sys.argv = ["crossent", *words]
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(data, "utf-8"), out, err
    try:
        yield out, err
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr, sys.unraisablehook = kept


def run_here(words: list[str], stdin: str, outer: Path) -> int:
    """Run a command line in this process and return its exit status."""
    from crossent.cli.__main__ import main

    before = contents(outer)
    signal.alarm(60)
    status: object = None
    with streams(words, stdin) as (out, err):
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        except BaseException:
            raise Fault(traceback.format_exc()) from None
        finally:
            signal.alarm(0)
        shown = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    judge(words, status, *shown)
    after = contents(outer)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    asked = {os.path.normpath(f"work/{word}") for word in words if word and word in TARGETS}
    inputs = {"p.npy", "linked.npy"} & set(words)  # which input.html is another name of
    new = {"work/input.html"} if not inputs else set()
    if not changed <= asked or changed & before.keys() - new:
        raise Fault(f"changed {changed}\n{shown}")
    for name in changed:
        (outer / name).unlink()
    if not Path("input.html").exists():
        os.link("p.npy", "input.html")
    return int(str(status))


def judge(words: list[str], status: object, out: str, err: str) -> None:
    """Tell whether a command ended well."""
    if status not in ENDS:
        raise Fault(f"exit status {status}\n{out}{err}")
    if "Traceback" in err or "Exception ignored" in err:
        raise Fault(err)
    errors = [line for line in err.splitlines() if line.lower().startswith("error")]
    if len(errors) > 1:
        raise Fault(f"{len(errors)} errors\n{err}")
    silent = words[0] in ("doctor", "explain", "conventions", "memory")
    if status and not errors and not (silent and out) and "Usage:" not in err:
        raise Fault(f"exit status {status} without an error\n{out}{err}")
    if any(ord(letter) < 32 and letter != "\n" for letter in err):
        raise Fault(f"control characters in {err!r}")


def in_processes(words: list[str], rng: random.Random) -> int:
    """Run a command line with broken standard streams; return how many processes ran."""
    if any("\x00" in word or "\ud800" in word for word in words):
        return 0
    endings = [">/dev/full", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full", "| true",
               ">/dev/full 2>/dev/full", "| head -c 1"]  # fmt: skip
    ways = rng.sample(endings, 3)
    for way in ways:
        quoted = " ".join(shlex.quote(word) for word in [sys.executable, "-m", "crossent", *words])
        done = subprocess.run(
            ["bash", "-c", f"{quoted} {way}; exit ${{PIPESTATUS[0]}}"], capture_output=True,
            check=False, stdin=subprocess.DEVNULL, timeout=60,
            env={**os.environ, "CROSSENT_KERNELS": "0"},
        )  # fmt: skip
        err = done.stderr.decode(errors="replace")
        if done.returncode not in ENDS or "Traceback" in err or "Exception ignored" in err:
            raise Fault(f"{words} {way}: status {done.returncode}\n{err}")
        if way == ">/dev/full" and words[0] == "evaluate" and not done.returncode:
            raise Fault(f"{words} {way}: status 0, and nothing was written")
    return len(ways)
