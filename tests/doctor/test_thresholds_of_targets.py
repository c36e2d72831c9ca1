"""Numbers in the rules about targets and versions: a case just below each, one just above."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import softmax

from crossent.core.target_facts import TargetFacts
from doctor.found import finding

Array = npt.NDArray[Any]


def logits(rows: int, classes: int) -> Array:
    return np.random.default_rng(9).normal(size=(rows, classes))


def seen_of(y: Array) -> str:
    """What CE308 says of targets."""
    found = finding("CE308", y, logits(len(y), y.shape[1]), from_logits=True)
    return "" if found is None else found.seen


# One-hot rows and class indices: CE108, CE109.


@pytest.mark.parametrize(("width", "seen"), [(1, True), (2, False)])
def test_the_width_of_class_indices(width: int, seen: bool) -> None:
    y = np.arange(9 * width).reshape(9, width) % 3
    assert (finding("CE109", y, num_classes=3, loss="dense") is not None) == seen


@pytest.mark.parametrize(("rows", "classes", "seen"), [(9, 2, False), (9, 3, True), (1, 3, False)])
def test_the_size_of_one_hot_rows_without_predictions(rows: int, classes: int, seen: bool) -> None:
    y = np.eye(classes, dtype=int)[np.arange(rows) % classes]
    assert (finding("CE108", y, num_classes=classes, loss="sparse") is not None) == seen


def test_two_one_hot_rows_without_predictions() -> None:
    assert finding("CE108", np.eye(3, dtype=int)[:2], num_classes=3, loss="sparse") is not None


@pytest.mark.parametrize(
    ("row", "seen"),
    [([1.00009, -0.00009, 0], True), ([1.00011, -0.00006, -0.00005], False)],
)
def test_the_largest_number_of_a_distribution(row: list[float], seen: bool) -> None:
    y = np.tile(row, (9, 1))
    assert (finding("CE108", y, logits(9, 3), loss="sparse", from_logits=True) is not None) == seen


# Several labels in a row: CE301.


@pytest.mark.parametrize(("width", "seen"), [(15, True), (16, False)])
def test_the_class_numbers_of_a_row(width: int, seen: bool) -> None:
    y = np.arange(9 * width).reshape(9, width) % 20
    assert (finding("CE301", y, logits(9, 20), from_logits=True) is not None) == seen


@pytest.mark.parametrize(
    ("width", "largest", "seen"),
    [(2, 8, True), (3, 7, True), (3, 8, False), (4, 7, True), (4, 8, False), (5, 8, True)],
)
def test_the_class_numbers_that_may_be_colours(width: int, largest: int, seen: bool) -> None:
    """Of images with the classes, 7, on axis 1: three or four numbers above them are a colour."""
    y = np.zeros((2, width, 5, 6), int)
    y[0, 0] = largest
    found = finding("CE301", y, np.zeros((2, 7, 5, 6)), from_logits=True, axis=1)
    assert (found is not None) == seen


# Rows that are no distribution: CE308.


@pytest.mark.parametrize(("below", "seen"), [(0.9e-4, False), (1.1e-4, True)])
def test_how_far_below_0_a_target_is(below: float, seen: bool) -> None:
    y = np.tile([0.31234567 + below, 0.68765433, -below], (9, 1))
    assert ("negative" in seen_of(y)) == seen


@pytest.mark.parametrize(("off", "seen"), [(0.9e-4, False), (1.1e-4, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_from_1_targets_sum_to(sign: int, off: float, seen: bool) -> None:
    y = softmax(logits(9, 3), axis=-1) * (1 + sign * off)
    assert ("sum to 1" in seen_of(y)) == seen


@pytest.mark.parametrize(("off", "seen"), [(49, False), (51, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_how_far_from_1_many_rounded_targets_sum_to(sign: int, off: int, seen: bool) -> None:
    """Thousandths: 200 of them could miss 1 by 0.1, but more than 0.05 is never rounding."""
    thousandths = np.full(200, 5)
    thousandths[:off] += sign
    assert ("sum to 1" in seen_of(np.tile(thousandths / 1000, (9, 1)))) == seen


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (99.1, 100.9, "percent"),
        (98.9, 100.9, ""),
        (99.1, 101.1, ""),
        (101.1, 101.2, ""),
        (98.8, 98.9, ""),
        (1, 3, "votes"),
        (0, 3, ""),
    ],
)
def test_the_sums_that_are_percent_or_votes(low: float, high: float, kind: str) -> None:
    y = np.array([[low, 0, 0], [0, high - 1, 1], [2, 0, 1]] if high < 9 else [[low, 0], [high, 0]])
    seen = seen_of(y)
    assert "sum to 1" in seen
    assert [word for word in ("percent", "votes") if word in seen] == ([kind] if kind else [])


@pytest.mark.parametrize(("width", "more"), [(5, ""), (6, ", ...")])
def test_the_numbers_of_a_row_that_are_named(width: int, more: str) -> None:
    assert f"[0.5, 0.5, 0.5, 0.5, 0.5{more}]" in seen_of(np.full((9, width), 0.5))


@pytest.mark.parametrize("value", [-0.01, 0.01, 0.99, 1.01])
def test_the_targets_of_a_binary_loss(value: float) -> None:
    y = np.array([0, 1, 0, 1, value])
    found = finding("CE308", y, logits(5, 1)[:, 0], loss="binary", from_logits=True)
    assert (found is not None) == (not 0 <= value <= 1)


@pytest.mark.parametrize(
    ("values", "fix"),
    [
        ([-1, 1], "(y_true + 1) / 2"),
        ([-1, 0], "ignore_class"),
        ([1, 2], "y_true - 1"),
        ([1, 3], "ignore_class"),
        ([0, 2], "ignore_class"),
        ([0, 1, 2], "sparse_categorical_crossentropy"),
        ([-1, 0, 1], "ignore_class"),
    ],
)
def test_what_other_targets_of_a_binary_loss_are(values: list[int], fix: str) -> None:
    y = np.resize(values, 12)
    found = finding("CE308", y, logits(12, 1)[:, 0], loss="binary", from_logits=True)
    assert found is not None
    assert fix in found.fix


# Versions and shapes: CE315, CE405, CE407, CE410.


@pytest.mark.parametrize(("version", "seen"), [("1.9", False), ("1.10", True), ("1.11", False)])
def test_the_version_that_smooths_ignored_rows(version: str, seen: bool) -> None:
    given = {"num_classes": 2, "label_smoothing": 0.1, "class_weight": np.ones(2)}
    found = finding("CE315", [0, 1, -100], framework=f"torch {version}", ignore_class=-100, **given)
    assert (found is not None) == seen


@pytest.mark.parametrize(("version", "seen"), [("1.9.1", True), ("1.10", False)])
def test_the_version_that_takes_soft_targets(version: str, seen: bool) -> None:
    y = np.tile([0.9, 0.1], (9, 1))
    given = {"from_logits": True, "framework": f"torch {version}"}
    assert (finding("CE410", y, logits(9, 2), **given) is not None) == seen


@pytest.mark.parametrize(("version", "seen"), [("2.15", True), ("3.0", False)])
def test_the_version_that_ignores_minus_1(version: str, seen: bool) -> None:
    found = finding("CE407", [0, 1], num_classes=2, framework=f"keras {version}", ignore_class=-1)
    assert (found is not None) == seen


@pytest.mark.parametrize(("shape", "seen"), [((8, 4), False), ((8, 4, 5), True)])
def test_the_dimensions_that_are_not_deterministic(
    shape: tuple[int, ...], seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a stand-in for PyTorch, which was asked for deterministic operations."""
    torch = SimpleNamespace(are_deterministic_algorithms_enabled=lambda: True)
    monkeypatch.setitem(sys.modules, "torch", torch)
    given = {"device": "cuda:0", "loss": "torch.nn.CrossEntropyLoss", "axis": 1}
    assert (finding("CE405", shape=shape, **given) is not None) == seen


def test_no_rows_are_no_distributions() -> None:
    assert not TargetFacts(3).is_distribution
    assert not TargetFacts(3).is_one_hot
