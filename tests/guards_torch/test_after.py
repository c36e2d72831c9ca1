"""What the guard of PyTorch tells of a run that goes on after a fault."""

from __future__ import annotations

import contextlib
import warnings

import pytest
import torch
from torch.nn import functional as F

from crossent.doctor import guards
from guard_data import CLASSES

GOOD, NAN = torch.eye(CLASSES), torch.full((CLASSES, CLASSES), float("nan"))
EACH = torch.arange(CLASSES)


def told_of(guarded, batches, labels=EACH):
    """The steps, counted from 1, that raise what the guard found."""
    found = []
    for step, batch in enumerate(batches, 1):
        try:
            guarded(batch.clone().requires_grad_(), labels)
        except guards.DiagnosisError:
            found.append(step)
    return found


@pytest.mark.parametrize("form", [lambda v: (v, 1), lambda v: [v], lambda v: {"loss": v}])
def test_a_loss_is_found_in_what_a_function_returns(form):
    guarded = guards.TorchLoss(lambda p, y: form(F.cross_entropy(p, y)))
    assert type(guarded(GOOD, EACH)) is type(form(0))
    assert told_of(guarded, [GOOD, NAN]) == [2]


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_the_arrays_of_a_fault_in_many_batches_are_kept_once(on_error):
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error=on_error)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told_of(guarded, [GOOD, NAN, GOOD, NAN, GOOD, NAN])
    kept = [report.pictured is not None for report in guarded.reports]
    assert kept == [False, True, False, False]


def test_nan_is_told_where_no_predictions_are_found():
    guarded = guards.TorchLoss(lambda p, y: F.cross_entropy(p["logits"], y), loss="cross_entropy",
                               class_weight=[1.0] * CLASSES)  # fmt: skip
    guarded({"logits": GOOD}, EACH)
    with pytest.raises(guards.DiagnosisError, match="The loss is nan") as caught:
        guarded({"logits": NAN}, EACH)
    assert caught.value.report.codes == ["CE217"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("step", [2, 60])
def test_a_loss_that_stays_is_warned_of_though_one_was_not_finite(bad, step):
    factors = iter([1.0] * (step - 1) + [bad] + [1.0] * (121 - step))
    guarded = guards.TorchLoss(lambda p, y: F.cross_entropy(p, y) * next(factors), patience=60,
                               on_error="warn")  # fmt: skip
    with pytest.warns(guards.DiagnosisWarning) as caught:
        told_of(guarded, [GOOD] * 121)
    assert [warning.message.code for warning in caught] == ["CE217", "CE218"]


def test_each_bad_batch_that_is_skipped_is_told():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    assert told_of(guarded, [GOOD, NAN, NAN, NAN, GOOD, NAN]) == [2, 3, 4, 6]


def test_after_an_error_the_next_batch_is_the_first_again():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    assert told_of(guarded, [GOOD, GOOD], EACH - 1) == [1, 2]
    assert told_of(guarded, [GOOD]) == []
    assert guarded.reports[-1].healthy


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_nan_in_an_evaluation_does_not_hide_that_of_the_next_step(on_error):
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error=on_error)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told_of(guarded, [GOOD])
        with torch.no_grad(), contextlib.suppress(guards.DiagnosisError):
            guarded(NAN, EACH)
        told_of(guarded, [NAN])
    assert [report.codes for report in guarded.reports] == [[], ["CE217"], ["CE217"]]


def test_nan_in_the_evaluation_of_a_network_that_is_nan_is_told_once():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told_of(guarded, [GOOD, NAN])
        for _ in range(3):
            with torch.no_grad():
                guarded(NAN, EACH)
            told_of(guarded, [NAN])
    assert [report.codes for report in guarded.reports] == [[], ["CE217"]]
