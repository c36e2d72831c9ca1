"""Numbers that the rules of causes name: a pair just below and just above each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

import crossent as ce
from doctor.found import finding, severity

RNG = np.random.default_rng(11)


@pytest.mark.parametrize(("mean", "seen"), [(999.0, ""), (1001.0, "error")])
def test_the_mean_loss_of_a_run_that_diverged(mean: float, seen: str) -> None:
    x = np.tile([0.0, mean, 0.0], (4, 1))
    assert severity("CE217", [0, 0, 2, 0], x, from_logits=True) == seen


@pytest.mark.parametrize(("right", "seen"), [(79, "error"), (80, "note")])
def test_the_accuracy_from_which_large_logits_are_sure_ones(right: int, seen: str) -> None:
    x = 1e5 * np.eye(3)[np.where(np.arange(100) < right, 1, 2)]
    assert severity("CE217", np.ones(100, int), x, from_logits=True) == seen


@pytest.mark.parametrize(("levels", "code"), [(4, "CE212"), (5, "CE217")])
def test_how_many_masks_are_added_up(levels: int, code: str) -> None:
    x = RNG.normal(size=(40, 4))
    y = np.zeros(40, int)
    x[:, 0] = -1e5 * 2.0 ** (np.arange(40) % levels)
    assert ce.diagnose(y, x, from_logits=True).findings[0].code == code


@pytest.mark.parametrize(("highest", "code"), [(9_900.0, "CE212"), (10_100.0, "CE217")])
def test_no_mask_is_positive(highest: float, code: str) -> None:
    x = np.tile([-1e9, 0.0, highest], (9, 1))
    assert ce.diagnose(np.zeros(9, int), x, from_logits=True).findings[0].code == code


@pytest.mark.parametrize(
    ("history", "seen"),
    [
        ([2.3, 40.0, 29.9, 29.9], False),
        ([2.3, 40.0, 30.1, 30.1], True),
        ([4.0, 60.0, 39.9, 39.9], False),
        ([4.0, 60.0, 40.1, 40.1], True),
        ([1.0, 60.0, 60.0, 24.0], False),
        ([2.3, 60.0], False),
    ],
)
def test_a_history_that_grows(history: list[float], seen: bool) -> None:
    """Above 30, and above ten times its start and ln C, in the last two entries of three."""
    assert (finding("CE217", num_classes=10, history=history) is not None) == seen


@pytest.mark.parametrize(("damaged", "seen"), [(4, True), (5, False)])
def test_how_many_rows_may_be_damaged(damaged: int, seen: bool) -> None:
    p = softmax(RNG.normal(size=(400, 5)), axis=1)
    p[:damaged] *= 0.5
    found = finding("CE105", np.arange(400) % 5, p, from_logits=True)
    assert (found is not None and found.severity == "error") == seen


@pytest.mark.parametrize(("classes", "seen"), [(3, ""), (4, "note")])
def test_the_floor_that_is_far_from_0(classes: int, seen: str) -> None:
    """ln(1 + 2 exp(-2)) is 0.24, and with three others it is 0.34."""
    y = np.arange(60) % classes
    x = 0.9 * np.eye(classes)[y] - 0.3 * np.eye(classes)[(y + 1) % classes]
    assert severity("CE105", y, x + 0.01 * RNG.normal(size=x.shape), from_logits=True) == seen


@pytest.mark.parametrize(
    ("high", "rows", "seen"), [(0.49, 60, ""), (0.52, 60, "note"), (0.52, 7, ""), (1.1, 60, "")]
)
def test_which_range_is_that_of_cosines(high: float, rows: int, seen: str) -> None:
    y = np.arange(rows) % 12
    x = RNG.uniform(-0.4, 0.4, (rows, 12))
    x[0, 0] = high
    assert severity("CE105", y, x, from_logits=True) == seen


@pytest.mark.parametrize(("steps", "seen"), [(9, False), (10, True)])
def test_how_many_losses_that_move_are_judged(steps: int, seen: bool) -> None:
    history = np.log(10) * (1 + 2e-3 * (-1.0) ** np.arange(steps))
    assert (finding("CE218", num_classes=10, history=history) is not None) == seen


@pytest.mark.parametrize(("spread", "seen"), [(1.9e-4, True), (2.1e-4, False)])
def test_how_far_a_few_losses_move(spread: float, seen: bool) -> None:
    history = np.log(10) * (1 + spread / 2 * np.array([1, -1, 1, -1, 1, -1]))
    assert (finding("CE218", num_classes=10, history=history) is not None) == seen


@pytest.mark.parametrize(("start", "seen"), [(1.009, False), (1.011, True)])
def test_from_where_a_few_losses_have_come_down(start: float, seen: bool) -> None:
    moving = 1 + 5e-4 * np.array([1, -1, 1, -1])
    history = np.log(10) * np.r_[start, moving]
    assert (finding("CE218", num_classes=10, history=history) is not None) == seen


@pytest.mark.parametrize(("last", "seen"), [(0.51, False), (0.49, True)])
def test_a_fall_that_ends_is_judged(last: float, seen: bool) -> None:
    steps = 3e-5 * np.array([0, 1, 1, 1, 1, last])
    history = np.log(10) * (1 - np.cumsum(steps))
    assert (finding("CE218", num_classes=10, history=history) is not None) == seen


SAYS = "y_true + 1"


@pytest.mark.parametrize(
    ("marks", "others", "classes", "seen"),
    [
        (17, 83, 2, True), (16, 84, 2, False),  # half of a third of 100
        (10, 10, 2, True), (9, 10, 2, False),  # 10 labels for each class
        (100, 1000, 10, True), (100, 1100, 11, False),
    ],
)  # fmt: skip
def test_how_frequent_a_class_is(marks: int, others: int, classes: int, seen: bool) -> None:
    y = np.r_[np.full(marks, -1), np.arange(others) % classes]
    found = finding("CE103", y, num_classes=classes)
    assert found is not None
    assert (SAYS in found.fix) == seen
    with pytest.raises(ce.LabelRangeError) as caught:
        ce.sparse_categorical_crossentropy(y, np.zeros((len(y), classes)), from_logits=True)
    assert (SAYS in str(caught.value)) == seen


@pytest.mark.parametrize(("rows", "seen"), [(19, False), (20, True)])
def test_rows_that_tell_how_flat_scores_stand(rows: int, seen: bool) -> None:
    y = np.arange(rows) % 4
    found = finding("CE112", y, (9 * np.eye(4)[y]).T.reshape(-1), from_logits=True)
    assert found is not None
    assert ("class by class." in found.seen) == seen


@pytest.mark.parametrize(("brightest", "seen"), [(100, False), (101, True), (255, True)])
def test_the_brightest_of_an_image(brightest: int, seen: bool) -> None:
    y = np.array([0, 40, brightest, 7] * 9)
    found = finding("CE308", y, expit(RNG.normal(size=36)), loss="binary")
    assert found is not None
    assert ("/ 255" in found.fix) == seen


@pytest.mark.parametrize(("rows", "seen"), [(7, False), (8, True)])
def test_rows_of_a_softmax_under_a_binary_loss(rows: int, seen: bool) -> None:
    p = softmax(RNG.normal(size=(rows, 4)), axis=1)
    y: Any = (RNG.uniform(size=p.shape) < 0.6) * 1
    y[0] = 1
    assert (finding("CE301", y, p, loss="binary") is not None) == seen


@pytest.mark.parametrize(
    ("shape", "seen"), [((499, 4), False), ((500, 4), True), ((2000,), True), ((2000, 1), True)]
)
def test_texts_and_images_are_one_row_each(shape: tuple[int, ...], seen: bool) -> None:
    assert (finding("CE211", np.zeros(shape, int) + 1, num_classes=10) is not None) == seen
