"""The table of codes in docs/api/errors.md is that of the code."""

from __future__ import annotations

import re

from meta.source import DOCS, python_files

CODE = re.compile(r"\bCE\d{3}\b")


def test_every_code_is_in_the_table() -> None:
    used = {
        code
        for path in python_files("src")
        for code in re.findall(r'"(CE\d{3})"', path.read_text(encoding="utf-8"))
    }
    page = (DOCS / "api" / "errors.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| CE")]
    assert rows == sorted(used)
