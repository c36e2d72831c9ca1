"""Any call that Keras answers with a number is answered with the same number and gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from compat.keras.backend import BACKEND, TRAINS, ULP, dtype_of, gradient, host
from compat.keras.drawn import Drawn, calls

# More than 2 000 for each function over the four backends; runs add up, as none is derandomized.
EXAMPLES = {"numpy": 1000, "torch": 700, "tensorflow": 250, "jax": 80}
# Both libraries round every step to the loss's dtype, and normalised logits to that of the largest:
# the most units seen were 2.6.
UNITS = 8


@pytest.mark.parametrize("function", ["sparse", "dense", "binary"])
def test_values_and_gradients_are_kerass(function: str) -> None:
    @settings(
        max_examples=EXAMPLES[BACKEND],
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(call=calls(function))
    def check(call: Drawn) -> None:
        agrees(call)

    check()


def agrees(call: Drawn) -> None:
    ours, theirs = call.ours(call.x), call.theirs(call.x)
    assert dtype_of(ours) == dtype_of(theirs)
    assert tuple(ours.shape) == tuple(theirs.shape)
    largest = np.abs(call.x).max() if call.options["from_logits"] else 0.0
    near(call, host(ours), host(theirs), largest)
    if TRAINS and has_a_true_gradient(call):
        largest = 0.0 if call.options["from_logits"] else steepest(call)
        near(call, gradient(call.ours, call.x), gradient(call.theirs, call.x), largest)


def steepest(call: Drawn) -> float:
    """The largest slope q / p on the way to a gradient: that of the row's sum is taken from it."""
    slopes = 1 / np.maximum(call.x, 2.0**-24)
    axis = call.options["axis"]
    if call.function != "sparse":
        smoothed = call.y + call.options.get("label_smoothing", 0.0) / call.x.shape[axis]
        return float((smoothed * slopes).max())
    labels = call.y if call.y.ndim == call.x.ndim else np.expand_dims(call.y, axis)
    return float(np.take_along_axis(slopes, labels.astype(int), axis).max())


def near(call: Drawn, ours: np.ndarray, theirs: np.ndarray, largest: float) -> None:
    sound = np.isfinite(theirs)  # 0 * inf in 16 bits, where 1 - epsilon is 1
    size = 1 + largest + np.abs(theirs[sound]).max(initial=0)
    if call.dtype != "float32" or not call.options["from_logits"]:
        sound &= np.isfinite(ours)
    np.testing.assert_allclose(
        ours[sound], theirs[sound], rtol=0, atol=UNITS * ULP[call.dtype] * size
    )


def has_a_true_gradient(call: Drawn) -> bool:
    """TensorFlow's op is differentiated as if its targets were distributions."""
    if call.function != "dense" or not call.options["from_logits"] or BACKEND != "tensorflow":
        return True
    sums = call.y.sum(call.options["axis"])
    return bool(np.abs(sums - 1).max() < 2**-20)
