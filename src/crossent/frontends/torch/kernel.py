"""The kernels on tensors in the memory of this machine.

Where a gradient will be wanted, forward computes it with the value in one pass, and backward hands
it over. Whatever else backward is asked for is computed from the inputs, which are kept: an
upstream gradient other than 1 (so that the gradient is rounded once), a second backward, and, by
the plain form, a graph of its own and gradients to targets and weights.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch

from crossent.core.plan import Plan
from crossent.frontends._protocol import Check
from crossent.frontends.kernel_rows import (
    gradient_divisor,
    kernel_rows,
    run_kernel,
)
from crossent.frontends.repeated_calls import Known
from crossent.frontends.route import is_served
from crossent.frontends.torch import devices
from crossent.frontends.torch.eager import eager_loss, gradients_by_torch
from crossent.frontends.torch.memory import (
    check_memory,
    check_saved,
    host,
    host_inputs,
    marks,
    room,
    room_like,
)
from crossent.frontends.torch.ops import DTYPES, plain
from crossent.kernels.config import enabled
from crossent.losses.ops import Array
from crossent.losses.targets import Inputs

IN_FORWARD = (torch.float32, torch.float64)
SCALARS = {np.float32: torch.float32, np.float64: torch.float64}


def may_take(x: Array) -> bool:
    """Whether a tensor may be one whose memory the kernels read: a quick look."""
    if type(x) not in (torch.Tensor, torch.nn.Parameter) or devices.is_accelerator(x):
        return False
    return x.dtype in IN_FORWARD


class Computed(NamedTuple):
    """What forward knows."""

    plan: Plan
    inputs: Inputs
    normalized: bool
    value: Any
    gradient: Array | None
    divisor: float


def kernel_loss(
    plan: Plan,
    x: Array,
    inputs: Inputs,
    normalizer: Any,
    check: Check | None,
    known: Known | None = None,
) -> Any:
    """Return the loss of plain tensors; None if it is not for the kernels."""
    if x.is_neg() or (known is None and (devices.is_accelerator(x) or not is_served(plan))):
        return None
    if torch._C._len_torch_function_stack() > 0:
        return None  # somebody watches the operations
    grads = torch.is_grad_enabled()
    to_inputs = (
        grads and known is None and any(a is not None and a.requires_grad for a in inputs[:-1])
    )
    number = float(normalizer) if isinstance(normalizer, torch.Tensor) else normalizer
    differentiable = grads and x.requires_grad and not to_inputs
    at_once = plan.options.reduction != "none" and x.dtype in IN_FORWARD
    out, there = room_like(x) if differentiable and at_once else (None, None)
    rows: Any = None
    if known is not None and known.rows is not None and enabled():
        y = inputs.y_true
        rows = known.rows.of(x.data_ptr(), y.data_ptr(), (x, y))
    else:
        rows = kernel_rows(plan, host(x, "y_pred"), host_inputs(inputs), there)
        if rows is None:
            return None
        if known is not None:
            known.rows = rows.of(0, 0, ())
    divisor = 1.0
    if differentiable and plan.options.reduction != "none":
        if plan.options.reduction == "mean" and number is None and rows.all_weigh_one:
            divisor = float(rows.rows)  # no pass over the labels: `there` may be written in vain
        else:
            found = gradient_divisor(plan, rows, number, check)
            if found is None:
                return None
            divisor = found
    losses, terms = None, None
    if plan.options.reduction == "none":
        losses, terms = room(plan.rows, DTYPES[plan.compute_dtype])
    found = run_kernel(plan, rows, number, there, check, divisor, terms)
    if found is None:
        return None
    value = _tensors(found) if losses is None else losses
    if to_inputs:
        divided = torch.tensor(1.0 if number is None else number, dtype=torch.float64)
        return eager_loss(plan, x, inputs, normalizer, (value, divided))
    if not differentiable:
        return value
    return KernelLoss.apply(x, Computed(plan, inputs, number is not None, value, out, divisor))


class KernelLoss(torch.autograd.Function):  # type: ignore[misc]
    """A loss that has been computed, and how its gradient is."""

    @staticmethod
    def forward(ctx: Any, x: Array, computed: Computed) -> Any:
        plan, inputs, normalized, value, ctx.gradient, divisor = computed
        ctx.known = plan, inputs.checked, normalized, divisor
        ctx.marks = marks((x, *inputs[:-1]))
        ctx.save_for_backward(x, *inputs[:-1])
        if plan.options.reduction == "parts":
            ctx.mark_non_differentiable(value[1])
        return value

    @staticmethod
    def backward(ctx: Any, *bars: Array) -> tuple[Any, ...]:
        differentiated = torch.is_grad_enabled()
        gradient, bar = ctx.gradient, bars[0]
        alone = not differentiated and plain(bar)
        if alone:
            check_memory("grad_output", bar)
        if gradient is not None and alone and bar.item() == 1.0:
            # Given away once, because autograd may add to it later.
            ctx.gradient = None
            return gradient, None
        plan, checked, normalized, divisor = ctx.known
        x, *arrays = ctx.saved_tensors
        check_saved((x, *arrays), ctx.marks, bars)
        inputs = Inputs(*(*arrays, checked))
        found: Any = None
        if alone:
            found = _gradient(ctx, x, inputs, bar)
        if found is None:
            normalizer = divisor if normalized else None
            needed = (True, *(False for _ in arrays))
            (found, *_) = gradients_by_torch(plan, needed, x, inputs, normalizer, bars)
        return found, None


def _gradient(ctx: Any, x: Array, inputs: Inputs, bar: Array) -> Array | None:
    """Return the gradient to `x`, which is then the caller's own; None if it is not finite."""
    out, ctx.gradient = ctx.gradient, None
    plan, _, _, divisor = ctx.known
    if bar.dim() or plan.options.reduction == "none":
        sample = bar.double() if inputs.sample_weight is None else bar * inputs.sample_weight
        inputs = inputs._replace(sample_weight=sample, checked=inputs.checked | {"sample_weight"})
    else:
        factor = bar.item()
        if not math.isfinite(factor):
            return None
        divisor = divisor / factor if factor else math.inf
    out, there = room_like(x) if out is None else (out, host(out, "out"))
    rows = kernel_rows(plan, host(x, "y_pred"), host_inputs(inputs), there)
    if rows is None:
        return None  # kernels have been turned off in between
    rows.gradient(there, divisor)
    return out


def _tensors(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_tensors(part) for part in value)
    return torch.scalar_tensor(float(value), dtype=SCALARS[type(value)])
