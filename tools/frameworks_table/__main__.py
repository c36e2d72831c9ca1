"""Write docs/frameworks.md: the same rows on every front end, beside the frameworks' own losses.

    python tools/frameworks_table            write it
    python tools/frameworks_table --check    exit with 1 if it would change

Each framework runs in a process of its own. Under other versions than the page was written with,
`--check` compares crossent's columns alone.
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
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests", "tools")]
from table_rows import DTYPES, ROWS  # noqa: E402 - built of the contract tests' cases

from numbers_in_tables import number  # noqa: E402

PAGE = ROOT / "docs" / "frameworks.md"
NOTHING, DIFFERS = "—", " ≠"
FRONT_ENDS = {
    "numpy": ("numpy",),
    "torch": ("torch", "torch.compile"),
    "jax": ("jax", "jit"),
    "tensorflow": ("tensorflow", "tf.function", "jit_compile"),
}
OWN = {"torch": "PyTorch's own", "jax": "optax's", "tensorflow": "Keras'"}
PACKAGES = ("numpy", "torch", "jax", "optax", "tensorflow-cpu", "tensorflow", "keras")
Cells = dict[str, dict[str, list[str]]]  # dtype -> column -> a cell for every case


def ours(front_end: str, call: Any) -> str:
    """Return crossent's mean on a front end, marked if anything is beyond the tolerance policy."""
    from conftest import runner_named
    from contract.checking import check_values, truth_of
    from crossent import CrossentError

    runner = runner_named(front_end)
    try:
        outcome = runner.outcome(call)
    except CrossentError as error:
        return f"`{type(error).__name__}`"
    except Exception as error:
        if runner.stops and type(error).__name__ == "InvalidArgumentError":
            return f"`{type(error).__name__}`"  # a graph of TensorFlow that stops while it runs
        raise
    shown = number(float(outcome.mean))
    if np.isnan(outcome.none).any():
        return shown  # a bad row that could not be seen; the contract tests look at the others
    try:
        check_values(runner, call, outcome, truth_of(call))
    except AssertionError:
        return shown + DIFFERS
    return shown


def theirs(own: Any, row: Any, call: Any) -> str:
    """Return the mean of the framework's own loss, or the name of what it raised."""
    try:
        value = own(row.name, call.y_true, call.y_pred, call.options)
    except Exception as error:  # whatever a library raises is what a user of it sees
        return f"`{type(error).__name__}`"
    return NOTHING if value is None else number(float(value))


def cells_of_framework(framework: str, dtypes: list[str]) -> Cells:
    """Compute the columns of one framework."""
    warnings.simplefilter("ignore")
    own = importlib.import_module(f"own_{framework}").own if framework in OWN else None
    cells: Cells = {}
    for dtype in dtypes:
        calls = [row.with_dtype(dtype) for row in ROWS]
        columns = {name: [ours(name, call) for call in calls] for name in FRONT_ENDS[framework]}
        if own is not None:
            pairs = zip(ROWS, calls, strict=True)
            columns[OWN[framework]] = [theirs(own, row, call) for row, call in pairs]
        cells[dtype] = columns
    return cells


def in_a_process(framework: str, dtypes: list[str]) -> Cells:
    done = subprocess.run(
        [sys.executable, str(HERE), "--framework", framework, *dtypes],
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "-1",
            "KERAS_BACKEND": "tensorflow",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: Cells = json.loads(done.stdout.splitlines()[-1])
    return found


def versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {'.'.join(version(package).split('.')[:2])}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def table(head: list[str], body: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def render(cells: Cells) -> str:
    """Write the page."""
    dtypes = list(cells)
    ends = [name for names in FRONT_ENDS.values() for name in names]
    marked = sum(cell.endswith(DIFFERS) for c in cells.values() for n in ends for cell in c[n])
    parts = [
        "# On every framework\n",
        "<!-- Written by tools/frameworks_table; do not edit. -->\n",
        "The mean loss of the same rows on every front end, with predictions of three dtypes, and "
        "beside it what the framework's own loss gives. On each front end the loss of every row "
        "and every element of the gradient were compared with a computation in 60 digits from the "
        "same bits, within the [tolerance policy](contributing.md#the-tolerance-policy) of that "
        "front end; "
        f"“{DIFFERS.strip()}” would mark a cell beyond it: {marked} of "
        f"{len(ROWS) * len(ends) * len(dtypes)} are marked. A name of an error "
        "is what is raised. Where values are traced a graph of TensorFlow stops; elsewhere nothing "
        "can be raised, and the bad row and the mean are NaN. "
        f"“{NOTHING}” means that there is nothing of the kind. A float16 loss of the "
        "frameworks' own is rounded to float16; crossent's is float32 (rule M13).\n",
        f"With {versions()}, on a CPU.\n",
    ]
    for dtype in dtypes:
        columns = [*ends, *OWN.values()]
        head = ["Given", *(f"`{name}`" for name in ends), *OWN.values()]
        body = [
            [row.given, *(cells[dtype][column][n] for column in columns)]
            for n, row in enumerate(ROWS)
        ]
        parts += [f"## {dtype}\n", table(head, body) + "\n"]
    return "\n".join(parts)


def tables(page: str, width: int) -> dict[str, list[list[str]]]:
    """Return the first cells of every line of every table, by the heading above it."""
    found: dict[str, list[list[str]]] = {}
    for section in page.split("\n## ")[1:]:
        name, *lines = section.splitlines()
        cells = [line.strip("| ").split(" | ")[:width] for line in lines if line.startswith("|")]
        found[name] = cells
    return found


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("dtypes", nargs="*", help="with --check: these tables alone")
    parser.add_argument("--framework", choices=FRONT_ENDS, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.framework:
        print(json.dumps(cells_of_framework(given.framework, given.dtypes)))
        return 0
    dtypes = given.dtypes or list(DTYPES)
    if set(dtypes) - set(DTYPES) or (given.dtypes and not given.check):
        parser.error(f"dtypes are for --check, and are of: {', '.join(DTYPES)}")
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(partial(in_a_process, dtypes=dtypes), FRONT_ENDS))
    merged: Cells = {}
    for one in found:
        for dtype, columns in one.items():
            merged.setdefault(dtype, {}).update(columns)
    page = render(merged)
    if not given.check:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    old = PAGE.read_text(encoding="utf-8")
    width = len(tables(page, 99)[dtypes[0]][0])
    if f"With {versions()}," not in old:
        width -= len(OWN)
    was, is_now = tables(old, width), tables(page, width)
    if all(was[dtype] == is_now[dtype] for dtype in dtypes):
        return 0
    print(f"{PAGE.name} is out of date: run `python tools/frameworks_table`. The new lines:")
    for dtype in dtypes:
        print("\n".join(" | ".join(line) for line in is_now[dtype] if line not in was[dtype]))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
