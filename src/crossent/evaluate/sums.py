"""The state of an evaluation: integers and a short list, mergeable in any order."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.exact_totals import SCALE_BITS, Partial, exact_sum
from crossent.evaluate.clusters import Clusters
from crossent.evaluate.moments import Moments
from crossent.evaluate.quality import Quality, by_unit
from crossent.evaluate.rows import Ints, Rows

HostArray = npt.NDArray[Any]

NOTHING: Final = Partial()
"""The sum of no rows."""


@dataclass(frozen=True)
class Sums:
    """Exact sums over kept rows; all but `rows` and `hits` in units of 2**-1074."""

    loss: Partial = NOTHING
    rows: int = 0
    hits: int = 0  # rows whose label is predicted
    sample: int = 0  # sample weights: of all rows, of hits, of labels in the top k
    sample_hits: int = 0
    sample_top: int = 0

    @classmethod
    def of(cls, rows: Rows, chosen: Ints | slice) -> Sums:
        """Sum the chosen rows of a piece."""
        correct = rows.correct[chosen]
        in_top = None if rows.in_top is None else rows.in_top[chosen]
        weights = None if rows.weights is None else rows.weights[chosen]
        loss = Partial.of(rows.terms[chosen], weights)
        if rows.sample is None:
            hits = int(np.count_nonzero(correct))
            sample, sample_hits = correct.size << SCALE_BITS, hits << SCALE_BITS
            top = 0 if in_top is None else int(np.count_nonzero(in_top)) << SCALE_BITS
        else:
            weight = rows.sample[chosen]
            hits = int(np.count_nonzero(correct))
            sample, sample_hits = exact_sum(weight), exact_sum(weight[correct])
            top = 0 if in_top is None else exact_sum(weight[in_top])
        return cls(loss, correct.size, hits, sample, sample_hits, top)

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.loss + other.loss,
            self.rows + other.rows,
            self.hits + other.hits,
            self.sample + other.sample,
            self.sample_hits + other.sample_hits,
            self.sample_top + other.sample_top,
        )

    def accuracy(self) -> float:
        """Share of the sample weight that lies on hits."""
        return self.sample_hits / self.sample if self.sample else math.nan

    def top_accuracy(self) -> float:
        """Share of the sample weight that lies on labels in the top k."""
        return self.sample_top / self.sample if self.sample else math.nan


@dataclass(frozen=True)
class WorstRow:
    """A row with one of the largest terms.

    Parameters
    ----------
    row : tuple of int
        Its place in the shape of the rows, from 0.
    label, predicted : int
        Classes; `predicted` is -1 where the predictions hold NaN.
    loss : float
        Its term, weights included, as ``reduction="none"`` gives it.
    id : str or None
        What a column of names calls it.

    Examples
    --------
    >>> import numpy as np
    >>> import crossent as ce
    >>> result = ce.evaluate([0, 1, 1], np.array([[9.0, 0], [0, 9], [8, 0]]),
    ...     from_logits=True, worst=1)
    >>> worst = result.worst[0]
    >>> worst.row, worst.label, worst.predicted, round(worst.loss, 4)
    ((2,), 1, 0, 8.0003)
    """

    row: tuple[int, ...]
    label: int
    predicted: int
    loss: float
    id: str | None = None

    def key(self) -> tuple[bool, float, int, tuple[int, ...]]:
        """Order: NaN, then the largest loss; equal ones by class, then by row."""
        nan = math.isnan(self.loss)
        return not nan, 0.0 if nan else -self.loss, self.label, self.row


@dataclass(frozen=True)
class State:
    """Everything that an evaluation has seen.

    Two states of different rows add up to the state of all of them; the order and the sizes of
    the pieces change nothing.
    """

    rows: int = 0
    weighing: int = 0  # kept rows with a weight above 0
    sums: Sums = field(default_factory=Sums)
    moments: Moments = field(default_factory=Moments)
    clipped: int = 0
    exact: Partial = NOTHING  # of the terms with epsilon=0
    classes: dict[int, Sums] = field(default_factory=dict)
    worst: tuple[WorstRow, ...] = ()
    first_nan: tuple[int, ...] | None = None  # of the rows whose term is NaN
    quality: Quality = field(default_factory=Quality)
    accuracy: Moments = field(default_factory=Moments)  # of hits, by unit
    units: int = 0  # rows, or sequences of rows, with a weight above 0
    clusters: Clusters | None = None
    sequences: bool = False  # whether units hold several rows

    @classmethod
    def of(
        cls, rows: Rows, first_row: int, *, per_class: bool, worst: int,
        cluster: HostArray | None = None, sequences: bool = True,
    ) -> State:  # fmt: skip
        """Sum a piece whose first row has that number.

        Rows along one entry of the first axis belong together, unless `sequences` is False.
        """
        width = int(np.prod(rows.shape[1:], dtype=np.int64))
        unit = rows.index // width if sequences and width > 1 else None
        hits = rows.correct.astype(np.float64)
        if rows.sample is not None:
            hits = np.where(rows.correct, rows.sample, 0.0)
        terms, weights = by_unit(rows.terms, rows.weights, unit)
        clusters = None
        if cluster is not None:
            clusters = Clusters()
            clusters.add(rows, cluster)
        everything = Sums.of(rows, slice(None))
        clipped, exact = _unclipped(rows)
        weighing = rows.terms.size
        if rows.weights is not None:
            weighing = int(np.count_nonzero(rows.weights > 0))
        return cls(
            rows.rows,
            weighing,
            everything,
            Moments.of(terms, weights),
            clipped,
            exact,
            _by_group(rows) if per_class else {},
            _worst(rows, first_row, worst) if worst else (),
            _first_nan(rows, first_row) if everything.loss.nan else None,
            Quality.of(rows, unit),
            Moments.of(*by_unit(hits, rows.sample, unit)),
            len(terms) if weights is None else int(np.count_nonzero(weights > 0)),
            clusters,
            unit is not None,
        )

    def merged(self, other: State, worst: int) -> State:
        """Add another state; keep the `worst` worst rows of both."""
        classes = dict(self.classes)
        for name, sums in other.classes.items():
            classes[name] = classes.get(name, Sums()) + sums
        rows = sorted((*self.worst, *other.worst), key=WorstRow.key)
        nan = [place for place in (self.first_nan, other.first_nan) if place is not None]
        return State(
            self.rows + other.rows,
            self.weighing + other.weighing,
            self.sums + other.sums,
            self.moments + other.moments,
            self.clipped + other.clipped,
            self.exact + other.exact,
            classes,
            tuple(rows[:worst]),
            min(nan, default=None),
            self.quality + other.quality,
            self.accuracy + other.accuracy,
            self.units + other.units,
            _merged(self.clusters, other.clusters),
            self.sequences or other.sequences,
        )


def _merged(own: Clusters | None, other: Clusters | None) -> Clusters | None:
    """Add the clusters of another state to the own ones."""
    if own is not None and other is not None:
        own.merge(other)
        return own
    return own or other


def _unclipped(rows: Rows) -> tuple[int, Partial]:
    """Count the rows that the clip changes, and sum the terms without it."""
    if rows.exact is None:
        return 0, Partial()
    changed = (rows.exact != rows.terms) & ~(np.isnan(rows.exact) & np.isnan(rows.terms))
    return int(np.count_nonzero(changed)), Partial.of(rows.exact, rows.weights)


def _first_nan(rows: Rows, first_row: int) -> tuple[int, ...]:
    at = int(np.isnan(rows.terms).argmax())
    return _places(rows, rows.index[at : at + 1], first_row)[0]


def _places(rows: Rows, index: Ints, first_row: int) -> list[tuple[int, ...]]:
    """Return where flattened rows of a piece lie in the whole data."""
    places = np.stack(np.unravel_index(index, rows.shape), axis=-1)
    places[:, 0] += first_row
    return [tuple(place) for place in places.tolist()]


def _by_group(rows: Rows) -> dict[int, Sums]:
    order = np.argsort(rows.groups, kind="stable")
    groups, starts = np.unique(rows.groups[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {int(group): Sums.of(rows, part) for group, part in zip(groups, parts, strict=False)}


def _worst(rows: Rows, first_row: int, most: int) -> tuple[WorstRow, ...]:
    losses = np.where(np.isnan(rows.terms), np.inf, rows.terms).astype(np.float64)
    nan = np.isnan(rows.terms)
    if losses.size > most:
        # All rows as bad as the last one that gets in; ties are settled below.
        bar = np.partition(losses, losses.size - most)[losses.size - most]
        candidates = np.flatnonzero(losses >= bar)
    else:
        candidates = np.arange(losses.size)
    order = np.lexsort((candidates, rows.labels[candidates], -losses[candidates], ~nan[candidates]))
    chosen = candidates[order[:most]]
    places = _places(rows, rows.index[chosen], first_row)
    predicted = rows.predicted[chosen]
    return tuple(
        WorstRow(
            place,
            int(rows.labels[i]),
            int(best),
            float(rows.terms[i]),
        )
        for i, place, best in zip(chosen, places, predicted, strict=True)
    )
