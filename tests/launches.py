"""PyTorch on a device that is no CPU, as far as a CPU can stand for one.

:func:`pretended` makes crossent take tensors on the CPU for tensors of an accelerator.
:class:`Counted` then counts what such a device would be asked for: operations to launch, passes
over arrays as large as the predictions, and values that Python waits for.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from crossent.frontends.torch import devices, gpu

NO_WORK = frozenset(
    {"empty", "empty_like", "empty_strided", "new_empty", "detach", "scalar_tensor"}
)
"""Operations that launch nothing: room, another view, a number that stays with Python."""

WAITS = frozenset(
    {"_local_scalar_dense", "is_nonzero", "equal", "nonzero", "masked_select", "unique2"}
)
"""Operations whose answer Python, or the size of the result, waits for."""

TWO = frozenset({"scatter"})
"""Operations that are a copy, and another one."""

OF_ROWS = {"gather": 1, "scatter_": 2}
"""Operations that read or write one element of each row of so many arrays."""


class Counted(TorchDispatchMode):
    """Counts operations, passes over arrays of `elements` elements or more, and waits."""

    def __init__(self, elements: int, itemsize: int = 4) -> None:
        super().__init__()
        self.size = elements, elements * itemsize
        self.operations: Counter[str] = Counter()
        self.passes = 0.0
        self.waits: list[str] = []

    @property
    def launches(self) -> int:
        """How many operations the device runs."""
        return self.operations.total()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func._schema.name.partition("::")[2]
        if name in WAITS:
            self.waits.append(name)
        if func.is_view or name in NO_WORK:
            return result
        self.operations[name] += 2 if name in TWO else 1
        for tensor in tree_leaves((args, kwargs, result)):
            if isinstance(tensor, torch.Tensor):
                self.passes += self._passes(tensor)
        if name in OF_ROWS:
            self.passes -= OF_ROWS[name] * self._passes(args[0])
        return result

    def _passes(self, tensor: Any) -> float:
        """What part of a pass over the predictions it is to read or write a tensor once."""
        if tensor.numel() < self.size[0]:
            return 0.0
        held = tensor.untyped_storage().nbytes()  # of what is repeated only one copy is there
        return float(min(tensor.numel() * tensor.element_size(), held) / self.size[1])


class NoFloat64(TorchDispatchMode):
    """A device without float64: an operation that takes or makes it is an error."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves((args, kwargs, result)):
            wide = isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float64
            if wide and func._schema.name != "aten::scalar_tensor":
                msg = f"{func} with float64"
                raise TypeError(msg)
        return result


@contextlib.contextmanager
def pretended(*, float64: bool = True, triton: bool = False) -> Iterator[None]:
    """Take every tensor for one of an accelerator, with or without float64 and kernels.

    Modes that look on are not seen, so that they do not change the way that a call takes.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "is_accelerator", lambda tensor: True)
        patch.setattr(devices, "has_float64", lambda device: float64)
        patch.setattr(gpu, "has_kernels", lambda device: triton)
        patch.setattr(torch._C, "_len_torch_dispatch_stack", lambda: 0)
        yield


def counted(loss: Callable[[Any], Any], x: Any, *, float64: bool = True) -> tuple[Counted, Counted]:
    """What forward and backward of a loss ask for."""
    x = x.detach().clone().requires_grad_()
    forward, backward = (Counted(x.numel(), x.element_size()) for _ in range(2))
    with pretended(float64=float64):
        with forward:
            value = loss(x)
        bar = torch.ones_like(value)
        with backward:
            value.backward(bar)
    assert x.grad.shape == x.shape
    return forward, backward
