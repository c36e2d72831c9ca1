"""Log-probabilities of labels in PyTorch, and what belongs to them.

Plain tensors are read once, by the kernels or in blocks of rows, and nothing is kept but the input:
backward computes the facts of the rows again and writes one gradient. What is traced, and a
gradient that is itself differentiated, is left to PyTorch in the plain form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from crossent.core.plan import Plan
from crossent.frontends._protocol import Check
from crossent.frontends.kernel_rows import kernel_log_probs, kernel_log_probs_gradient
from crossent.frontends.torch import devices
from crossent.frontends.torch.eager import blocks_of
from crossent.frontends.torch.memory import check_saved, host, host_inputs, marks, room_like
from crossent.frontends.torch.ops import DTYPES, OPS, ROW_OPS, plain
from crossent.kernels.config import note_path
from crossent.losses import log_probs
from crossent.losses.ops import Array
from crossent.losses.targets import Inputs, shifted


def traced_log_probs(plan: Plan, x: Array, inputs: Inputs) -> dict[str, Array]:
    """Return the outputs of the plan in operations that PyTorch differentiates."""
    outputs = plan.options.outputs
    plan, inputs = shifted(OPS, plan, inputs)
    facts = log_probs.facts_asked_for(outputs)
    names = log_probs.differentiable(facts)
    found = dict(zip(names, _plain(plan, x, inputs, names), strict=True))
    if "rank" in facts:
        rows, targets = log_probs.rows_with_labels(OPS, plan, inputs, x)
        found["rank"] = log_probs.rank_of(OPS, rows, targets)
    return log_probs.answers(outputs, found)


def eager_log_probs(
    plan: Plan, x: Array, inputs: Inputs, check: Check | None, *, in_place: bool = False
) -> dict[str, Array]:
    """Return the outputs of the plan of plain tensors.

    With `in_place` the gradient is written where the logits are, which are lost then.
    """
    outputs = plan.options.outputs
    plan, inputs = shifted(OPS, plan, inputs)
    facts = log_probs.facts_asked_for(outputs)
    found = _by_kernels(plan, x, inputs, facts, check)
    if found is None:
        if check is not None:
            check()
        note_path("operations")
        found = _by_blocks(plan, x, inputs, facts)
    names = log_probs.differentiable(facts)
    if names and torch.is_grad_enabled() and x.requires_grad:
        values = tuple([found[name] for name in names])
        values = LogProbs.apply(x, plan, inputs, names, values, in_place)
        found = {**found, **dict(zip(names, values, strict=True))}
    return log_probs.answers(outputs, found)


class LogProbs(torch.autograd.Function):  # type: ignore[misc]
    """Outputs that have been computed, and how their gradient is."""

    @staticmethod
    def forward(
        ctx: Any, x: Array, plan: Plan, inputs: Inputs, names: Any, values: Any, in_place: bool
    ) -> Any:
        ctx.known = plan, inputs.checked, names, in_place
        ctx.set_materialize_grads(False)
        ctx.marks = marks((x, *inputs[:-1]))
        ctx.save_for_backward(x, *inputs[:-1])
        return values

    @staticmethod
    def backward(ctx: Any, *bars: Array | None) -> tuple[Any, ...]:
        plan, checked, names, in_place = ctx.known
        x, *arrays = ctx.saved_tensors
        check_saved((x, *arrays), ctx.marks, bars)
        inputs = Inputs(*(*arrays, checked))
        bar = {name: one for name, one in zip(names, bars, strict=True) if one is not None}
        if not bar:
            return None, None, None, None, None, None
        if torch.is_grad_enabled() or not all([plain(one) for one in bar.values()]):
            gradient = _by_torch(plan, x, inputs, bar)
        else:
            gradient = _gradient(plan, x, inputs, bar, in_place)
        return gradient, None, None, None, None, None


def _by_kernels(
    plan: Plan, x: Array, inputs: Inputs, facts: tuple[str, ...], check: Check | None
) -> dict[str, Array] | None:
    if devices.is_accelerator(x) or x.is_neg() or torch._C._len_torch_function_stack() > 0:
        return None
    found = kernel_log_probs(plan, host(x, "logits"), host_inputs(inputs), facts, check)
    return found and {name: torch.from_numpy(one) for name, one in found.items()}


def _by_blocks(plan: Plan, x: Array, inputs: Inputs, facts: tuple[str, ...]) -> dict[str, Array]:
    dtypes = {name: DTYPES["int64" if name == "rank" else plan.compute_dtype] for name in facts}
    found = {
        name: torch.empty(x.shape[:-1], dtype=dtype, device=x.device)
        for name, dtype in dtypes.items()
    }
    with torch.no_grad():
        for block in blocks_of(plan, x):
            rows = x[block].reshape(-1, x.shape[-1])
            given = inputs.of_block(plan, block)
            for name, one in log_probs.of_rows(ROW_OPS, plan, given, rows).items():
                found[name][block] = one.reshape(found[name][block].shape)
    return found


def _gradient(
    plan: Plan, x: Array, inputs: Inputs, bars: Mapping[str, Array], in_place: bool
) -> Array:
    """Return the gradient to `x`, without a graph."""
    if in_place and not x.is_neg():  # whose memory holds other numbers
        out = x.detach()
        # Whoever else has saved the logits for backward is told that they are gone.
        torch.autograd.graph.increment_version(x)
        there = None if devices.is_accelerator(x) else host(out, "logits")
    elif devices.is_accelerator(x):
        out, there = torch.empty_like(x), None
    else:
        out, there = room_like(x)
    if there is not None:
        host_bars = {name: host(bar.contiguous(), "grad_output") for name, bar in bars.items()}
        given = host(x, "logits"), host_inputs(inputs)
        if kernel_log_probs_gradient(plan, *given, host_bars, there):
            return out
    names = tuple(bars)
    for block in blocks_of(plan, x):
        rows, targets = log_probs.rows_with_labels(
            ROW_OPS, plan, inputs.of_block(plan, block), x[block].reshape(-1, x.shape[-1])
        )
        of_rows = [
            log_probs.bar_of(ROW_OPS, plan, targets, bar[block].reshape(-1))
            for bar in bars.values()
        ]
        forward, _ = log_probs.functions_of(ROW_OPS, targets, names)
        gradient = forward(rows)[1](*of_rows)
        out[block] = gradient.reshape(out[block].shape)
        del rows, gradient  # not held beside the next block
    return out


def _by_torch(plan: Plan, x: Array, inputs: Inputs, bars: Mapping[str, Array]) -> Array:
    """Return the gradient by PyTorch from the plain form."""
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        values = _plain(plan, x, inputs, tuple(bars))
        (gradient,) = torch.autograd.grad(
            values, x, tuple(bars.values()), create_graph=create_graph, allow_unused=True
        )
    return gradient


def _plain(plan: Plan, x: Array, inputs: Inputs, names: tuple[str, ...]) -> list[Array]:
    rows, targets = log_probs.rows_with_labels(OPS, plan, inputs, x)
    values = log_probs.plain(OPS, rows, targets, names)
    return [log_probs.finished(OPS, plan, targets, value) for value in values]
