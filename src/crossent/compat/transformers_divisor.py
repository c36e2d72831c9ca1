"""What a loss is divided by where the Trainer of Hugging Face counts the labels."""

from __future__ import annotations

from typing import Any

import torch

from crossent.losses.ops import Array


def divisor_of_trainer(num_items_in_batch: Any, device: Any) -> Array:
    """Return the number of labels of all micro-batches, and 1 for 0: the total is 0 then."""
    return torch.as_tensor(num_items_in_batch, device=device).clamp(min=1)
