"""A check that no kernel makes is made in every call, also in one like a call before."""

from __future__ import annotations

import numpy as np
import pytest

import crossent as ce
from crossent.core import value_checks
from crossent.core.caches import PLANS
from crossent.core.value_checks import ValueCheck, Values
from crossent.frontends import call

X = np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32)
GOOD, BAD = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 1, 3, 0, 1, 2])


class Threes(Exception):
    """There is a label 3."""


def refuse_threes(values: Values) -> str:
    if (values.seen["y_true"] == 3).any():
        raise Threes
    return ""


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of labels of which the kernels know nothing."""
    new = (*value_checks.AT_ONCE, ValueCheck(lambda values: "y_true" in values.seen, refuse_threes))
    for module in (value_checks, call):
        monkeypatch.setattr(module, "AT_ONCE", new)
    PLANS.clear()


@pytest.mark.usefixtures("one_more")
@pytest.mark.parametrize("weights", [None, np.ones(6)], ids=["alone", "weighted"])
def test_a_new_check_is_made_in_every_call(weights: np.ndarray | None) -> None:
    for _ in range(3):
        ce.sparse_categorical_crossentropy(GOOD, X, from_logits=True, sample_weight=weights)
        assert ce.last_path() == ("kernel" if ce.show_config()["kernels"] == "on" else "operations")
        with pytest.raises(Threes):
            ce.sparse_categorical_crossentropy(BAD, X, from_logits=True, sample_weight=weights)
    both = ce.value_and_grad(ce.sparse_categorical_crossentropy)
    for _ in range(2):
        both(GOOD, X, from_logits=True)
        with pytest.raises(Threes):
            both(BAD, X, from_logits=True)


def test_checks_of_the_kernels_are_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for name in ("check_labels", "check_double_softmax"):
        monkeypatch.setattr(value_checks.checks, name, lambda *_, name=name: made.append(name))
    PLANS.clear()
    weights = np.ones(6)
    ce.sparse_categorical_crossentropy(GOOD, X, from_logits=True, sample_weight=weights)
    assert made == ([] if ce.show_config()["kernels"] == "on" else made)
    ce.sparse_categorical_crossentropy(BAD + 7, X, from_logits=True, sample_weight=weights)
    assert made[:1] == ["check_labels"]
