"""Notice when Keras calls a loss in a way that would weight it wrongly.

``model.compile(loss=f)`` wraps a plain callable and multiplies what it returns by
`sample_weight`; of a mean over the batch that makes a wrong number
(https://github.com/keras-team/keras/issues/15323). The callable is not told, so the frame of the
wrapper is looked at.
"""

from __future__ import annotations

import sys
from types import FrameType

from crossent.core.messages import options as messages
from crossent.core.plan import Plan
from crossent.frontends._protocol import FrontEnd

_MOST_FRAMES = 40


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
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return
        module = frame.f_globals.get("__name__", "")
        if module.startswith("crossent.compat.keras"):
            return  # made to be called by Keras
        if module.endswith("losses.loss") and frame.f_code.co_name == "__call__":
            found = frame.f_locals
            if reduction == "none" and type(found.get("self")).__name__ != "LossFunctionWrapper":
                return
            if found.get("sample_weight") is not None or found.get("in_mask") is not None:
                raise messages.keras_weights()
            return
        frame = frame.f_back
