"""What an evaluation adds up beside loss and hits: how sure, how well calibrated, which confusions.

Everything is counted or summed exactly, so that two parts add up to the same in any order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.exact_totals import Partial, exact_sum, to_float
from crossent.evaluate.moments import Moments
from crossent.evaluate.ranking import Ranking
from crossent.evaluate.rows import Rows
from crossent.evaluate.tally import Tally

HostArray = npt.NDArray[Any]

BINS: Final = 15
"""Of equal width, for the calibration error (Naeini, Cooper, Hauskrecht 2015; Guo et al. 2017)."""

MOST_CLASSES: Final = 1024
"""With more, pairs of classes are not counted."""


@dataclass(frozen=True)
class Bin:
    """Rows whose largest probability lies in a bin."""

    rows: int = 0
    hits: int = 0
    confidence: int = 0  # their sum, in units of 2**-1074

    def __add__(self, other: Bin) -> Bin:
        return Bin(
            self.rows + other.rows, self.hits + other.hits, self.confidence + other.confidence
        )


@dataclass(frozen=True)
class Quality:
    """Sums over kept rows; means weigh with the sample weights, counts do not."""

    entropy: Partial = field(default_factory=Partial)
    brier: Partial = field(default_factory=Partial)
    gap: Moments = field(default_factory=Moments)  # of loss − entropy, by unit
    gap_total: Partial = field(default_factory=Partial)
    ranks: int = 0  # of the label, from 1
    ranked: int = 0
    bins: tuple[Bin, ...] = (Bin(),) * BINS
    labels: Tally = field(default_factory=Tally)
    predicted: Tally = field(default_factory=Tally)
    hits: Tally = field(default_factory=Tally)
    pairs: Tally = field(
        default_factory=Tally
    )  # of wrong rows: label · classes + predicted; few classes alone
    ranking: Ranking | None = None  # of one score a row
    hard: bool = True  # whether each target is a class

    @classmethod
    def of(cls, rows: Rows, unit: npt.NDArray[np.int64] | None) -> Quality:
        """Add up the rows of a piece; `unit` numbers what belongs together, None: each row."""
        sample = rows.sample
        gap = rows.terms - rows.entropy
        weights = np.ones(len(gap)) if rows.weights is None else rows.weights
        known = rows.predicted >= 0
        classes = max(2, rows.classes)
        sure = known & np.isfinite(rows.confidence)
        wrong = known & ~rows.correct
        pairs = rows.labels[wrong] * classes + rows.predicted[wrong]
        ranks = None if rows.ranks is None else rows.ranks[known] + 1
        return cls(
            Partial.of(_weighted(rows.entropy, sample), sample),
            Partial.of(_weighted(rows.brier, sample), sample),
            Moments.of(*by_unit(gap, rows.weights, unit)),
            Partial.of(gap, weights if rows.weights is not None else None),
            0 if ranks is None else int(ranks.sum()),
            0 if ranks is None else len(ranks),
            _bins(rows.confidence[sure], rows.correct[sure]),
            Tally.of(rows.labels),
            Tally.of(rows.predicted[known]),
            Tally.of(rows.labels[rows.correct]),
            Tally.of(pairs if classes <= MOST_CLASSES else pairs[:0]),
            None if rows.scores is None else Ranking.of(rows.scores, rows.labels == 1),
            rows.hard,
        )

    def __add__(self, other: Quality) -> Quality:
        ranking = self.ranking or other.ranking
        if self.ranking is not None and other.ranking is not None:
            ranking = self.ranking + other.ranking
        return Quality(
            self.entropy + other.entropy,
            self.brier + other.brier,
            self.gap + other.gap,
            self.gap_total + other.gap_total,
            self.ranks + other.ranks,
            self.ranked + other.ranked,
            tuple(a + b for a, b in zip(self.bins, other.bins, strict=True)),
            self.labels + other.labels,
            self.predicted + other.predicted,
            self.hits + other.hits,
            self.pairs + other.pairs,
            ranking,
            self.hard and other.hard,
        )

    def calibration_error(self) -> float:
        """Return Σ n_b / n |hits_b / n_b − mean confidence_b| over the bins."""
        rows = sum(one.rows for one in self.bins)
        if not rows:
            return math.nan
        return sum(abs(one.hits - to_float(one.confidence)) for one in self.bins) / rows

    def label_rank(self) -> float | None:
        """Return the mean place of the label among the classes, from 1."""
        return self.ranks / self.ranked if self.ranked else None

    def shares(self) -> list[float]:
        """Return the shares of the classes among the labels."""
        total = self.labels.total()
        return [count / total for _, count in self.labels.items()]

    def precision_recall(self, label: int) -> tuple[float, float, float]:
        """Return precision, recall and F1 of a class; NaN where there is nothing to divide by."""
        hits, predicted, rows = self.hits[label], self.predicted[label], self.labels[label]
        return (
            hits / predicted if predicted else math.nan,
            hits / rows if rows else math.nan,
            2 * hits / (predicted + rows) if predicted + rows else math.nan,
        )

    def macro(self) -> tuple[float, float, float]:
        """Return the means over the classes that are labels or predicted; nothing counts as 0."""
        names = sorted(
            {name for tally in (self.labels, self.predicted) for name, _ in tally.items()}
        )
        found = [self.precision_recall(name) for name in names]
        if not found:
            return math.nan, math.nan, math.nan
        means = [math.fsum(0.0 if x != x else x for x in column) / len(found)
                 for column in zip(*found, strict=True)]  # fmt: skip
        return means[0], means[1], means[2]

    def confusions(self, classes: int, most: int) -> list[tuple[int, int, int]]:
        """Return the pairs of label and another prediction with the most rows."""
        return [(*divmod(pair, classes), count) for pair, count in self.pairs.most_common(most)]


def by_unit(
    terms: HostArray, weights: HostArray | None, unit: npt.NDArray[np.int64] | None
) -> tuple[HostArray, HostArray | None]:
    """Add up terms and weights of what belongs together: one unit after the other.

    Each is added in the order of its rows, so that its bits depend on these alone.
    """
    if unit is None:
        return terms, weights
    count = int(unit.max()) + 1 if len(unit) else 0
    mass = np.ones(len(terms)) if weights is None else weights
    present = np.bincount(unit, minlength=count) > 0
    return (
        np.bincount(unit, terms.astype(np.float64), count)[present],
        np.bincount(unit, mass.astype(np.float64), count)[present],
    )


def _weighted(values: HostArray, sample: HostArray | None) -> HostArray:
    return values if sample is None else np.where(sample == 0, 0.0, values * sample)


def _bins(confidence: HostArray, correct: HostArray) -> tuple[Bin, ...]:
    places = np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1)
    rows = np.bincount(places, minlength=BINS)
    hits = np.bincount(places[correct], minlength=BINS)
    return tuple(
        Bin(int(rows[at]), int(hits[at]), exact_sum(confidence[places == at]) if rows[at] else 0)
        for at in range(BINS)
    )
