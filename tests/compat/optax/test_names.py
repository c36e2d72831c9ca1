"""optax's names of arguments, given to crossent's own functions."""

from __future__ import annotations

import pytest
from optax import losses

from other_libraries import FUNCTIONS, check_named, parameters_of

WORDS = ("entropy", "focal", "poly", "kl_", "smooth_labels", "perceptron", "sparsemax")
LOSSES = [getattr(losses, name) for name in dir(losses) if any(word in name for word in WORDS)]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", parameters_of(LOSSES))
def test_an_error_names_ours(name: str, function: str) -> None:
    check_named(name, function)
