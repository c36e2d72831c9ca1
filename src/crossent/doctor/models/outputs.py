"""The one output of a model that is the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossent.doctor.check import shape_text
from crossent.evaluate import messages


def predictions_in(outputs: Any) -> Any:
    """Return what a model gave, or the logits in it.

    Raises
    ------
    OptionError
        If there are several outputs and none is named logits.
    """
    if isinstance(outputs, Mapping):
        named = dict(outputs)
        if "logits" in named:
            return named["logits"]
    elif isinstance(outputs, tuple | list):
        named = dict(enumerate(outputs))
    else:
        return getattr(outputs, "logits", outputs)
    if len(named) == 1:
        return next(iter(named.values()))
    which = ", ".join(f"[{name!r}] {_shape(output)}" for name, output in named.items())
    raise messages.option(
        f"`model` must give one output, or one that is named 'logits'; it gave {len(named)}: "
        f"{which}. Pass y_pred=model(x)[...] with the one that the loss takes."
    )


def _shape(output: Any) -> str:
    shape = getattr(output, "shape", None)
    return type(output).__name__ if shape is None else shape_text(tuple(shape))
