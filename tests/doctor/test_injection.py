"""Each fault that is put into healthy data is found first, and no other one is."""

from __future__ import annotations

import importlib.util

import pytest

from doctor.faults import EVERY, PAIRS, bases, inject, inject_pair
from doctor.faults_kinds import Fault
from meta.source import ROOT


def test_the_faults_can_be_put_into_many_cases() -> None:
    assert len(bases()) >= 100
    assert min(len(bases(kind)) for kind in ("places", "elements")) >= 70
    assert len({fault.name for fault in EVERY}) == len(EVERY)


def test_nearly_all_of_thousands_of_faults_are_found() -> None:
    results = [inject(fault) for fault in EVERY]
    count = sum(result.cases for result in results)
    assert count >= 5000
    assert sum(result.first for result in results) >= 0.99 * count


@pytest.mark.parametrize("fault", EVERY, ids=lambda fault: fault.name)
def test_fault_is_found_first_and_alone(fault: Fault) -> None:
    result = inject(fault)
    assert result.misses == []
    assert result.first == result.cases >= 10


@pytest.mark.parametrize("names", PAIRS, ids=" + ".join)
def test_two_faults_are_both_found(names: tuple[str, str]) -> None:
    result = inject_pair(names)
    assert result.misses == []
    assert result.both == result.cases >= 40


def test_the_table_of_the_page_is_up_to_date() -> None:
    # In this process, where the faults have been injected already.
    spec = importlib.util.spec_from_file_location("doctor_page", ROOT / "tools" / "doctor_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.main(["--check"]) == 0
