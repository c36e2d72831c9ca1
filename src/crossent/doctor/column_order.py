"""Whether the columns of predictions stand in another order than the labels.

The order under which most rows are right is found by an assignment of labels to columns. It is
believed only where three things hold: it beats the given order by more than the choice among so
many orders explains, it is right in most rows that it moves, and the predictions are then so sure
of the right class that they must have been trained. A network of random weights may map every
class to a column of its own, but it is not sure of it; or it is far less sure than it is right,
where every class lies alone in space. A row that is there twice speaks once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

UNSURE: Final = 0.05
"""This share of every prediction is spread over the classes, so that no mistake costs all."""

HARD: Final = 0.9
"""From this share of rows that are exactly one-hot, as a tree's, it is the accuracy that counts."""

KEPT: Final = 5
"""So many classes in the right place are no chance: a random order keeps one on average."""

FEW: Final = 5
"""Random weights do give so few classes a column each, where the data lie far apart."""

MANY: Final = 8
"""Of so many classes random weights seldom give each a column of its own."""

MOST: Final = 10
"""Nor, but for few mistakes, of so many: then the probabilities may say what they like."""

CALIBRATED: Final = 0.2
"""A trained model makes about the mistakes that its probabilities say, at least this share."""

FEW_ROWS: Final = 40
"""Of so few rows that cannot be told."""

SURE: Final = 0.9
"""Skill that few classes must show where it cannot be told, or where there are fewer mistakes."""

MIXER: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number that spreads the bits of what it is multiplied with."""

TOLD_APART: Final = 4096
"""So many different rows are evidence enough; the rows after them are not compared."""

LOST: Final = 0.15
"""Classes of this share of the rows may be known as badly as they like."""

ODDS: Final = math.log(1000)
"""How much more unlikely than by chance an order must be, beside the number of orders."""


class TopScores:
    """For each label and each column that was predicted: rows, and what they cost.

    Of a row only the predicted column and its probability count; the other columns share the rest.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.hard = 0  # rows that give the predicted column all
        self.voted = 0  # rows that look alike by nature, as of trees and neighbours
        self.doubt = 0.0  # mistakes that the probabilities lead to expect
        self.distinct: Ints = np.zeros((classes, classes), np.int64)  # as rows, repeats left out
        self._known = np.zeros(0, np.uint64)
        self.rows: Ints = np.zeros((classes, classes), np.int64)
        self.right: Floats = np.zeros((classes, classes))  # cost if the column is the label's
        self.wrong: Floats = np.zeros((classes, classes))  # cost if it is another's

    def add(self, labels: Ints, top: Ints, probability: Floats, value: Bits, voted: Bools) -> None:
        """Note rows.

        Parameters
        ----------
        labels, top, probability : ndarray, shape (n,)
            The label, the predicted column and its probability.
        value : ndarray of uint64, shape (n,)
            Of all predictions of a row: two rows of one value are the same row.
        voted : ndarray of bool, shape (n,)
            Whether some column gets exactly nothing, or all get whole numbers; then different rows
            may look the same.
        """
        n = self.classes
        cells = labels * n + top
        sure = (1 - UNSURE) * np.clip(probability, 0, 1) + UNSURE / n
        rest = (1 - sure) / max(1, n - 1)
        self.hard += int(np.count_nonzero(probability == 1))
        self.voted += int(np.count_nonzero(voted))
        self.doubt += float(len(sure) - np.clip(probability, 0, 1).sum())
        fresh = voted | self._fresh(cells, value)
        self.distinct += np.bincount(cells[fresh], minlength=n * n).reshape(n, n)
        self.rows += np.bincount(cells, minlength=n * n).reshape(n, n)
        self.right -= np.bincount(cells, np.log(sure), n * n).reshape(n, n)
        self.wrong -= np.bincount(cells, np.log(rest), n * n).reshape(n, n)

    def _fresh(self, cells: Ints, value: Bits) -> Bools:
        """Tell which rows were not there before."""
        fresh = np.ones(len(cells), bool)
        if len(self._known) < TOLD_APART:
            keys, first = np.unique(value * MIXER + cells.astype(np.uint64), return_index=True)
            new = ~np.isin(keys, self._known)
            fresh[:] = False
            fresh[first[new]] = True
            self._known = np.concatenate([self._known, keys[new]])
        return fresh

    def skill(self, order: Ints) -> tuple[float, float]:
        """What is saved of the entropy of the labels if `order[c]` is the column of label c.

        1 is a perfect model, 0 one that knows nothing but how frequent each label is. The first
        number is of all classes, the second of the worst but for those that are lost. No class
        counts for more than its fair share of the rows: a network of random weights often maps a
        few classes that fill the data to columns of their own, but not most classes.
        """
        at = np.arange(self.classes), order
        counts = self.rows.sum(axis=1)
        there = counts > 0
        fair = counts.sum() / np.count_nonzero(there)
        if self.hard > HARD * counts.sum():
            right = float(self.rows[at].sum() / counts.sum())
            cost = np.full(int(there.sum()), _cost_of_accuracy(right, self.classes))
        else:
            each = self.wrong.sum(axis=1) - self.wrong[at] + self.right[at]
            cost = each[there] / counts[there]
        weight = np.minimum(counts[there], fair)
        share = weight / weight.sum()
        entropy = float(-(share * np.log(share)).sum())
        if not entropy:
            return 0.0, 0.0
        from_worst = cost.argsort()[::-1]
        lost = np.cumsum(share[from_worst]) <= LOST
        worst = cost[from_worst][~lost].max(initial=-math.inf)
        return 1 - float((share * cost).sum()) / entropy, 1 - float(worst) / entropy


def _cost_of_accuracy(right: float, classes: int) -> float:
    """Return what predictions cost that give their share of right rows as their probability."""
    if right in (0, 1):
        return (1 - right) * math.log(max(2, classes))
    wrong = 1 - right
    return -right * math.log(right) - wrong * math.log(wrong / max(1, classes - 1))


@dataclass(frozen=True)
class Reordered:
    """Another order of the columns, and what it changes."""

    order: tuple[int, ...]  # order[c] is the column of label c
    moved: tuple[int, ...]  # labels whose column is another
    given: int  # rows that are right in the given order
    best: int
    rows: int
    skill: float  # of the predictions in this order
    worst: float  # of the class that is known least
    matched: int  # labels that are right in most of their rows in this order
    kept: int  # labels that are right in most of their rows as it is
    classes: int  # that occur
    calibrated: bool  # about as often wrong in this order as the probabilities say, or votes
    unknown: tuple[int, ...] = ()  # moved, but no row tells where to

    @property
    def trained(self) -> bool:
        """Whether the predictions know so much that no network of random weights gives them."""
        if self.kept >= KEPT:
            return self.skill >= 0.3
        if self.classes >= MANY and self.matched == self.classes:
            if self.calibrated and self.skill >= 0.4:
                return True
            if self.classes >= MOST and self.best >= 0.9 * self.rows:
                return True
        if self.classes <= FEW and not self.calibrated and self.skill < SURE:
            return False
        if self.classes <= FEW:
            return self.worst >= 0.4 and self.skill >= (0.65 if self.classes == 2 else 0.6)
        return self.worst >= 0.2 and self.skill >= 0.6

    @property
    def likely(self) -> bool:
        """Whether they know more than most networks of random weights do."""
        sure = self.classes >= MANY and self.skill >= 0.55
        return self.trained or sure or (self.worst >= 0 and self.skill >= 0.25 + 0.6 / self.classes)


def best_order(scores: TopScores) -> Reordered | None:
    """Return the order that the rows speak for; None if it is the given one, or none is sure."""
    rows = scores.rows
    total = int(rows.sum())
    diagonal = rows.diagonal()
    counts = rows.sum(axis=1)
    other = np.where(np.eye(len(rows), dtype=bool), 0, rows).max(axis=1, initial=0)
    if not (2 * other > counts).any():
        return None
    found = assignment(rows)
    order = np.arange(scores.classes)
    for cycle in _cycles(found):
        if _believed(scores, cycle, found[cycle]):
            order[cycle] = found[cycle]
    moved = np.flatnonzero(order != np.arange(scores.classes))
    if not len(moved):
        return None
    kept = int(np.count_nonzero((2 * diagonal > counts) & (order == np.arange(len(order)))))
    best = rows[np.arange(scores.classes), order]
    return Reordered(
        tuple(order.tolist()), tuple(moved.tolist()), int(diagonal.sum()), int(best.sum()), total,
        *scores.skill(order), int(np.count_nonzero(2 * best > counts)), kept,
        int(np.count_nonzero(counts)),
        2 * scores.voted > total
        or (total > FEW_ROWS and 1 + total - best.sum() >= CALIBRATED * scores.doubt),
        tuple(c for c in moved.tolist() if not best[c]),
    )  # fmt: skip


def _believed(scores: TopScores, cycle: Ints, columns: Ints) -> bool:
    """Whether moving these labels to these columns is better by more than the choice explains."""
    rows, distinct = scores.rows, scores.distinct
    after = int(rows[cycle, columns].sum())
    if np.count_nonzero(rows[cycle, columns]) < 2:
        return False  # one class taken for one that does not occur
    before = int(rows[cycle, cycle].sum())
    if after < 0.5 * rows[cycle].sum():
        return False
    both = after + before
    share = after / both
    if share < 0.75:
        return False
    # The chance of so many of them one way, if both ways were as likely: a Chernoff bound.
    surprise = both * math.log(2)
    if before:
        surprise += after * math.log(share) + before * math.log(1 - share)
    different = int(distinct[cycle, columns].sum() + distinct[cycle, cycle].sum())
    if distinct.sum(axis=1).max() == 1:
        different = both  # one row for each class, as of a perfect model: no data are there twice
    return surprise * different / both > ODDS + len(cycle) * math.log(len(rows))


def _cycles(order: Ints) -> Iterator[Ints]:
    """Yield the labels of each cycle of an order that is longer than one."""
    seen = order == np.arange(len(order))
    for first in range(len(order)):
        cycle = []
        while not seen[first]:
            seen[first] = True
            cycle.append(first)
            first = int(order[first])
        if cycle:
            yield np.array(cycle)


def assignment(gain: Ints) -> Ints:
    """Give each row a column of its own so that the sum is the largest; ties keep their place.

    The Hungarian method with potentials: a row at a time, along the cheapest way.
    """
    n = len(gain)
    cost = -(gain * (n + 1) + np.eye(n, dtype=np.int64))
    far = np.iinfo(np.int64).max // 4
    of_row, of_column = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    owner, came = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for row in range(1, n + 1):
        owner[0], at = row, 0
        least = np.full(n + 1, far)
        done = np.zeros(n + 1, bool)
        while owner[at]:
            done[at] = True
            line = owner[at]
            step = cost[line - 1] - of_row[line] - of_column[1:]
            better = np.flatnonzero(~done[1:] & (step < least[1:])) + 1
            least[better], came[better] = step[better - 1], at
            at_next = int(np.where(done, far, least).argmin())
            shift = least[at_next]
            of_row[owner[done]] += shift
            of_column[done] -= shift
            least[~done] -= shift
            at = at_next
        while at:
            before = came[at]
            owner[at] = owner[before]
            at = int(before)
    order = np.empty(n, np.int64)
    order[owner[1:] - 1] = np.arange(n)
    return order


def value_of(*numbers: Floats) -> Bits:
    """Return one number for every row that tells apart rows of which these differ in any bit."""
    value = np.zeros(len(numbers[0]), np.uint64)
    for number in numbers:
        value = (value ^ number.astype(np.float64).view(np.uint64)) * MIXER
        value ^= value >> np.uint64(29)
    return value
