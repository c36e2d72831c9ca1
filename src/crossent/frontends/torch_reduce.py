"""From the terms of the rows to a mean, a sum or parts, for PyTorch."""

from __future__ import annotations

import math
from typing import Any

import torch

from crossent.frontends.torch_ops import OPS, visible, wide_dtype
from crossent.messages import options as messages
from crossent.ops import Array
from crossent.plan import Plan
from crossent.reduction import Partial


def reduce_terms(
    plan: Plan, terms: Array, weight: Array | None, normalizer: Any, exact: bool
) -> tuple[Any, Array]:
    """Return what `reduction` asks for, and what the total was divided by (wide, no dimension).

    `exact` sums are made on the host and have no gradient; the others are PyTorch's own.
    """
    reduction = plan.options.reduction
    sums = _exact_sums if exact else _sums
    if reduction == "none":
        return terms, _number(1.0, terms)
    total, divisor = sums(terms, weight)
    if reduction == "parts":
        return (total, divisor), _number(1.0, terms)
    if reduction == "sum":
        divisor = _number(1.0, terms)
        return OPS.cast(total, plan.compute_dtype), divisor
    if normalizer is not None:
        given = isinstance(normalizer, torch.Tensor)
        divisor = OPS.wide(normalizer) if given else _number(normalizer, total)
        return OPS.cast(total / divisor, plan.compute_dtype), divisor
    nothing = divisor == 0
    if plan.options.empty == "raise" and visible(nothing) is not None and bool(visible(nothing)):
        raise messages.nothing_kept(math.prod(terms.shape))
    mean = total / torch.where(nothing, 1.0, divisor)
    empty = 0.0 if plan.options.empty == "zero" else math.nan
    return OPS.cast(torch.where(nothing, empty, mean), plan.compute_dtype), divisor


def _sums(terms: Array, weight: Array | None) -> tuple[Array, Array]:
    total = OPS.wide(terms).sum()
    # Counted, not asked for: a size that varies stays variable in what is exported.
    ones = torch.ones_like(terms, dtype=total.dtype) if weight is None else weight
    return total, ones.sum()


def _exact_sums(terms: Array, weight: Array | None) -> tuple[Array, Array]:
    weights = None if weight is None else weight.numpy()
    partial = Partial.of(terms.numpy(), weights)
    return _number(partial.round_total(), terms), _number(partial.round_weight(), terms)


def _number(value: float, like: Array) -> Array:
    return torch.full((), value, dtype=wide_dtype(like.device), device=like.device)
