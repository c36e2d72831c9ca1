"""The kernels of ``kernels/triton`` on the tensors of a GPU: rows of logits with a label.

Imported only where a tensor lies on such a device; importing triton where TensorFlow is loaded
ends the process.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

import torch
import triton
import triton.language as tl

from crossent.core.plan import Plan
from crossent.core.registry import LOSSES
from crossent.frontends.torch.ops import DTYPES
from crossent.kernels.triton.label_rows import label_facts, label_gradient
from crossent.kernels.triton.mean import mean_of_terms
from crossent.kernels.triton.tiles import tile
from crossent.losses.crossentropy import OF_CLASSES
from crossent.losses.ops import Array
from crossent.losses.reduce import NUMBERS, reduced
from crossent.losses.targets import Inputs
from crossent.losses.terms import formula_of

LABELS: Final = frozenset(
    {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}
)
OPTIONS: Final = {"enable_fp_fusion": False}
"""A product and a sum are rounded as the interpreter, in which they are tested, rounds them."""

AT_ONCE: Final = 2**16
"""Rows whose terms one program adds up in the time that it takes to start another operation."""

COMPUTE: Final = {"float32": tl.float32, "float64": tl.float64}


class GpuSlopes(NamedTuple):
    """What the gradient kernel needs of every row."""

    shift: Array
    slopes: Array  # others, at_label and uniform, one after another
    keep: Array

    def gradient(self, plan: Plan, x: Array, inputs: Inputs, bar: Array, divisor: Array) -> Array:
        """Return the derivative of ``sum(bar * terms) / divisor`` to the logits, a new tensor."""
        return rows_gradient(plan, x, inputs, self, bar, divisor)


class Facts(NamedTuple):
    """What the forward kernel found, of every row."""

    terms: Array
    weight: Array
    slopes: GpuSlopes
    entropy_and_lse: Array | None


def serves(plan: Plan, inputs: Inputs) -> bool:
    """Whether there is a kernel for such rows."""
    options = plan.options
    if plan.kind != "index" or not options.from_logits or len(options.ignore_class) > 1:
        return False
    if options.function not in LOSSES or formula_of(options.function) is not OF_CLASSES:
        return False
    if inputs.y_true.dtype not in LABELS:
        return False
    return all(-(2**63) <= int(label) < 2**63 for label in options.ignore_class)


def label_rows(
    plan: Plan, x: Array, inputs: Inputs, *, slopes: bool = True, entropy: bool = False
) -> Facts:
    """Compute the terms of all rows, what each adds to the divisor, and their slopes."""
    x, mask, mask_step = _logits(plan, x), *_mask(plan, inputs.class_mask)
    rows, classes = x.shape
    y, sample, weight = _labels(inputs.y_true), inputs.sample_weight, inputs.class_weight
    options = plan.options
    terms = x.new_empty(rows, dtype=DTYPES[plan.compute_dtype])
    found, room = x.new_empty((1, rows), dtype=torch.float64), None
    shift, keep = x.new_empty(rows, dtype=terms.dtype), x.new_empty(rows, dtype=torch.int8)
    smooth = options.label_smoothing > 0
    if slopes:
        room = x.new_empty((3 if smooth else 2, rows), dtype=torch.float64)
    extra = x.new_empty((2, rows), dtype=torch.float64) if entropy else None
    if rows:
        size = tile(classes, x.element_size())
        label_facts[(triton.cdiv(rows, size.rows),)](
            x, x.stride(0), y, mask, mask_step, _in_loops(plan, weight), weight,
            None if sample is None else sample.reshape(-1).contiguous(),
            _numbers(options.label_smoothing, options.z_loss, x.device),
            terms, found, shift, room, keep, extra, rows, classes, *(options.ignore_class or (0,)),
            IGNORE=bool(options.ignore_class), MASK=mask is not None, WEIGHT=weight is not None,
            SAMPLE=sample is not None, SMOOTH=smooth, Z=options.z_loss != 0, ENTROPY=entropy,
            SLOPES=slopes, COMPUTE=COMPUTE[plan.compute_dtype], ROWS=size.rows, BLOCK=size.block,
            num_warps=size.warps, **OPTIONS,
        )  # fmt: skip
    return Facts(terms, found[0], GpuSlopes(shift, room, keep), extra)


def mean_and_divisor(plan: Plan, facts: Facts) -> tuple[Array, Array]:
    """Return the mean of the rows, and what it was divided by."""
    terms, weight = facts.terms, facts.weight
    value, divisor = terms.new_empty(()), weight.new_empty(())
    if len(terms) > AT_ONCE:  # of more rows the sums want the whole device
        terms, weight = terms.sum(dtype=torch.float64), weight.sum()
    nothing = reduced(NUMBERS, plan, 0.0, 0.0, None)
    mean_of_terms[(1,)](
        terms, weight, value, divisor, terms.numel(), EMPTY_NAN=bool(nothing != nothing),
        BLOCK=1024, num_warps=8, **OPTIONS,
    )  # fmt: skip
    return value, divisor


def rows_gradient(
    plan: Plan, x: Array, inputs: Inputs, slopes: GpuSlopes, bar: Array, divisor: Array
) -> Array:
    """Return the derivative of ``sum(bar * terms) / divisor`` to the logits, in a new tensor."""
    given, (x, mask, mask_step) = x, (_logits(plan, x), *_mask(plan, inputs.class_mask))
    rows, classes = x.shape
    out = torch.empty((rows, classes), dtype=x.dtype, device=x.device)
    bar = bar.reshape(-1)
    if rows:
        size = tile(classes, x.element_size())
        weight = _in_loops(plan, inputs.class_weight)
        label_gradient[(triton.cdiv(rows, size.rows),)](
            x, x.stride(0), out, out.stride(0), _labels(inputs.y_true), mask, mask_step, weight,
            *slopes, bar, bar.stride(0) if len(bar) > 1 else 0, divisor, rows, classes,
            MASK=mask is not None, WEIGHT=weight is not None,
            SMOOTH=plan.options.label_smoothing > 0, COMPUTE=COMPUTE[plan.compute_dtype],
            ROWS=size.rows, BLOCK=size.block, num_warps=size.warps, **OPTIONS,
        )  # fmt: skip
    like = torch.empty_like(given)
    found = out.reshape(given.shape)
    return found if found.stride() == like.stride() else like.copy_(found)


def _logits(plan: Plan, x: Array) -> Array:
    """Return rows of which each lies in one piece."""
    x = x.detach().reshape(-1, plan.classes)
    return x if x.stride(1) == 1 else x.contiguous()


def _labels(y: Array) -> Array:
    y = y.reshape(-1).contiguous()
    return y.view(torch.uint8) if y.dtype == torch.bool else y


def _in_loops(plan: Plan, weight: Array | None) -> Array | None:
    """Return class weights in the dtype of what is done to classes."""
    return None if weight is None else weight.detach().to(DTYPES[plan.compute_dtype]).contiguous()


def _mask(plan: Plan, mask: Array | None) -> tuple[Array | None, int]:
    """Return a mask as bytes, and how far the next row is."""
    if mask is None:
        return None, 0
    if mask.dim() == 1:
        return mask.contiguous().view(torch.uint8), 0
    mask = mask.reshape(-1, plan.classes)
    mask = mask if mask.stride(1) == 1 else mask.contiguous()
    return mask.view(torch.uint8), mask.stride(0)


@cache
def _numbers(smoothing: float, z_loss: float, device: Any) -> Array:
    """Return numbers in the memory of a device: as arguments they would be rounded to float32."""
    return torch.tensor([smoothing, z_loss], dtype=torch.float64, device=device)
