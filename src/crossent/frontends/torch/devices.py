"""What the device of a tensor is: the memory of this machine, or an accelerator of its own."""

from __future__ import annotations

from typing import Any

import torch

from crossent.losses.ops import Array


def is_accelerator(tensor: Array) -> bool:
    """Whether a tensor lies on a device that computes while Python goes on."""
    return bool(tensor.device.type != "cpu")


def has_float64(device: Any) -> bool:
    """Whether a device computes in float64: Apple's GPUs do not, and some of Intel's."""
    if device.type == "xpu" and torch.xpu.is_available():
        return bool(torch.xpu.get_device_properties(device).has_fp64)
    return bool(device.type != "mps")


def wide_dtype(device: Any) -> Any:
    """Return the dtype for scalars of rows on a device."""
    return torch.float64 if has_float64(device) else torch.float32
