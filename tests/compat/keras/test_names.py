"""Keras's names of arguments, given to crossent's own functions."""

from __future__ import annotations

import keras
import pytest

from other_libraries import FUNCTIONS, check_named, parameters_of

LOSSES = [
    getattr(place, name)
    for place in (keras.losses, keras.metrics, keras.ops)
    for name in dir(place)
    if "entropy" in name.lower()
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", parameters_of(LOSSES))
def test_an_error_names_ours(name: str, function: str) -> None:
    check_named(name, function)
