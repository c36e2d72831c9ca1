"""The guard of PyTorch on a real GPU."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

import crossent as ce
from crossent.doctor import guards
from guard_data import BAD_BATCH, BATCH, CLASSES, FEATURES, bad_rows, task

pytestmark = pytest.mark.usefixtures("gpu")

LOSSES = {
    "torch": torch.nn.CrossEntropyLoss(),
    "crossent": ce.SparseCategoricalCrossentropy(from_logits=True),
}


def train(loss, data=None, *, epochs=1, own=False):
    """Train on the GPU; return the losses, which are read at the end."""
    points, labels = (torch.from_numpy(one).cuda() for one in data or task())
    torch.manual_seed(0)
    net = torch.nn.Linear(FEATURES, CLASSES).cuda()
    optimizer = torch.optim.SGD(net.parameters(), 0.05)
    losses = []
    for _ in range(epochs):
        for x, y in zip(points.split(BATCH), labels.split(BATCH), strict=True):
            optimizer.zero_grad()
            p = net(x)
            value = loss(y, p) if own else loss(p, y)
            value.backward()
            optimizer.step()
            losses.append(value.detach())
    return torch.stack(losses).tolist()


@pytest.mark.parametrize("name", LOSSES)
def test_healthy_training_is_the_same_and_silent(name):
    guarded = guards.TorchLoss(LOSSES[name], patience=20)
    own = name == "crossent"
    assert train(guarded, epochs=5, own=own) == train(LOSSES[name], epochs=5, own=own)
    guarded.check()
    assert [report.codes for report in guarded.reports] == [[]]
    assert guarded._watch.steps == 50


def test_the_first_batch_is_diagnosed_before_the_device_stops():
    points, labels = task()
    with pytest.raises(guards.DiagnosisError, match=r"\[CE104\] The first batch"):
        train(guards.TorchLoss(torch.nn.CrossEntropyLoss()), (points, labels + 1))
    assert train(torch.nn.CrossEntropyLoss())  # the device has not stopped


def test_the_batch_of_a_nan_is_diagnosed_later():
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    with pytest.raises(guards.DiagnosisError, match=f"nan at step {BAD_BATCH + 1}") as caught:
        train(guarded, bad_rows(), epochs=4)
    assert "1 row holds NaN (first: row 5)" in caught.value.report.findings[0].seen


def test_no_call_waits_for_the_device():
    p = torch.randn(64, CLASSES, device="cuda", requires_grad=True)
    y = torch.arange(64, device="cuda") % CLASSES
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    done = torch.cuda.Event()
    guarded(p, y)  # its batch is diagnosed, which waits
    torch.cuda._sleep(2_000_000_000)  # cycles: about a second
    for _ in range(31):
        guarded(p, y)
    done.record()
    assert not done.query()
    guarded(p, y)
    assert guarded._watch.steps == 32


def test_what_is_captured_into_a_graph_is_the_loss_alone():
    p = torch.randn(64, CLASSES, device="cuda")
    y = torch.arange(64, device="cuda") % CLASSES
    guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        want = guarded(p, y).item()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = guarded(p, y)
    graph.replay()
    guarded.check()
    assert loss.item() == want


STOPS = """
import torch
from crossent.doctor import guards
guarded = guards.TorchLoss(torch.nn.CrossEntropyLoss())
p = torch.randn(8, 5, device="cuda", requires_grad=True)
y = torch.arange(8, device="cuda") % 5
for step in range(50):
    guarded(p, y + 3 * (step == 4))
"""


@pytest.mark.parametrize("blocking", ["0", "1"])
def test_a_later_label_out_of_range_is_explained(blocking):
    done = subprocess.run(
        [sys.executable, "-c", STOPS], capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, env={**os.environ, "CUDA_LAUNCH_BLOCKING": blocking},
    )  # fmt: skip
    assert done.returncode
    assert "device-side assert" in done.stderr
    assert done.stderr.count("for a batch that cannot be read:\nCE102") == 1
