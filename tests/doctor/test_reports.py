"""What people report: the cause is found first, and its advice ends in a healthy report."""

from __future__ import annotations

import numpy as np
import pytest

import crossent as ce
from doctor.report_cases import HEALTHY, REPORTED, Given, P, Reported, Y


def grave(given: Given) -> list[str]:
    return [f"{f.code}: {f.seen}" for f in ce.diagnose(**given).findings if f.severity != "note"]


@pytest.mark.parametrize("case", REPORTED, ids=lambda case: case.name)
def test_the_cause_is_found_first(case: Reported) -> None:
    report = ce.diagnose(**case.given)
    first = report.findings[0]
    assert (first.code, first.severity) == (case.code, case.severity), report
    others = [f.code for f in report.findings[1:] if f.severity != "note"]
    assert others == ([] if case.alone else ["CE102"])
    for words in case.says:
        assert words in f"{first.title} {first.seen} {first.fix}"


@pytest.mark.parametrize(
    "case", [case for case in REPORTED if case.applied is not None], ids=lambda case: case.name
)
def test_the_advice_applied_ends_healthy(case: Reported) -> None:
    assert case.applied is not None
    assert grave(case.applied(case.given)) == []


@pytest.mark.parametrize("name", HEALTHY)
def test_what_looks_like_it_is_healthy(name: str) -> None:
    assert grave(HEALTHY[name]) == []


def test_one_damaged_row_among_a_million_hides_nothing() -> None:
    rows = np.tile(P.astype(np.float32), (12_500, 1))
    labels = np.tile(Y, 12_500)
    for value in (0.3, -5.0, 40.0):
        rows[123_456, 0] = value
        first = ce.diagnose(labels, rows, from_logits=True).findings[0]
        assert first.code == "CE105"
        assert "999 999 of 1 000 000 rows" in first.seen


@pytest.mark.parametrize(
    "cells", [",,,,", "nan,nan,nan,nan,nan", "0.2,,0.2,0.2,0.2", "NA,NA,NA,NA,NA", "null,0,0,0,0"]
)
@pytest.mark.parametrize("line", [0, 3, 80])
@pytest.mark.parametrize("heading", [True, False])
def test_empty_cells_of_predictions_are_nan(
    cells: str, line: int, heading: bool, tmp_path: object
) -> None:
    lines = [",".join(f"{v:.6f}" for v in row) for row in P]
    lines.insert(line, cells)
    names = "a,b,c,d,e"
    file, labels = f"{tmp_path}/p.csv", np.r_[Y, 0]
    with open(file, "w", encoding="utf-8") as text:
        text.write("\n".join([names] * heading + lines) + "\n")
    first = ce.diagnose(labels, file, from_logits=False).findings[0]
    assert first.code == "CE217"
    assert f"row {line}" in first.seen


def test_a_comma_after_every_row_is_no_class(tmp_path: object) -> None:
    file = f"{tmp_path}/p.csv"
    with open(file, "w", encoding="utf-8") as text:
        text.write("".join(",".join(f"{v:.6f}" for v in row) + ",\n" for row in P))
    with pytest.raises(ce.CrossentError, match="column 6 is empty"):
        ce.diagnose(Y, file, from_logits=False)
