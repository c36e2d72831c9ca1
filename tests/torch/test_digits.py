"""The digits example in PyTorch: crossent's curves are those of torch's own loss."""

from __future__ import annotations

import pytest

from digits_training import (  # noqa: F401 - pytest finds them here
    Training,
    test_integers_and_one_hot_agree,
    test_the_same_curve_and_accuracy,
    test_the_script_prints_a_line_for_each_run,
)


@pytest.fixture
def training() -> Training:
    return Training("train_torch", peer="torch")
