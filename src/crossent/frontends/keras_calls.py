"""Notice when Keras calls a loss in a way that would weight it wrongly.

``model.compile(loss=f)`` wraps a plain callable and multiplies what it returns by
`sample_weight`; of a mean over the batch that makes a wrong number
(https://github.com/keras-team/keras/issues/15323). The callable is not told, so the frame of the
wrapper is looked at.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from crossent.core.messages import options as messages
from crossent.core.plan import Plan
from crossent.frontends._protocol import FrontEnd
from crossent.frontends.callers import callers, module_of

_MOST_FRAMES = 40


def watch_keras_fit(
    front: FrontEnd, plan: Plan, unchecked: frozenset[str], *, traced: bool
) -> None:
    """Have the labels of `fit` looked at, if Keras makes a compiled program of this loss.

    Raises
    ------
    LabelRangeError, LabelTypeError, TargetError
        If the first ones are bad.
    """
    if front.compiling or "keras" not in sys.modules:
        return
    fits = _fits()
    if fits is not None and (traced or fits.is_building()):
        fits.watch_fit(plan, unchecked)


def is_made_up(front: FrontEnd) -> bool:
    """Whether Keras calls a loss for its shape alone: on PyTorch the arrays hold made-up values."""
    if front.compiling or "keras" not in sys.modules:
        return False
    fits = _fits()
    return fits is not None and bool(fits.is_building())


@cache
def _fits() -> Any:
    """Return what knows Keras; None if this Keras keeps its own things in other places."""
    try:
        from crossent.frontends import keras_fits
    except (ImportError, AttributeError):
        return None
    return keras_fits


def refuse_keras_weights(front: FrontEnd, plan: Plan) -> None:
    """Raise if Keras called this loss with weights or a mask that it will apply wrongly.

    Keras applies them to what the loss returns: rightly only to the terms of the rows, in a
    ``keras.losses.Loss`` of the user's own that asks for ``reduction="none"``.

    Raises
    ------
    OptionError
        If Keras would multiply the result by weights that crossent has not seen.
    """
    if front.compiling or "keras" not in sys.modules:
        return
    reduction = plan.options.reduction
    for frame in callers(_MOST_FRAMES):
        module = module_of(frame)
        if module.startswith("crossent.compat.keras"):
            return  # made to be called by Keras
        if module.endswith("losses.loss") and frame.f_code.co_name == "__call__":
            found = frame.f_locals
            if reduction == "none" and type(found.get("self")).__name__ != "LossFunctionWrapper":
                return
            if found.get("sample_weight") is not None or found.get("in_mask") is not None:
                raise messages.keras_weights()
            return
