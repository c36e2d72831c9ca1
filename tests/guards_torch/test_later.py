"""Losses that are read some steps later, as on a GPU. Here they stay on the CPU."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import pytest
import torch

from crossent.doctor import guards
from crossent.doctor.guards import torch_async
from guard_data import BAD_BATCH, BATCH, CLASSES, FEATURES, bad_rows, task
from guards_torch.test_loss import train

NUMBERS = BATCH * (CLASSES + 1)
"""Predictions and labels of a batch."""


@pytest.fixture
def _later(monkeypatch):
    """Every loss is read later."""
    monkeypatch.setattr("crossent.doctor.guards.torch.can_wait", lambda loss: True)


@pytest.fixture
def _one_later(_later, monkeypatch):
    """Every loss is read one step later."""
    monkeypatch.setattr(torch_async, "STEPS", 1)


def linear():
    torch.manual_seed(0)
    return torch.nn.Linear(FEATURES, CLASSES)


@pytest.mark.usefixtures("_later")
def test_healthy_training_is_the_same_and_silent():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), patience=20)
    losses = train(guarded, epochs=5)
    assert losses == train(torch.nn.CrossEntropyLoss(), epochs=5)
    assert [report.codes for report in guarded.reports] == [[]]
    # Those of 32 steps were read when the next one came.
    assert list(guarded._watch._losses) == losses[12:32]
    guarded.check()
    guarded.check()
    assert list(guarded._watch._losses) == losses[30:]


@pytest.mark.usefixtures("_later")
@pytest.mark.parametrize(("size", "steps"), [(2 * NUMBERS, 2), (2 * NUMBERS - 1, 1)])
def test_no_more_numbers_are_kept_than_of_one_large_batch(monkeypatch, size, steps):
    monkeypatch.setattr(torch_async, "MOST", size)
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    train(guarded)
    assert guarded._watch.steps == 10 - steps


@pytest.mark.usefixtures("_one_later")
def test_the_batch_that_is_diagnosed_is_that_of_the_nan():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}") as caught:
        train(guarded, bad_rows(), net=linear())
    # The parameters are NaN by now, and so is every row of the next batch.
    assert guarded._watch.steps == BAD_BATCH + 1
    assert "1 row holds NaN (first: row 5)" in caught.value.report.findings[0].seen


@pytest.mark.usefixtures("_later")
def test_the_last_step_is_seen_by_check():
    points, labels = bad_rows()
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    last = (BAD_BATCH + 1) * BATCH
    train(guarded, (points[:last], labels[:last]), net=linear())
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}"):
        guarded.check()


@pytest.mark.usefixtures("_later")
def test_after_an_error_only_what_had_been_started_follows_from_it(monkeypatch):
    monkeypatch.setattr(torch_async, "STEPS", 4)
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    good, nan = torch.eye(CLASSES), torch.full((CLASSES, CLASSES), float("nan"))
    # The fifth call reads four losses and is cut off; the next NaN is that of a new try.
    calls = [good, good, nan, nan, nan, nan, good, good, good, good]
    told = []
    for call, p in enumerate(calls, 1):
        try:
            guarded(p.clone().requires_grad_(), torch.arange(CLASSES))
        except guards.DiagnosisError as error:
            told.append((call, str(error).partition(":")[0]))
    assert told == [(5, "[CE217] The loss is nan at step 3"),
                    (9, "[CE217] The loss is nan at step 5")]  # fmt: skip


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
def test_an_error_of_the_device_is_explained(monkeypatch):
    error = "CUDA error: device-side assert triggered"
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    p, y = torch.randn(16, CLASSES, requires_grad=True), torch.arange(16) % CLASSES
    guarded(p, y)
    guarded(p, y)
    monkeypatch.setattr(torch, "stack", lambda losses: raise_of(RuntimeError(error)))
    with pytest.raises(RuntimeError, match=error) as caught:
        guarded.check()
    (note,) = caught.value.__notes__
    assert note.startswith("After step 0, for a batch that cannot be read:\nCE102 ")


def raise_of(error):
    raise error


@pytest.mark.usefixtures("_later")
@pytest.mark.parametrize("kept", [torch.Tensor, dict])
def test_of_a_batch_that_is_kept_the_graph_is_let_go(kept):
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    if kept is dict:
        guarded = guards.TorchLoss(lambda p, y: torch.nn.functional.cross_entropy(p["logits"], y))
    net = linear()
    x = torch.randn(16, FEATURES, requires_grad=True)
    seen = weakref.ref(x)
    p = net(x)
    guarded({"logits": p} if kept is dict else p, torch.arange(16) % CLASSES)
    del p
    del x
    gc.collect()
    assert seen() is None


@pytest.mark.usefixtures("_later")
def test_what_came_before_an_error_is_told_first():
    points, labels = bad_rows()
    labels[BATCH * (BAD_BATCH + 2)] = CLASSES
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error="warn")
    with (
        pytest.raises(IndexError, match="out of bounds"),
        pytest.warns(guards.DiagnosisWarning) as caught,
    ):
        train(guarded, (points, labels), net=linear())
    told = [str(one.message).partition(":")[0] for one in caught]
    assert told == [
        f"[CE217] The loss is nan at step {BAD_BATCH + 1}",
        f"[CE101] The loss raised IndexError at step {BAD_BATCH + 3}",
    ]


@pytest.mark.usefixtures("_later")
def test_labels_that_were_written_over_are_not_blamed():
    p, y = torch.full((16, CLASSES), float("nan")), torch.arange(16) % CLASSES
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error="warn")
    guarded(torch.randn(16, CLASSES), y)
    guarded(p, y)
    y.fill_(CLASSES)
    with pytest.warns(guards.DiagnosisWarning, match="CE217"):
        guarded.check()
    assert guarded.reports[-1].codes == ["CE217"]
    assert str(guarded.reports[-1]).startswith("1 error: a history of 1 loss")


@pytest.mark.usefixtures("_one_later")
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
    assert not other._later._kept
    assert len(guarded._later._kept) == 1
    other.check()


@pytest.mark.usefixtures("_later")
def test_a_loss_is_not_read_in_the_precision_of_another():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    p, y = torch.eye(CLASSES), torch.arange(CLASSES)
    with torch.no_grad():
        guarded(p.half(), y)
    guarded(-1e6 * p, y)  # more than float16 can hold
    guarded.check()
    assert list(guarded._watch._losses) == []
    guarded(p.half().requires_grad_(), y)
    guarded((-1e6 * p).requires_grad_(), y)
    guarded.check()
    assert guarded._watch._losses[1] > 99_999


def test_what_is_on_the_cpu_is_read_at_once():
    p = torch.randn(16, CLASSES)
    assert not torch_async.can_wait(p.mean())


class OnGpu:
    """What is asked of a loss before it is kept."""

    is_cuda, ndim = True, 0


def test_nothing_is_read_in_the_capture_of_a_graph(monkeypatch):
    class Captured(torch.Tensor):
        is_cuda = True

    monkeypatch.setattr(torch.cuda, "is_current_stream_capturing", lambda: True)
    p, y = torch.randn(4, CLASSES).as_subclass(Captured), torch.arange(4)
    guarded = guards.TorchLoss(torch.nn.functional.cross_entropy)
    guarded(p, y)
    guarded(input=p, target=y)
    assert guarded.reports == []


def test_large_predictions_and_rows_of_losses_are_not_kept():
    later, loss = torch_async.Later(), OnGpu()
    few, many = torch.empty(2**24, device="meta"), torch.empty(2**24 + 1, device="meta")
    assert torch_async.can_wait(loss)
    assert later.has_room(torch_async.Given((few, "mean"), {}))
    assert not later.has_room(torch_async.Given((many,), {}))
    loss.ndim = 1
    assert not torch_async.can_wait(loss)
