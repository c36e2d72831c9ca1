"""Numbers that options and label dtypes may take: the last one allowed, and the next."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import crossent as ce

X = np.array([[0.5, 2.5, 0.1], [0.3, 0.2, 2.0]])
P = np.array([[0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])
SPARSE = ce.sparse_categorical_crossentropy
JUST_BELOW_HALF = float(np.nextafter(0.5, 0))

ALLOWED: dict[str, dict[str, Any]] = {
    "smoothing-0": {"label_smoothing": 0.0},
    "smoothing-1": {"label_smoothing": 1.0},
    "z-loss-0": {"z_loss": 0.0},
    "normalizer-smallest": {"normalizer": 5e-324},
    "epsilon-0": {"epsilon": 0.0},
    "epsilon-below-half": {"epsilon": JUST_BELOW_HALF},
}
REFUSED: dict[str, dict[str, Any]] = {
    "smoothing-below-0": {"label_smoothing": -5e-324},
    "smoothing-above-1": {"label_smoothing": float(np.nextafter(1.0, 2))},
    "z-loss-below-0": {"z_loss": -5e-324},
    "normalizer-0": {"normalizer": 0.0},
    "epsilon-below-0": {"epsilon": -5e-324},
    "epsilon-half": {"epsilon": 0.5},
}


def call(options: dict[str, Any]) -> Any:
    """The loss of logits, or of probabilities where the option is theirs."""
    of_probabilities = "epsilon" in options
    return SPARSE([0, 1], P if of_probabilities else X, from_logits=not of_probabilities, **options)


@pytest.mark.parametrize("options", ALLOWED.values(), ids=ALLOWED)
def test_the_last_number_that_is_allowed(options: dict[str, Any]) -> None:
    assert not np.isnan(call(options))


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
def test_the_first_number_that_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ce.OptionError, match="CE001"):
        call(options)


@pytest.mark.parametrize(
    ("dtype", "most"),
    [(ml_dtypes.bfloat16, 2**8), (np.float16, 2**11), (np.float32, 2**24)],
    ids=["bfloat16", "float16", "float32"],
)
def test_m02_classes_that_a_float_label_can_name(dtype: Any, most: int) -> None:
    """Indices up to C - 1 are exact as long as C - 1 does not exceed the dtype's integers."""
    label = np.array([1], dtype)
    x = np.zeros((1, most + 2), np.float16)
    assert np.isfinite(SPARSE(label, x[:, :most], from_logits=True))
    with pytest.raises(ce.CrossentError, match="CE3"):
        SPARSE(label, x, from_logits=True)


@pytest.mark.parametrize(("rows", "warns"), [(7, False), (8, True)])
def test_m05_rows_that_tell_of_a_second_softmax(rows: int, warns: bool) -> None:
    p = np.random.default_rng(1).dirichlet(np.ones(5), rows)
    y = np.arange(rows) % 5
    if not warns:
        SPARSE(y, p, from_logits=True)
        return
    with pytest.warns(ce.DoubleSoftmaxWarning):
        SPARSE(y, p, from_logits=True)


@pytest.mark.parametrize(
    ("miss", "outcome"),
    [(0.99e-4, None), (1.02e-4, ce.ProbabilityWarning), (0.0499, ce.ProbabilityWarning),
     (0.0501, ce.PredictionError)],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("sign", [-1, 1])
def test_m05_how_far_a_row_may_miss_1(sign: int, miss: float, outcome: Any) -> None:
    p = np.random.default_rng(2).dirichlet(np.ones(5), 3)
    p[1] *= 1 + sign * miss
    if outcome is None:
        SPARSE([0, 1, 2], p)
    elif issubclass(outcome, Warning):
        with pytest.warns(outcome):
            SPARSE([0, 1, 2], p)
    else:
        with pytest.raises(outcome, match="CE406"):
            SPARSE([0, 1, 2], p)


def test_m01_ten_values_are_named_and_no_eleventh() -> None:
    x = np.zeros((11, 3))
    with pytest.raises(ce.LabelRangeError) as ten:
        SPARSE([*range(101, 111), 0], x, from_logits=True)
    assert all(str(value) in str(ten.value) for value in range(101, 111))
    with pytest.raises(ce.LabelRangeError) as eleven:
        SPARSE(list(range(101, 112)), x, from_logits=True)
    assert sum(f" {value}" in str(eleven.value) for value in range(101, 111)) <= 10
