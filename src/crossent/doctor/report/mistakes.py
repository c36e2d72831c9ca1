"""Where predictions are wrong: the pairs of classes that are confused, and the hardest rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_PAIRS: Final = 2**18
"""How many different pairs are counted; more are only possible with over 512 classes."""


@dataclass
class Confusions:
    """How often each class was taken for each other one."""

    classes: int
    pairs: Counter[tuple[int, int]] = field(default_factory=Counter)  # (label, predicted)
    total: int = 0  # rows that are wrong
    lost: int = 0  # of those, rows of pairs that are not counted

    def add(self, labels: Ints, predicted: Ints) -> None:
        """Count rows; right ones are left out."""
        wrong = labels != predicted
        codes, counts = np.unique(
            labels[wrong] * self.classes + predicted[wrong], return_counts=True
        )
        self.total += int(counts.sum())
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            pair = divmod(code, self.classes)
            if pair in self.pairs or len(self.pairs) < MOST_PAIRS:
                self.pairs[pair] += count
            else:
                self.lost += count

    def worst(self, most: int) -> list[tuple[int, int, int]]:
        """Return (label, predicted, rows) of the most frequent pairs; ties by class."""
        ordered = sorted(self.pairs.items(), key=lambda item: (-item[1], item[0]))
        return [(*pair, count) for pair, count in ordered[:most]]


@dataclass(frozen=True)
class HardRow:
    """A row with one of the largest losses."""

    row: int
    label: int
    predicted: int
    at_label: float  # probability
    loss: float


@dataclass
class Hardest:
    """The rows with the largest losses; of equal losses the first rows."""

    most: int
    rows: list[HardRow] = field(default_factory=list)

    def add(
        self, numbers: Ints, labels: Ints, predicted: Ints, at_label: npt.NDArray[Any],
        losses: npt.NDArray[Any],
    ) -> None:  # fmt: skip
        """Look at rows; none of the losses is NaN."""
        if len(losses) > self.most:
            bound = np.partition(losses, len(losses) - self.most)[len(losses) - self.most]
            # All that lie above the bound, and as many of those on it as there is room for.
            above = np.flatnonzero(losses > bound)
            chosen = np.concatenate([above, np.flatnonzero(losses == bound)[: self.most]])
        else:
            chosen = np.arange(len(losses))
        self.rows += [
            HardRow(
                int(numbers[i]), int(labels[i]), int(predicted[i]), float(at_label[i]),
                float(losses[i]),
            )
            for i in chosen
        ]  # fmt: skip
        self.rows.sort(key=lambda row: (-row.loss, row.row))
        del self.rows[self.most :]
