"""Counts of whole numbers that come in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_LOOSE: Final = 2**18
"""Values that wait to be counted: sorting all that there are after each piece would cost more."""


class Tally:
    """How often each value has come; two of them add up in any order.

    >>> tally = Tally.of(np.array([3, 1, 3])) + Tally.of(np.array([1]))
    >>> dict(tally.items()), tally[3], tally[2]
    ({1: 2, 3: 2}, 2, 0)
    """

    def __init__(
        self, keys: Ints | None = None, counts: Ints | None = None, loose: tuple[Ints, ...] = ()
    ) -> None:
        self._keys = np.zeros(0, np.int64) if keys is None else keys
        self._counts = np.zeros(0, np.int64) if counts is None else counts
        self._loose = loose

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Tally:
        """Count values."""
        return cls(loose=(values.astype(np.int64),) if values.size else ())

    def __add__(self, other: Tally) -> Tally:
        loose = self._loose + other._loose
        keys, counts = self._keys, self._counts
        if len(other._keys):
            keys, counts = _summed(
                np.concatenate([keys, other._keys]), np.concatenate([counts, other._counts])
            )
        found = Tally(keys, counts, loose)
        if sum(map(len, loose)) > max(_LOOSE, len(keys)):
            found.settle()
        return found

    def settle(self) -> None:
        """Count what waits."""
        if self._loose:
            keys, counts = np.unique(np.concatenate(self._loose), return_counts=True)
            self._keys, self._counts = _summed(
                np.concatenate([self._keys, keys]), np.concatenate([self._counts, counts])
            )
            self._loose = ()

    def items(self) -> Iterator[tuple[int, int]]:
        """Go through the values in order, each with how often it came."""
        self.settle()
        yield from zip(self._keys.tolist(), self._counts.tolist(), strict=True)

    def most_common(self, most: int) -> list[tuple[int, int]]:
        """Return the values that came most often, equal ones by their size."""
        self.settle()
        order = np.lexsort((self._keys, -self._counts))[:most]
        return list(zip(self._keys[order].tolist(), self._counts[order].tolist(), strict=True))

    def __getitem__(self, value: int) -> int:
        self.settle()
        at = int(np.searchsorted(self._keys, value))
        return int(self._counts[at]) if at < len(self._keys) and self._keys[at] == value else 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and list(self.items()) == list(other.items())

    __hash__ = None  # type: ignore[assignment]

    def total(self) -> int:
        """Return how many values there were."""
        self.settle()
        return int(self._counts.sum())


def _summed(keys: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Add the counts of equal keys up."""
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, int)
    return keys[starts], np.add.reduceat(counts, starts) if len(starts) else counts
