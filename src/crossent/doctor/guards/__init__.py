"""Guards in training: the batch on which a loss goes wrong is diagnosed, at the step it happens.

Each guard is loaded, with its framework, when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crossent.core.later import later
from crossent.doctor.guards.outcome import DiagnosisError, DiagnosisWarning

if TYPE_CHECKING:
    from crossent.doctor.guards.jax import JaxStep
    from crossent.doctor.guards.keras import KerasLoss, fit_check
    from crossent.doctor.guards.lightning import LightningGuard
    from crossent.doctor.guards.torch import TorchLoss
    from crossent.doctor.guards.torch_hf import hf

HOME: Final = {
    "JaxStep": "crossent.doctor.guards.jax",
    "KerasLoss": "crossent.doctor.guards.keras",
    "LightningGuard": "crossent.doctor.guards.lightning",
    "TorchLoss": "crossent.doctor.guards.torch",
    "fit_check": "crossent.doctor.guards.keras",
    "hf": "crossent.doctor.guards.torch_hf",
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

if not TYPE_CHECKING:
    __getattr__ = later(__name__, HOME)
