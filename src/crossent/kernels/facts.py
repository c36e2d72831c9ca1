"""What a kernel found out about all rows: counts, and exact sums of terms and weights."""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from crossent.core.exact_totals import SCALE_BITS, Partial, with_odd
from crossent.kernels.chunk import COUNTS, DOUBTFUL, KEPT, STATE, WRONG
from crossent.kernels.exact_sum import DIGITS

_DIGIT: Final = np.dtype("<u4")
_read: Final = Struct(f"={COUNTS}q{8 * (DIGITS - 1)}xd{8 * (DIGITS - 1)}xd").unpack_from


class Facts(NamedTuple):
    """What the kernels found out about all rows."""

    partial: Partial
    wrong: int  # labels that are no class
    doubtful: int = 0  # rows that may be no probabilities

    @property
    def sums(self) -> Partial:
        """What rounds to the total and the weight."""
        return self.partial


class FactsOfOne:
    """The same facts from a call with one thread: its kernel has rounded the sums."""

    __slots__ = ("_state", "_weighs", "doubtful", "kept", "odd", "total", "weight", "wrong")

    def __init__(self, state: bytearray, weighs: bool) -> None:
        self._state, self._weighs = state, weighs
        (*self.odd, self.kept, self.wrong, self.doubtful, self.total, self.weight) = _read(state)

    @property
    def sums(self) -> FactsOfOne:
        """What rounds to the total and the weight."""
        return self

    def round_total(self) -> float:
        """Return the total as the nearest float64; NaN and infinities as a sum gives them."""
        return with_odd(self.total, *self.odd) if any(self.odd) else self.total

    def round_weight(self) -> float:
        """Return the weight as the nearest float64."""
        return self.weight if self._weighs else float(self.kept)

    @property
    def partial(self) -> Partial:
        """Exact sums of the terms and the weights."""
        return facts_of(self._state, 1, self._weighs).partial


def facts_of(states: bytearray, threads: int, weighs: bool) -> Facts:
    """Join what the threads found, each in its part of the memory."""
    words = np.frombuffer(states, np.int64, threads * STATE // 8).reshape(threads, -1)
    total = sum(to_integer(one[COUNTS : COUNTS + DIGITS]) for one in words)
    counts = words[:, :COUNTS].sum(axis=0).tolist()
    weight = counts[KEPT // 8] << SCALE_BITS
    if weighs:
        weight = sum(to_integer(one[COUNTS + DIGITS :]) for one in words)
    return Facts(Partial(total, weight, *counts[:3]), counts[WRONG // 8], counts[DOUBTFUL // 8])


def to_integer(digits: npt.NDArray[np.int64]) -> int:
    """Return the total that an array of digits stands for."""
    # The last digit holds only the sign: no sum of floats comes near 2**31 of its units.
    return int.from_bytes(digits[:-1].astype(_DIGIT).tobytes(), "little", signed=True)
