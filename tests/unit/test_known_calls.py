"""A second call like the first takes a shorter way, and means the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.core.caches import PLANS

LOSS = ce.sparse_categorical_crossentropy
X = 3 * np.random.default_rng(5).normal(size=(6, 5)).astype(np.float32)
Y = np.array([0, 4, 2, 1, 3, 0])


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    PLANS.clear()


def is_known() -> bool:
    return bool(PLANS)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "parts"])
@pytest.mark.parametrize("from_logits", [True, False])
def test_a_second_call_has_the_bits_of_the_first(reduction: str, from_logits: bool) -> None:
    x = X if from_logits else np.exp(X) / np.exp(X).sum(axis=-1, keepdims=True)
    options: dict[str, Any] = {"from_logits": from_logits, "reduction": reduction}
    first = np.asarray(LOSS(Y, x, **options))
    assert is_known()
    second = np.asarray(LOSS(Y.copy(), x.copy(), **options))
    assert ce.last_path() == "kernel"
    assert first.tobytes() == second.tobytes()


def test_a_second_value_and_gradient_has_the_bits_of_the_first() -> None:
    pair = ce.value_and_grad(LOSS)
    value, gradient = pair(Y, X, from_logits=True)
    assert is_known()
    again, out = pair(Y, X, from_logits=True, out=np.empty_like(X))
    assert (value.tobytes(), gradient.tobytes()) == (again.tobytes(), out.tobytes())
    with pytest.raises(ce.OptionError, match="shares memory"):
        pair(Y, X, from_logits=True, out=X)


def test_m01_a_bad_label_is_an_error_in_a_second_call_too() -> None:
    LOSS(Y, X, from_logits=True)
    bad = Y.copy()
    bad[2] = 5
    with pytest.raises(ce.LabelRangeError, match="5") as first:
        LOSS(bad, X.astype(np.float64), from_logits=True)
    with pytest.raises(ce.LabelRangeError, match="5") as second:
        LOSS(bad, X, from_logits=True)
    assert str(first.value) == str(second.value)
    with pytest.raises(ce.LabelRangeError):
        ce.value_and_grad(LOSS)(bad, X, from_logits=True)


def test_m05_probabilities_for_logits_are_warned_of_in_a_second_call_too() -> None:
    x = np.concatenate([X, X])
    y = np.concatenate([Y, Y])
    LOSS(y, x, from_logits=True)
    p = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
    with pytest.warns(ce.DoubleSoftmaxWarning) as told:
        LOSS(y, p, from_logits=True)
    assert told[0].filename == __file__


def test_m05_logits_for_probabilities_are_an_error_in_a_second_call_too() -> None:
    LOSS(Y, np.exp(X) / np.exp(X).sum(axis=-1, keepdims=True))
    with pytest.raises(ce.PredictionError):
        LOSS(Y, X)


def test_what_is_equal_but_not_the_same_option_is_still_an_error() -> None:
    LOSS(Y, X, from_logits=True, axis=1, label_smoothing=1)
    for wrong in ({"from_logits": 1}, {"axis": 1.0}, {"label_smoothing": True}):
        options: dict[str, Any] = {"from_logits": True, "axis": 1, "label_smoothing": 1, **wrong}
        with pytest.raises(ce.OptionError):
            LOSS(Y, X, **options)


def test_weights_beside_a_known_call_count() -> None:
    plain = LOSS(Y, X, from_logits=True, reduction="sum")
    for options in ({"sample_weight": 2.0}, {"class_weight": np.full(5, 2.0)}):
        weighted = LOSS(Y, X, from_logits=True, reduction="sum", **options)
        assert weighted == pytest.approx(2 * plain, rel=1e-6)
    assert LOSS(Y, X, from_logits=True, normalizer=3.0) == pytest.approx(plain / 3, rel=1e-6)


def test_other_layouts_of_a_known_shape_mean_the_same() -> None:
    terms = LOSS(Y, X, from_logits=True, reduction="none")
    wide, labels = np.zeros((6, 9), np.float32), np.zeros(12, np.int64)
    wide[:, 2:7], labels[::2] = X, Y
    labels.flags.writeable = False
    for x in (np.asfortranarray(X), wide[:, 2:7], X.astype(">f4"), X[::-1].copy()[::-1]):
        for y in (Y, labels[::2], Y.astype(">i8")):
            assert (LOSS(y, x, from_logits=True, reduction="none") == terms).all()


def test_calls_are_kept_in_bounds_and_hold_no_arrays() -> None:
    def call(rows: int) -> None:
        LOSS(np.zeros(rows, np.int64), np.zeros((rows, 3)), from_logits=True)

    for rows in range(1, PLANS.most + 1):
        call(rows)
    first, *others = PLANS
    call(PLANS.most + 1)
    assert list(PLANS)[:-1] == others  # one took the place of the oldest
    assert first not in PLANS


def test_kernels_turned_off_after_a_call_was_kept() -> None:
    with_kernels = LOSS(Y, X, from_logits=True)
    ce.use_kernels(False)
    try:
        assert LOSS(Y, X, from_logits=True) == pytest.approx(with_kernels, rel=1e-6)
        assert ce.last_path() == "operations"
    finally:
        ce.use_kernels(True)
