"""Guards in training: the batch on which a loss goes wrong is diagnosed, at the step it happens.

Each guard is loaded, with its framework, when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from crossent.doctor.guards.outcome import DiagnosisError, DiagnosisWarning

if TYPE_CHECKING:
    from crossent.doctor.guards.jax import JaxStep
    from crossent.doctor.guards.keras import KerasLoss, fit_check
    from crossent.doctor.guards.lightning import LightningGuard
    from crossent.doctor.guards.torch import TorchLoss, hf

HOME: Final = {
    "JaxStep": "jax",
    "KerasLoss": "keras",
    "LightningGuard": "lightning",
    "TorchLoss": "torch",
    "fit_check": "keras",
    "hf": "torch",
}
"""The file that each guard is in."""

__all__ = [
    "DiagnosisError",
    "DiagnosisWarning",
    "JaxStep",
    "KerasLoss",
    "LightningGuard",
    "TorchLoss",
    "fit_check",
    "hf",
]


def __getattr__(name: str) -> Any:
    if name not in HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{HOME[name]}"), name)
