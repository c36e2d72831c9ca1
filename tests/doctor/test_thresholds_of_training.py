"""Numbers in the rules about training: a case just below each, and one just above."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from doctor.found import finding, severity

Array = npt.NDArray[Any]


def entropy(shares: Sequence[float]) -> float:
    return -sum(share * math.log(share) for share in shares)


def labels(counts: Sequence[int]) -> Array:
    """Labels of which each class has so many."""
    return np.repeat(np.arange(len(counts)), counts)


def mean_loss(y: Array, x: Array) -> float:
    log_sums = np.log(np.exp(x).sum(-1))
    return float((log_sums - x[np.arange(len(y)), y]).mean())


def where_it_is(goal: float, loss_at: Callable[[float], float]) -> float:
    """The number from 0 to 1 at which a loss that rises with it has a value."""
    low, high = 0.0, 1.0
    assert loss_at(low) < goal < loss_at(high)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if loss_at(middle) < goal else (low, middle)
    return low


@pytest.mark.parametrize(("off", "grave"), [(0.0049, "error"), (0.0051, "warning")])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_near_an_accuracy_is_to_the_share_of_class_0(sign: int, off: float, grave: str) -> None:
    """A quarter of the rows are predicted as class 0, and all are right."""
    y = np.arange(100) % 4
    given = {"from_logits": True, "accuracy": 0.25 + sign * off}
    assert severity("CE201", y, 6 * np.eye(4)[y], **given) == grave


@pytest.mark.parametrize(("rare", "seen"), [(29, False), (30, True)])
def test_the_least_label_entropy_that_a_stuck_loss_is_held_against(rare: int, seen: bool) -> None:
    """It is 0.0198 with 29 labels of another class, and 0.0204 with 30."""
    at = entropy([rare / 10_000, 1 - rare / 10_000])
    assert (at > 0.02) == seen
    history = [at + 0.3, at + 0.2, at + 0.1, at, at, at]
    found = finding("CE218", labels([10_000 - rare, rare]), num_classes=2, history=history)
    assert (found is not None) == seen


@pytest.mark.parametrize(
    ("above", "grave"), [(-1e-4, ""), (1e-4, "note"), (0.0199, "note"), (0.0201, "")]
)
def test_how_far_a_loss_is_above_the_floor_of_a_double_softmax(above: float, grave: str) -> None:
    at = math.log(math.e + 9) - 1 + above
    history = [2.3, 2.1, 1.9, at, at, at]
    assert severity("CE218", np.arange(100) % 10, num_classes=10, history=history) == grave


# One class alone is predicted: CE408.


def same_for_all(counts: Sequence[int]) -> tuple[Array, Array]:
    """Labels, and logits that say how frequent each class is: the loss is the entropy."""
    y = labels(counts)
    return y, np.tile(np.log(np.array(counts) / len(y)), (len(y), 1))


@pytest.mark.parametrize(("rows", "seen"), [(49, False), (50, True)])
def test_the_rows_that_one_class_takes(rows: int, seen: bool) -> None:
    y, x = same_for_all([rows - 20, 10, 5, 5])
    assert (finding("CE408", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(("rows", "seen"), [(989, False), (990, True)])
def test_the_share_of_the_rows_that_one_class_has(rows: int, seen: bool) -> None:
    y, x = same_for_all([600, 200, 100, 100])
    x[rows:, 1] = 0  # the largest: all others are logarithms of shares
    assert (finding("CE408", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(
    ("counts", "seen"),
    [
        # 1.5 times the fair share of ten classes
        ([149, 141, 140, 140, 140, 140, 50, 50, 30, 20], False),
        ([151, 141, 140, 140, 140, 140, 48, 50, 30, 20], True),
        # of two classes that would be 0.75
        ([599, 401], False),
        ([601, 399], True),
        # so many that it is right to name no other
        ([949, 26, 25], True),
        ([951, 25, 24], False),
    ],
)
def test_the_share_of_the_labels_that_one_class_has(counts: list[int], seen: bool) -> None:
    y, x = same_for_all(counts)
    assert len(y) == 1_000
    assert (finding("CE408", y, x, from_logits=True) is not None) == seen


def more_equal(y: Array, x: Array, goal: float) -> Array:
    """Logits that say less of the frequencies, so that the loss is larger."""
    shares = np.exp(x)

    def at(t: float) -> Array:
        return np.asarray(np.log((1 - t) * shares + t / x.shape[1]))

    return at(where_it_is(goal, lambda t: mean_loss(y, at(t))))


@pytest.mark.parametrize(("below", "seen"), [(0.0101, True), (0.0099, False)])
def test_how_far_below_ln_c_the_loss_of_one_class_is(below: float, seen: bool) -> None:
    y, x = same_for_all([450, 200, 200, 150])
    assert 1.1 * entropy([0.45, 0.2, 0.2, 0.15]) > math.log(4)  # which decides elsewhere
    x = more_equal(y, x, math.log(4) - below)
    assert (finding("CE408", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(("times", "seen"), [(1.099, True), (1.101, False)])
def test_how_far_above_the_entropy_the_loss_of_one_class_is(times: float, seen: bool) -> None:
    y, x = same_for_all([700, 100, 100, 100])
    x = more_equal(y, x, times * entropy([0.7, 0.1, 0.1, 0.1]))
    assert (finding("CE408", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(("times", "grave"), [(0.949, "note"), (0.951, "warning")])
def test_how_far_below_the_entropy_something_was_learned(times: float, grave: str) -> None:
    y, x = same_for_all([700, 100, 100, 100])
    own = np.eye(4)[y]  # what was learned, too little to change what is predicted
    t = where_it_is(
        times * entropy([0.7, 0.1, 0.1, 0.1]), lambda t: mean_loss(y, x + (1 - t) * own)
    )
    assert severity("CE408", y, x + (1 - t) * own, from_logits=True) == grave


# Columns in another order: CE318.


def predicted(table: list[list[int]], scale: float = 12.0) -> tuple[Array, Array]:
    """Labels and logits: of each class, a row of the table, how often which one is predicted."""
    counts = np.array(table)
    y = np.repeat(np.arange(len(counts)), counts.sum(1))
    top = np.concatenate([np.repeat(np.arange(len(row)), row) for row in counts])
    return y, scale * np.eye(counts.shape[1])[top]


def moved(classes: int, right: int, matched: int, other: int = 0) -> list[list[int]]:
    """Each class is predicted as itself, as the next one, and as the one after that so often."""
    eye = np.eye(classes, dtype=int)
    table = right * eye + matched * np.roll(eye, 1, 1) + other * np.roll(eye, 2, 1)
    return table.tolist()  # type: ignore[no-any-return]


def swapped(classes: int, crossed: int, straight: int) -> list[list[int]]:
    """Two classes are predicted as each other so often, and the others are right."""
    table = np.eye(classes, dtype=int) * (crossed + straight)
    table[:2, :2] = [[straight, crossed], [crossed, straight]]
    return table.tolist()  # type: ignore[no-any-return]


MOVED: dict[str, tuple[list[list[int]], str | None]] = {
    "5 rows of each of two": ([[0, 5], [5, 0]], None),
    "6 rows of each of two": ([[0, 6], [6, 0]], "warning"),
    "4 rows of each of three": (moved(3, 0, 4), None),
    "5 rows of each of three": (moved(3, 0, 5), "warning"),
    "half of the rows": (swapped(12, 50, 50), None),
    "3 times as often": (swapped(12, 74, 26), None),
    "more than 3 times": (swapped(12, 76, 24), "warning"),
    "one class moves": ([[50, 0, 0, 0], [0, 50, 0, 0], [0, 0, 0, 90]], None),
    "no class occurs twice": (moved(9, 0, 1), None),
    "two of 95 %": ([[5, 95], [95, 5]], "warning"),
    "two of 94 %": ([[6, 94], [94, 6]], "note"),
    "eight, most of each": (moved(8, 0, 51, 49), None),
    "two of 92 %": ([[8, 92], [92, 8]], None),
    "four of 89 %": (moved(4, 0, 89, 11), "warning"),
    "four of 87 %": (moved(4, 0, 87, 13), "note"),
    "four of 81 %": (moved(4, 0, 81, 19), None),
    "seven of 86 %": (moved(7, 0, 86, 14), "warning"),
    "seven of 80 %": (moved(7, 0, 80, 20), "note"),
    "seven of 74 %": (moved(7, 0, 74, 26), None),
    "five are right": (swapped(7, 60, 0), "warning"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "grave"), MOVED.values(), ids=MOVED)
def test_columns_that_are_moved(table: list[list[int]], grave: str | None) -> None:
    width = max(len(row) for row in table)
    y, x = predicted([row + [0] * (width - len(row)) for row in table])
    found = finding("CE318", y, x, from_logits=True)
    assert (None if found is None else found.severity) == grave


@pytest.mark.parametrize(
    ("classes", "right", "seen"), [(10, 90, True), (10, 89, False), (9, 100, False)]
)
def test_unsure_predictions_of_many_classes_count_if_few_are_wrong(
    classes: int, right: int, seen: bool
) -> None:
    y, x = predicted(moved(classes, 0, right, 100 - right), 0.8)
    found = finding("CE318", y, x, from_logits=True)
    assert (found is not None and found.severity == "warning") == seen


@pytest.mark.parametrize(("classes", "seen"), [(512, True), (513, False)])
def test_the_classes_of_which_it_is_counted_what_is_predicted(classes: int, seen: bool) -> None:
    y, x = predicted(moved(classes, 0, 12), 20)
    assert (finding("CE318", y, x, from_logits=True) is not None) == seen


@pytest.mark.parametrize(("classes", "listed"), [(12, True), (13, False)])
def test_the_columns_whose_order_is_written_out(classes: int, listed: bool) -> None:
    found = finding("CE318", *predicted(moved(classes, 0, 9)), from_logits=True)
    assert found is not None
    order = [*range(1, classes), 0]
    assert (f"y_pred[..., {order}]" in found.fix) == listed


@pytest.mark.parametrize(("classes", "pairs"), [(4, 4), (5, 4)])
def test_the_moved_columns_that_are_named(classes: int, pairs: int) -> None:
    found = finding("CE318", *predicted(moved(classes, 0, 20)), from_logits=True)
    assert found is not None
    assert found.seen.count(" as ") == pairs
    assert ("..." in found.seen) == (classes > pairs)


@pytest.mark.parametrize(("places", "how"), [([1, 2, 3, 0], "each by 1"), ([1, 0, 3, 2], "4 of 4")])
def test_how_the_columns_are_moved(places: list[int], how: str) -> None:
    table = (20 * np.eye(4, dtype=int)[places]).tolist()
    found = finding("CE318", *predicted(table), from_logits=True)
    assert found is not None
    assert f"({how})" in found.seen
