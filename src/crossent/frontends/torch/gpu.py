"""Whether there are kernels for the device of a tensor, without an import of triton."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import Any, Final

import torch

from crossent.kernels import config

OLDEST: Final = (8, 0)
"""The oldest of NVIDIA's architectures that the kernels are compiled for in the tests."""


def has_kernels(device: Any) -> bool:
    """Whether a device is a GPU of NVIDIA or AMD that the kernels are for."""
    if device.type != "cuda":
        return False
    return bool(torch.version.hip or torch.cuda.get_device_capability(device) >= OLDEST)


def kernels_for(device: Any) -> Any | None:
    """Return the module of the kernels for tensors on a device; None if there are none."""
    return _kernels() if config.asked() and has_kernels(device) else None


@cache
def _kernels() -> Any | None:
    if "tensorflow" in sys.modules and "triton" not in sys.modules:
        config.note_triton("tensorflow is loaded, and with it triton cannot be")
        return None
    try:
        found = importlib.import_module("crossent.frontends.torch.triton")
    except Exception as error:  # another package may raise anything
        config.note_triton(f"triton cannot be imported ({type(error).__name__}: {error})")
        return None
    config.note_triton("on")
    return found
