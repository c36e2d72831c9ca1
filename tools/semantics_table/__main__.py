"""Write the table at the end of docs/semantics.md: what four contenders give on the same rows.

    python tools/semantics_table            write it
    python tools/semantics_table --check    exit with 1 if it would change

Each contender runs in a process of its own. Under other versions of TensorFlow, Keras or NumPy
than the table was written with, `--check` compares crossent's own column alone.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rows import CASES, Case

HERE = Path(__file__).resolve().parent
sys.path.insert(1, str(HERE.parent))
from numbers_in_tables import number  # noqa: E402

PAGE = HERE.parent.parent / "docs" / "semantics.md"
BEGIN = "<!-- table: begin (written by tools/semantics_table) -->\n"
END = "<!-- table: end -->"
NOTHING = "—"
CONTENDERS = {
    "crossent": "crossent_itself",
    "Keras": "keras_losses",
    "tf.nn": "tf_nn",
    "NumPy by hand": "numpy_by_hand",
}


def text(value: object) -> str:
    """Write a result with five digits, the same on every machine."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(map(text, value))
    array = np.asarray(value)
    if array.ndim == 0 or array.size == 1:
        return number(float(array.reshape(())))
    return "(" + ", ".join(number(float(item)) for item in array.reshape(-1)) + ")"


def answer(module: str, case: Case) -> str:
    """Run one contender on one case; an exception gives its name, a warning too."""
    compute = importlib.import_module(module).ANSWERS.get(case.key)
    if compute is None:
        return NOTHING
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            shown = text(compute(case))
        except Exception as error:  # whatever a library raises is what a user of it sees
            return f"`{type(error).__name__}`"
    names = sorted({one.category.__name__ for one in caught})
    return " ".join([shown, *(f"(`{name}`)" for name in names)])


def answers(module: str) -> list[str]:
    """Run a contender in a process of its own."""
    source = HERE.parent.parent / "src"
    done = subprocess.run(
        [sys.executable, str(HERE), "--contender", module],
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "-1",
            "KERAS_BACKEND": "tensorflow",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(source), os.environ.get("PYTHONPATH")])
            ),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def lines() -> list[list[str]]:
    """Return the cells of the table."""
    with ThreadPoolExecutor(2) as pool:
        columns = list(pool.map(answers, CONTENDERS.values()))
    head = ["Rule", "Given", "Shown", *CONTENDERS]
    body = [
        [case.rule, case.given, case.shown, *(column[n] for column in columns)]
        for n, case in enumerate(CASES)
    ]
    return [head, ["---"] * len(head), *body]


def versions() -> str:
    names = {
        "TensorFlow": ("tensorflow", "tensorflow-cpu"),
        "Keras": ("keras",),
        "NumPy": ("numpy",),
    }
    return ", ".join(f"{name} {installed(packages)}" for name, packages in names.items())


def installed(packages: tuple[str, ...]) -> str:
    for package in packages:
        try:
            return ".".join(version(package).split(".")[:2])
        except ModuleNotFoundError:  # PackageNotFoundError is one
            continue
    return "none"


def render(cells: list[list[str]]) -> str:
    table = "\n".join("| " + " | ".join(line) + " |" for line in cells)
    return (
        f"\n{table}\n\nWritten with {versions()}, on a CPU. “{NOTHING}” means that there is "
        "nothing of the kind. The crossent column is NumPy's, but for compiled code, second "
        "derivatives and gradients of weights, which are TensorFlow's.\n\n"
    )


def cells_of(block: str, width: int) -> list[list[str]]:
    """Return the first cells of every line of a table as it stands in the page."""
    rows = [line for line in block.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")][:width] for line in rows]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--contender", choices=CONTENDERS.values(), help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.contender:
        print(json.dumps([answer(given.contender, case) for case in CASES]))
        return 0
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    new = render(lines())
    if not given.check:
        PAGE.write_text(f"{before}{BEGIN}{new}{END}{after}", encoding="utf-8")
        return 0
    same_versions = f"Written with {versions()}," in old
    width = 3 + len(CONTENDERS) if same_versions else 4
    was, is_now = cells_of(old, width), cells_of(new, width)
    if was == is_now:
        return 0
    print(f"{PAGE.name} is out of date: run `python tools/semantics_table`. The lines that change:")
    for mark, those, others in (("-", was, is_now), ("+", is_now, was)):
        for line in those:
            if line not in others:
                print(f"{mark} {' | '.join(line)}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
