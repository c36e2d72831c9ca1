"""What PyTorch says of labels and predictions that do not fit is explained."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from doctor.misuse import unexplained

LOSSES = {
    "sparse": lambda y, p: F.cross_entropy(p, y),
    "sparse nll": lambda y, p: F.nll_loss(p, y),
    "binary": lambda y, p: F.binary_cross_entropy(p, y),
    "binary logits": lambda y, p: F.binary_cross_entropy_with_logits(p, y),
}


def test_every_error_is_explained() -> None:
    assert unexplained(LOSSES, torch.as_tensor) == []
