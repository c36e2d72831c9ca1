"""Healthy data gives nothing above a note: a false alarm is a bug."""

from __future__ import annotations

import numpy as np
import pytest

import crossent as ce
from doctor.healthy import Healthy, all_healthy
from doctor.healthy_families import FAMILIES, cases

CASES = all_healthy()


def test_there_are_many_cases_of_their_own_names() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 150


def test_no_family_raises_an_alarm() -> None:
    drawn = list(cases())
    assert len(FAMILIES) >= 60
    assert len(drawn) >= 600
    alarms = {}
    for case in drawn:
        found = ce.diagnose(case.y_true, case.y_pred, **case.options).findings
        grave = [(f.code, f.seen) for f in found if f.severity != "note"]
        if grave:
            alarms[case.name] = grave
    assert alarms == {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_healthy_data_raises_no_alarm(case: Healthy) -> None:
    before = None if case.y_pred is None else np.array(case.y_pred, copy=True)
    report = ce.diagnose(case.y_true, case.y_pred, **case.options)
    assert [f for f in report.findings if f.severity != "note"] == []
    assert report.healthy
    if before is not None:
        np.testing.assert_array_equal(case.y_pred, before)
