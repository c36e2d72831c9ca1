"""What every file of the repository keeps to."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from meta.source import DOCS, PACKAGE, ROOT, python_files

LONGEST = 700
LONGEST_FUNCTION = 60  # lines without its docstring
FLAGS = "its arguments are the flags of the command, with their help"
LONG_FUNCTIONS = {
    "cli/compare.py: compare_command": FLAGS,
    "cli/doctor.py: doctor_command": FLAGS,
    "cli/evaluate.py: evaluate_command": FLAGS,
    "evaluate/evaluation.py: make_evaluation": "a line for each number of the result",
    "frontends/call.py: prepare_call": "each step of a call needs what the step before found",
    "kernels/triton/label_rows.py: label_facts": "one pass: its numbers live in registers alone",
}
"""By file and name: why a function is longer than others may be."""

SAYS_NOTHING = {"utils", "util", "helpers", "misc", "common"}
FILES = python_files("src", "tests", "tools", "benchmarks", "examples", "docs")
IN_PACKAGE = python_files("src")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_lists_are_not_empty() -> None:
    assert len(IN_PACKAGE) > 10
    assert len(FILES) > len(IN_PACKAGE)
    assert len(PAGES) > 5


def test_no_file_is_long() -> None:
    lines = {short(path): len(path.read_bytes().splitlines()) for path in FILES}
    assert {name: n for name, n in lines.items() if n > LONGEST} == {}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    said = function.body[0] if ast.get_docstring(function) is not None else None
    whole = (function.end_lineno or 0) - function.lineno + 1
    return whole - (0 if said is None else (said.end_lineno or 0) - said.lineno + 1)


def test_long_functions_are_known() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for path in IN_PACKAGE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and length(node) > LONGEST_FUNCTION
    }
    assert found == set(LONG_FUNCTIONS)


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [short(path) for path in FILES if path.stem in SAYS_NOTHING] == []


@pytest.mark.parametrize("path", IN_PACKAGE, ids=short)
def test_package_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    asserts = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    assert asserts == [], "an assert is gone under python -O"
    assert re.findall(r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError", text) == []
    assert ast.get_docstring(tree) is not None, "a module says what it is for"


@pytest.mark.parametrize("path", python_files("tests"), ids=short)
def test_tests_do_not_skip_by_themselves(path: Path) -> None:
    if path == Path(__file__).resolve() or path.name == "conftest.py":
        return
    # tests/skips.txt is the one list of tests that are not run, with the reason of each.
    own = re.compile(r"pytest\.(?:skip|importorskip|mark\.skip|mark\.skipif)\b|unittest\.skip")
    assert own.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_links_between_files_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"`` .*? ``|`[^`\n]*`", "", text)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    missing = [
        target
        for target in targets
        if "://" not in target and not (path.parent / target).resolve().exists()
    ]
    assert missing == []
