"""Each fault that is put into healthy data is found first, and no other one is."""

from __future__ import annotations

import pytest

from doctor.faults import FAULTS, PAIRS, Fault, bases, inject, inject_pair


def test_the_faults_can_be_put_into_many_cases() -> None:
    assert len(bases()) >= 100
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_found_first_and_alone(fault: Fault) -> None:
    result = inject(fault)
    assert result.misses == []
    assert result.first == result.cases >= 40


@pytest.mark.parametrize("names", PAIRS, ids=" + ".join)
def test_two_faults_are_both_found(names: tuple[str, str]) -> None:
    result = inject_pair(names)
    assert result.misses == []
    assert result.both == result.cases >= 40
