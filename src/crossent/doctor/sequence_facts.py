"""Facts about labels and predictions along sequences, from a sample of bounded size."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

HostArray = npt.NDArray[Any]

SHIFTS: Final = (-1, 0, 1, 2)
COPIES: Final = 0.9
"""The share of right predictions from which a model of texts copies what it was fed."""


@dataclass
class ShiftFacts:
    """The mean loss if the labels are moved along the sequence by -1, 0, 1 or 2 places."""

    count: int = 0
    sums: dict[int, float] = field(default_factory=lambda: dict.fromkeys(SHIFTS, 0.0))
    hits: dict[int, int] = field(default_factory=lambda: dict.fromkeys(SHIFTS, 0))
    next_sum: float = 0.0  # of the losses of the next labels, wherever there is one
    next_count: int = 0
    is_whole: bool = True  # whether these are all rows

    @property
    def next_mean(self) -> float:
        """The mean loss of the next labels, as transformers has it; NaN if not all were seen."""
        whole = self.is_whole and self.next_count
        return self.next_sum / self.next_count if whole else math.nan

    def add(self, x: HostArray, y: HostArray, ignore: tuple[int | float, ...], log: bool) -> None:
        """Note sequences: x of shape (n, L, C), y of shape (n, L).

        Only places whose label differs from both neighbours are counted: where a token repeats,
        every shift is as good.
        """
        length, classes = y.shape[1], x.shape[-1]
        values = x.astype(np.float64)
        if log:
            with np.errstate(divide="ignore"):
                logp = np.log(np.maximum(values, 1e-30))
        else:
            peak = values.max(axis=-1, keepdims=True)
            logp = values - peak - np.log(np.exp(values - peak).sum(axis=-1, keepdims=True))
        self._add_next(logp, y, ignore)
        if length < 5:
            return
        places = np.arange(1, length - 2)
        good = np.ones((len(y), len(places)), dtype=bool)
        for shift in SHIFTS:
            moved = y[:, places + shift]
            good &= (moved >= 0) & (moved < classes)
            for value in ignore:
                good &= moved != value
            if shift:
                good &= moved != y[:, places]
        good &= np.isfinite(logp[:, places]).all(axis=-1)
        self.count += int(np.count_nonzero(good))
        row, place = np.nonzero(good)
        highest = logp[row, places[place]].argmax(axis=-1)
        for shift in SHIFTS:
            labels = y[row, places[place] + shift].astype(np.int64)
            self.sums[shift] -= float(logp[row, places[place], labels].sum())
            self.hits[shift] += int(np.count_nonzero(highest == labels))

    def _add_next(self, logp: HostArray, y: HostArray, ignore: tuple[int | float, ...]) -> None:
        after = y[:, 1:]
        kept = (after >= 0) & (after < logp.shape[-1]) & ~np.isin(after, ignore)
        row, place = np.nonzero(kept)
        self.next_sum -= float(logp[row, place, after[kept].astype(np.int64)].sum())
        self.next_count += len(row)

    def mean(self, shift: int) -> float:
        """The mean loss at a shift."""
        return self.sums[shift] / self.count if self.count else np.nan

    @property
    def best(self) -> int:
        """The shift of the smallest loss."""
        return min(SHIFTS, key=lambda shift: self.sums[shift])

    def stands_out(self, own: Collection[int]) -> bool:
        """Whether the best shift is better than every other one, and not only than a bad one.

        A model that is wrong in one way all over gets better by any shift. `own` are those that
        the loss may have.
        """
        best = self.mean(self.best)
        gain = min(map(self.mean, own)) - best
        return all(
            self.mean(shift) - best > gain / 2
            for shift in SHIFTS
            if shift != self.best and shift not in own
        )

    def is_copy(self, shift: int) -> bool:
        """Whether nearly every prediction is the label of a shift, as no text can be predicted."""
        return self.hits[shift] >= COPIES * self.count


class SuffixFacts(NamedTuple):
    """How one label value stands in the rows of a matrix of labels."""

    value: int
    rows: int
    suffix: int  # rows where it is one run of two or more at the end, and nowhere else
    places: int


@dataclass
class Endings:
    """Which label values fill the ends of the rows of a matrix of labels."""

    rows: int = 0
    suffixes: Counter[float] = field(default_factory=Counter)  # rows by the value at their end

    def add(self, y: HostArray) -> None:
        """Note rows of labels, shape (n, L)."""
        here = y == y[:, -1:]
        counts = np.count_nonzero(here, axis=1)
        # The number of trailing values: the length where all of them are.
        ends = np.argmin(here[:, ::-1], axis=1)
        ends = np.where(here.all(axis=1), y.shape[1], ends)
        self.rows += len(y)
        found = (ends == counts) & (ends >= 2) & (ends < y.shape[1])
        values, numbers = np.unique(y[found, -1], return_counts=True)
        self.suffixes.update(dict(zip(values.tolist(), numbers.tolist(), strict=True)))

    def of(self, value: int, places: int) -> SuffixFacts:
        """Return how a value that occurs so often stands."""
        return SuffixFacts(value, self.rows, self.suffixes[value], places)


@dataclass
class TokenFacts:
    """Labels beside the ids that were fed to the model, shape (n, L) both."""

    count: int = 0  # places with a label
    same: int = 0
    previous: int = 0  # labels[t] == input_ids[t + 1]
    repeated: int = 0  # input_ids[t] == input_ids[t + 1]
    masked_eos: int = 0
    kept_eos: int = 0
    suffix_masked: int = 0  # rows whose ignored places are one run at the end
    rows: int = 0

    @property
    def are_input(self) -> bool:
        """Whether the labels are the ids."""
        return self.count > 0 and self.same == self.count

    @property
    def are_next(self) -> bool:
        """Whether the labels are the ids that come next."""
        return self.count > 0 and self.previous == self.count

    def add(
        self, y: HostArray, ids: HostArray, ignore: tuple[int | float, ...], eos: int | None
    ) -> None:
        """Note rows of labels and of ids."""
        kept = np.ones(y.shape, dtype=bool)
        for value in ignore:
            kept &= y != value
        inner = kept[:, :-1]
        self.count += int(np.count_nonzero(inner))
        self.same += int(np.count_nonzero((y == ids)[:, :-1] & inner))
        self.previous += int(np.count_nonzero((y[:, :-1] == ids[:, 1:]) & inner))
        self.repeated += int(np.count_nonzero((ids[:, :-1] == ids[:, 1:]) & inner))
        masked = np.count_nonzero(~kept, axis=1)
        ends = np.argmax(kept[:, ::-1], axis=1)
        self.rows += len(y)
        self.suffix_masked += int(np.count_nonzero((ends == masked) & (masked > 0)))
        if eos is not None:
            self.masked_eos += int(np.count_nonzero((ids == eos) & ~kept))
            self.kept_eos += int(np.count_nonzero((ids == eos) & kept))


@dataclass(frozen=True)
class AxisFit:
    """How well the labels fit if the classes lie on this axis, on a sample."""

    axis: int
    loss: float
    accuracy: float


def fit_axis(x: HostArray, y: HostArray, axis: int, log: bool) -> AxisFit:
    """Return the mean loss and accuracy with the classes on an axis."""
    moved = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]).astype(np.float64)
    labels = y.reshape(-1)
    good = (labels >= 0) & (labels < moved.shape[-1])
    moved, labels = moved[good], labels[good].astype(np.int64)
    if not len(labels):
        return AxisFit(axis, np.nan, np.nan)
    chosen = moved[np.arange(len(labels)), labels]
    peak = moved.max(axis=-1)
    if log:
        losses = -np.log(np.maximum(chosen, 1e-30))
    else:
        losses = peak + np.log(np.exp(moved - peak[:, None]).sum(axis=-1)) - chosen
    return AxisFit(axis, float(losses.mean()), float((chosen == peak).mean()))
