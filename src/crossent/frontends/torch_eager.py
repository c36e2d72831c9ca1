"""The loss of an ordinary training step in PyTorch: little memory, the same bits for every row.

Forward and backward walk through the rows in blocks, in operations of PyTorch without autograd.
Nothing is kept but the inputs; backward computes the facts of the rows again and writes one
gradient, in the dtype of the predictions and rounded to it once. What else may be asked of
backward (a graph of its own, gradients to targets and weights, a batch of gradients) is answered
by the plain form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import torch

from crossent.blocks import ELEMENTS, Block, flat_rows, row_blocks
from crossent.frontends.torch_ops import DTYPES, OPS, ROW_OPS, plain
from crossent.frontends.torch_plain import plain_terms
from crossent.frontends.torch_reduce import reduce_terms
from crossent.losses.terms import losses_of, term, term_slopes
from crossent.ops import Array
from crossent.plan import Plan
from crossent.targets import Inputs, Targets, harmless, prepare, row_weight

LARGE: Final = 2**19
"""Elements in a block: on the CPU at most (a larger one leaves the cache), elsewhere at least."""


def eager_loss(
    plan: Plan, x: Array, inputs: Inputs, normalizer: Any, computed: Any | None = None
) -> Any:
    """Return the loss of plain tensors, differentiable.

    `computed` is the value and what it was divided by, where both are known already.
    """
    return EagerLoss.apply(plan, inputs.checked, normalizer, computed, x, *inputs[:-1])


class EagerLoss(torch.autograd.Function):  # type: ignore[misc]
    """Predictions, and the arrays of :class:`Inputs` in their order, to the reduced loss."""

    @staticmethod
    def forward(
        ctx: Any,
        plan: Plan,
        checked: frozenset[str],
        normalizer: Any,
        computed: Any | None,
        x: Array,
        *arrays: Array,
    ) -> Any:
        if computed is None:
            computed = _computed(plan, x, Inputs(*arrays)._replace(checked=checked), normalizer)
        result, divisor = computed
        ctx.plan, ctx.checked, ctx.normalized = plan, checked, normalizer is not None
        ctx.save_for_backward(x, *arrays, divisor)
        if plan.options.reduction == "parts" and not any(ctx.needs_input_grad[5:]):
            ctx.mark_non_differentiable(result[1])
        return result

    @staticmethod
    def backward(ctx: Any, *bars: Array) -> tuple[Any, ...]:
        x, *arrays, divisor = ctx.saved_tensors
        inputs = Inputs(*arrays)._replace(checked=ctx.checked)
        needed = ctx.needs_input_grad[4:]
        usual = needed[0] and not any(needed[1:]) and not torch.is_grad_enabled()
        if usual and plain(bars[0]):
            gradient = _gradient(ctx.plan, x, inputs, bars[0], divisor)
            return None, None, None, None, gradient, *(None for _ in arrays)
        normalizer = divisor if ctx.normalized else None
        found = gradients_by_torch(ctx.plan, needed, x, inputs, normalizer, bars)
        return None, None, None, None, *found


def _computed(plan: Plan, x: Array, inputs: Inputs, normalizer: Any) -> tuple[Any, Array]:
    rows = x.shape[:-1] if plan.classes else x.shape
    terms = torch.empty(rows, dtype=DTYPES[plan.compute_dtype], device=x.device)
    weights = []
    for block in _blocks(plan, x):
        given, targets = _block_rows(plan, x, inputs, block)
        forward, _ = losses_of(ROW_OPS, plan.options, targets)
        value = term(ROW_OPS, plan.options, targets, forward(given)[0])
        terms[block] = _weighted(targets, value).reshape(terms[block].shape)
        weight = row_weight(ROW_OPS, targets)
        if weight is not None:
            weights.append(weight)
    weight = torch.cat(weights) if weights else None
    return reduce_terms(plan, terms, weight, normalizer, exact=x.device.type == "cpu")


def rows_terms(plan: Plan, x: Array, inputs: Inputs) -> Array:
    """Return the terms of the rows, without a graph."""
    plan = plan._replace(options=plan.options._replace(reduction="none"))
    terms: Array = _computed(plan, x, inputs, None)[0]
    return terms


def rows_gradient(plan: Plan, x: Array, inputs: Inputs, bar: Array) -> Array:
    """Return the gradient of ``sum(bar * rows_terms)``, without a graph."""
    return _gradient(plan, x, inputs, bar, torch.ones((), dtype=OPS.wide(bar).dtype))


def _gradient(plan: Plan, x: Array, inputs: Inputs, bar: Array, divisor: Array) -> Array:
    out = torch.empty_like(x)
    bar = OPS.wide(bar)
    for block in _blocks(plan, x):
        given, targets = _block_rows(plan, x, inputs, block)
        upstream = (bar[block] if bar.dim() else bar).reshape(-1)
        forward, _ = losses_of(ROW_OPS, plan.options, targets)
        values, backward = forward(given)
        upstream = _upstream(plan, targets, upstream, divisor, given)
        gradient = backward(*term_slopes(ROW_OPS, plan.options, targets, values, upstream))
        if targets.keep is not None:
            keep = targets.keep.unsqueeze(-1) if plan.classes else targets.keep
            gradient = torch.where(keep, gradient, 0.0)
        out[block] = gradient.reshape(out[block].shape)
    return out


def _upstream(plan: Plan, targets: Targets, bar: Array, divisor: Array, given: Array) -> Array:
    """What comes from above, for every row of a block."""
    bar = torch.where(divisor == 0, 0.0, bar / divisor)
    if targets.sample is not None:
        bar = bar * targets.sample
    if targets.keep is not None:
        bar = torch.where(targets.keep, bar, 0.0)
    return bar.expand(given.shape[:1])


def gradients_by_torch(
    plan: Plan, needed: Any, x: Array, inputs: Inputs, normalizer: Any, bars: Any
) -> list[Array | None]:
    """Gradients to predictions and inputs, by PyTorch from the plain form."""
    create_graph = torch.is_grad_enabled()
    with torch.enable_grad():
        terms, weight = plain_terms(plan, x, inputs)
        result, _ = reduce_terms(plan, terms, weight, normalizer, exact=False)
        outputs = result if plan.options.reduction == "parts" else (result,)
        pairs = [(o, b) for o, b in zip(outputs, bars, strict=True) if o.requires_grad]
        tensors = (x, *inputs[:-1])
        wanted = [tensor for tensor, need in zip(tensors, needed, strict=True) if need]
        found = iter(
            torch.autograd.grad(
                [output for output, _ in pairs],
                wanted,
                [bar for _, bar in pairs],
                create_graph=create_graph,
                allow_unused=True,
            )
        )
    return [next(found) if need else None for need in needed]


def _blocks(plan: Plan, x: Array) -> Iterator[Block]:
    elements = x.numel() // 32  # temporaries are a few of these
    if x.device.type == "cpu":
        elements = min(max(elements, ELEMENTS), LARGE)
    else:
        elements = max(elements, LARGE)
    if plan.classes:
        return row_blocks(tuple(x.shape[:-1]), plan.classes, elements)
    return row_blocks(tuple(x.shape), 1, elements)


def _block_rows(plan: Plan, x: Array, inputs: Inputs, block: Block) -> tuple[Array, Targets]:
    """Return predictions (rows, classes) of a block, contiguous, and its targets."""
    width = 1 if plan.classes else 0
    given = flat_rows(x, block, width)

    targets = prepare(ROW_OPS, plan, inputs.of_block(plan, block), given)
    # One contiguous layout: PyTorch's loops differ in their last bits between layouts.
    rows = ROW_OPS.cast(given, plan.compute_dtype).contiguous()
    if targets.keep is not None:
        keep = targets.keep.unsqueeze(-1) if width else targets.keep
        rows = torch.where(keep, rows, harmless(plan))
    return rows, targets


def _weighted(targets: Targets, value: Array) -> Array:
    if targets.sample is None:
        return value
    return torch.where(targets.keep, value * targets.sample, 0.0)
