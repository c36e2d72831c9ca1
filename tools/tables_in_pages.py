"""The tables of a page that a script writes between two marks, or compares with what is there."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write_or_check(
    argv: list[str], about: str | None, script: str, page: Path, marks: tuple[str, str],
    table: Callable[[], str],
) -> int:  # fmt: skip
    """Write what `table` makes between the marks of a page, or (``--check``) compare.

    `about` describes the script in its help; the status is 1 where the page is not what would be
    written.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    given = parser.parse_args(argv)
    text = page.read_text(encoding="utf-8")
    begin, end = marks
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    new = f"{before}{begin}{table()}{end}{after}"
    if given.check and new != text:
        print(f"{page.relative_to(ROOT)} is out of date: run tools/{script}")
        return 1
    if not given.check:
        page.write_text(new, encoding="utf-8")
    return 0
