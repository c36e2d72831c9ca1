"""The loss over a linear layer in PyTorch: derivatives, 16 bits, memory, torch.compile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

import crossent as ce
from crossent.frontends.torch import compiled_linear

B, T, D, C = 2, 5, 4, 7
G = torch.Generator().manual_seed(7)
HIDDEN = torch.randn(B, T, D, generator=G)
WEIGHT, BIAS = torch.randn(C, D, generator=G), torch.randn(C, generator=G)
LABELS = torch.randint(0, C, (B, T), generator=G)
LABELS[0, 2] = -100
SHARES = torch.softmax(torch.randn(B, T, C, generator=G), -1)
OPTIONS: dict[str, dict[str, Any]] = {
    "mean": {},
    "recomputed": {"gradients": "recompute"},
    "rows, shifted": {"reduction": "none", "shift": True},
    "sum, capped": {"reduction": "sum", "softcap": 2.0, "logit_scale": 0.5, "z_loss": 0.1},
}


def layer(dtype: Any = torch.float32) -> tuple[Any, Any, Any]:
    return tuple(one.to(dtype).clone().requires_grad_() for one in (HIDDEN, WEIGHT, BIAS))


def loss(h: Any, w: Any, b: Any = None, y: Any = LABELS, **options: Any) -> Any:
    return ce.linear_crossentropy(
        y, h, w, linear_bias=b, ignore_class=-100, max_memory=300, **options
    )


def facts(h: Any, w: Any, b: Any = None, **options: Any) -> Any:
    found = ce.linear_log_probs(
        LABELS, h, w, linear_bias=b, ignore_class=-100, max_memory=300,
        outputs=("log_prob", "entropy", "lse"), **options,
    )  # fmt: skip
    return tuple(found)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_derivatives(options: dict[str, Any]) -> None:
    def of_layer(h: Any, w: Any, b: Any) -> Any:
        return loss(h, w, b, **options)

    assert gradcheck(of_layer, layer(torch.float64))
    assert gradgradcheck(of_layer, layer(torch.float64))


def test_derivatives_of_log_probs() -> None:
    def of_layer(h: Any, w: Any, b: Any) -> Any:
        return facts(h, w, b, shift=True, temperature=0.7, softcap=2.0)

    assert gradcheck(of_layer, layer(torch.float64))
    assert gradgradcheck(of_layer, layer(torch.float64))


def test_gradients_to_targets_and_weights() -> None:
    h, w, _ = layer(torch.float64)
    sample = torch.rand(B, T, dtype=torch.float64, generator=G).requires_grad_()
    shares = SHARES.double().clone().requires_grad_()

    def of_arrays(sample: Any, shares: Any) -> Any:
        return ce.linear_crossentropy(shares, h, w, sample_weight=sample)

    def whole(sample: Any, shares: Any) -> Any:
        return ce.categorical_crossentropy(shares, h @ w.T, from_logits=True, sample_weight=sample)

    found = torch.autograd.grad(of_arrays(sample, shares), (sample, shares))
    want = torch.autograd.grad(whole(sample, shares), (sample, shares))
    for one, other in zip(found, want, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("frozen", [0, 1])
def test_what_is_frozen_has_no_gradient(frozen: int) -> None:
    h, w, b = layer()
    given = [h, w]
    given[frozen] = given[frozen].detach()
    loss(*given, b).backward()
    assert given[frozen].grad is None
    want = torch.autograd.grad(loss(h, w, b), (h, w)[1 - frozen])[0]
    assert torch.equal(given[1 - frozen].grad, want)


def test_backward_twice_gives_the_same_bits() -> None:
    h, w, b = layer()
    value = loss(h, w, b)
    first = torch.autograd.grad(value, (h, w, b), retain_graph=True)
    second = torch.autograd.grad(value, (h, w, b))
    assert all(map(torch.equal, first, second))


def test_a_weight_that_was_changed_is_an_error() -> None:
    h, w, _ = layer()
    value = loss(h, w, reduction="none").sum()
    with torch.no_grad():
        w.mul_(2)
    with pytest.raises(RuntimeError, match=r"linear_weight|modified"):
        value.backward()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_16_bits(dtype: Any) -> None:
    """No further from the truth than the loss of the logits that the layer itself gives."""
    h, w, b = layer(dtype)
    exact = [one.detach().double().requires_grad_() for one in (h, w, b)]
    want = F.cross_entropy((exact[0] @ exact[1].T + exact[2]).flatten(0, 1), LABELS.flatten())
    plain = [one.detach().clone().requires_grad_() for one in (h, w, b)]
    theirs = F.cross_entropy(F.linear(*plain).float().flatten(0, 1), LABELS.flatten())
    value = loss(h, w, b)
    assert value.dtype == torch.float32
    for one in (want, theirs, value):
        one.backward()
    assert abs(value - want) <= 1.1 * abs(theirs - want) + 1e-6
    for ours, their, one in zip((h, w, b), plain, exact, strict=True):
        assert ours.grad.dtype == dtype
        far = (their.grad - one.grad).abs().max()
        assert (ours.grad - one.grad).abs().max() <= 1.1 * far


def test_autocast() -> None:
    h, w, b = layer()
    with torch.autocast("cpu", torch.bfloat16):
        value = loss(h, w, b)
    value.backward()
    low = [one.detach().bfloat16().requires_grad_() for one in (h, w, b)]
    loss(*low).backward()
    assert torch.equal(w.grad, low[1].grad.float())
    assert value.dtype == torch.float32


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_compiled(name: str, backend: str) -> None:
    torch._dynamo.reset()

    def number(h: Any, w: Any, b: Any) -> Any:
        return torch.sin(loss(h, w, b, **OPTIONS[name])).sum()

    check_compiled(number, backend)


def test_compiled_log_probs() -> None:
    def number(h: Any, w: Any, b: Any) -> Any:
        return sum(torch.sin(one).sum() for one in facts(h, w, b, temperature=0.7))

    torch._dynamo.reset()
    check_compiled(number, "aot_eager")


def check_compiled(number: Callable[..., Any], backend: str) -> None:
    """One graph gives what the eager call gives, and holds no logits."""
    h, w, b = layer()
    program = torch.compile(number, fullgraph=True, backend=backend)
    value, want = program(h, w, b), number(h, w, b)
    torch.testing.assert_close(value, want, rtol=1e-6, atol=1e-6)
    found = torch.autograd.grad(value, (h, w, b))
    for one, other in zip(found, torch.autograd.grad(want, (h, w, b)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_operators_hold_what_pytorch_asks_of_them() -> None:
    h, w, b = layer()
    given = compiled_linear.Given(
        h, w, b, LABELS, None, None, None, None, "index", "sparse", [-100], 0.1, 0.01, 0.5, 3.0,
        False, 1.0, 300, ["log_prob", "rank"], ["sample_weight"],
    )  # fmt: skip
    for operator, before in (
        (compiled_linear.layer_losses, ()),
        (compiled_linear.layer_sums, (True, [True, False, True])),
        (compiled_linear.layer_facts, ()),
        (compiled_linear.layer_gradient, (torch.rand(B, T, generator=G), [True, True, True])),
    ):
        torch.library.opcheck(
            operator, (*before, *given), test_utils=("test_schema", "test_faketensor")
        )


MEMORY = """
import re, sys, torch
from pathlib import Path
import crossent as ce
torch.set_num_threads(1)
rows, classes, width = 2048, 40_000, 16
h = torch.randn(rows, width, requires_grad=True)
w = torch.randn(classes, width, requires_grad=True)
y = torch.randint(0, classes, (rows,))
def loss(n):
    return ce.linear_crossentropy(y[:n], h[:n], w, max_memory=2**24)
def memory(field):
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(field + r":\\s+(\\d+) kB", status)[1])
loss(64).backward()
Path("/proc/self/clear_refs").write_text("5")  # forgets the highest point so far
before = memory("VmRSS")
if sys.argv[1] == "whole":
    ce.sparse_categorical_crossentropy(y, h @ w.T, from_logits=True).backward()
elif sys.argv[1] == "compiled":
    torch.compile(lambda: loss(rows), fullgraph=True, backend="aot_eager")().backward()
else:
    loss(rows).backward()
print(memory("VmHWM") - before)
"""


def peak(way: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, way], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_memory() -> None:
    """The logits would take 328 MB; 16 MiB are allowed, beside the gradients of 5 MB.

    The size of a process is not that of its arrays: as much again is allowed.
    """
    assert peak("whole") > 300e6
    assert peak("parts") < 2**24 + 2 * 5e6 + 2**24


def test_memory_in_a_compiled_program() -> None:
    """The compiler itself takes some 60 MB."""
    assert peak("compiled") < 150e6


def test_many_rows_of_few_classes_and_no_rows() -> None:
    h = torch.randn(5000, 3, generator=G, requires_grad=True)
    w = torch.randn(2, 3, generator=G, requires_grad=True)
    y = torch.randint(0, 2, (5000,), generator=G)
    value = ce.linear_crossentropy(y, h, w, max_memory=1000)
    np.testing.assert_allclose(value.item(), F.cross_entropy(h @ w.T, y).item(), rtol=1e-5)
    nothing = ce.linear_crossentropy(y[:0], h[:0], w)
    nothing.backward()
    assert nothing.item() == 0
    assert not w.grad.any()
