"""The kernels under PyTorch's callers: workers of a DataLoader, and threads beside NumPy's."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

import crossent as ce
from meta.source import run_python

LOSS = ce.sparse_categorical_crossentropy
CALLERS = 8

WORKERS = """
import signal
import numpy as np, torch
import crossent as ce
from torch.utils.data import DataLoader, Dataset
signal.alarm(120)  # ends this process if anything waits for ever
ce.set_num_threads(4)

class Losses(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, number):
        rng = np.random.default_rng(number)
        x = rng.normal(size=(40_000, 10)).astype(np.float32)
        y = rng.integers(0, 10, len(x))
        leaf = torch.from_numpy(x).requires_grad_()
        value = ce.sparse_categorical_crossentropy(torch.from_numpy(y), leaf, from_logits=True)
        value.backward()
        of_torch = ce.last_path()
        of_numpy = ce.sparse_categorical_crossentropy(y, x, from_logits=True)
        assert (of_torch, ce.last_path()) == ("kernel", "kernel")
        return torch.tensor(of_numpy), value.detach(), leaf.grad[::97].clone()

here = [Losses()[number] for number in range(4)]  # the parent first: its threads are not forked
there = list(DataLoader(Losses(), batch_size=None, num_workers=2))
print([all(map(torch.equal, a, b)) for a, b in zip(here, there, strict=True)])
"""


def test_workers_of_a_data_loader_compute_what_their_parent_does() -> None:
    done = run_python("-c", WORKERS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([True] * 4)


def of_numpy(y: np.ndarray, x: np.ndarray) -> tuple[bytes, bytes]:
    value, gradient = ce.value_and_grad(LOSS)(y, x, from_logits=True)
    assert ce.last_path() == "kernel"
    return value.tobytes(), gradient.tobytes()


def of_torch(y: np.ndarray, x: np.ndarray) -> tuple[bytes, bytes]:
    leaf: Any = torch.from_numpy(x.copy()).requires_grad_()
    value = LOSS(torch.from_numpy(y), leaf, from_logits=True)
    assert ce.last_path() == "kernel"
    (2 * torch.relu(leaf)).sum().backward()  # PyTorch's own threads, busy beside ours
    leaf.grad = None
    value.backward()
    return value.detach().numpy().tobytes(), leaf.grad.numpy().tobytes()


def test_callers_of_pytorch_and_of_numpy_at_once_get_the_same_bits() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30_000, 10)).astype(np.float32)
    y = rng.integers(0, 10, len(x))
    alone = of_numpy(y, x)
    assert of_torch(y, x) == alone
    before = ce.show_config()["threads"]
    ce.set_num_threads(4)
    start = threading.Barrier(CALLERS)

    def caller(number: int) -> list[bool]:
        start.wait()
        call = of_torch if number % 2 else of_numpy
        return [call(y, x) == alone for _ in range(4)]

    try:
        with ThreadPoolExecutor(CALLERS) as pool:
            same = list(pool.map(caller, range(CALLERS)))
    finally:
        ce.set_num_threads(before)
    assert same == [[True] * 4] * CALLERS


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dense", [False, True])
def test_m05_rows_that_nearly_sum_to_1_are_told_of_once(dense: bool, reduction: str) -> None:
    p = torch.full((20, 10), 0.0987654, requires_grad=True)
    y = torch.arange(20) % 10
    y = torch.nn.functional.one_hot(y) if dense else y
    loss = ce.categorical_crossentropy if dense else LOSS
    with pytest.warns(ce.ProbabilityWarning) as found:
        value = loss(y, p, reduction=reduction)
    assert ce.last_path() == "kernel"
    assert len(found) == 1
    value.sum().backward()
    assert len(found) == 1


def test_a_second_call_like_the_first_means_the_same_and_holds_no_tensor() -> None:
    def step(y: Any, x: Any) -> tuple[bytes, bytes]:
        leaf = x.clone().requires_grad_()
        value = LOSS(y, leaf, from_logits=True)
        assert ce.last_path() == "kernel"
        value.backward()
        return value.detach().numpy().tobytes(), leaf.grad.numpy().tobytes()

    generator = torch.Generator().manual_seed(3)
    x = 3 * torch.randn(9, 7, generator=generator)
    y = torch.randint(0, 7, (9,), generator=generator)
    first = step(y, x)
    held = weakref.ref(x), weakref.ref(y)
    x, y = x.clone(), y.clone()
    assert [tensor() for tensor in held] == [None, None]
    assert step(y, x) == first
    strided = torch.zeros(9, 14)[:, ::2]
    strided.copy_(x)
    assert step(torch.stack([y, y], 1)[:, 0], strided) == first
    each = torch.func.vmap(lambda row, label: LOSS(label[None], row[None], from_logits=True))
    assert torch.allclose(each(x, y).mean(), LOSS(y, x, from_logits=True))
    with pytest.raises(ce.LabelRangeError, match="7"):
        LOSS(y + 7, x, from_logits=True)
    with pytest.raises(ce.LabelRangeError, match="7"):
        LOSS(y + 7, x.requires_grad_(), from_logits=True)
