"""Write docs/compat.md: what each drop-in keeps of the library it stands for, and what not.

    python tools/compat_table                  write it
    python tools/compat_table --check          exit with 1 if it would change
    python tools/compat_table --check torch    the part of one drop-in alone

The rows of a drop-in are a file of their own, `rows_<module>.py`, with the names PEER (the
library), PACKAGES (whose versions are shown), THEIRS and OURS (what a row calls) and ROWS. Each
file runs in a process of its own. Under other versions of a library than the page was written
with, `--check` compares crossent's column alone.
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
from typing import Any

import numpy as np
from row import Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tools")]
from numbers_in_tables import number  # noqa: E402

PAGE = ROOT / "docs" / "compat.md"
MODULES = sorted(path.stem.removeprefix("rows_") for path in HERE.glob("rows_*.py"))
INTRODUCTION = """\
# What the drop-ins keep

<!-- Written by tools/compat_table; do not edit. -->

A drop-in has the names, the signatures and the numbers of the library it stands for, so that an
import is all that changes ([how](migrate.md)). It also has that library's peculiarities, if they
are a choice that somebody may rely on. It does not have those that give a number for a label that
is no class, or that lose what the input holds. Each line below gives the same input to both; the
name of an exception stands where one is raised, and warnings stand in parentheses.
"""


def text(value: Any) -> str:
    """Write a result with five digits, the same on every machine."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(map(text, value))
    array = np.asarray(value)
    if array.ndim == 0:
        return number(float(array))
    return "(" + ", ".join(number(float(item)) for item in array.reshape(-1)) + ")"


def answer(row: Row, functions: Any) -> str:
    """Run one row on one side; an exception gives its name, a warning too."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            shown = text(row.call(functions))
        except Exception as error:  # whatever a library raises is what a user of it sees
            shown = f"`{type(error).__name__}`"
    names = sorted({one.category.__name__ for one in caught})
    return " ".join([shown, *(f"(`{name}`)" for name in names)])


def part(module: str) -> dict[str, Any]:
    """Run the rows of one drop-in in this process."""
    rows = importlib.import_module(f"rows_{module}")
    lines = []
    for row in rows.ROWS:
        theirs, ours = answer(row, rows.THEIRS), answer(row, rows.OURS)
        if row.kept != (theirs == ours):
            wanted = "the same" if row.kept else "different"
            raise SystemExit(f"{module}: {row.given}: {theirs} and {ours} should be {wanted}")
        lines.append([row.given, theirs, ours, row.why])
    versions = ", ".join(
        f"{package} {'.'.join(version(package).split('.')[:2])}" for package in rows.PACKAGES
    )
    kept = [row.kept for row in rows.ROWS]
    return {"peer": rows.PEER, "versions": versions, "lines": lines, "kept": kept}


def in_a_process(module: str) -> dict[str, Any]:
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, str(HERE), "--module", module],
        env={
            **os.environ,
            "CUDA_VISIBLE_DEVICES": "-1",
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def section(module: str, found: dict[str, Any]) -> str:
    """Write the two tables of a drop-in."""
    name = f"crossent.compat.{module}"
    parts = [f"## {name}\n", f"With {found['versions']}, on a CPU.\n"]
    for kept, title in ((True, "Kept"), (False, "Not kept")):
        head = ["Given", found["peer"], f"`{name}`", "Why"]
        pairs = zip(found["kept"], found["lines"], strict=True)
        lines = [head, ["---"] * len(head), *(line for is_kept, line in pairs if is_kept is kept)]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        parts += [f"### {title} in {name}\n", table + "\n"]
    return "\n".join(parts)


def sections(page: str) -> dict[str, str]:
    """Return the sections of a page by the name of their drop-in."""
    found = {}
    for block in page.split("\n## crossent.compat.")[1:]:
        name, _, body = block.partition("\n")
        found[name] = body.strip()
    return found


def comparable(body: str, versions: str, old: str) -> list[list[str]]:
    """Return the cells to compare: all, or without the library's where its version is another."""
    all_cells = versions in old
    lines = [line.strip("| ").split(" | ") for line in body.splitlines() if line.startswith("|")]
    return [line if all_cells else [line[0], *line[2:]] for line in lines]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("modules", nargs="*", help=f"with --check: of {', '.join(MODULES)}")
    parser.add_argument("--module", choices=MODULES, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.module:
        print(json.dumps(part(given.module)))
        return 0
    if set(given.modules) - set(MODULES) or (given.modules and not given.check):
        parser.error(f"modules are for --check, and are of: {', '.join(MODULES)}")
    modules = given.modules or MODULES
    with ThreadPoolExecutor(2) as pool:
        parts = dict(zip(modules, pool.map(in_a_process, modules), strict=True))
    written = {module: section(module, found) for module, found in parts.items()}
    if not given.check:
        page = "\n".join([INTRODUCTION, *written.values()])
        PAGE.write_text(page, encoding="utf-8")
        return 0
    old = sections(PAGE.read_text(encoding="utf-8"))
    status = 0
    for module, new in written.items():
        versions, was = parts[module]["versions"], old.get(module, "")
        before, after = (comparable(body, versions, was) for body in (was, new))
        if before != after:
            status = 1
            print(f"{PAGE.name} is out of date: run `python tools/compat_table`. New lines:")
            print("\n".join(" | ".join(line) for line in after if line not in before))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
