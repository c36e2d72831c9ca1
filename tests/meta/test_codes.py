"""The table of codes in docs/api/errors.md is that of the errors; each code is in the catalogue."""

from __future__ import annotations

import re

from crossent.doctor.catalogue import all_checks
from meta.source import DOCS, SRC, python_files

CODE = re.compile(r"\bCE\d{3}\b")


def raised() -> set[str]:
    """Codes that the package raises or warns with; those of the doctor alone stand in doctor/."""
    return {
        code
        for path in python_files("src")
        if "doctor" not in path.relative_to(SRC).parts
        for code in re.findall(r'"(CE\d{3})"', path.read_text(encoding="utf-8"))
    }


def test_every_code_is_in_the_table() -> None:
    page = (DOCS / "api" / "errors.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| [CE")]
    assert [CODE.search(row)[0] for row in rows] == sorted(raised())


def test_every_code_is_in_the_catalogue() -> None:
    assert raised() <= {check.code for check in all_checks()}
    named = {
        code
        for path in python_files("src")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert {code for code in named if not code.endswith("xx")} <= {c.code for c in all_checks()}
