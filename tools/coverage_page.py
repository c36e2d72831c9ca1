"""Write the table of docs/guides/evaluate.md: how often intervals hold the truth.

python tools/coverage_page.py            write it
python tools/coverage_page.py --check    exit with 1 if it would change
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests", "tools")]

from evaluate.test_intervals import COVERED, SIMULATIONS, coverage  # noqa: E402
from tables_in_pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "guides" / "evaluate.md"
BEGIN = "<!-- table: begin (written by tools/coverage_page.py) -->\n"
END = "<!-- table: end -->\n"


def table() -> str:
    """Simulate each case, and write what share of the intervals holds the mean."""
    lines = ["", f"Of {SIMULATIONS} seeded simulations each, intervals of 95 % that hold the mean:"]
    lines += ["", "| Losses | Clusters | Intervals that hold the mean |", "| --- | --- | --- |"]
    for kind, count in COVERED:
        lines.append(f"| {kind} | {count} | {coverage(kind, count):.3f} |")
    return "\n".join([*lines, "", ""])


def main(argv: list[str]) -> int:
    return write_or_check(argv, __doc__, "coverage_page.py", PAGE, (BEGIN, END), table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
