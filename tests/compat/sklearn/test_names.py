"""scikit-learn's names of arguments, given to crossent's own functions."""

from __future__ import annotations

import pytest
from sklearn import metrics

from other_libraries import FUNCTIONS, check_named, parameters_of

LOSSES = (metrics.log_loss, metrics.brier_score_loss, metrics.d2_log_loss_score)
FORMER = ["eps"]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", [*parameters_of(LOSSES), *FORMER])
def test_an_error_names_ours(name: str, function: str) -> None:
    check_named(name, function)
