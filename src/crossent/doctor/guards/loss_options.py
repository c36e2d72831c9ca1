"""What a loss says about itself, as options of a diagnosis. Names no framework."""

from __future__ import annotations

import functools
from typing import Any, Final

from crossent.core.errors import OptionError
from crossent.doctor.known_losses import read_loss
from crossent.objects import Loss

RENAMED: Final = {"ignore_index": "ignore_class", "weight": "class_weight"}
PASSED: Final = frozenset(
    {"ignore_class", "class_weight", "label_smoothing", "reduction", "from_logits", "axis"}
)
OTHERS: Final = ("crossent.compat.torch", "crossent.compat.optax", "crossent.doctor")
"""What is called as in the libraries whose names it has, with the predictions first."""


def named_options(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what the arguments of a call say, under the names that `diagnose` has for it.

    >>> named_options({"ignore_index": 0, "label_smoothing": 0.1, "size_average": None})
    {'ignore_class': 0, 'label_smoothing': 0.1}
    """
    renamed = {RENAMED.get(name, name): value for name, value in arguments.items()}
    return {name: value for name, value in renamed.items() if name in PASSED and value is not None}


def known_loss(loss: Any, namespace: str) -> dict[str, Any]:
    """Return the options of `diagnose` that a loss tells; nothing of a function of the user's own.

    Parameters
    ----------
    loss : callable
    namespace : str
        Where the framework keeps its losses: one from there must be known.

    Raises
    ------
    OptionError
        If it is from there, or from crossent, and no cross-entropy of logits or probabilities.
    """
    told: dict[str, Any] = {}
    while isinstance(loss, functools.partial):
        told = {**named_options(loss.keywords), **told}
        loss = loss.func
    try:
        read_loss(loss)
    except OptionError:
        thing = loss if hasattr(loss, "__name__") else type(loss)
        if str(getattr(thing, "__module__", "")).startswith(namespace) or is_own(loss):
            raise
        return told
    axis = loss.get_config().get("axis") if isinstance(loss, Loss) else None
    return {"loss": loss, **({} if axis is None else {"axis": axis}), **told}


def is_own(loss: Any) -> bool:
    """Whether a loss is one of crossent's that take the labels first."""
    while isinstance(loss, functools.partial):
        loss = loss.func
    thing = loss if hasattr(loss, "__name__") else type(loss)
    module = str(getattr(thing, "__module__", ""))
    return module.partition(".")[0] == "crossent" and not module.startswith(OTHERS)
