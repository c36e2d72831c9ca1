"""The mean loss of PyTorch's own functions, called as its users call them."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F

from contract.runner_torch import tensor_of


def own(name: str, y: Any, x: Any, options: dict[str, Any]) -> Any:
    """Return the mean, or None where there is nothing of the kind."""
    x = tensor_of(x)
    if name == "probabilities":
        return F.nll_loss(x.log(), tensor_of(y))
    if name.startswith("binary"):
        return F.binary_cross_entropy_with_logits(x, tensor_of(y).to(x.dtype))
    if "z_loss" in options or "sample_weight" in options:
        return None
    target = tensor_of(y)
    target = target.to(x.dtype) if target.is_floating_point() else target
    weight = options.get("class_weight")
    return F.cross_entropy(
        x,
        target,
        weight=None if weight is None else tensor_of(weight).to(x.dtype),
        ignore_index=options.get("ignore_class", -100),
        label_smoothing=options.get("label_smoothing", 0.0),
    )
