"""Numbers in the rules about predictions: a case just below each, and one just above."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import log_softmax, softmax

from doctor.found import finding, severity

Array = npt.NDArray[Any]


def logits(rows: int, classes: int = 3) -> Array:
    return np.random.default_rng(8).normal(size=(rows, classes))


def summing_to(total: float, rows: int = 20, classes: int = 3) -> Array:
    """Rows of numbers with many digits, which sum to this."""
    return total * softmax(logits(rows, classes), axis=-1)


# What the loss takes: CE105, CE106, CE302.


@pytest.mark.parametrize(("rows", "seen"), [(7, False), (8, True)])
def test_the_rows_of_probabilities_that_are_no_logits(rows: int, seen: bool) -> None:
    y = np.arange(rows) % 3
    assert (finding("CE105", y, summing_to(1, rows), from_logits=True) is not None) == seen


@pytest.mark.parametrize(("count", "seen"), [(63, False), (64, True)])
def test_the_numbers_in_0_to_1_that_are_no_logits(count: int, seen: bool) -> None:
    p = np.linspace(0.1, 0.9, count)
    found = finding("CE105", np.arange(count) % 2, p, from_logits=True, loss="binary")
    assert (found is not None) == seen


@pytest.mark.parametrize(("spread", "seen"), [(0.0499, False), (0.0501, True)])
def test_how_far_apart_the_numbers_in_0_to_1_lie(spread: float, seen: bool) -> None:
    """All alike they are logits of a model that has not begun."""
    p = np.linspace(0.4, 0.4 + spread, 100)
    found = finding("CE105", np.arange(100) % 2, p, from_logits=True, loss="binary")
    assert (found is not None) == seen


@pytest.mark.parametrize(
    ("dtype", "value", "seen"),
    [
        (np.float32, 1 + 0.9e-4, False),
        (np.float32, 1 + 1.1e-4, True),
        (np.float32, -0.9e-4, False),
        (np.float32, -1.1e-4, True),
        # The neighbours of what 16 bits are allowed, 2e-3 and 1.5e-2.
        (np.float16, 1 + 2 * 2**-10, False),
        (np.float16, 1 + 3 * 2**-10, True),
        (ml_dtypes.bfloat16, 1 + 2**-7, False),
        (ml_dtypes.bfloat16, 1 + 2 * 2**-7, True),
    ],
)
def test_how_far_outside_of_0_to_1_a_probability_is(dtype: Any, value: float, seen: bool) -> None:
    p = np.tile([0.25, 0.75], (20, 1)).astype(dtype)
    p[3] = value, 0
    assert (finding("CE106", np.arange(20) % 2, p, from_logits=False) is not None) == seen


@pytest.mark.parametrize(("rows", "all_of_them"), [(5, False), (6, True)])
def test_the_share_of_rows_that_are_logits(rows: int, all_of_them: bool) -> None:
    """Above a twentieth all are taken for logits."""
    p = summing_to(1, 100)
    p[:rows] = 3, -1, 2
    found = finding("CE106", np.arange(100) % 3, p, from_logits=False)
    assert found is not None
    assert (found.fix == "Pass from_logits=True.") == all_of_them


@pytest.mark.parametrize(("classes", "seen"), [(1, True), (2, False)])
def test_the_outputs_that_a_softmax_needs(classes: int, seen: bool) -> None:
    found = finding("CE302", [0] * 9, logits(9, classes), loss="sparse", from_logits=True)
    assert (found is not None) == seen


# One row or many, scores or chosen classes: CE303, CE304, CE305.


@pytest.mark.parametrize(("rows", "seen"), [(1, False), (2, True)])
def test_the_one_hot_rows_that_are_labels(rows: int, seen: bool) -> None:
    y, p = summing_to(1, rows), np.eye(3)[np.arange(rows) % 3]
    assert (finding("CE304", y, p) is not None) == seen


@pytest.mark.parametrize(("off", "seen"), [(0.0009, False), (0.0011, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_a_sum_of_labels_is_from_1(sign: int, off: float, seen: bool) -> None:
    y = np.array([0.3, 0.7 + sign * off])
    found = finding("CE303", y, np.array([0.2, -1]), loss="torch.nn.CrossEntropyLoss")
    assert (found is not None) == seen


@pytest.mark.parametrize(("length", "seen"), [(1, False), (2, True)])
def test_the_length_that_may_be_a_batch(length: int, seen: bool) -> None:
    y, x = np.full(length, 3.0), np.array([0.2, -1])[:length]
    assert (finding("CE303", y, x, loss="torch.nn.CrossEntropyLoss") is not None) == seen


@pytest.mark.parametrize(("rows", "wrong", "grave"), [(7, 1, ""), (8, 0, "note"), (8, 1, "error")])
def test_the_one_hot_rows_that_are_chosen_classes(rows: int, wrong: int, grave: str) -> None:
    y = np.arange(rows) % 3
    top = y.copy()
    top[:wrong] = (top[:wrong] + 1) % 3
    assert severity("CE305", y, np.eye(3)[top]) == grave


@pytest.mark.parametrize(
    ("chosen", "grave"),
    [
        ([0, 1, 0, 1, 0, 1, 0], ""),
        ([0, 1, 0, 1, 0, 1, 0, 1], "warning"),
        ([0, 0, 0, 0, 0, 0, 0, 0], ""),
        ([0, 1, 0, 1, 0, 1, 0, 2], "error"),
    ],
)
def test_the_whole_numbers_that_are_chosen_classes(chosen: list[int], grave: str) -> None:
    y = np.arange(len(chosen)) % 2
    assert severity("CE305", y, np.array(chosen, float)) == grave


# Logarithms of probabilities: CE306, CE307.


@pytest.mark.parametrize(("largest", "seen"), [(0.0009, False), (0.0011, True)])
def test_the_largest_logarithm_of_a_probability(largest: float, seen: bool) -> None:
    x = log_softmax(logits(7), axis=-1)
    x[2, 1] = largest
    assert (finding("CE306", np.arange(7) % 3, x, loss="torch.nn.NLLLoss") is not None) == seen


@pytest.mark.parametrize(("rows", "seen"), [(7, False), (8, True)])
def test_the_rows_of_logits_that_are_no_logarithms(rows: int, seen: bool) -> None:
    x = logits(rows) - 9
    assert (finding("CE306", np.arange(rows) % 3, x, loss="torch.nn.NLLLoss") is not None) == seen


@pytest.mark.parametrize(("off", "seen"), [(3.9e-4, True), (4.1e-4, False)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_from_0_a_logsumexp_is(sign: int, off: float, seen: bool) -> None:
    x = log_softmax(logits(20), axis=-1) + sign * off
    assert (finding("CE307", np.arange(20) % 3, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(("largest", "seen"), [(0.9e-4, True), (1.1e-4, False)])
def test_how_far_above_0_a_logarithm_is(largest: float, seen: bool) -> None:
    x = np.tile([largest, -30, -30], (20, 1))
    assert (finding("CE307", np.zeros(20, int), x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(("rows", "seen"), [(1, False), (2, True)])
def test_the_rows_of_logarithms(rows: int, seen: bool) -> None:
    x = log_softmax(logits(rows), axis=-1)
    assert (finding("CE307", np.arange(rows) % 3, x, from_logits=True) is not None) == seen


# Sums of rows and of columns: CE309, CE406.


@pytest.mark.parametrize(
    ("rows", "off", "seen"),
    [(20, 0.9e-4, True), (20, 1.1e-4, False), (1_000, 0.9e-3, True), (1_000, 1.1e-3, False)],
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_a_column_is_from_1(rows: int, sign: int, off: float, seen: bool) -> None:
    """A millionth for each row is allowed, where that is more than 1e-4."""
    p = softmax(logits(rows), axis=0)
    p[:, 1] *= 1 + sign * off
    assert (finding("CE309", np.arange(rows) % 3, p) is not None) == seen


@pytest.mark.parametrize(("rows", "seen"), [(1, False), (2, True)])
def test_the_rows_of_a_column(rows: int, seen: bool) -> None:
    p = np.full((rows, 3), 1 / rows)
    assert (finding("CE309", np.arange(rows) % 3, p) is not None) == seen


@pytest.mark.parametrize(("size", "seen"), [(1, False), (2, True)])
def test_the_size_of_an_axis_whose_sums_are_1(size: int, seen: bool) -> None:
    p = np.full((9, size, 3), 1 / size)
    assert (finding("CE309", np.zeros((9, size), int), p) is not None) == seen


@pytest.mark.parametrize(
    ("off", "grave"),
    [(0.9e-4, ""), (1.1e-4, "warning"), (0.0499, "warning"), (0.0501, "error")],
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_a_row_is_from_1(sign: int, off: float, grave: str) -> None:
    p = summing_to(1 + sign * off)
    assert severity("CE406", np.arange(20) % 3, p, from_logits=False) == grave


@pytest.mark.parametrize(("rows", "grave"), [(7, ""), (8, "warning")])
def test_the_rows_that_may_be_logits_as_well(rows: int, grave: str) -> None:
    p = 0.5 * summing_to(1, rows)
    assert severity("CE406", np.arange(rows) % 3, p) == grave


# Numbers at the end of their range: CE212, CE215, CE216.


@pytest.mark.parametrize(("value", "seen"), [(-9_999, False), (-10_000, True)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_logit_that_is_a_mask(smoothing: float, value: float, seen: bool) -> None:
    """It stands at a label; or elsewhere, where smoothing gives mass to every class."""
    x = logits(9)
    x[4, 1 if smoothing else 0] = value
    given = {"from_logits": True, "label_smoothing": smoothing}
    assert (finding("CE212", np.zeros(9, int), x, **given) is not None) == seen


@pytest.mark.parametrize(("value", "grave"), [(0.9e-7, "note"), (1.1e-7, "")])
def test_the_probability_that_is_clipped(value: float, grave: str) -> None:
    p = np.tile([0.7, 0.3], (20, 1))
    p[5] = value, 1 - value
    assert severity("CE215", np.zeros(20, int), p, from_logits=False) == grave


@pytest.mark.parametrize("value", [1 + 0.9e-4, -0.9e-4])
def test_a_value_just_outside_of_0_to_1_is_a_probability(value: float) -> None:
    """What CE106 allows does not hide a probability of 0."""
    p = np.tile([0.7, 0.3], (20, 1))
    p[5], p[6] = [value, 1 - value], [0, 1]
    assert finding("CE214", np.where(np.arange(20) == 5, value < 0, 0), p, from_logits=False)


CEILING = 7 * math.log(10)


@pytest.mark.parametrize(
    ("history", "seen"),
    [
        ([CEILING] * 4, False),
        ([CEILING] * 5, True),
        ([CEILING + 0.0099] * 5, True),
        ([CEILING + 0.0101] * 5, False),
        ([CEILING - 0.0099] * 5, True),
        ([CEILING - 0.0101] * 5, False),
        ([CEILING - 0.00995, *[CEILING] * 3, CEILING + 0.00995], True),
        ([CEILING - 0.01005, *[CEILING] * 3, CEILING + 0.01005], False),
        # The last five alone count.
        ([3, *[CEILING] * 5], True),
        ([CEILING, 3, *[CEILING] * 4], False),
    ],
)
def test_a_loss_that_stays_at_the_clip(history: list[float], seen: bool) -> None:
    assert (finding("CE215", history=history) is not None) == seen


@pytest.mark.parametrize(
    ("dtype", "loss", "seen"),
    [
        (ml_dtypes.bfloat16, 1.97, False),
        (ml_dtypes.bfloat16, 2.03, True),
        (np.float16, 15.9, False),
        (np.float16, 16.1, True),
    ],
)
def test_the_steps_of_a_loss_in_16_bits(dtype: Any, loss: float, seen: bool) -> None:
    """They are powers of 2: one below 0.01, 2**-7, the next one above."""
    x = np.tile([0, math.log(math.expm1(loss))], (20, 1)).astype(dtype)
    found = finding("CE216", np.zeros(20, int), x, from_logits=True, framework="optax")
    assert (found is not None) == seen


def smoothing_sum(classes: int) -> float:
    """The sum of -ln p over the classes, of which one has the logit 8 and the others 0."""
    return classes * math.log(math.exp(8) + classes - 1) - 8


CLASSES = next(n for n in range(2, 10_000) if smoothing_sum(n + 1) > 65_504)
"""With one class more the sum is above the largest number of float16."""


@pytest.mark.parametrize("seen", [False, True])
def test_the_largest_sum_of_smoothing(seen: bool) -> None:
    x = np.zeros((4, CLASSES + seen), np.float16)
    x[:, 2] = 8
    given = {"from_logits": True, "label_smoothing": 0.1, "framework": "torch"}
    found = finding("CE216", [2] * 4, x, **given)
    assert (found is not None) == seen
    assert found is None or f"{CLASSES + 1} classes" in found.seen
