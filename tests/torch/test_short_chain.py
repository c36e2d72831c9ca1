"""What a loss asks of a device that is no CPU: operations, passes, waits; counted on a CPU."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import crossent as ce
from crossent.frontends.call import prepare_call
from crossent.frontends.torch import devices, eager
from launches import Counted, NoFloat64, counted, pretended
from meta.source import run_python

ROWS, CLASSES = 64, 300
G = torch.Generator().manual_seed(5)
X = 3 * torch.randn(ROWS, CLASSES, generator=G)
Y = torch.randint(0, CLASSES, (ROWS,), generator=G)
SPOILED = Y.clone()
SPOILED[3], SPOILED[5] = -100, CLASSES  # ignored, and no class
LOGITS: dict[str, Any] = {"from_logits": True}


def of_label(x: Any, y: Any = SPOILED, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(
        y, x, **LOGITS, ignore_class=-100, validate="off", **options
    )


@pytest.mark.parametrize("float64", [True, False])
def test_a_label_takes_60_launches_and_16_passes(float64: bool) -> None:
    forward, backward = counted(of_label, X, float64=float64)
    assert ce.last_path() == "operations"
    assert forward.passes + backward.passes <= 16
    assert forward.launches + backward.launches <= 60
    assert forward.waits == backward.waits == []


def test_the_predictions_of_a_large_step_are_one_block() -> None:
    class Large:
        """Predictions that nobody has to hold."""

        shape, nbytes = (8192, 32_000), 8192 * 32_000 * 4
        device = torch.device("cuda")

        def numel(self) -> int:
            return 8192 * 32_000

        def element_size(self) -> int:
            return 4

        def is_contiguous(self) -> bool:
            return True

    plan = prepare_call("sparse", Y[:2], torch.zeros(2, 32_000), {**LOGITS, "validate": "off"}).plan
    assert list(eager.blocks_of(plan, Large())) == [()]


def test_nothing_is_waited_for_after_the_first_call() -> None:
    def loss(x: Any) -> Any:
        return ce.sparse_categorical_crossentropy(Y, x, **LOGITS)

    with pretended():
        loss(X)
    forward, backward = counted(loss, X)
    assert forward.waits == backward.waits == []


def test_the_first_call_is_looked_at() -> None:
    x = X[:7].clone()  # a shape of its own
    with pretended(), pytest.raises(ce.LabelRangeError):
        ce.sparse_categorical_crossentropy(torch.full((7,), CLASSES), x, **LOGITS)
    with pretended():  # and the next one is not
        assert ce.sparse_categorical_crossentropy(torch.full((7,), CLASSES), x, **LOGITS).isnan()


def test_the_count_sees_what_there_is_to_see() -> None:
    x = torch.ones(8, 100)
    with Counted(800) as seen:
        y = x + x  # three passes
        y = y.scatter(1, torch.zeros(8, 1).long(), 1.0)  # two, and a launch more
        y.view(100, 8).scatter_(1, torch.zeros(100, 1).long(), 1.0)  # none
        y.sum().item()  # one, and a wait
    assert seen.launches == 1 + (2 + 2) + (2 + 1) + 2  # labels are made too
    assert seen.passes == 6
    assert seen.waits == ["_local_scalar_dense"]


def test_a_device_without_float64_is_given_none() -> None:
    with pretended(float64=False), NoFloat64():
        x = X.clone().requires_grad_()
        of_label(x, Y, sample_weight=torch.rand(ROWS)).backward()
    with pretended(float64=True), NoFloat64(), pytest.raises(TypeError, match="float64"):
        of_label(X)


def test_what_devices_compute_in() -> None:
    assert devices.wide_dtype(torch.device("mps")) == torch.float32
    for name in ("cpu", "cuda", "xpu"):
        assert devices.wide_dtype(torch.device(name)) == torch.float64


def test_the_page_shows_what_is_counted() -> None:
    done = run_python("tools/gpu_page.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_log_probabilities_take_the_operations_of_a_device() -> None:
    x = X.clone().requires_grad_()
    ce.log_probs(Y, x).sum().backward()
    other = X.clone().requires_grad_()
    with pretended():
        found = ce.log_probs(Y, other)
        assert ce.last_path() == "operations"
        found.sum().backward()
    torch.testing.assert_close(found.detach(), ce.log_probs(Y, X), rtol=1e-6, atol=0)
    torch.testing.assert_close(other.grad, x.grad, rtol=1e-5, atol=1e-12)  # sums of float32
