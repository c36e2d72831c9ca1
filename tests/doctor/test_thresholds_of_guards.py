"""Numbers that decide when a guard looks, and at how much: a case below each, and above."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import crossent as ce
from crossent.doctor.guards.outcome import DiagnosisWarning
from crossent.doctor.guards.sample import Batch, sample
from crossent.doctor.guards.watch import Watch

LABELS = np.arange(40) % 4
LOGITS = np.random.default_rng(0).normal(size=(40, 4))


def batch() -> Batch:
    return Batch(LABELS, LOGITS, {"from_logits": True})


def note(watch: Watch, losses: list[float]) -> None:
    for loss in losses:
        watch.follow_up(loss, True, batch)


@pytest.mark.parametrize("patience", [19, 20])
def test_the_least_patience(patience: int) -> None:
    """Ten means, each of two steps at least."""
    if patience < 20:
        with pytest.raises(ce.OptionError, match="20 steps or more"):
            Watch("raise", patience, {})
    else:
        assert Watch("raise", patience, {}).width == 2


@pytest.mark.parametrize(("patience", "width"), [(29, 2), (30, 3), (200, 20)])
def test_the_steps_of_a_mean(patience: int, width: int) -> None:
    assert Watch("raise", patience, {}).width == width


@pytest.mark.parametrize(("mean", "looked"), [(0.979, False), (0.981, True)])
def test_how_far_a_loss_falls_when_training_has_begun(mean: float, looked: bool) -> None:
    """Two steps are at 1, the mean of all is this."""
    watch = Watch("raise", 20, {})
    note(watch, [1.0] * 2 + [(20 * mean - 2) / 18] * 18)
    assert bool(watch.reports) == looked


@pytest.mark.parametrize(("step", "looked"), [(19, False), (20, True)])
def test_the_step_at_which_a_loss_is_looked_into(step: int, looked: bool) -> None:
    watch = Watch("raise", 20, {})
    note(watch, [1.0 + 1e-3 * (i % 2) for i in range(step)])
    assert bool(watch.reports) == looked
    # Then after twice as many.
    note(watch, [1.0 + 1e-3 * (i % 2) for i in range(39 - step)])
    assert len(watch.reports) == 1
    note(watch, [1.0])
    assert len(watch.reports) == 2


@pytest.mark.parametrize(("off", "equal"), [(0.99e-5, True), (1.01e-5, False)])
def test_how_far_a_mean_of_equal_losses_is_rounded(off: float, equal: bool) -> None:
    watch = Watch("raise", 200, {})
    said = []
    for sign in [1, -1] * 5:
        watch.steps += watch.width
        if watch.note_mean(3.7 * (1 + sign * off), 3.7):
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                watch.judge(batch, 3.7)
    texts = [str(one.message) for one in said if one.category is DiagnosisWarning]
    assert [text for text in texts if "All 200 losses" in text] == (texts if equal else [])
    assert bool(texts) == equal


@pytest.mark.parametrize(("reports", "left_out"), [(100, 0), (101, 1)])
def test_the_reports_that_are_kept(reports: int, left_out: int) -> None:
    watch = Watch("warn", 20, {})
    report = ce.diagnose(LABELS, LOGITS, from_logits=True)
    for _ in range(reports):
        watch.keep(report)
    assert len(watch.reports) == 100
    assert watch.reports_left_out == left_out


def all_finite(x: Any) -> npt.NDArray[np.bool_]:
    return np.ones(len(x), bool)


@pytest.mark.parametrize(("rows", "whole"), [(2**12, True), (2**12 + 1, False)])
def test_the_predictions_that_are_looked_at(rows: int, whole: bool) -> None:
    """2**24 of them: rows of 4096 that share the memory of one."""
    y, x = np.zeros(rows, int), np.broadcast_to(np.int8(0), (rows, 2**12))
    taken = sample(y, x, {}, all_finite)
    assert (taken.labels is None) == whole
    assert taken.y_pred.shape == (2**12, 2**12)
