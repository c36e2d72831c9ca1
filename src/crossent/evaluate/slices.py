"""Loss and accuracy of groups of rows, such as the rows of each source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.messages import data as messages
from crossent.evaluate.rows import Rows
from crossent.evaluate.sums import Sums

SHOWN: Final = 20
MOST: Final = 2**16
"""Slices that are kept."""


@dataclass(frozen=True)
class Slice:
    """The rows of one group.

    Parameters
    ----------
    name : str or None
        None: the smaller groups, summed up.
    rows : int
        Kept rows.
    loss, accuracy : float
        As those of all rows.

    Examples
    --------
    >>> import pandas as pd
    >>> import crossent as ce
    >>> table = pd.DataFrame({"label": [0, 1, 1], "c0": [9.0, 0, 8], "c1": [0.0, 9, 0],
    ...     "source": ["web", "web", "book"]})
    >>> result = ce.evaluate(table, by="source", from_logits=True)
    >>> [(one.name, one.rows, one.accuracy) for one in result.slices]
    [('web', 2, 1.0), ('book', 1, 0.0)]
    """

    name: str | None
    rows: int
    loss: float
    accuracy: float


class Slices:
    """The sums of each group, by name."""

    def __init__(self) -> None:
        self.sums: dict[str, Sums] = {}

    def add(self, rows: Rows, names: npt.NDArray[Any]) -> None:
        """Add the kept rows of a piece; `names` has one for each entry of its first axis."""
        width = max(1, int(np.prod(rows.shape[1:], dtype=np.int64)))
        found, inverse = np.unique(names[rows.index // width], return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        ends = np.cumsum(np.bincount(inverse, minlength=len(found)))
        for name, part in zip(found.tolist(), np.split(order, ends[:-1]), strict=True):
            self.sums[str(name)] = self.sums.get(str(name), Sums()) + Sums.of(rows, part)
        if len(self.sums) > MOST:
            raise messages.too_many_slices(MOST)

    def merge(self, other: Slices) -> None:
        """Add the groups of other rows."""
        for name, sums in other.sums.items():
            self.sums[name] = self.sums.get(name, Sums()) + sums

    def results(self) -> Iterator[Slice]:
        """Go through the largest groups, and the rest as one."""
        order = sorted(self.sums.items(), key=lambda pair: (-pair[1].rows, pair[0]))
        for name, sums in order[:SHOWN]:
            yield _slice(name, sums)
        if order[SHOWN:]:
            yield _slice(None, reduce(Sums.__add__, (sums for _, sums in order[SHOWN:])))


def _slice(name: str | None, sums: Sums) -> Slice:
    return Slice(name, sums.rows, sums.loss.mean(), sums.accuracy())
