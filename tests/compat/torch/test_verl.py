"""Log-probabilities of tokens as verl defines them: those of log_softmax, gathered."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import crossent as ce
from crossent.compat.verl import logprobs_from_logits


def drawn(rows: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(len(rows))
    x = torch.randn(*rows, 13, generator=generator, dtype=torch.float64) * 3
    return x.to(dtype).requires_grad_(), torch.randint(0, 13, rows, generator=generator)


def defined(logits: Any, labels: Any) -> Any:
    return logits.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("rows", [(5,), (2, 3)], ids=str)
@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("kernels", [False, True])
def test_value_and_gradient(rows: Any, dtype: Any, in_place: bool, kernels: bool) -> None:
    x, labels = drawn(rows, dtype)
    bar = torch.linspace(-1, 1, labels.numel(), dtype=torch.float64).reshape(rows)
    truth = defined(x.double(), labels)
    (want,) = torch.autograd.grad((truth * bar).sum(), x)
    ce.use_kernels(kernels)
    try:
        hidden = x * 1  # a result, as those of a model's last layer
        found = logprobs_from_logits(hidden, labels, inplace_backward=in_place)
        torch.testing.assert_close(found.double(), truth, rtol=0, atol=4e-6)
        (slope,) = torch.autograd.grad((found * bar).sum(), hidden)
    finally:
        ce.use_kernels(True)
    atol = 1e-13 if dtype == torch.float64 else 4e-3 if dtype == torch.bfloat16 else 1e-6
    torch.testing.assert_close(slope, want, rtol=0, atol=atol)
    assert (slope.data_ptr() == hidden.data_ptr()) == in_place


def test_leaves_and_what_has_gaps_keep_their_values() -> None:
    x, labels = drawn((4,), torch.float32)
    before = x.detach().clone()
    logprobs_from_logits(x, labels).sum().backward()
    assert torch.equal(x.detach(), before)
    wide = torch.randn(4, 26, requires_grad=True) * 1
    every_second = wide[:, ::2]
    kept = every_second.detach().clone()
    logprobs_from_logits(every_second, labels).sum().backward()
    assert torch.equal(every_second.detach(), kept)


def test_logits_that_are_negated_lazily_keep_their_memory() -> None:
    x, labels = drawn((4,), torch.float64)
    hidden = torch._neg_view(x * 1)
    (slope,) = torch.autograd.grad(logprobs_from_logits(hidden, labels).sum(), hidden)
    (want,) = torch.autograd.grad(defined(hidden, labels).sum(), hidden)
    torch.testing.assert_close(slope, want)


def test_who_has_saved_the_logits_is_told_that_they_are_gone() -> None:
    x, labels = drawn((4,), torch.float32)
    hidden = x * 1
    other = hidden.square().sum()  # its backward, which needs the logits, comes after ours
    total = logprobs_from_logits(hidden, labels).sum() + other
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()
    hidden = x * 1
    total = logprobs_from_logits(hidden, labels, inplace_backward=False).sum()
    (total + hidden.square().sum()).backward()


def test_a_second_backward_is_an_error() -> None:
    x, labels = drawn((4,), torch.float32)
    found = logprobs_from_logits(x * 1, labels).sum()
    found.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        found.backward()


def test_what_is_wrong_is_said_in_verls_names() -> None:
    x, labels = drawn((4,), torch.float32)
    with pytest.raises(
        IndexError, match=r"`labels` must hold class indices 0..12, because `logits`"
    ):
        logprobs_from_logits(x, labels + 13)
    with pytest.raises(ce.ArrayKindError, match="`logits`"):
        logprobs_from_logits(x.detach().numpy(), labels)


def test_in_one_graph() -> None:
    x, labels = drawn((2, 3), torch.float64)
    compiled = torch.compile(logprobs_from_logits, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, labels), defined(x, labels))
