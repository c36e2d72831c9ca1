"""Rows that belong together: exact sums of each cluster, kept until all are known."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.exact_totals import SCALE_BITS, exact_sum, to_float
from crossent.core.messages import data as messages
from crossent.evaluate.intervals import jackknife
from crossent.evaluate.rows import Rows

MOST: Final = 2**18
"""Clusters that are kept."""

_LARGE: Final = 0.1
"""Share of the weight above which one cluster decides too much of an error."""

Sums = tuple[int, int, int, int, int]
"""Of terms and weights, of hits and sample weights, and of loss − entropy."""


class Clusters:
    """The sums of each cluster, by name."""

    def __init__(self) -> None:
        self.sums: dict[str, Sums] = {}

    def add(self, rows: Rows, names: npt.NDArray[Any]) -> None:
        """Add the kept rows of a piece; `names` has one for each entry of its first axis."""
        width = rows.terms.size and int(np.prod(rows.shape[1:], dtype=np.int64))
        own = names.reshape(-1)[rows.index // max(1, width)]
        found, inverse = np.unique(own, return_inverse=True)
        order = np.argsort(inverse, kind="stable")
        ends = np.cumsum(np.bincount(inverse, minlength=len(found)))
        for name, part in zip(found.tolist(), np.split(order, ends[:-1]), strict=True):
            self._put(str(name), _sums(rows, part))
        if len(self.sums) > MOST:
            raise messages.too_many_clusters(MOST)

    def merge(self, other: Clusters) -> None:
        """Add the clusters of other rows."""
        more = sum(name not in self.sums for name in other.sums)
        if len(self.sums) + more > MOST:
            raise messages.too_many_clusters(MOST)
        for name, sums in other.sums.items():
            self._put(name, sums)

    def _put(self, name: str, sums: Sums) -> None:
        old = self.sums.get(name)
        self.sums[name] = sums if old is None else tuple(map(sum, zip(old, sums, strict=True)))  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Clusters) and self.sums == other.sums

    __hash__ = None  # type: ignore[assignment]

    def errors(self) -> tuple[float, float, float]:
        """Return the standard errors of loss, accuracy and loss − entropy."""
        columns = np.array(
            [[to_float(one) for one in self.sums[name]] for name in sorted(self.sums)]
        ).reshape(-1, 5)
        terms, weights, hits, samples, gaps = columns[columns[:, 1] > 0].T
        return jackknife(terms, weights), jackknife(hits, samples), jackknife(gaps, weights)

    def count(self) -> int:
        """Return how many clusters have a weight."""
        return sum(sums[1] > 0 for sums in self.sums.values())

    def largest(self) -> tuple[str, float] | None:
        """Return the cluster that holds more than a tenth of the weight, and its share."""
        total = sum(sums[1] for sums in self.sums.values())
        if not total:
            return None
        name = max(self.sums, key=lambda one: (self.sums[one][1], one))
        share = self.sums[name][1] / total
        return (name, share) if share > _LARGE else None


def _sums(rows: Rows, part: npt.NDArray[np.int64]) -> Sums:
    terms, correct = rows.terms[part], rows.correct[part]
    gap = terms - rows.entropy[part]
    weight = len(part) << SCALE_BITS if rows.weights is None else exact_sum(rows.weights[part])
    sample = len(part) << SCALE_BITS if rows.sample is None else exact_sum(rows.sample[part])
    hits = int(np.count_nonzero(correct)) << SCALE_BITS
    if rows.sample is not None:
        hits = exact_sum(rows.sample[part][correct])
    finite, sure = np.isfinite(terms), np.isfinite(gap)
    return exact_sum(terms[finite]), weight, hits, sample, exact_sum(gap[sure])
