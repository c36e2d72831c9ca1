"""The kernels on tensors in the memory of this machine.

Where a gradient will be wanted, forward computes it with the value in one pass, and backward hands
it over. Whatever else backward is asked for is computed from the inputs, which are kept: an
upstream gradient other than 1 (so that the gradient is rounded once), a second backward, and, by
the plain form, a graph of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from crossent.frontends.kernel_rows import gradient_divisor, is_served, kernel_rows, run_kernel
from crossent.frontends.torch_eager import gradients_by_torch
from crossent.frontends.torch_ops import plain
from crossent.ops import Array
from crossent.plan import Plan
from crossent.targets import Inputs

HostArray = npt.NDArray[Any]
Check = Callable[[], object]
IN_FORWARD = (torch.float32, torch.float64)
NUMPY_OF = {torch.float16: np.float16, torch.float32: np.float32, torch.float64: np.float64}


def kernels_take(x: Array) -> bool:
    """Whether a tensor is one whose memory the kernels may read, with nobody watching."""
    return plain(x) and x.is_cpu and not x.is_neg() and torch._C._len_torch_function_stack() == 0


def kernel_loss(plan: Plan, x: Array, inputs: Inputs, normalizer: Any, check: Check | None) -> Any:
    """Return the loss of plain tensors; None if it is not for the kernels."""
    if not is_served(plan) or not kernels_take(x) or x.dtype == torch.bfloat16:
        return None
    differentiable = torch.is_grad_enabled() and x.requires_grad
    if torch.is_grad_enabled() and any(a is not None and a.requires_grad for a in inputs[:-1]):
        return None
    number = float(normalizer) if isinstance(normalizer, torch.Tensor) else normalizer
    at_once = plan.options.reduction != "none" and x.dtype in IN_FORWARD
    out = _room_like(x) if differentiable and at_once else None
    there = None if out is None else host(out)
    rows = kernel_rows(plan, host(x), host_inputs(inputs), there)
    if rows is None:
        return None
    if differentiable:
        divisor = gradient_divisor(plan, rows, number, check)
        if divisor is None:
            return None
        value = run_kernel(plan, rows, number, there, check, divisor)
        return KernelLoss.apply(
            plan, inputs.checked, number is not None, value, out, divisor, x, *inputs[:-1]
        )
    value = run_kernel(plan, rows, number, None, check)
    return None if value is None else _tensors(value)


class KernelLoss(torch.autograd.Function):  # type: ignore[misc]
    """A loss that has been computed, and how its gradient is."""

    @staticmethod
    def forward(
        ctx: Any,
        plan: Plan,
        checked: frozenset[str],
        normalized: bool,
        value: Any,
        gradient: Array | None,
        divisor: float,
        x: Array,
        *arrays: Array,
    ) -> Any:
        ctx.plan, ctx.checked, ctx.normalized = plan, checked, normalized
        ctx.gradient, ctx.divisor = gradient, divisor
        ctx.save_for_backward(x, *arrays)
        result = _tensors(value)
        if plan.options.reduction == "parts":
            ctx.mark_non_differentiable(result[1])
        return result

    @staticmethod
    def backward(ctx: Any, *bars: Array) -> tuple[Any, ...]:
        x, *arrays = ctx.saved_tensors
        inputs = Inputs(*arrays)._replace(checked=ctx.checked)
        gradient = None
        if not torch.is_grad_enabled() and plain(bars[0]):
            gradient = _gradient(ctx, x, inputs, bars[0])
        if gradient is not None:
            return *(None for _ in range(6)), gradient, *(None for _ in arrays)
        normalizer = ctx.divisor if ctx.normalized else None
        needed = (True, *(False for _ in arrays))
        found = gradients_by_torch(ctx.plan, needed, x, inputs, normalizer, bars)
        return *(None for _ in range(6)), *found


def _gradient(ctx: Any, x: Array, inputs: Inputs, bar: Array) -> Array | None:
    """Return the gradient to `x`, which is then the caller's own; None if it is not finite."""
    # Given away once: what autograd adds to it later must not come back here.
    out, ctx.gradient = ctx.gradient, None
    plan, divisor = ctx.plan, ctx.divisor
    if bar.dim() or plan.options.reduction == "none":
        sample = bar.double() if inputs.sample_weight is None else bar * inputs.sample_weight
        inputs = inputs._replace(sample_weight=sample, checked=inputs.checked | {"sample_weight"})
    else:
        factor = bar.item()
        if factor == 1.0 and out is not None:
            return out
        if not math.isfinite(factor):
            return None
        divisor = divisor / factor if factor else math.inf
    out = _room_like(x) if out is None else out
    there = host(out)
    rows = kernel_rows(plan, host(x), host_inputs(inputs), there)
    if rows is None:
        return None  # kernels have been turned off in between
    rows.gradient(there, divisor)
    return out


def _room_like(x: Array) -> Array:
    """Return room for a gradient: from NumPy, which asks for large pages, where layouts agree."""
    if x.is_contiguous() and x.dtype != torch.bfloat16:
        return torch.from_numpy(np.empty(x.shape, NUMPY_OF[x.dtype]))
    return torch.empty_like(x)


def host(x: Array) -> HostArray:
    """Return the memory of a tensor; a copy of what NumPy has no type for."""
    x = x.detach()
    array: HostArray = (x.float() if x.dtype == torch.bfloat16 else x).numpy()
    return array


def host_inputs(inputs: Inputs) -> Inputs:
    """Return the memory of all arrays."""
    arrays: list[Any] = [None if array is None else host(array) for array in inputs[:-1]]
    return Inputs(*arrays)._replace(checked=inputs.checked)


def _tensors(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(torch.tensor(part) for part in value)
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else torch.tensor(value)
