"""Run an old revision of the package and this one on the same calls, and say what differs.

    python tools/differential.py --old REV                         every front end
    python tools/differential.py --old REV --front-end numpy --count 10000
    python tools/differential.py --old FOLDER                      a package that lies there
    python tools/differential.py --old REV --front-end jax --seed 1234 --count 1

Each revision has processes of its own, and calls are drawn at random from seeds: every loss and
option, good values and bad ones, every kind of array, small and large. Compared are the bits of
values and of gradients to every float input, dtypes, shapes, the path, exceptions and their
codes, warnings and theirs. The exit status is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FRONT_ENDS = (
    "numpy", "numpy-operations", "torch", "torch-operations", "jax", "jit", "tensorflow",
    "tensorflow-operations", "tf.function",
)  # fmt: skip
COUNTS = {"jax": 300, "jit": 300, "tf.function": 300}  # which compile or trace each of them
COUNT = 2000
AT_ONCE = 500  # calls of a process: what it compiles stays in its memory
SHOWN = 3  # examples of a kind of difference


class Difference(NamedTuple):
    """A call of which the two revisions do not say the same."""

    seed: int
    what: str
    old: Any
    new: Any


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--old", required=True, help="a revision, or a folder with src/crossent")
    parser.add_argument("--front-end", nargs="+", choices=FRONT_ENDS, default=FRONT_ENDS)
    several = ", ".join(f"{count} for {name}" for name, count in COUNTS.items())
    parser.add_argument("--count", type=int, help=f"calls of each front end ({COUNT}; {several})")
    parser.add_argument("--seed", type=int, default=0, help="of the first call (0)")
    given = parser.parse_args(argv)
    if given.count is not None and given.count < 1:
        parser.error("--count must be at least 1")
    return given


def unpacked(revision: str, folder: Path) -> Path:
    """Return where the package of a revision lies, written to a folder if need be."""
    if (Path(revision) / "src" / "crossent").is_dir():
        return Path(revision).resolve() / "src"
    done = subprocess.run(
        ["git", "archive", revision, "src"], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"--old: no folder and no revision {revision!r}: {done.stderr.decode()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


def outcomes(
    source: Path, compiled: Path, front_end: str, first: int, count: int
) -> Iterator[dict[str, Any]]:
    """Yield what comes of each call, by the package in `source`; both keep what JAX compiled."""
    folders = (source, ROOT / "tests", ROOT / "tools")  # both have an `attack`
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "JAX_COMPILATION_CACHE_DIR": str(compiled),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    for start in range(first, first + count, AT_ONCE):
        some = min(AT_ONCE, first + count - start)
        command = [sys.executable, "-m", "differing.child", front_end, str(start), str(some)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        yield from map(json.loads, lines)
        if done.returncode or len(lines) != some:
            yield from ({"process": done.stderr[-400:]} for _ in range(some - len(lines)))


def difference(seed: int, old: dict[str, Any], new: dict[str, Any]) -> Difference | None:
    """Return the first thing in which two outcomes differ, if there is one."""
    if "process" in old or "process" in new:  # of two that ended nothing was compared
        return Difference(seed, "a process ended", old, new)
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        what = key
        if isinstance(before, dict) and isinstance(after, dict):
            kinds = [name for name in before if before[name] != after[name]]
            what = f"{key}: {kinds[0]}"
        elif key in ("error", "code", "warnings", "path"):
            what = f"{key}: {before} -> {after}"
        return Difference(seed, what, old, new)
    return None


def compare(
    old: Path, new: Path, compiled: Path, front_end: str, first: int, count: int
) -> list[Difference]:
    """Return the calls of a front end of which two packages do not say the same."""

    def every(source: Path) -> list[dict[str, Any]]:
        return list(outcomes(source, compiled, front_end, first, count))

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(every, source) for source in (old, new)]
        pairs = zip(itertools.count(first), *(one.result() for one in both), strict=False)
        found = [difference(seed, before, after) for seed, before, after in pairs]
    return [one for one in found if one is not None]


def report(front_end: str, count: int, found: list[Difference]) -> str:
    """Say how many calls differ, kind by kind, with some examples."""
    kinds: dict[str, list[Difference]] = defaultdict(list)
    for one in found:
        kinds[one.what].append(one)
    text = f"{front_end}: {count} calls, {len(found)} differ\n"
    for what, ones in sorted(kinds.items(), key=lambda pair: -len(pair[1])):
        text += f"  {len(ones)} x {what}\n"
        for one in ones[:SHOWN]:
            text += f"    seed {one.seed}\n"
            for key in dict.fromkeys((*one.old, *one.new)):
                before, after = one.old.get(key), one.new.get(key)
                if before != after or key == "process":
                    text += f"      {key}: {before}\n      {' ' * len(key)}  {after}\n"
    return text


def main(argv: list[str]) -> int:
    """Compare what the command line names."""
    given = parse(argv)
    differ = 0
    with tempfile.TemporaryDirectory(prefix="differential-") as folder:
        old = unpacked(given.old, Path(folder))
        for front_end in given.front_end:
            count = given.count or COUNTS.get(front_end, COUNT)
            compiled = Path(folder) / "compiled"
            found = compare(old, ROOT / "src", compiled, front_end, given.seed, count)
            print(report(front_end, count, found), end="", flush=True)
            differ += len(found)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
