"""Each code: inputs that have the fault are found, and sound ones that look alike are not."""

from __future__ import annotations

import pytest

import crossent as ce
from crossent.doctor.catalogue import all_checks
from doctor.code_alikes import ALIKE
from doctor.code_cases import FAILING, Given

BY_MESSAGE = {"CE401", "CE403"}
"""Codes that no data shows: tests/doctor/test_messages.py has their texts."""

BY_CALL = {"CE001", "CE501"}
"""Errors of the call: tests/doctor/test_report.py."""

BY_MODEL = {"CE317", "CE405", "CE409"}
"""Seen on models, tensors and settings of a framework: in the tests of that framework."""

COMPANIONS = {"CE102": {"CE101", "CE103"}}
"""Codes that stand beside another, which is right too; any other one is wrong."""

failing = [
    pytest.param(code, given, id=f"{code} {number}")
    for code, cases in FAILING.items()
    for number, given in enumerate(cases)
]
alike = [
    pytest.param(code, given, id=f"{code} {number}")
    for code, cases in ALIKE.items()
    for number, given in enumerate(cases)
]


@pytest.mark.parametrize(("code", "given"), failing)
def test_fault_is_found(code: str, given: Given) -> None:
    report = ce.diagnose(**given)
    assert code in report.codes
    grave = [f.code for f in report.findings if f.severity != "note"] or [code]
    assert set(grave) - {code} == COMPANIONS.get(code, set()) & set(grave)
    assert code == grave[0] or code in COMPANIONS
    finding = next(f for f in report.findings if f.code == code)
    assert len(finding.seen) >= 16
    assert finding.fix


@pytest.mark.parametrize(("code", "given"), alike)
def test_what_looks_alike_is_healthy(code: str, given: Given) -> None:
    report = ce.diagnose(**given)
    assert [(f.code, f.seen) for f in report.findings if f.severity != "note"] == []


def test_every_code_has_three_of_each() -> None:
    codes = {check.code for check in all_checks()}
    assert codes - FAILING.keys() == BY_MESSAGE | BY_CALL | BY_MODEL
    assert codes - ALIKE.keys() == BY_MESSAGE | {"CE501"}
    assert min(map(len, FAILING.values())) >= 3
    assert min(map(len, ALIKE.values())) >= 3


def test_a_check_alone_can_be_asked_for() -> None:
    for code, cases in FAILING.items():
        report = ce.diagnose(**cases[0], select=[code])
        assert report.codes == [code]
        assert code not in ce.diagnose(**cases[0], ignore=code).codes


def test_no_code_waits_for_itself() -> None:
    before = {check.code: set(check.silent_after) for check in all_checks()}
    for code in before:
        seen, open_ = set(), set(before[code])
        while open_:
            seen |= open_
            open_ = set().union(*(before[other] for other in open_)) - seen
        assert code not in seen
