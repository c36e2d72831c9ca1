"""Guarded losses where there are no values to read, and what a guard keeps and leaves alone."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch.nn import functional as F

import crossent as ce
from crossent.doctor import guards
from crossent.doctor.guards.watch import MOST_REPORTS

X = torch.tensor([[0.3, -1.7, 2.9], [1.1, 0.2, -0.4]])
Y = torch.tensor([2, 0])
GUARDED = {
    "module": lambda: guards.TorchLoss(torch.nn.CrossEntropyLoss()),
    "function": lambda: guards.TorchLoss(F.cross_entropy),
    "crossent": lambda: guards.TorchLoss(
        lambda p, y: ce.sparse_categorical_crossentropy(y, p, from_logits=True), loss="sparse"
    ),
}


class Step(torch.nn.Module):
    """A step that ends in a loss."""

    def __init__(self, loss: Any) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, x: Any, y: Any) -> Any:
        return self.loss(2 * x, y)


@pytest.fixture(params=GUARDED.values(), ids=GUARDED)
def guarded(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.mark.parametrize("strict", [False, True])
def test_a_guarded_loss_is_exported_as_the_loss_itself(guarded: Any, strict: bool) -> None:
    program = torch.export.export(Step(guarded), (X, Y), strict=strict).module()
    assert guarded.reports == []
    torch.testing.assert_close(program(X, Y), F.cross_entropy(2 * X, Y))
    assert program(X * float("nan"), Y).isnan()  # the program is the loss alone
    guarded(X, Y)
    assert len(guarded.reports) == 1  # called by itself it is guarded


def test_vmap_goes_through_a_guarded_loss(guarded: Any) -> None:
    rows = torch.func.vmap(lambda x, y: guarded(x[None], y[None]))(X, Y)
    torch.testing.assert_close(rows, F.cross_entropy(X, Y, reduction="none"))
    each = torch.func.vmap(torch.func.grad(lambda x, y: guarded(x[None], y[None])))(X, Y)
    torch.testing.assert_close(each, X.softmax(-1) - F.one_hot(Y, 3))
    assert guarded.reports == []


def test_a_trace_and_the_meta_device_go_through_a_guarded_loss() -> None:
    guarded = GUARDED["module"]()
    with pytest.warns(DeprecationWarning, match="jit.trace"):  # of PyTorch
        traced = torch.jit.trace(Step(guarded), (X, Y), check_trace=False)
    assert guarded(X.to("meta"), Y.to("meta")).is_meta
    assert guarded.reports == []
    torch.testing.assert_close(traced(X, Y), F.cross_entropy(2 * X, Y))


def test_the_loss_of_a_trainer_is_exported_too() -> None:
    def own(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        return F.cross_entropy(outputs["logits"], labels)

    loss = guards.hf(own)

    class Trained(torch.nn.Module):
        def forward(self, x: Any, y: Any) -> Any:
            return loss({"logits": x}, y)

    program = torch.export.export(Trained(), (X, Y), strict=False).module()
    assert loss.reports == []
    torch.testing.assert_close(program(X, Y), F.cross_entropy(X, Y))


def test_a_run_that_only_warns_keeps_no_more_reports_than_it_says() -> None:
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss(), on_error="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", guards.DiagnosisWarning)
        guarded(X, Y)
        first, more = guarded.reports[0], MOST_REPORTS + 20
        for _ in range(more):
            guarded(torch.where(X > 2, float("nan"), X).requires_grad_(), Y)
            guarded(X.clone().requires_grad_(), Y)
    assert len(guarded.reports) == MOST_REPORTS
    assert guarded.reports[0] is first
    assert guarded.reports_left_out == 1 + more - MOST_REPORTS
    assert not guarded.reports[-1].healthy


def test_a_guard_pins_no_storage_and_reads_none_that_was_freed(guarded: Any) -> None:
    x, y = X.clone(), Y.clone()
    loss = guarded(x, y)
    for tensor in (x, y, loss):
        assert tensor.untyped_storage().resizable()
    fresh = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    y.untyped_storage().resize_(8)
    with pytest.raises(ce.ArrayKindError, match="`y_true` is a tensor whose storage was"):
        fresh(x, y)
