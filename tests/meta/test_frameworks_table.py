"""docs/frameworks.md is what the front ends and the frameworks give today."""

from __future__ import annotations

from meta.source import ROOT, run_python


def test_page_is_up_to_date() -> None:
    done = run_python(str(ROOT / "tools" / "frameworks_table"), "--check", "float32")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_cell_is_beyond_the_tolerance() -> None:
    page = (ROOT / "docs" / "frameworks.md").read_text(encoding="utf-8")
    assert ": 0 of " in page
    assert page.count("≠") == 1  # the sentence that explains the mark
