"""Write the table of docs/guides/evaluate.md: how often intervals hold the truth.

python tools/coverage_page.py            write it
python tools/coverage_page.py --check    exit with 1 if it would change
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests")]

from evaluate.test_intervals import COVERED, SIMULATIONS, coverage  # noqa: E402

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


def main() -> None:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    wanted = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = before + BEGIN + table() + END + after
    if not wanted.check:
        PAGE.write_text(new, encoding="utf-8")
    elif new != text:
        print("docs/guides/evaluate.md is out of date: run tools/coverage_page.py")
        sys.exit(1)


if __name__ == "__main__":
    main()
