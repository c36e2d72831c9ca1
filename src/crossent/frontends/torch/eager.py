"""The loss of an ordinary training step in PyTorch: little memory, the same bits for every row.

Forward and backward walk through the rows in blocks, in operations of PyTorch without autograd.
Nothing of the size of the predictions is kept but the inputs. Where the gradient of a row is made
of a few numbers these are kept too; otherwise backward computes the facts of the rows again. It
writes one gradient, in the dtype of the predictions and rounded to it once. What else may be asked
of backward (a graph of its own, gradients to targets and weights, a batch of gradients) is
answered by the plain form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import torch

from crossent.core.blocks import ELEMENTS, Block, row_blocks
from crossent.core.plan import Plan
from crossent.frontends.torch import devices
from crossent.frontends.torch.gpu import kernels_for
from crossent.frontends.torch.memory import check_saved, marks
from crossent.frontends.torch.ops import DTYPES, OPS, ROW_OPS, plain
from crossent.frontends.torch.reduce import reduce_terms
from crossent.kernels.config import note_path
from crossent.losses.ops import Array
from crossent.losses.plain import plain_terms
from crossent.losses.reduce import is_mean_of_kept
from crossent.losses.rows import of_block
from crossent.losses.slopes import SlopedRows, Slopes, gradient_of_block, has_slopes, sloped_block
from crossent.losses.targets import Inputs

LARGE: Final = 2**19
"""Elements in a block on the CPU at most: a larger one leaves the cache."""

WHOLE: Final = 2**28
"""Bytes of predictions on an accelerator below which they are one block: launches cost more."""

SLOPED_WHOLE: Final = 2**30
"""The same where a row leaves its slopes: little is held beside predictions and gradient."""

LIVE: Final = {
    # (function, from_logits, whether a row has more than one class): bytes with float32, float64
    ("sparse", True, False): (9, 17),
    ("sparse", True, True): (34, 66),
    ("sparse", False, False): (13, 25),
    ("sparse", False, True): (70, 74),
    ("dense", True, True): (79, 67),
    ("dense", False, True): (79, 82),
    ("binary", True, False): (142, 138),
    ("binary", False, False): (104, 108),
}
"""Bytes of the temporaries of one element that live at once, at most; counted in a test."""

MOST_LIVE: Final = max(LIVE.values())
"""What a loss that was not counted is taken to need."""

OF_ROW: Final = 128
"""The same of the numbers of a row."""


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
        slopes: Any | None = None
        if computed is None:
            inputs = Inputs(*arrays)._replace(checked=checked)
            computed, slopes = _computed(plan, x, inputs, normalizer, ctx.needs_input_grad[4])
        result, divisor = computed
        if divisor is normalizer:
            divisor = divisor.clone()  # a number that has been read, whatever becomes of its tensor
        ctx.plan, ctx.checked, ctx.normalized = plan, checked, normalizer is not None
        ctx.marks = marks((x, *arrays))
        ctx.slopes = None if slopes is None else type(slopes)
        ctx.save_for_backward(x, *arrays, divisor, *(() if slopes is None else slopes))
        if plan.options.reduction == "parts" and not any(ctx.needs_input_grad[5:]):
            ctx.mark_non_differentiable(result[1])
        return result

    @staticmethod
    def backward(ctx: Any, *bars: Array) -> tuple[Any, ...]:
        saved, others = ctx.saved_tensors, len(ctx.marks)
        x, *arrays = saved[:others]
        divisor, *rest = saved[others:]
        check_saved((x, *arrays), ctx.marks, bars)
        inputs = Inputs(*arrays)._replace(checked=ctx.checked)
        needed = ctx.needs_input_grad[4:]
        usual = needed[0] and not any(needed[1:]) and not torch.is_grad_enabled()
        if usual and plain(bars[0]):
            slopes = None if ctx.slopes is None else ctx.slopes(*rest)
            gradient = _gradient(ctx.plan, x, inputs, bars[0], divisor, slopes)
            return None, None, None, None, gradient, *(None for _ in arrays)
        normalizer = divisor if ctx.normalized else None
        found = gradients_by_torch(ctx.plan, needed, x, inputs, normalizer, bars)
        return None, None, None, None, *found


def _computed(
    plan: Plan, x: Array, inputs: Inputs, normalizer: Any, differentiated: bool = False
) -> tuple[tuple[Any, Array], Any | None]:
    """Return the value with what it was divided by; the slopes of the rows if it is asked for."""
    kernels = kernels_for(x.device)
    if kernels is not None and kernels.serves(plan, inputs):
        found = kernels.label_rows(plan, x, inputs, slopes=differentiated)
        note_path("triton")
        slopes = found.slopes if differentiated else None
        if is_mean_of_kept(plan.options, normalizer) and plan.options.empty != "raise":
            return kernels.mean_and_divisor(plan, found), slopes
        terms = found.terms.reshape(x.shape[:-1])
        return reduce_terms(ROW_OPS, plan, terms, found.weight, normalizer), slopes
    blocks, sloped = list(blocks_of(plan, x)), has_slopes(plan)
    terms = torch.empty(
        x.shape[:-1] if plan.classes else x.shape, dtype=DTYPES[plan.compute_dtype], device=x.device
    )
    weights, slopes = [], []
    for block in blocks:
        rows = (sloped_block if sloped else of_block)(ROW_OPS, plan, inputs, x, block)
        value, weight = rows.terms(ROW_OPS, plan)
        if len(blocks) == 1:
            terms = value.reshape(terms.shape)
        else:
            terms[block] = value.reshape(terms[block].shape)
        if weight is not None:
            weights.append(weight)
        if isinstance(rows, SlopedRows) and differentiated:
            slopes.append(rows.slopes(ROW_OPS, plan))
        del rows, value  # not held beside the next block
    weight = _joined(weights) if weights else None
    kept = Slopes(*map(_joined, zip(*slopes, strict=True))) if slopes else None
    return reduce_terms(ROW_OPS, plan, terms, weight, normalizer), kept


def _joined(parts: Sequence[Array | None]) -> Array | None:
    """Return the numbers of the rows of all blocks."""
    return parts[0] if len(parts) == 1 or parts[0] is None else torch.cat(parts)


def rows_terms(plan: Plan, x: Array, inputs: Inputs) -> Array:
    """Return the terms of the rows, without a graph."""
    plan = plan._replace(options=plan.options._replace(reduction="none"))
    terms: Array = _computed(plan, x, inputs, None)[0][0]
    return terms


def rows_gradient(
    plan: Plan, x: Array, inputs: Inputs, bar: Array, divisor: float | Array = 1.0
) -> Array:
    """Return the gradient of ``sum(bar * rows_terms) / divisor``, without a graph."""
    if not isinstance(divisor, torch.Tensor):
        divisor = torch.full((), divisor, dtype=OPS.wide(bar).dtype, device=bar.device)
    return _gradient(plan, x, inputs, bar, divisor)


def _gradient(
    plan: Plan, x: Array, inputs: Inputs, bar: Array, divisor: Array, slopes: Any | None = None
) -> Array:
    if slopes is not None and not isinstance(slopes, Slopes):
        return slopes.gradient(plan, x, inputs, bar, divisor)
    blocks, bar, first = list(blocks_of(plan, x)), OPS.wide(bar), 0
    out = torch.empty_like(x)
    for block in blocks:
        upstream = (bar[block] if bar.dim() else bar).reshape(-1)
        if slopes is None:
            rows = of_block(ROW_OPS, plan, inputs, x, block)
            gradient = rows.gradient(ROW_OPS, plan, upstream, divisor)
            del rows  # not held beside the next block
        else:
            last = first + math.prod(out[block].shape[:-1])
            part = Slopes(*(None if one is None else one[first:last] for one in slopes))
            gradient = gradient_of_block(ROW_OPS, plan, inputs, x, block, part, upstream, divisor)
            first = last
        if len(blocks) == 1 and gradient.dtype == out.dtype and out.is_contiguous():
            return gradient.reshape(out.shape)
        out[block] = gradient.reshape(out[block].shape)
        del gradient
    return out


def gradients_by_torch(
    plan: Plan, needed: Any, x: Array, inputs: Inputs, normalizer: Any, bars: Any
) -> list[Array | None]:
    """Gradients to predictions and inputs, by PyTorch from the plain form."""
    with torch.enable_grad():
        terms, weight = plain_terms(OPS, plan, x, inputs)
        result, _ = reduce_terms(OPS, plan, terms, weight, normalizer)
    outputs = result if plan.options.reduction == "parts" else (result,)
    return derivatives(outputs, bars, (x, *inputs[:-1]), needed)


def derivatives(
    outputs: Sequence[Array], bars: Sequence[Array], tensors: Sequence[Any], needed: Sequence[bool]
) -> list[Array | None]:
    """Return the derivatives of ``sum(bar * output)`` to those tensors that need them."""
    pairs = [pair for pair in zip(outputs, bars, strict=True) if pair[0].requires_grad]
    wanted = [tensor for tensor, need in zip(tensors, needed, strict=True) if need]
    found = iter(
        torch.autograd.grad(
            [output for output, _ in pairs],
            wanted,
            [bar for _, bar in pairs],
            create_graph=torch.is_grad_enabled(),
            allow_unused=True,
        )
    )
    return [next(found) if need else None for need in needed]


def blocks_of(plan: Plan, x: Array) -> Iterator[Block]:
    """Yield blocks of rows whose temporaries are few beside the predictions."""
    each = plan.classes or 1
    if not devices.is_accelerator(x):
        elements = min(max(x.numel() // 32, ELEMENTS), LARGE)
    else:
        least = SLOPED_WHOLE if has_slopes(plan) else WHOLE
        pieces = max(1, min(_pieces(plan, x), x.nbytes // least))
        elements = -(-x.numel() // (each * pieces)) * each
    return row_blocks(tuple(x.shape[:-1] if plan.classes else x.shape), each, elements)


def _pieces(plan: Plan, x: Array) -> int:
    """Return how many blocks there must be, so that the temporaries of one are no larger than `x`.

    Beside predictions and gradient, ``F.cross_entropy`` holds as much: its log-probabilities.
    """
    options = plan.options
    several = plan.kind in ("dense", "top_k") or (
        plan.kind == "index" and options.label_smoothing > 0
    )
    kind = options.function, options.from_logits, several
    live = LIVE.get(kind, MOST_LIVE)[plan.compute_dtype == "float64"]
    if plan.classes:
        live += -(-OF_ROW // plan.classes)
    size: int = x.element_size()
    if not x.is_contiguous():
        live += size  # a block of its own order
    return -(-live // size)
