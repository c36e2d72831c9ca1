"""Every rule of meaning has a paragraph in the documentation and a test with its number."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from cases import CASES, runs
from meta.source import DOCS, python_files

RULES = [f"M{number:02d}" for number in range(1, 21)]
PAGE = DOCS / "semantics.md"


def paragraphs() -> dict[str, str]:
    """Return the text under each heading ``### M01 …`` of the page."""
    parts = re.split(r"^### (M\d\d)\b", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@cache
def names_of_tests() -> list[str]:
    """Return the names of the test functions."""
    return [
        node.name
        for path in python_files("tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_the_page_has_these_rules_in_order() -> None:
    assert list(paragraphs()) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_a_paragraph(rule: str) -> None:
    assert len(paragraphs()[rule].split()) >= 25


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_a_test_named_after_it(rule: str) -> None:
    assert any(f"_{rule.lower()}_" in name for name in names_of_tests())


def test_rules_named_elsewhere_exist() -> None:
    named = {
        rule
        for path in [*python_files("src", "tests"), *DOCS.rglob("*.md")]
        for rule in re.findall(r"\brules? (M\d\d)\b", path.read_text(encoding="utf-8"))
    }
    assert {"M05", "M06", "M07"} <= named <= set(RULES)


OF_FRAMEWORKS = {
    "numpy": ("numpy",),
    "torch": ("torch",),
    "TensorFlow, eager": ("tensorflow",),
    "JAX": ("jax", "jit"),
    "XLA": ("jit", "jit_compile"),
    "traced": ("tf.function",),
}


@pytest.mark.parametrize("ways", OF_FRAMEWORKS.values(), ids=OF_FRAMEWORKS)
def test_no_case_is_left_out_of_all_ways(ways: tuple[str, ...]) -> None:
    """But for static errors that are compiled: of these one of each kind."""
    left_out = [c for c in CASES if c.only is None and not any(runs(way, c) for way in ways)]
    shown = {(c.rule, c.call.function, c.error) for c in CASES if any(runs(w, c) for w in ways)}
    kinds = {(c.rule, c.call.function, c.error) for c in left_out if c.static}
    assert [case.name for case in left_out if not case.static] == []
    assert kinds <= shown


@pytest.mark.parametrize("front_end", ["jax", "torch.compile"])
def test_what_is_bad_is_shown_where_values_are_compared_by_turns(front_end: str) -> None:
    bad = [c for c in CASES if c.only is None and (c.nan_rows or c.traced_nan_rows)]
    assert [case.name for case in bad if not runs(front_end, case)] == []
