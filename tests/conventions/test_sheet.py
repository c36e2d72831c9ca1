"""The tables in docs/conventions.md are what the table of conventions and the libraries give."""

from __future__ import annotations

from crossent.conventions import table
from meta.source import DOCS, ROOT, run_python

PAGE = (DOCS / "conventions.md").read_text(encoding="utf-8")


def test_tables_are_up_to_date() -> None:
    done = run_python(str(ROOT / "tools" / "conventions_sheet"), "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_library_and_function_is_on_the_sheet() -> None:
    lines = (
        *table.FROM_LOGITS, *table.FROM_PROBABILITIES,
        *table.BINARY_FROM_LOGITS, *table.BINARY_FROM_PROBABILITIES,
    )  # fmt: skip
    for line in lines:
        call = line.call.partition(" of softmax")[0].replace("softmax(logits)", "probabilities")
        assert f"| {line.whose}<br>`{call}` |" in PAGE, line


def test_what_was_not_called_is_said() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    assert {row.partition("<br>")[0] for row in rows if "not run" in row} == {"| Paddle"}
