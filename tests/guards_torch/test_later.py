"""Losses that are read one step later, as on a GPU. Here they stay on the CPU."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import pytest
import torch

from crossent.doctor import guards
from crossent.doctor.guards import torch_later
from guard_data import BAD_BATCH, BATCH, CLASSES, FEATURES, bad_rows, task
from guards_torch.test_loss import train

read: list[float] = []


class HostCopy:
    """A value that is taken at once; reading it is noted."""

    def __init__(self, loss):
        self._value = loss.item()

    def value(self):
        read.append(self._value)
        return self._value


@pytest.fixture
def _later(monkeypatch):
    """Every loss is read one step later."""
    read.clear()
    monkeypatch.setattr(torch_later, "can_wait", lambda loss, given: True)
    monkeypatch.setattr(torch_later, "Copy", HostCopy)


def linear():
    torch.manual_seed(0)
    return torch.nn.Linear(FEATURES, CLASSES)


@pytest.mark.usefixtures("_later")
def test_healthy_training_is_the_same_and_silent():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), patience=20)
    losses = train(guarded, epochs=5)
    assert losses == train(torch.nn.CrossEntropyLoss(), epochs=5)
    assert [report.codes for report in guarded.reports] == [[]]
    assert read == losses[:-1]
    guarded.check()
    guarded.check()
    assert read == losses


@pytest.mark.usefixtures("_later")
def test_the_batch_that_is_diagnosed_is_that_of_the_nan():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}") as caught:
        train(guarded, bad_rows(), net=linear())
    # The parameters are NaN by now, and so is every row of the next batch.
    assert len(read) == BAD_BATCH + 1
    assert "1 row hold NaN (first: row 5)" in caught.value.report.findings[0].seen


@pytest.mark.usefixtures("_later")
def test_the_last_step_is_seen_by_check():
    points, labels = bad_rows()
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    last = (BAD_BATCH + 1) * BATCH
    train(guarded, (points[:last], labels[:last]), net=linear())
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}"):
        guarded.check()


@pytest.mark.usefixtures("_later")
def test_predictions_that_were_written_over_are_not_blamed():
    points, labels = map(torch.from_numpy, task())
    guarded = guards.TorchLoss(lambda p, y: torch.nn.functional.cross_entropy(p, y) * factor)
    factor, net = 1.0, linear()
    guarded(net(points), labels)
    factor, p = float("nan"), net(points)
    guarded(p, labels)
    with torch.no_grad():
        p.fill_(float("inf"))
    with pytest.raises(guards.DiagnosisError, match="at step 2") as caught:
        guarded.check()
    assert caught.value.report.codes == ["CE217"]
    assert "The loss is nan" in caught.value.report.findings[0].seen


@pytest.mark.usefixtures("_later")
def test_of_a_batch_that_is_kept_the_graph_is_let_go():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    net = linear()
    x = torch.randn(16, FEATURES, requires_grad=True)
    seen = weakref.ref(x)
    guarded(net(x), torch.arange(16) % CLASSES)
    del x
    gc.collect()
    assert seen() is None


@pytest.mark.usefixtures("_later")
def test_an_evaluation_in_inference_mode_is_seen():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    y = torch.arange(16) % CLASSES
    with torch.inference_mode():
        p = torch.randn(16, CLASSES)
        guarded(p, y)
        guarded(p * float("nan"), y)
        with pytest.raises(guards.DiagnosisError, match="CE217"):
            guarded(p, y)


@pytest.mark.usefixtures("_later")
@pytest.mark.parametrize(
    "twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"]
)
def test_a_copy_keeps_no_step(twin):
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error="warn")
    p = torch.full((16, CLASSES), float("nan"))
    with pytest.warns(guards.DiagnosisWarning):
        guarded(p, torch.arange(16) % CLASSES)
    other = twin(guarded)
    other.check()
    assert read == []


def test_what_is_on_the_cpu_is_read_at_once():
    p = torch.randn(16, CLASSES)
    assert not torch_later.can_wait(p.mean(), [p])


class OnGpu:
    """What is asked of a tensor before its loss is kept."""

    is_cuda, ndim = True, 0

    def __init__(self, ndim=0):
        self.ndim = ndim


def test_large_predictions_and_rows_of_losses_are_not_kept(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: False)
    few, many = torch.empty(2**24, device="meta"), torch.empty(2**24 + 1, device="meta")
    assert torch_later.can_wait(OnGpu(), [few, "mean"])
    assert not torch_later.can_wait(OnGpu(), [many])
    assert not torch_later.can_wait(OnGpu(1), [few])
