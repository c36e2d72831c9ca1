"""The kernels as operators of the graphs of torch.compile and torch.export."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import crossent as ce
from crossent.frontends.torch import compiled, devices, gpu

ROWS, CLASSES = 256, 300  # so many elements that an operator is worth a call
G = torch.Generator().manual_seed(5)
X = 3 * torch.randn(ROWS, CLASSES, generator=G)
Y = torch.randint(0, CLASSES, (ROWS,), generator=G)


@pytest.fixture(scope="module", autouse=True)
def _compiler() -> None:
    """Import once what warns of functions that PyTorch itself deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch._decomp.decompositions_for_jvp
        import torch._inductor.compile_fx  # noqa: F401


@pytest.fixture(autouse=True)
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every tensor lies on a GPU that has kernels; modes are seen, as the compiler needs it."""
    monkeypatch.setattr(devices, "is_accelerator", lambda tensor: True)
    monkeypatch.setattr(gpu, "has_kernels", lambda device: True)
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "ignored": {"ignore_class": 3},
    "smoothed": {"label_smoothing": 0.1},
    "weighted": {"class_weight": torch.rand(CLASSES, generator=G)},
    "row weights": {"sample_weight": torch.rand(ROWS, generator=G)},
    "z": {"z_loss": 1e-3},
    "none": {"reduction": "none"},
}


def loss(x: Any, y: Any = Y, **options: Any) -> Any:
    return ce.sparse_categorical_crossentropy(y, x, from_logits=True, validate="off", **options)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_whole_graph_is_that_of_an_eager_call(options: dict[str, Any]) -> None:
    x, own = X.clone().requires_grad_(), X.clone().requires_grad_()
    program = torch.compile(
        lambda x: loss(x, **options), fullgraph=True, backend="aot_eager", dynamic=False
    )
    value, want = program(x), loss(own, **options)
    bar = torch.rand(value.shape, generator=G)
    value.backward(bar)
    assert ce.last_path() == "triton"
    want.backward(bar)
    torch.testing.assert_close(value, want, rtol=1e-6, atol=0)
    torch.testing.assert_close(x.grad, own.grad, rtol=1e-5, atol=1e-9)  # weights in float32


def test_a_bad_label_is_nan_in_its_row() -> None:
    y = Y.clone()
    y[5] = CLASSES
    program = torch.compile(
        lambda x, y: loss(x, y, reduction="none"), fullgraph=True, backend="aot_eager"
    )
    x = X.clone().requires_grad_()
    terms = program(x, y)
    terms.sum().backward()
    assert terms.isnan().nonzero().flatten().tolist() == [5]
    assert x.grad.isnan().any(1).nonzero().flatten().tolist() == [5]


def test_inductor() -> None:
    program = torch.compile(lambda x: loss(x, label_smoothing=0.1), fullgraph=True)
    x, own = X.clone().requires_grad_(), X.clone().requires_grad_()
    value, want = program(x), F.cross_entropy(own, Y, label_smoothing=0.1)
    value.backward()
    want.backward()
    torch.testing.assert_close(value, want, rtol=1e-6, atol=0)
    torch.testing.assert_close(x.grad, own.grad, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64], ids=str)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_operators_are_as_pytorch_wants_them(dtype: Any, smoothing: float) -> None:
    x = X[:5, :7].to(dtype).requires_grad_()
    arguments = (x, Y[:5] % 7, None, "sparse", True, [3], smoothing, 0.0, 1e-7, None)
    torch.library.opcheck(compiled.row_losses, arguments)
    bar = torch.ones(5, dtype=torch.float64 if dtype == torch.float64 else torch.float32)
    torch.library.opcheck(compiled.row_gradient, (bar, *arguments))


def test_a_gradient_of_a_gradient_in_a_graph() -> None:
    x = X.clone().requires_grad_()
    program = torch.compile(
        lambda x: loss(x, reduction="none"), fullgraph=True, backend="aot_eager"
    )
    number = torch.sin(program(x)).sum()
    (gradient,) = torch.autograd.grad(number, x, create_graph=True)
    with pytest.raises(RuntimeError, match="does not currently support double backward"):
        torch.autograd.grad(gradient.sum(), x)
