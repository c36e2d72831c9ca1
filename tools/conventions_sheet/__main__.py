"""Write the tables of docs/conventions.md: what each library's losses take, clip and divide by.

    python tools/conventions_sheet            write them
    python tools/conventions_sheet --check    exit with 1 if they would change

The functions, their clips and their divisors are those of `crossent.conventions.table`; labels,
weights, smoothing and bad labels are found out by calling each function (`calls_<library>.py`), in
a process for each library and each backend of Keras. Under other versions than the page was written
with, `--check` compares what is of the table and crossent's own lines.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tools")]
from call import NOTHING, facts  # noqa: E402

from crossent.conventions import table  # noqa: E402
from crossent.conventions.table import Convention, Losses  # noqa: E402
from numbers_in_tables import number  # noqa: E402

PAGE = ROOT / "docs" / "conventions.md"
BEGIN = "<!-- tables: begin (written by tools/conventions_sheet) -->\n"
END = "<!-- tables: end -->"
NOT_RUN = "not run"
LIBRARIES = (
    "crossent", "torch", "tensorflow", "optax", "sklearn",
    "keras.tensorflow", "keras.jax", "keras.torch", "keras.numpy",
)  # fmt: skip
PACKAGES = ("torch", "tensorflow-cpu", "tensorflow", "keras", "jax", "optax", "scikit-learn")
Cells = dict[str, dict[str, str]]  # name of a line -> column -> cell
CLIPS = {
    "softmax": "",
    "exact": "not clipped",
    "crossent": "clipped at 1e-7",
    "keras": "divided by the sum of the row, then clipped at 1e-7",
    "keras tensorflow": "clipped at 1e-7, then divided by the sum of the row",
    "sklearn": "clipped at the precision of the dtype",
    "torch": "the logarithm stops at −100",
}
DIVISORS = {
    "sample": "the sum of the sample weights",
    "sample/kept": "the rows that are kept, whatever they weigh",
    "class": "the sum of the weights of the labels",
    "class/kept": "the rows that are kept, whatever they weigh",
    "all": "all rows, ignored ones too",
}
GOES_IN = {
    "labels": "Labels", "predictions": "Predictions", "ignored": "Ignored label", "bad": "No class",
}  # fmt: skip
COMES_OUT = {
    "clip": "Probability 0 costs", "mean": "The mean divides by", "weights": "Weights",
    "smoothing": "Smoothing",
}  # fmt: skip
FIXED = ("Function", GOES_IN["predictions"], COMES_OUT["clip"], COMES_OUT["mean"])
"""Heads of the columns that the table of conventions decides, whatever is installed."""


def lines(binary: bool) -> list[tuple[Convention, bool]]:
    """Return the lines of the table, each function once, and whether it takes logits.

    What is called with the softmax of logits takes probabilities, and stands there too.
    """
    both = (
        (table.BINARY_FROM_LOGITS, table.BINARY_FROM_PROBABILITIES)
        if binary
        else (table.FROM_LOGITS, table.FROM_PROBABILITIES)
    )
    found = [
        (line, logits)
        for part, logits in zip(both, (True, False), strict=True)
        for line in part
        if "of softmax" not in line.call and "softmax(" not in line.call
    ]
    order = list(dict.fromkeys(library_of(line) for line, _ in found))
    return sorted(found, key=lambda pair: order.index(library_of(pair[0])))


def library_of(line: Convention) -> str:
    return line.whose.partition(" on ")[0]


def name_of(line: Convention) -> str:
    return f"{line.whose}: {line.call}"


def from_table(line: Convention, logits: bool, binary: bool) -> dict[str, str]:
    """Return the cells that the table of conventions decides."""
    mean = DIVISORS[line.divisor]
    if line.whose == "crossent":
        mean = "the sum of the weights (M07)"  # its number is that of `evaluate`
    elif "ignored rows" in line.lacks:
        mean = mean.replace(" that are kept", "").replace(", ignored ones too", "")
    return {
        "predictions": "logits" if logits else "probabilities",
        "clip": clip(line, logits, binary),
        "mean": mean.replace("rows", "elements") if binary else mean,
    }


def clip(line: Convention, logits: bool, binary: bool) -> str:
    """Return how a probability is clipped, and what one of 0 costs at most, in float32."""
    rules: Mapping[str, Losses]
    if logits:
        rules = table.BINARY_LOGITS if binary else table.LOGITS
        given = np.array([-500.0] if binary else [-500.0, 0.0], np.float32)
        if np.isfinite(worst := float(rules[line.rule](given, "float32").max())) and worst < 400:
            return f"{number(worst)}: the sigmoid is clipped at 1e-7"
        return NOTHING
    rules = table.BINARY_PROBABILITIES if binary else table.PROBABILITIES
    given = np.array([0.0] if binary else [0.0, 1.0], np.float32)
    return f"{number(float(rules[line.rule](given, 'float32').max()))}: {CLIPS[line.rule]}"


def cells_of_library(library: str) -> Cells:
    """Call the functions of one library, in this process."""
    calls = importlib.import_module(f"calls_{library.partition('.')[0]}").CALLS
    takes = {name_of(line): logits for kind in (False, True) for line, logits in lines(kind)}
    return {name: facts(call, logits=takes[name]) for name, call in calls.items()}


def in_a_process(library: str) -> Cells:
    done = subprocess.run(
        [sys.executable, str(HERE), "--library", library],
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "-1",
            "JAX_PLATFORMS": "cpu",
            "KERAS_BACKEND": library.partition(".")[2] or "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: Cells = json.loads(done.stdout.splitlines()[-1])
    return found


def merged(parts: Iterable[tuple[str, Cells]]) -> Cells:
    """Join what the backends of Keras say, naming them where they differ."""
    by_cell: dict[tuple[str, str], dict[str, list[str]]] = {}
    for library, cells in parts:
        backend = library.partition(".")[2]
        for name, columns in cells.items():
            for column, cell in columns.items():
                by_cell.setdefault((name, column), {}).setdefault(cell, []).append(backend)
    found: Cells = {}
    for (name, column), texts in by_cell.items():
        alone = len(texts) == 1
        words = [cell if alone else f"{', '.join(on)}: {cell}" for cell, on in texts.items()]
        found.setdefault(name, {})[column] = "<br>".join(words)
    return found


def versions() -> str:
    found = []
    for package in (
        "torch",
        "tensorflow-cpu",
        "tensorflow",
        "keras",
        "jax",
        "optax",
        "scikit-learn",
    ):
        try:
            found.append(f"{package} {'.'.join(version(package).split('.')[:2])}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def rows(binary: bool, heads: Mapping[str, str], called: Cells) -> list[list[str]]:
    """Return the cells of one table."""
    head = ["Function", *heads.values()]
    body = [head, ["---"] * len(head)]
    for line, logits in lines(binary):
        cells = {**called.get(name_of(line), {}), **from_table(line, logits, binary)}
        if "ignored rows" in line.lacks:
            cells["ignored"] = NOTHING
        name = f"{line.whose}<br>`{line.call}`"
        body.append([name, *(cells.get(column, NOT_RUN) for column in heads)])
    return body


def render(called: Cells) -> str:
    parts = [f"\nWith {versions()}, on a CPU.\n"]
    for binary, title in ((False, "One class of several"), (True, "Yes or no, and several labels")):
        for heads, words in ((GOES_IN, "what goes in"), (COMES_OUT, "what comes out")):
            table = "\n".join("| " + " | ".join(row) + " |" for row in rows(binary, heads, called))
            parts += [f"## {title}: {words}\n", f"{table}\n"]
    return "\n".join(parts) + "\n"


def comparable(block: str, everything: bool) -> list[list[str]]:
    """Return the cells to compare: all, or those that do not depend on versions."""
    found, heads = [], []
    for line in block.splitlines():
        if not line.startswith("|"):
            continue
        cells = line.strip("| ").split(" | ")
        if cells[0] == "Function":
            heads = cells
        fixed = [n for n, head in enumerate(heads) if head in FIXED]
        ours = cells[0].startswith("crossent")
        found.append(cells if everything or ours else [cells[n] for n in fixed])
    return found


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--library", choices=LIBRARIES, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.library:
        print(json.dumps(cells_of_library(given.library)))
        return 0
    with ThreadPoolExecutor(2) as pool:
        called = merged(zip(LIBRARIES, pool.map(in_a_process, LIBRARIES), strict=True))
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    new = render(called)
    if not given.check:
        PAGE.write_text(f"{before}{BEGIN}{new}{END}{after}", encoding="utf-8")
        return 0
    everything = f"With {versions()}," in old
    was, is_now = comparable(old, everything), comparable(new, everything)
    if was == is_now:
        return 0
    print(f"{PAGE.name} is out of date: run `python tools/conventions_sheet`. New lines:")
    print("\n".join(" | ".join(line) for line in is_now if line not in was))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
