"""Which tests run a line: measured once for every leg, then read for each mutant.

Compiled functions run no line that can be measured, and a constant is computed at import, by
whichever test comes first. Their tests are those that run a line where their name stands, however
many names lie between.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from functools import cache
from pathlib import Path

from coverage.numbits import num_in_numbits

from mutants.sites import PACKAGE, ROOT

# A leg that compiles the calls of another one would see little more, at many times the cost.
# The first are tried first: they start in a second.
LEGS = (
    "numpy", "numpy-operations", "unit", "kernels", "doctor", "examples", "doctests", "conventions",
    "torch", "torch-operations", "torch-only", "compat.torch", "compat.sklearn", "guards-torch",
    "jax-only", "compat.optax", "guards-jax", "tensorflow", "tensorflow-operations",
    "tensorflow-only", "keras-tensorflow", "guards-keras", "keras-torch", "meta",
)  # fmt: skip
STEPS = 6  # names followed from a line that no test runs by itself
MODULE = ""  # the context of what an import runs
RAN = """
    select context, numbits from line_bits join file on file.id = file_id
    join context on context.id = context_id where path = ? and context != ?
"""


def digest() -> str:
    """What stands for the package as it is."""
    texts = [path.read_bytes() for path in sorted(PACKAGE.rglob("*.py"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:12]


class Lines:
    """The measurements of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def measured(self) -> list[str]:
        """The legs that were measured, in the order in which they are tried."""
        return [leg for leg in LEGS if (self.folder / f"{leg}.json").is_file()]

    def measure(self, leg: str) -> str:
        """Run a leg and keep its lines; return what it printed at last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        child = ROOT / "tools" / "mutants" / "child"
        done = subprocess.run(
            [
                *(sys.executable, "tools/test.py", leg, "--", "-p", "mutants.contexts"),
                *("-p", "no:randomly"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(child)]),
                "CROSSENT_LINES": str(self.folder / leg),
                "CROSSENT_SOURCE": str(PACKAGE),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith(leg)]
        return lines[-1] if lines else done.stdout[-2000:] + done.stderr[-2000:]

    @cache  # noqa: B019  # one object a process
    def seconds(self, leg: str) -> dict[str, float]:
        """How long each test of a leg takes."""
        found: dict[str, float] = json.loads((self.folder / f"{leg}.json").read_text())
        return found

    @cache  # noqa: B019
    def ran(self, leg: str, path: Path) -> list[tuple[str, bytes]]:
        """The tests, and the files of tests, that run a file, each with the lines it runs."""
        with closing(sqlite3.connect(self.folder / leg)) as measured:
            return measured.execute(RAN, (str(path), MODULE)).fetchall()

    @cache  # noqa: B019
    def tests(self, leg: str, path: Path, lines: range) -> set[str]:
        """The tests of a leg that run one of these lines."""
        contexts = {
            context
            for context, ran in self.ran(leg, path)
            if any(num_in_numbits(line, ran) for line in lines)
        }
        files = {one for one in contexts if "::" not in one}
        return {
            test
            for test in self.seconds(leg)
            if test in contexts or (files and test.partition("::")[0] in files)
        }

    def tests_of(self, path: Path, line: int) -> dict[str, set[str]]:
        """The tests of each leg that should see a change of a line."""
        found: dict[str, set[str]] = defaultdict(set)
        waiting: list[tuple[Path, int]] = [(path, line)]
        seen: set[tuple[Path, int]] = set()
        for _ in range(STEPS):
            names: set[str] = set()
            for where in waiting:
                file, at = where
                seen.add(where)
                span = statements(file).get(at, range(at, at + 1))
                ran = False
                for leg in self.measured():
                    tests = self.tests(leg, file, span)
                    found[leg] |= tests
                    ran = ran or bool(tests)
                if not ran or run_by_import(file, at):
                    names |= names_at(file, at)
            waiting = sorted({where for name in names for where in mentions()[name]} - seen)
            if not waiting:
                break
        return {leg: tests for leg, tests in found.items() if tests}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def header(node: ast.stmt) -> range:
    """The lines of a statement, without those of the statements in it."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return range(first, max(first, last) + 1)


@cache
def statements(path: Path) -> dict[int, range]:
    """The lines of the statement that each line of a file is part of."""
    spans = [header(node) for node in ast.walk(tree(path)) if isinstance(node, ast.stmt)]
    return {line: span for span in sorted(spans, key=len, reverse=True) for line in span}


def run_by_import(path: Path, line: int) -> bool:
    """Whether a line is in no function: what runs it says nothing of who uses it."""
    return not any(
        node.body[0].lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
    )


def names_at(path: Path, line: int) -> set[str]:
    """The names that stand for a line elsewhere: its functions', or those it is assigned to."""
    functions, classes, assigned = set(), set(), set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first <= line <= (node.end_lineno or first):
                (classes if isinstance(node, ast.ClassDef) else functions).add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and line in header(node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            assigned |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return functions or assigned or classes


@cache
def mentions() -> dict[str, set[tuple[Path, int]]]:
    """Every line of the package where a name stands, but where it is imported."""
    found: dict[str, set[tuple[Path, int]]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                found[name].add((path, node.end_lineno or node.lineno))
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name].add((path, node.lineno))
    return found
