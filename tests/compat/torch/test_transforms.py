"""Derivatives of every order, compilation, torch.func, tracing, autocast and subclasses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

import crossent.compat.torch as drop_in
from crossent import LabelRangeError

X = torch.tensor([[2.3, 1.1, 0.4], [0.7, 3.1, 1.2]], dtype=torch.float64)
Y = torch.tensor([0, -100])
Q = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], dtype=torch.float64)
W = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)
P = torch.tensor([0.9, 0.3, 0.05], dtype=torch.float64)
T = torch.tensor([0.9, 0.25, 0.1], dtype=torch.float64)

# Name, differentiable arguments, the others, and options.
CALLS: dict[str, tuple[str, tuple[Any, ...], tuple[Any, ...], dict[str, Any]]] = {
    "index": ("cross_entropy", (X,), (Y, W), {"label_smoothing": 0.1}),
    "index none": ("cross_entropy", (X,), (Y,), {"reduction": "none"}),
    "soft": ("cross_entropy", (X, Q), (W,), {"label_smoothing": 0.1}),
    "nll": ("nll_loss", (X,), (Y, W), {}),
    "binary": ("binary_cross_entropy", (P, T), (W,), {}),
    "logits": ("binary_cross_entropy_with_logits", (W - 2, T), (), {"pos_weight": W}),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
Function = Callable[..., Any]


def bound(module: Any, call: Any) -> tuple[Function, tuple[Any, ...]]:
    """A function of the differentiable arguments alone, and these."""
    name, leaves, others, words = call
    function = getattr(module, name)
    return lambda *given: function(*given, *others, **words), leaves


@pytest.fixture(autouse=True)
def _fresh_compiler() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@each_call
def test_m18_derivatives_of_every_kind(call: Any) -> None:
    function, leaves = bound(drop_in, call)
    leaves = tuple(leaf.clone().requires_grad_() for leaf in leaves)

    def squared(*given: Any) -> Any:  # of a nonlinear function: a sum alone hides faults
        return function(*given).square()

    assert gradcheck(squared, leaves, check_forward_ad=True, check_batched_grad=True, eps=1e-7)
    assert gradgradcheck(squared, leaves, eps=1e-7)


@each_call
def test_hessian_is_pytorchs(call: Any) -> None:
    ours, leaves = bound(drop_in, call)
    theirs, _ = bound(F, call)
    want = torch.autograd.functional.hessian(
        lambda x: theirs(x, *leaves[1:]).exp().sum(), leaves[0]
    )
    for made in (
        torch.autograd.functional.hessian(lambda x: ours(x, *leaves[1:]).exp().sum(), leaves[0]),
        torch.func.hessian(lambda x: ours(x, *leaves[1:]).exp().sum())(leaves[0]),
    ):
        # Different formulae in float64; that of PyTorch's binary loss adds 1e-12 to p (1 - p).
        torch.testing.assert_close(made, want, rtol=1e-10, atol=1e-14 * float(want.abs().max()))


@each_call
def test_compiled_in_one_graph(call: Any) -> None:
    ours, leaves = bound(drop_in, call)
    compiled = torch.compile(ours, fullgraph=True, backend="aot_eager")
    leaves = tuple(leaf.clone().requires_grad_() for leaf in leaves)
    want, got = ours(*leaves), compiled(*leaves)
    torch.testing.assert_close(got, want, rtol=1e-14, atol=0)
    for a, b in zip(
        torch.autograd.grad(got.sum(), leaves), torch.autograd.grad(want.sum(), leaves), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-15)


def test_m01_a_bad_label_in_compiled_code() -> None:
    x = X.clone().requires_grad_()
    compiled = torch.compile(drop_in.cross_entropy, fullgraph=True, backend="aot_eager")
    value = compiled(x, torch.tensor([0, 3]), reduction="none")
    slope = torch.autograd.grad(value, x, torch.ones_like(value))[0]
    assert value.isnan().tolist() == [False, True]
    assert slope.isnan().tolist() == [[False] * 3, [True] * 3]
    nll = torch.compile(drop_in.nll_loss, fullgraph=True, backend="aot_eager")
    value = nll(x, torch.tensor([0, 3]), reduction="none")
    assert value.isnan().tolist() == [False, True]
    assert torch.autograd.grad(value, x, torch.ones_like(value))[0][1].isnan().all()


def test_bad_probabilities_in_compiled_code() -> None:
    p = torch.tensor([0.5, 1.5, 0.5]).requires_grad_()
    compiled = torch.compile(drop_in.binary_cross_entropy, fullgraph=True, backend="aot_eager")
    value = compiled(p, torch.tensor([1.0, 1.0, 2.0]), reduction="none")
    assert value.isnan().tolist() == [False, True, True]


@each_call
def test_vmap(call: Any) -> None:
    ours, leaves = bound(drop_in, call)
    stacked = [torch.stack([leaf, leaf * 0.5, leaf * 0.25]) for leaf in leaves]
    got = torch.func.vmap(ours)(*stacked)
    want = torch.stack([ours(*(s[i] for s in stacked)) for i in range(3)])
    torch.testing.assert_close(got, want, rtol=1e-14, atol=0)
    if got.dim() == 1:
        slopes = torch.func.vmap(torch.func.grad(ours))(*stacked)
        one = torch.stack([torch.func.grad(ours)(*(s[i] for s in stacked)) for i in range(3)])
        torch.testing.assert_close(slopes, one, rtol=1e-13, atol=1e-15)


def test_sizes_that_vary_in_one_program() -> None:
    program = torch.compile(
        lambda x, q: drop_in.cross_entropy(x, q), fullgraph=True, backend="eager", dynamic=True
    )
    for rows in (2, 5, 7):
        x, q = X[:1].repeat(rows, 1), Q[:1].repeat(rows, 1)
        torch.testing.assert_close(program(x, q), drop_in.cross_entropy(x, q), rtol=1e-14, atol=0)


def test_export() -> None:
    exported = torch.export.export(drop_in.CrossEntropyLoss(), (X, Y))
    torch.testing.assert_close(
        exported.module()(X, Y), drop_in.cross_entropy(X, Y), rtol=1e-14, atol=0
    )


def test_meta_tensors_have_shapes_and_dtypes() -> None:
    for module in (F, drop_in):
        value = module.cross_entropy(X.to("meta"), Y.to("meta"), reduction="none")
        assert (value.device.type, value.shape, value.dtype) == ("meta", (2,), torch.float64)


@each_call
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_autocast_gives_float32(call: Any, dtype: Any) -> None:
    name, leaves, others, words = call
    given = [t.to(dtype) if t.is_floating_point() else t for t in (*leaves, *others)]
    words = {k: v.to(dtype) if isinstance(v, torch.Tensor) else v for k, v in words.items()}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        want = getattr(F, name)(*given, **words)
        got = getattr(drop_in, name)(*given, **words)
    assert got.dtype == want.dtype == torch.float32
    # Two float32 computations of the same bits, of terms up to about 16.
    torch.testing.assert_close(got, want, rtol=8 * 2**-24, atol=16 * 2**-24)


class Named(torch.Tensor):
    """A subclass that counts what it is given to."""

    calls: tuple[Any, ...] = ()

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        Named.calls = (*Named.calls, func)
        return super().__torch_function__(func, types, args, kwargs or {})


@each_call
def test_subclasses_see_the_call(call: Any) -> None:
    name, leaves, others, words = call
    function = getattr(drop_in, name)
    Named.calls = ()
    value = function(leaves[0].as_subclass(Named), *leaves[1:], *others, **words)
    assert function in Named.calls
    assert type(value) is Named
    want = function(*leaves, *others, **words)
    torch.testing.assert_close(value.as_subclass(torch.Tensor), want, rtol=1e-14, atol=0)


def test_a_drop_in_may_stand_in_pytorchs_place(monkeypatch: pytest.MonkeyPatch) -> None:
    want = torch.nn.CrossEntropyLoss(W)(X, Y)
    for name in ("cross_entropy", "nll_loss", "binary_cross_entropy"):
        monkeypatch.setattr(F, name, getattr(drop_in, name))
    torch.testing.assert_close(torch.nn.CrossEntropyLoss(W)(X, Y), want, rtol=1e-14, atol=0)
    with pytest.raises(LabelRangeError):
        torch.nn.CrossEntropyLoss()(X, torch.tensor([0, 3]))
    with pytest.raises(RuntimeError, match="1D target tensor expected"):
        torch.nn.NLLLoss()(X, torch.zeros(2, 2, dtype=torch.int64))
