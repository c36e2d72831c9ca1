"""The table in docs/semantics.md is what the contenders give today."""

from __future__ import annotations

from meta.source import ROOT, run_python


def test_table_is_up_to_date() -> None:
    done = run_python(str(ROOT / "tools" / "semantics_table"), "--check")
    assert done.returncode == 0, done.stdout + done.stderr
