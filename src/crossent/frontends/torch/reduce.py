"""From the terms of the rows to a mean, a sum or parts, for PyTorch."""

from __future__ import annotations

import math
from typing import Any

import torch

from crossent.core.plan import Plan
from crossent.frontends.torch import devices
from crossent.losses.ops import Array, Ops
from crossent.losses.reduce import check_kept, divisor_of, reduced, sums_of


def reduce_terms(
    ops: Ops, plan: Plan, terms: Array, weight: Array | None, normalizer: Any
) -> tuple[Any, Array]:
    """Return what `reduction` asks for, and what the total was divided by (wide, no dimension)."""
    options = plan.options
    if options.reduction == "none":
        return terms, _number(1.0, terms)
    total, of_kept = sums_of(ops, terms, weight)
    return reduce_sums(ops, plan, total, of_kept, normalizer, math.prod(terms.shape))


def reduce_sums(
    ops: Ops, plan: Plan, total: Array, of_kept: Any, normalizer: Any, rows: int
) -> tuple[Any, Array]:
    """Return the same from the sums of terms and weights."""
    options = plan.options
    if normalizer is not None:
        given = isinstance(normalizer, torch.Tensor)
        normalizer = ops.wide(normalizer) if given else _number(normalizer, total)
    check_kept(ops, options, of_kept, normalizer, rows)
    divisor = divisor_of(options, of_kept, normalizer)
    if not isinstance(divisor, torch.Tensor):
        divisor = _number(divisor, total)
    return reduced(ops, plan, total, of_kept, normalizer), divisor


def _number(value: float, like: Array) -> Array:
    return torch.full((), value, dtype=devices.wide_dtype(like.device), device=like.device)
