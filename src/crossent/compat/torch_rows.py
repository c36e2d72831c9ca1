"""What PyTorch accepts and how it reads it: shapes, dtypes, autocast, divisors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from torch.nn import _reduction as reductions

from crossent.compat.rows import Rows, index_rows
from crossent.compat.rules import torch as rules
from crossent.core.errors import ArrayKindError, LabelRangeError
from crossent.core.messages import compat as messages
from crossent.core.options import Options
from crossent.core.plan import FLOATS
from crossent.core.wording import reworded
from crossent.frontends.torch import devices
from crossent.frontends.torch.distributed import check_placements, given_tensors, is_divided
from crossent.frontends.torch.front_end import FRONT_END
from crossent.frontends.torch.ops import DTYPES, OPS, visible
from crossent.frontends.torch.reduce import reduce_terms
from crossent.losses.ops import Array
from crossent.losses.plain import Losses, plain_terms
from crossent.losses.targets import Targets

NAMES: Final = {"y_true": "target", "y_pred": "input", "ignore_class": "ignore_index"}
FLOAT_DTYPES: Final = frozenset(DTYPES[name] for name in FLOATS)


def reduction_word(size_average: bool | None, reduce: bool | None, word: str) -> str:
    """Return the reduction that is meant, with PyTorch's warnings and errors."""
    if size_average is not None or reduce is not None:
        word = reductions.legacy_get_string(size_average, reduce)
    return ("none", "mean", "sum")[reductions.get_enum(word)]


def autocast(*tensors: Any) -> tuple[Any, ...]:
    """Return tensors as autocast gives them to these losses: in float32."""
    if not isinstance(tensors[0], torch.Tensor):
        return tensors
    device = tensors[0].device.type
    if not (torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)):
        return tensors
    half = (torch.float16, torch.bfloat16)
    return tuple(t.float() if getattr(t, "dtype", None) in half else t for t in tensors)


def are_floats(*tensors: Any) -> bool:
    """Whether all are dense tensors of a float type that the core computes with."""
    return all(
        isinstance(t, torch.Tensor)
        and not t.is_nested
        and t.layout is torch.strided
        and t.dtype in FLOAT_DTYPES
        for t in tensors
    )


def beside(*tensors: Any) -> bool:
    """Whether all that are given are tensors on one device."""
    return all(t is None or getattr(t, "device", None) == tensors[0].device for t in tensors)


def refuse_freed(**tensors: Any) -> None:
    """Raise ArrayKindError for a tensor whose storage was freed or shrunk."""
    for name, tensor in tensors.items():
        if isinstance(tensor, torch.Tensor):
            FRONT_END.check_memory(name, tensor)


def per_class(x: Array, weight: Any) -> bool:
    """Whether a weight has one real number for every class."""
    if not isinstance(weight, torch.Tensor) or weight.is_complex() or weight.layout != x.layout:
        return False
    return bool(weight.dim() == 1 and weight.shape[0] == x.shape[min(1, x.dim() - 1)])


def broadcasts(weight: Any, target: Array) -> bool:
    """Whether a weight of real numbers can be repeated to the shape of the target."""
    if (
        not isinstance(weight, torch.Tensor)
        or weight.is_complex()
        or weight.layout != target.layout
    ):
        return False
    tail = target.shape[target.dim() - weight.dim() :]
    return weight.dim() <= target.dim() and all(
        a in (1, b) for a, b in zip(weight.shape, tail, strict=True)
    )


def indices_fit(x: Any, target: Any, weight: Any, smoothing: float = 0.0) -> bool:
    """Whether PyTorch takes the target for class indices of these predictions."""
    if not (are_floats(x) and isinstance(target, torch.Tensor)) or x.dim() == 0:
        return False
    if target.dtype not in (torch.int64, torch.uint8):
        return False
    if weight is not None:
        flat = per_class(x, weight)
        # PyTorch checks only the number of weights there; with smoothing it fails at the first row.
        if x.dim() > 2 and (not smoothing or x.numel() == 0):
            flat = isinstance(weight, torch.Tensor) and weight.numel() == x.shape[1]
        if not (flat and weight.dtype == x.dtype):
            return False
    if x.dim() == 1:
        return bool(target.dim() == 0 or (target.shape == (1,) and not smoothing))
    return bool(target.shape == x.shape[:1] + x.shape[2:])


def in_unit_interval(x: Array) -> bool:
    """Whether all values that can be read without waiting for a device lie in [0, 1]."""
    seen = visible(x)
    if seen is None or devices.is_accelerator(seen):
        return True
    seen = seen.detach()
    return bool(((seen >= 0) & (seen <= 1)).all())


def no_class(x: Any) -> bool:
    """Whether there is nothing to compute a loss of."""
    return bool(isinstance(x, torch.Tensor) and x.dim() and x.shape[min(1, x.dim() - 1)] == 0)


def is_index(value: Any) -> bool:
    """Whether PyTorch takes it for an integer argument."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def refused(own: Callable[..., Any], *arguments: Any, **words: Any) -> Any:
    """Let PyTorch raise its own error for arguments that it does not take."""
    own(*arguments, **words)
    raise messages.only_theirs(own.__name__, "PyTorch", "such arguments")


def classes_last(x: Array) -> Array:
    """Move the classes, the second dimension or the only one, to the end."""
    return x if x.dim() < 3 else x.movedim(1, -1)


def index_loss(
    x: Array,
    target: Array,
    weight: Array | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
    losses: Losses | None,
) -> Array:
    """Return the loss of class indices, of logits unless other values of rows are given."""
    if x.dim() == 1:
        target = target.reshape(())
    rows = classes_last(x)
    try:
        planned = index_rows(
            FRONT_END,
            target,
            rows,
            ignore=(int(ignore_index),),
            label_smoothing=smoothing,
            class_weight=None if weight is None else weight.reshape(-1),
        )
    except LabelRangeError as error:
        raise _out_of_bounds(error, target, rows.shape[-1], ignore_index) from None
    return _loss(planned, reduction, losses).to(x.dtype)


def of_elements(planned: Rows, reduction: str, count: int, losses: Losses | None = None) -> Array:
    """Return the loss whose mean is over rows or elements, whatever their weights."""
    if reduction != "mean":
        return _loss(planned, reduction, losses)
    return _loss(planned, "sum", losses) / count


def nll_losses(options: Options, targets: Targets, x: Array) -> tuple[Array, ...]:
    """Return the values of rows of log-probabilities."""
    return (rules.nll_rows(OPS, x, targets.labels),)


def bce_losses(options: Options, targets: Targets, p: Array) -> tuple[Array, ...]:
    """Return the values of probabilities for target 1 and for target 0, with PyTorch's slopes."""
    p = OPS.wide(p)
    at_end = p * (1 - p) < rules.SLOPE_FLOOR
    inside = rules.bce_elements(OPS, torch.where(at_end, 0.5, p))
    ends = rules.bce_elements(OPS, p.detach())
    # Near 0 and 1 the slope is a straight line; a difference from itself has it and the value 0.
    lines = ((p * p / 2 - p) / rules.SLOPE_FLOOR, p * p / (2 * rules.SLOPE_FLOOR))
    one, zero = (
        torch.where(at_end, end + (line - line.detach()), value)
        for value, end, line in zip(inside, ends, lines, strict=True)
    )
    return one, zero


def _loss(planned: Rows, reduction: Any, losses: Losses | None) -> Array:
    plan, x, inputs = planned.plan, planned.x, planned.inputs
    if is_divided(x) or is_divided(inputs.y_true):
        try:
            check_placements(plan, x, given_tensors(inputs))
        except ArrayKindError as error:
            raise reworded(error, NAMES) from None
    if losses is None:
        return planned.loss(reduction)
    terms, weight = plain_terms(OPS, plan, x, inputs, losses)
    return reduce_terms(OPS, planned.reduced(reduction), terms, weight, None)[0]


def _out_of_bounds(
    error: LabelRangeError, target: Array, classes: int, ignore_index: int
) -> LabelRangeError:
    wrong = (target.long() < 0) | (target.long() >= classes)
    first = int(target[wrong & (target != ignore_index)].reshape(-1)[0])
    found = reworded(error, NAMES, f"Target {first} is out of bounds. ")
    return LabelRangeError(found.code, found.text)
