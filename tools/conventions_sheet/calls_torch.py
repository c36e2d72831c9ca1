"""PyTorch's functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from call import Call


def tensors(function: Any, *, logarithm: bool = False) -> Any:
    def run(labels: Any, predictions: Any, **options: Any) -> Any:
        x = torch.tensor(predictions)
        return function(x.log() if logarithm else x, torch.tensor(np.asarray(labels)), **options)

    return run


CALLS = {
    "PyTorch: F.cross_entropy(logits, labels)": Call(
        "indices", tensors(F.cross_entropy), (F.cross_entropy,)
    ),
    "PyTorch: F.cross_entropy(logits, one_hot)": Call(
        "rows", tensors(F.cross_entropy), (F.cross_entropy,)
    ),
    "PyTorch: F.nll_loss(probabilities.log(), labels)": Call(
        "indices", tensors(F.nll_loss, logarithm=True), (F.nll_loss,)
    ),
    "PyTorch: F.binary_cross_entropy_with_logits(logits, targets)": Call(
        "binary",
        tensors(F.binary_cross_entropy_with_logits),
        (F.binary_cross_entropy_with_logits,),
    ),
    "PyTorch: F.binary_cross_entropy(probabilities, targets)": Call(
        "binary", tensors(F.binary_cross_entropy), (F.binary_cross_entropy,)
    ),
}
