"""The operations of the formulae on PyTorch tensors.

Two sets: :data:`OPS` leaves everything to PyTorch and can be traced, wrapped and differentiated;
:data:`ROW_OPS` runs eagerly on plain tensors and gives every row the same bits whatever else is in
the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
from torch._C import _functorch as functorch
from torch.autograd import forward_ad

from crossent.core.exact_totals import Partial
from crossent.frontends.torch import devices
from crossent.losses.ops import Array, Forward, Smooth

DTYPES: Final = {
    name: getattr(torch, name)
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "bfloat16", "float32", "float64",
    )
}  # fmt: skip
NAMES: Final = {dtype: name for name, dtype in DTYPES.items()}


def exporting() -> bool:
    """Whether ``torch.export`` is making a program."""
    asked = getattr(torch.compiler, "is_exporting", None)
    return asked is not None and bool(asked())


def visible(tensor: Array) -> Array | None:
    """Return the tensor whose values Python may read and act upon; None if there is none.

    Not while PyTorch traces, nor on the meta device, nor of a batch that ``vmap`` hides; and a
    subclass or a mode that is given every operation may give them another meaning. The wrapper
    that ``torch.func.grad`` puts around a tensor is looked through.
    """
    if torch.compiler.is_compiling() or torch._C._is_tracing():
        return None
    while functorch.is_gradtrackingtensor(tensor):
        tensor = functorch.get_unwrapped(tensor)
    hidden = (
        type(tensor).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__
        or tensor.is_meta
        or functorch.is_functorch_wrapped_tensor(tensor)
        or functorch.is_legacy_batchedtensor(tensor)  # is_grads_batched=True
        or torch._C._len_torch_dispatch_stack() > 0
    )
    return None if hidden else tensor


def plain(tensor: Array) -> bool:
    """Whether a tensor is visible and nothing but a tensor: no subclass, no dual number."""
    return (
        type(tensor) in (torch.Tensor, torch.nn.Parameter)
        and visible(tensor) is tensor
        and (forward_ad._current_level < 0 or forward_ad.unpack_dual(tensor).tangent is None)
    )


class TorchOps:
    """The operations of the formulae, each one operation of PyTorch."""

    def cast(self, x: Array, dtype: str) -> Array:
        return x.to(DTYPES[dtype])

    def wide(self, x: Array) -> Array:
        return x.to(devices.wide_dtype(x.device))

    def dtype(self, x: Array) -> str:
        return NAMES[x.dtype]

    def where(self, condition: Array, x: Array, y: Array) -> Array:
        return torch.where(condition, x, y)

    def ndim(self, x: Array) -> int:
        return int(x.dim())

    def length(self, x: Array) -> int:
        return int(x.shape[-1])

    def clip(self, x: Array, low: float | None, high: float | None) -> Array:
        return torch.clamp(x, low, high)

    def exp(self, x: Array) -> Array:
        return torch.exp(x)

    def exp_over(self, x: Array) -> Array:
        return torch.exp(x)

    def log(self, x: Array) -> Array:
        return torch.log(x)

    def log1p(self, x: Array) -> Array:
        return torch.log1p(x)

    def tanh(self, x: Array) -> Array:
        return torch.tanh(x)

    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array:
        return torch.nn.functional.linear(x, weight, bias)

    def floor(self, x: Array) -> Array:
        return torch.floor(x)

    def isfinite(self, x: Array) -> Array:
        return torch.isfinite(x)

    def max(self, x: Array) -> Array:
        return torch.amax(x, dim=-1, keepdim=True)

    def argmax(self, x: Array) -> Array:
        return torch.argmax(x, dim=-1)

    def sum(self, x: Array) -> Array:
        return torch.sum(x, dim=-1, keepdim=True)

    def total(self, x: Array) -> Array:
        return x.sum(dtype=devices.wide_dtype(x.device))

    def size(self, x: Array) -> Array:
        # Counted, not asked for: a size that varies stays variable in what is exported.
        return torch.ones_like(x, dtype=devices.wide_dtype(x.device)).sum()

    def is_zero(self, x: Array) -> bool:
        seen = visible(x)
        return seen is not None and bool(seen == 0)

    def stop_gradient(self, x: Array) -> Array:
        return x.detach()

    def count(self, mask: Array, like: Array) -> Array:
        return torch.sum(mask, dim=-1, keepdim=True, dtype=like.dtype)

    def any(self, mask: Array) -> Array:
        return torch.any(mask, dim=-1, keepdim=True)

    def if_any(self, flags: Array, then: Callable[[], Array], otherwise: Array) -> Array:
        seen = visible(flags)
        if seen is None or devices.is_accelerator(seen):
            return then()  # no graph has a branch, and no GPU is waited for
        return then() if bool(seen.any()) else otherwise

    def rows(self, x: Array) -> Array:
        return x.squeeze(-1)

    def classes(self, x: Array) -> Array:
        return x.unsqueeze(-1)

    def take(self, x: Array, labels: Array) -> Array:
        return x.gather(-1, labels.unsqueeze(-1)).squeeze(-1)

    def put(self, x: Array, labels: Array, values: Array) -> Array:
        return x.scatter(-1, labels.unsqueeze(-1), values.unsqueeze(-1))

    def without(self, x: Array, labels: Array, dtype: str) -> Array:
        return x.to(DTYPES[dtype]).scatter(-1, labels.unsqueeze(-1), -math.inf)

    def take_classes(self, per_class: Array, labels: Array) -> Array:
        # torch.compile would make an integer of a single label.
        return per_class[labels.unsqueeze(-1)].squeeze(-1)

    def zeros(self, like: Array, dtype: str) -> Array:
        return torch.zeros_like(like, dtype=DTYPES[dtype])

    def numbers(self, x: Array) -> Array:
        return torch.arange(x.shape[-1], device=x.device)

    def after(self, x: Array) -> Array:
        return torch.cat([x[..., 1:], x[..., :1]], dim=-1)

    def column(self, x: Array, k: int) -> Array:
        return x[..., k]

    def softmax(self, x: Array) -> Array:
        return torch.softmax(x, dim=-1)

    def differentiable(self, forward: Forward, smooth: Smooth, x: Array) -> tuple[Array, ...]:
        return forward(x)[0]  # labels and mask must be arguments, not captured: see RowLosses

    def move_last(self, x: Array, axis: int) -> Array:
        return x.movedim(axis, -1)

    def squeeze(self, x: Array, axis: int) -> Array:
        return x.squeeze(axis)

    def expand(self, x: Array, before: int, after: int) -> Array:
        return x.reshape((1,) * before + tuple(x.shape) + (1,) * after)

    def broadcast(self, x: Array, like: Array, per_row: bool) -> Array:
        return x.expand(like.shape[:-1] if per_row else like.shape)


class RowOps(TorchOps):
    """The same for blocks of rows outside of autograd, with sums that are the same everywhere."""

    def cast(self, x: Array, dtype: str) -> Array:
        # One contiguous layout: PyTorch's loops differ in their last bits between layouts.
        return x.to(DTYPES[dtype]).contiguous()

    def total(self, x: Array) -> Array:
        if devices.is_accelerator(x):
            return super().total(x)
        total = Partial.of(x.numpy()).round_total()
        return torch.full((), total, dtype=torch.float64, device=x.device)

    def size(self, x: Array) -> Array:
        return torch.full((), x.numel(), dtype=devices.wide_dtype(x.device), device=x.device)

    def sum(self, x: Array) -> Array:
        if devices.is_accelerator(x):
            return super().sum(x)
        # A sum to a single number is split between threads; two halves of a row are two numbers,
        # so that one row alone is added up as it is among others.
        half = x.shape[-1] // 2
        halves = x[..., : 2 * half].unflatten(-1, (2, half)).sum(dim=-1)
        total = halves[..., :1] + halves[..., 1:]
        return total + x[..., 2 * half :] if x.shape[-1] % 2 else total

    def exp_over(self, x: Array) -> Array:
        return x.exp_()

    def put(self, x: Array, labels: Array, values: Array) -> Array:
        return x.scatter_(-1, labels.unsqueeze(-1), values.unsqueeze(-1))

    def without(self, x: Array, labels: Array, dtype: str) -> Array:
        own = x.to(DTYPES[dtype], copy=True, memory_format=torch.contiguous_format)
        return own.scatter_(-1, labels.unsqueeze(-1), -math.inf)


OPS: Final = TorchOps()
ROW_OPS: Final = RowOps()
