"""One test per rule of meaning, for every case of the rule.

M14 is in test_reproducible.py, M18 and M20 are in test_derivatives.py.
"""

from __future__ import annotations

import pytest

from contract.case import Case
from contract.checking import check_case
from contract.runner import Runner


@pytest.mark.rule("M01")
def test_m01_label_range(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M02")
def test_m02_label_type(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M03")
def test_m03_label_shape(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M04")
def test_m04_dense_targets(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M05")
def test_m05_predictions(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M06")
def test_m06_ignored_rows(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M07")
def test_m07_terms_and_mean(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M08")
def test_m08_nothing_kept(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M09")
def test_m09_minus_infinity(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M10")
def test_m10_no_number(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M11")
def test_m11_offset(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M12")
def test_m12_confident_rows(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M13")
def test_m13_dtypes(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M16")
def test_m16_probabilities(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M17")
def test_m17_binary(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("M19")
def test_m19_rank_axis_layout(runner: Runner, case: Case) -> None:
    check_case(runner, case)


@pytest.mark.rule("options")
def test_options_that_mean_nothing(runner: Runner, case: Case) -> None:
    check_case(runner, case)
