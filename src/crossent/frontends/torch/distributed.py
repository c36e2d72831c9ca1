"""Tensors that are divided over processes (DTensor): what a loss of whole rows can take.

A DTensor is told by what it has, since importing its module starts PyTorch's distributed part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossent.core.messages import options as messages
from crossent.core.plan import Plan
from crossent.losses.ops import Array
from crossent.losses.targets import Inputs


def is_divided(tensor: Array) -> bool:
    """Whether a tensor is a DTensor."""
    return hasattr(tensor, "placements") and hasattr(tensor, "device_mesh")


def given_tensors(inputs: Inputs) -> list[tuple[str, Array]]:
    """Return the tensors of a call beside the predictions, by name."""
    named = zip(Inputs._fields[:-1], inputs[:-1], strict=True)
    return [pair for pair in named if pair[1] is not None]


def check_placements(plan: Plan, x: Array, others: Iterable[tuple[str, Any]]) -> None:
    """Raise ArrayKindError if classes are divided, or some tensors are DTensors and some not.

    `x` has the classes last.
    """
    divided = is_divided(x)
    if divided and plan.classes:
        for place, size in zip(x.placements, x.device_mesh.shape, strict=True):
            if getattr(place, "dim", None) is not None and place.dim % x.dim() == x.dim() - 1:
                raise messages.divided_classes(plan.classes, size)
    for name, tensor in others:
        if is_divided(tensor) != divided:
            raise messages.divided_beside_whole(name, divided)
