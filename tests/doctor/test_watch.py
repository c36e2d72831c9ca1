"""What a guard makes of losses that it is told of in means of several steps."""

from __future__ import annotations

import numpy as np
import pytest

from crossent.doctor.guards.outcome import DiagnosisError, DiagnosisWarning
from crossent.doctor.guards.sample import Batch
from crossent.doctor.guards.watch import Watch

LABELS = np.arange(40) % 4
LOGITS = np.random.default_rng(0).normal(size=(40, 4))


def batch():
    return Batch(LABELS, LOGITS, {"from_logits": True})


def train(watch, means, last=None):
    """Tell of windows, each of which ends with the loss `last`, or with its mean."""
    for mean in means:
        watch.steps += watch.width
        loss = mean if last is None else last
        if watch.note_mean(mean, loss):
            watch.judge(batch, loss)


def test_a_mean_of_equal_losses_may_be_rounded():
    watch = Watch("raise", 200, {})
    rounded = 3.7 * (1 + np.linspace(-9e-6, 9e-6, 10))
    with pytest.warns(DiagnosisWarning, match="All 200 losses are 3.7, to the last digit"):
        train(watch, rounded, last=3.7)


def test_means_that_move_are_not_taken_for_equal_losses():
    watch = Watch("raise", 200, {})
    train(watch, 3.7 * (1 + np.linspace(-1e-3, 1e-3, 10)), last=3.7)
    assert [report.codes for report in watch.reports] == [[]]


def test_a_loss_that_stays_at_ln_c_is_told_from_its_means():
    watch = Watch("raise", 200, {})
    with pytest.warns(DiagnosisWarning, match="ln 4"):
        train(watch, np.log(4) + np.linspace(0.002, -0.002, 10))
    assert watch.look_at == 400


def test_a_loss_that_falls_is_not_looked_into():
    watch = Watch("raise", 200, {})
    train(watch, np.linspace(1.4, 0.5, 45))
    assert watch.reports == []
    assert watch.look_at == 1600


def test_where_no_width_divides_the_patience_it_is_judged_at_the_next_window():
    watch = Watch("raise", 25, {})
    with pytest.warns(DiagnosisWarning, match="not fallen in 26 steps"):
        train(watch, np.log(4) + np.zeros(13))
    assert (watch.width, watch.steps, watch.look_at) == (2, 26, 50)


def test_a_window_with_nan_says_nothing_of_the_others():
    watch = Watch("raise", 200, {})
    train(watch, [1.4] * 9 + [float("nan")], last=1.4)
    assert watch.reports == []
    with pytest.raises(DiagnosisError, match="nan at step 200"):
        watch.judge(batch, float("nan"))
