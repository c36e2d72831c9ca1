"""The kernels in a training step: derivatives, reductions, layouts, launches, who takes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import crossent as ce
from crossent.frontends.call import prepare_call
from crossent.frontends.torch import gpu
from crossent.frontends.torch import triton as kernels
from crossent.frontends.torch.ops import OPS
from crossent.frontends.torch.reduce import reduce_terms
from launches import Counted, pretended

G = torch.Generator().manual_seed(3)
X = 3 * torch.randn(12, 7, generator=G)
Y = torch.randint(0, 7, (12,), generator=G)
LOGITS: dict[str, Any] = {"from_logits": True, "validate": "off"}


@pytest.fixture(autouse=True)
def there() -> Iterator[None]:
    """Every tensor lies on a GPU that has kernels."""
    with pretended(triton=True):
        yield


def loss(x: Any, y: Any = Y, **options: Any) -> Any:
    value = ce.sparse_categorical_crossentropy(y, x, **LOGITS, **options)
    assert ce.last_path() == "triton"
    return value


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_value_and_gradient(reduction: str) -> None:
    x, own = X.clone().requires_grad_(), X.clone().requires_grad_()
    value, want = loss(x, reduction=reduction), F.cross_entropy(own, Y, reduction=reduction)
    bar = torch.rand(value.shape, generator=G)
    value.backward(bar)
    want.backward(bar)
    torch.testing.assert_close(value, want, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(x.grad, own.grad, rtol=1e-5, atol=1e-7)


def test_parts() -> None:
    total, weight = loss(X, reduction="parts")
    assert total.dtype == weight.dtype == torch.float64
    assert float(weight) == 12
    torch.testing.assert_close(float(total), float(F.cross_entropy(X, Y, reduction="sum")))


def test_a_gradient_of_a_gradient_takes_the_plain_form() -> None:
    def curve(x: Any) -> Any:
        return torch.sin(loss(x, reduction="none")).sum()

    x = X[:3].double().requires_grad_()
    y = Y[:3]

    def of_rows(x: Any) -> Any:
        return torch.sin(loss(x, y, reduction="none")).sum()

    assert torch.autograd.gradcheck(of_rows, (x,))
    assert torch.autograd.gradgradcheck(of_rows, (x,))


def test_gradients_to_weights_take_the_plain_form() -> None:
    sample, weight = torch.rand(12, requires_grad=True), torch.rand(7, requires_grad=True)
    x = X.clone().requires_grad_()
    loss(x, sample_weight=sample, class_weight=weight).backward()
    for one in (sample, weight, x):
        assert one.grad.abs().max() > 0


def test_a_saved_gradient_is_made_anew_and_inputs_are_left_alone() -> None:
    x = X.clone().requires_grad_()
    value = loss(x)
    first = torch.autograd.grad(value, x, torch.tensor(3.0), retain_graph=True)[0]
    kept = first.clone()
    second = torch.autograd.grad(value, x, torch.tensor(6.0))[0]
    assert torch.equal(first, kept)
    assert torch.equal(second, 2 * kept)
    assert torch.equal(x.detach(), X)


@pytest.mark.parametrize("layout", ["steps", "classes first", "three dimensions", "every other"])
def test_layouts(layout: str) -> None:
    axis, y, x = -1, Y, torch.randn(12, 7, generator=G)
    if layout == "steps":
        x = torch.randn(12, 9, generator=G)[:, 1:8]
    elif layout == "classes first":
        x, axis = torch.randn(7, 12, generator=G), 0
    elif layout == "three dimensions":
        x, y = torch.randn(3, 7, 4, generator=G), Y.reshape(3, 4)
        axis = 1
    elif layout == "every other":
        x = torch.randn(12, 14, generator=G)[:, ::2]
    x = x.detach().requires_grad_()
    value = ce.sparse_categorical_crossentropy(y, x, axis=axis, **LOGITS)
    assert ce.last_path() == "triton"
    gradient = torch.autograd.grad(value, x)[0]
    own = x.detach().clone().requires_grad_()
    moved = own.movedim(axis, -1).reshape(-1, 7)
    want = torch.autograd.grad(F.cross_entropy(moved, y.reshape(-1)), own)[0]
    torch.testing.assert_close(gradient, want, rtol=1e-5, atol=1e-7)
    assert gradient.stride() == torch.empty_like(x).stride()


@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32, torch.uint8, torch.bool])
def test_dtypes_of_labels(dtype: Any) -> None:
    y = (Y % 2).to(dtype)
    torch.testing.assert_close(loss(X, y), F.cross_entropy(X, Y % 2), rtol=1e-6, atol=0)


def test_no_rows() -> None:
    x = torch.zeros(0, 7, requires_grad=True)
    value = loss(x, Y[:0])
    value.backward()
    assert value == 0
    assert x.grad.shape == (0, 7)


def test_what_else_there_is_takes_operations() -> None:
    calls = [
        lambda: ce.sparse_categorical_crossentropy(Y.float(), X, **LOGITS),
        lambda: ce.sparse_categorical_crossentropy(Y, X.softmax(-1), validate="off"),
        lambda: ce.categorical_crossentropy(X.softmax(-1), X, **LOGITS),
        lambda: ce.sparse_categorical_crossentropy(Y, X, ignore_class=(1, 2), **LOGITS),
    ]
    for call in calls:
        assert call().isfinite()
        assert ce.last_path() == "operations"


def test_they_are_turned_off() -> None:
    loss(X)
    assert ce.show_config()["triton"] == "on"
    ce.use_kernels(False)
    try:
        ce.sparse_categorical_crossentropy(Y, X, **LOGITS)
        assert ce.last_path() == "operations"
        assert ce.show_config()["triton"] == "off"
    finally:
        ce.use_kernels(True)


def test_beside_tensorflow_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu._kernels.cache_clear()
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    monkeypatch.delitem(sys.modules, "triton")
    try:
        assert gpu.kernels_for(X.device) is None
        assert "tensorflow" in ce.show_config()["triton"]
    finally:
        monkeypatch.undo()
        gpu._kernels.cache_clear()
        gpu._kernels()  # what is noted is true again for the tests that follow


@pytest.mark.parametrize("rows", [12, 2**16 + 3])
@pytest.mark.parametrize("empty", ["zero", "nan"])
@pytest.mark.parametrize("kept", [True, False])
def test_the_mean_is_that_of_the_rule(rows: int, empty: str, kept: bool) -> None:
    terms = torch.rand(rows, generator=G)
    weight = torch.rand(rows, generator=G).double() if kept else torch.zeros(rows).double()
    terms = terms if kept else 0 * terms
    call = prepare_call("sparse", Y, X, {**LOGITS, "empty": empty})
    found, divisor = kernels.mean_and_divisor(call.plan, kernels.Facts(terms, weight, None, None))
    want, of_want = reduce_terms(OPS, call.plan, terms, weight, None)
    torch.testing.assert_close(found, want, rtol=1e-7, atol=0, equal_nan=True)
    torch.testing.assert_close(divisor, of_want, rtol=1e-14, atol=0)
    assert found.dtype == torch.float32


class Recorded:
    """A kernel whose launches are noted, and that computes nothing."""

    def __init__(self, name: str, launches: list[str]) -> None:
        self.name, self.launches = name, launches

    def __getitem__(self, grid: Any) -> Any:
        def run(*arguments: Any, **options: Any) -> None:
            self.launches.append(self.name)

        return run


KERNELS = ("label_facts", "label_gradient", "mean_of_terms")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("rows", "most"), [(12, 3), (2**16 + 3, 5)])
def test_a_call_launches_few_operations(rows: int, most: int, dtype: Any) -> None:
    launched: list[str] = []
    x = torch.zeros(rows, 7, dtype=dtype, requires_grad=True)
    y = torch.zeros(rows, dtype=torch.int64)
    forward, backward = Counted(x.numel(), x.element_size()), Counted(x.numel(), x.element_size())
    with pytest.MonkeyPatch.context() as patch:
        for name in KERNELS:
            patch.setattr(kernels, name, Recorded(name, launched))
        with forward:
            value = ce.sparse_categorical_crossentropy(y, x, ignore_class=-100, **LOGITS)
        bar = torch.ones_like(value)
        with backward:
            value.backward(bar)
    assert launched == ["label_facts", "mean_of_terms", "label_gradient"]
    assert len(launched) + forward.launches + backward.launches <= most <= 6
    assert forward.passes + backward.passes == 0  # all of them are the kernels' own: 1, and 2
    assert forward.waits == backward.waits == []
