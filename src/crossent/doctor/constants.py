"""Numbers of the losses themselves: floors, ceilings, quanta."""

from __future__ import annotations

import math
from typing import Final

CLIP: Final = 1e-7
CEILING: Final = -math.log(CLIP)
"""16.118: the largest loss of a probability that is clipped at 1e-7."""

CEILING_OF_ONE: Final = -math.log(2.0**-23)
"""15.942: the same where 1 - 1e-7 is taken in float32, as for a label 0 of Keras's binary loss."""

EXACT: Final = {"bfloat16": 2**8, "float16": 2**11, "float32": 2**24, "float64": 2**53}
"""Up to here every whole number is exact in the dtype."""

DIGITS: Final = {"bfloat16": 7, "float16": 10, "float32": 23}
"""Binary digits after the first."""


def double_softmax_floor(classes: int) -> float:
    """The least loss if a softmax is applied to probabilities: ln(e + C - 1) - 1.

    >>> round(double_softmax_floor(10), 4)
    1.4612
    """
    return math.log(math.e + classes - 1) - 1


def quantum(loss: float, dtype: str) -> float:
    """Distance of neighbouring numbers of a dtype near a loss.

    >>> quantum(36.0, "bfloat16")
    0.25
    """
    if not loss > 0 or not math.isfinite(loss):
        return 0.0
    return float(2.0 ** (math.floor(math.log2(loss)) - DIGITS[dtype]))
