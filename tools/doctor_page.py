"""Write docs/doctor.md's table: faults that are put into healthy data, and what is found.

python tools/doctor_page.py            write it
python tools/doctor_page.py --check    exit with 1 if it would change
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("src", "tests", "tools")]

import crossent as ce  # noqa: E402
from doctor.faults import EVERY, PAIRS, Pair, Result, inject, inject_pair  # noqa: E402
from doctor.healthy import MODELS, SETS, Healthy, all_healthy  # noqa: E402
from doctor.healthy_families import FAMILIES, cases  # noqa: E402
from tables_in_pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "doctor.md"
BEGIN = "<!-- table: begin (written by tools/doctor_page.py) -->\n"
END = "<!-- table: end -->\n"


def table() -> str:
    """Inject every fault and write what came of it."""
    results = [inject(fault) for fault in EVERY]
    chosen, drawn = all_healthy(), list(cases())
    pairs = [inject_pair(pair) for pair in PAIRS]
    total = sum(result.cases for result in results)
    first = sum(result.first for result in results)
    wrong = sum(sum(result.others.values()) for result in results)
    lines = [
        "",
        f"{len(chosen)} healthy cases ({len(SETS)} data sets, {len(MODELS)} models and the "
        f"cases listed above): {silent(chosen)} without an alarm.",
        "",
        f"{len(drawn)} healthy cases of {len(FAMILIES)} families, of other sizes and numbers in "
        f"each case: {silent(drawn)} without an alarm.",
        "",
        f"{len(EVERY)} faults in {total} broken cases: the right code first in {first} "
        f"({percent(first, total)}), {wrong} other codes.",
        "",
        "| Fault | Code | Cases | Right code first | Other codes |",
        "| --- | --- | --- | --- | --- |",
        *(row(result) for result in results),
        "",
        f"Two faults at once, in {sum(pair.cases for pair in pairs)} cases:",
        "",
        "| Faults | Codes | Cases | Both, and no other |",
        "| --- | --- | --- | --- |",
        *(pair_row(pair) for pair in pairs),
        "",
        "",
    ]
    return "\n".join(lines)


def silent(healthy: Iterable[Healthy]) -> int:
    """Count the cases in which nothing above a note is found."""
    reports = (ce.diagnose(case.y_true, case.y_pred, **case.options) for case in healthy)
    return sum(report.healthy for report in reports)


def row(result: Result) -> str:
    """Write the line of one fault."""
    others = ", ".join(f"{code} {count}" for code, count in sorted(result.others.items())) or "—"
    code = f"[{result.fault.code}](errors/{result.fault.code}.md)"
    return f"| {result.fault.name} | {code} | {result.cases} | {result.first} | {others} |"


def pair_row(pair: Pair) -> str:
    """Write the line of two faults."""
    return (
        f"| {pair.first.name}; {pair.second.name} | {pair.first.code}, {pair.second.code} | "
        f"{pair.cases} | {pair.both} |"
    )


def percent(part: int, whole: int) -> str:
    """Write a share of all cases."""
    return f"{100 * part / whole:.4g} %"


def main(argv: list[str]) -> int:
    return write_or_check(argv, __doc__, "doctor_page.py", PAGE, (BEGIN, END), table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
