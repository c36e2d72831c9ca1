"""TensorFlow's names of arguments, given to crossent's own functions."""

from __future__ import annotations

import pytest
import tensorflow as tf

from other_libraries import FUNCTIONS, check_named, parameters_of

LOSSES = [
    getattr(place, name)
    for place in (tf.nn, tf.compat.v1.nn, tf.compat.v1.losses)
    for name in dir(place)
    if "cross_entropy" in name or name in ("log_loss", "nce_loss", "sampled_softmax_loss")
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", parameters_of(LOSSES))
def test_an_error_names_ours(name: str, function: str) -> None:
    check_named(name, function)
