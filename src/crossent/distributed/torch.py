"""PyTorch's processes (ranks): the divisor of a mean over the rows of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any, Final

import torch
import torch.distributed as dist

from crossent.core.messages.options import array_kind
from crossent.frontends.call import prepare_call
from crossent.frontends.torch.front_end import FRONT_END
from crossent.frontends.torch.ops import OPS
from crossent.losses.ops import Array
from crossent.losses.targets import prepare, row_weight

__all__ = ["divisor"]

MANY: Final = 2**24
"""The number of classes where none is known; every label below it is one."""


def divisor(
    y_true: Array,
    *,
    ignore_class: int | tuple[int, ...] | None = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    group: Any = None,
) -> Array:
    """What a mean over the rows of all ranks divides by: the sum of the weights that they have.

    The sum over the rows of all ranks that are not ignored of ``s_i * w[y_i]``, with the sample
    weights s and the class weights w; without weights their number. Give it to the loss of each
    rank as ``normalizer``, and multiply by the number of ranks where the gradients of ranks are
    averaged, as ``DistributedDataParallel`` and FSDP do.

    Parameters
    ----------
    y_true : Tensor of integers, of any shape
        The labels of this rank. Over micro-batches give those of all of them at once.
    ignore_class, class_weight, sample_weight
        As given to :func:`crossent.sparse_categorical_crossentropy`.
    group : ProcessGroup, optional
        The ranks; by default all. Where there are none, this process is alone.

    Returns
    -------
    Tensor of no dimension
        float64 where the device has it, else float32; on the device of `y_true`. 0 if no rank has
        a row left, where the loss of a rank has no mean.

    Raises
    ------
    WeightError, ShapeError, OptionError, ArrayKindError
        If weights or options are what the loss refuses; with `class_weight` also the errors of
        labels that are no class, which the loss finds else.

    Notes
    -----
    One number travels: 8 bytes a rank. Every rank must call it, also one that has no row.

    Examples
    --------
    >>> import torch
    >>> from crossent.distributed.torch import divisor
    >>> divisor(torch.tensor([0, 2, -100]), ignore_class=-100)
    tensor(2., dtype=torch.float64)
    """
    if not FRONT_END.owns(y_true):
        kind = f"a {type(y_true).__qualname__}"
        raise array_kind("y_true", kind, "Pass the labels of this rank as a torch.Tensor.")
    classes = MANY if class_weight is None else _classes(class_weight)
    # Logits of the right shape, of which no value is looked at.
    x = torch.zeros((), device=y_true.device).expand(*y_true.shape, classes)
    given = {
        "from_logits": True,
        "reduction": "parts",
        "ignore_class": ignore_class,
        "class_weight": class_weight,
        "sample_weight": sample_weight,
    }
    # Without weights of classes a label is only counted; whether it is one the loss finds out.
    unchecked = {"y_pred"} if class_weight is not None else {"y_pred", "y_true"}
    call = prepare_call("sparse", y_true, x, given, unchecked=frozenset(unchecked))
    with torch.no_grad():
        targets = prepare(OPS, call.plan, call.inputs, call.x)
        weight = row_weight(OPS, targets)
        total: Array = OPS.size(y_true) if weight is None else OPS.total(weight)
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(total, group=group)
    return total


def _classes(class_weight: Any) -> int:
    if isinstance(class_weight, Mapping):
        # Other keys are refused where the weights are read.
        return max((int(key) for key in class_weight if isinstance(key, Integral)), default=1) + 1
    shape = getattr(class_weight, "shape", None)
    return len(class_weight) if shape is None else int(shape[0]) if len(shape) else 1
