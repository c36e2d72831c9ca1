"""The kernels on tensors in the memory of this machine.

Where a gradient will be wanted, forward computes it with the value in one pass, and backward hands
it over. Whatever else backward is asked for is computed from the inputs, which are kept: an
upstream gradient other than 1 (so that the gradient is rounded once), a second backward, and, by
the plain form, a graph of its own and gradients to targets and weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from crossent.frontends.kernel_rows import gradient_divisor, is_served, kernel_rows, run_kernel
from crossent.frontends.torch_eager import eager_loss, gradients_by_torch
from crossent.frontends.torch_ops import plain
from crossent.ops import Array
from crossent.plan import Plan
from crossent.targets import Inputs

HostArray = npt.NDArray[Any]
Check = Callable[[], object]
IN_FORWARD = (torch.float32, torch.float64)
NUMPY_OF = {torch.float16: np.float16, torch.float32: np.float32, torch.float64: np.float64}


def may_take(x: Array) -> bool:
    """Whether a tensor may be one whose memory the kernels read: a quick look."""
    return type(x) in (torch.Tensor, torch.nn.Parameter) and x.is_cpu and x.dtype in IN_FORWARD


class Computed(NamedTuple):
    """What forward knows."""

    plan: Plan
    inputs: Any
    normalized: bool
    value: Any
    gradient: Array | None
    divisor: float


def kernel_loss(plan: Plan, x: Array, inputs: Inputs, normalizer: Any, check: Check | None) -> Any:
    """Return the loss of plain tensors; None if it is not for the kernels."""
    if not is_served(plan) or not x.is_cpu or x.is_neg():
        return None
    if torch._C._len_torch_function_stack() > 0:
        return None  # somebody watches the operations
    grads = torch.is_grad_enabled()
    to_inputs = grads and any(a is not None and a.requires_grad for a in inputs[:-1])
    number = float(normalizer) if isinstance(normalizer, torch.Tensor) else normalizer
    differentiable = grads and x.requires_grad and not to_inputs
    at_once = plan.options.reduction != "none" and x.dtype in IN_FORWARD
    out = room_like(x) if differentiable and at_once else None
    there = None if out is None else host(out)
    rows = kernel_rows(plan, host(x), host_inputs(inputs), there)
    if rows is None:
        return None
    divisor = 1.0
    if differentiable and plan.options.reduction != "none":
        if plan.options.reduction == "mean" and number is None and rows.all_weigh_one:
            divisor = float(rows.rows)  # no pass over the labels: `there` may be written in vain
        else:
            found = gradient_divisor(plan, rows, number, check)
            if found is None:
                return None
            divisor = found
    value = run_kernel(plan, rows, number, there, check, divisor)
    if value is None:
        return None
    if to_inputs:
        computed = _tensors(value), torch.tensor(1.0 if number is None else number).double()
        return eager_loss(plan, x, inputs, normalizer, computed)
    if not differentiable:
        return _tensors(value)
    return KernelLoss.apply(x, Computed(plan, inputs, number is not None, value, out, divisor))


class KernelLoss(torch.autograd.Function):  # type: ignore[misc]
    """A loss that has been computed, and how its gradient is."""

    @staticmethod
    def forward(ctx: Any, x: Array, computed: Computed) -> Any:
        ctx.gradient = computed.gradient
        ctx.computed = computed._replace(inputs=None, value=None, gradient=None)
        arrays, checked = computed.inputs[:-1], computed.inputs.checked
        ctx.there = [array is not None for array in arrays], checked
        ctx.save_for_backward(x, *(array for array in arrays if array is not None))
        result = _tensors(computed.value)
        if computed.plan.options.reduction == "parts":
            ctx.mark_non_differentiable(result[1])
        return result

    @staticmethod
    def backward(ctx: Any, *bars: Array) -> tuple[Any, ...]:
        differentiated = torch.is_grad_enabled()
        gradient, bar = ctx.gradient, bars[0]
        if gradient is not None and not differentiated and plain(bar) and bar.item() == 1.0:
            # Given away once: what autograd adds to it later must not come back here.
            ctx.gradient = None
            return gradient, None
        x, *saved = ctx.saved_tensors
        there, checked = ctx.there
        arrays = iter(saved)
        found: Any = None
        given: list[Any] = [next(arrays) if one else None for one in there]
        inputs = Inputs(*given)._replace(checked=checked)
        computed = ctx.computed
        if not differentiated and plain(bar):
            found = _gradient(ctx, x, inputs, bar)
        if found is None:
            normalizer = computed.divisor if computed.normalized else None
            needed = (True, *(False for _ in there))
            (found, *_) = gradients_by_torch(computed.plan, needed, x, inputs, normalizer, bars)
        return found, None


def _gradient(ctx: Any, x: Array, inputs: Inputs, bar: Array) -> Array | None:
    """Return the gradient to `x`, which is then the caller's own; None if it is not finite."""
    out, ctx.gradient = ctx.gradient, None
    plan, divisor = ctx.computed.plan, ctx.computed.divisor
    if bar.dim() or plan.options.reduction == "none":
        sample = bar.double() if inputs.sample_weight is None else bar * inputs.sample_weight
        inputs = inputs._replace(sample_weight=sample, checked=inputs.checked | {"sample_weight"})
    else:
        factor = bar.item()
        if not math.isfinite(factor):
            return None
        divisor = divisor / factor if factor else math.inf
    out = room_like(x) if out is None else out
    there = host(out)
    rows = kernel_rows(plan, host(x), host_inputs(inputs), there)
    if rows is None:
        return None  # kernels have been turned off in between
    rows.gradient(there, divisor)
    return out


def room_like(x: Array) -> Array:
    """Return room for a gradient: from NumPy, which asks for large pages, where layouts agree."""
    if x.is_contiguous() and x.dtype != torch.bfloat16:
        return torch.from_numpy(np.empty(x.shape, NUMPY_OF[x.dtype]))
    return torch.empty_like(x)


def host(x: Array) -> HostArray:
    """Return the memory of a tensor; of bfloat16 the bits."""
    x = x.detach()
    array: HostArray = (x.view(torch.uint16) if x.dtype == torch.bfloat16 else x).numpy()
    return array


def host_inputs(inputs: Inputs) -> Inputs:
    """Return the memory of all arrays, as numbers."""
    arrays: list[Any] = [
        None if a is None else host(a.float() if a.dtype == torch.bfloat16 else a)
        for a in inputs[:-1]
    ]
    return Inputs(*arrays)._replace(checked=inputs.checked)


def _tensors(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(torch.tensor(part) for part in value)
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else torch.tensor(value)
