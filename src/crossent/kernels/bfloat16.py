"""bfloat16, of which NumPy knows nothing: its bits are read as float32, and rounded to.

NumPy's operations take several passes for either; a kernel takes one.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.kernels._jit import kernel

NAN: Final = np.uint16(0x7FC0)
INFINITE: Final = np.uint32(0x7F800000)


def _widen(bits: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = np.uint32(bits[i]) << np.uint32(16)


def _round(bits: Any, out: Any) -> None:
    """Round to the nearest one, ties to even: a carry may run into the exponent."""
    for i in range(out.size):
        b = bits[i]
        odd = (b >> np.uint32(16)) & np.uint32(1)
        rounded = (b + (np.uint32(0x7FFF) + odd)) >> np.uint32(16)
        out[i] = NAN if (b & np.uint32(0x7FFFFFFF)) > INFINITE else np.uint16(rounded)


WIDEN: Final = kernel(_widen, "widen_bfloat16")
ROUND: Final = kernel(_round, "round_to_bfloat16")


def widened(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Return the numbers that have these bits."""
    native = np.ascontiguousarray(bits, np.uint16)
    out = np.empty(native.shape, np.float32)
    WIDEN(native.reshape(-1), out.view(np.uint32).reshape(-1))
    return out


def rounded(x: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Return the bits of the nearest bfloat16 of each number."""
    x = np.ascontiguousarray(x, np.float32)
    out = np.empty(x.shape, np.uint16)
    ROUND(x.view(np.uint32).reshape(-1), out.reshape(-1))
    return out
