"""The one output of a model that is the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossent.core.messages import data as messages
from crossent.doctor.check import shape_text


def predictions_in(outputs: Any) -> Any:
    """Return what a model gave, or the logits in it.

    Raises
    ------
    OptionError
        If there is no output, or there are several and none is named logits.
    """
    if isinstance(outputs, Mapping):
        named = dict(outputs)
    elif isinstance(outputs, tuple | list):
        named = dict(enumerate(outputs))
    elif outputs is None:
        named = {}
    else:
        logits = getattr(outputs, "logits", outputs)
        if not hasattr(logits, "shape"):
            raise messages.option(
                f"`model` must give an array; it gave {type(outputs).__name__}. Look at what its "
                "last line returns."
            )
        return logits
    if "logits" in named or len(named) == 1:
        return predictions_in(named.get("logits", next(iter(named.values()))))
    which = ", ".join(f"[{name!r}] {_shape(output)}" for name, output in named.items())
    raise messages.option(
        "`model` must give one output, or one that is named 'logits'; it gave "
        + (
            f"{len(named)}: {which}. Pass y_pred=model(x)[...] with the one that the loss takes."
            if named
            else "none. Look at what its last line returns."
        )
    )


def _shape(output: Any) -> str:
    shape = getattr(output, "shape", None)
    return type(output).__name__ if shape is None else shape_text(tuple(shape))
