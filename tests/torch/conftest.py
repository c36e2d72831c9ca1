"""PyTorch without its own deprecation warnings, and ways to get a loss and its gradient."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

import crossent as ce

Loss = Callable[[Any], Any]  # of predictions; labels and options are bound


@pytest.fixture(scope="session", autouse=True)
def _compiler() -> None:
    """Import once what warns of functions that PyTorch itself deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch._decomp.decompositions_for_jvp
        import torch._inductor.compile_fx  # noqa: F401


@pytest.fixture(autouse=True)
def _fresh_compiler() -> Iterator[None]:
    """No test meets a program of another."""
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def eager(loss: Loss, x: Any, bar: Any) -> tuple[Any, Any]:
    """The ordinary training step."""
    x = x.detach().clone().requires_grad_()
    value = loss(x)
    return value.detach(), torch.autograd.grad(value, x, bar)[0]


def with_graph(loss: Loss, x: Any, bar: Any) -> tuple[Any, Any]:
    """A gradient that can be differentiated itself."""
    x = x.detach().clone().requires_grad_()
    value = loss(x)
    return value.detach(), torch.autograd.grad(value, x, bar, create_graph=True)[0].detach()


def func(loss: Loss, x: Any, bar: Any) -> tuple[Any, Any]:
    """torch.func."""
    value, pull = torch.func.vjp(loss, x)
    return value, pull(bar)[0]


def compiled(loss: Loss, x: Any, bar: Any) -> tuple[Any, Any]:
    """One graph, differentiated ahead of time."""
    return eager(torch.compile(loss, fullgraph=True, backend="aot_eager"), x, bar)


WAYS = {"eager": eager, "create_graph": with_graph, "torch.func": func, "torch.compile": compiled}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request: pytest.FixtureRequest) -> Any:
    """How value and gradient are asked for."""
    return request.param


@pytest.fixture(params=[True, False], ids=["kernels", "operations"])
def path(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways that a call on a CPU can go."""
    before = ce.show_config()["kernels"]
    ce.use_kernels(request.param)
    yield
    ce.use_kernels(before != "off")
