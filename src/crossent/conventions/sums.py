"""Sums of the rows' losses under several rules at once, piece by piece."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from crossent.compat.rules.classes import HostArray
from crossent.conventions.table import Divisor, Losses


@dataclass
class Sums:
    """The sums of the rows under each rule, and the numbers that may divide them."""

    rules: Mapping[str, Losses]
    ignore: tuple[int | float, ...] = ()
    class_weight: HostArray | None = None
    plain: dict[str, float] = field(default_factory=dict)
    sample: dict[str, float] = field(default_factory=dict)
    by_class: dict[str, float] = field(default_factory=dict)
    shifted: float = 0.0
    shifted_rows: int = 0
    rows: int = 0
    kept: int = 0  # not ignored
    first: int = 0
    classes: int = 0
    sample_weight: float = 0.0
    label_weight: float = 0.0

    def add(self, target: HostArray, given: HostArray, weight: HostArray | None) -> None:
        """Add a piece: labels or distributions, predictions with the classes last, weights."""
        dense = target.ndim == given.ndim
        # Binary targets have the shape of the predictions, and become two classes.
        losses = {name: rule(given, given.dtype.name) for name, rule in self.rules.items()}
        classes = next(iter(losses.values())).shape[-1]
        rows = next(iter(losses.values())).shape[:-1]
        kept = np.ones(rows, bool)
        if dense and rows == target.shape:  # binary
            kept = ~np.isin(target, self.ignore)
            target = np.where(kept, target, 0).astype(np.float64)
            target = np.stack([1 - target, target], axis=-1)
        elif not dense:
            target = target.reshape(rows)
            kept = ~np.isin(target, self.ignore)
            target = np.where(kept, target, 0).astype(np.int64)
        sample = np.ones(rows) if weight is None else _on_rows(weight, rows)
        of_label = self._label_weights(target, classes)
        for name, matrix in losses.items():
            row = np.where(kept, _row_losses(matrix, target), 0.0)
            _add(self.plain, name, row)
            _add(self.sample, name, np.where(sample != 0, row, 0.0) * sample)
            _add(self.by_class, name, np.where(of_label != 0, row, 0.0) * of_label)
        if "softmax" in losses and given.ndim == 3 and not dense:
            self._shift(losses["softmax"], target, kept)
        self.rows += kept.size
        self.classes = classes
        self.kept += int(np.count_nonzero(kept))
        self.first += len(given)
        self.sample_weight += float(sample[kept].sum())
        self.label_weight += float(of_label[kept].sum())

    def value(self, rule: str, divisor: Divisor) -> float:
        """Return the number that a rule and a divisor give; NaN where that is 0/0."""
        total, by = {
            "sum": (self.plain[rule], 1.0),
            "sample sum": (self.sample[rule], 1.0),
            "class sum": (self.by_class[rule], 1.0),
            "kept": (self.plain[rule], self.kept),
            "all": (self.plain[rule], self.rows),
            "first": (self.plain[rule], self.first),
            "entries": (self.plain[rule], self.kept * self.classes),
            "sample": (self.sample[rule], self.sample_weight),
            "sample/kept": (self.sample[rule], self.kept),
            "class": (self.by_class[rule], self.label_weight),
            "class/kept": (self.by_class[rule], self.kept),
        }[divisor]
        return total / by if by else math.nan

    def _label_weights(self, target: HostArray, classes: int) -> HostArray:
        if self.class_weight is None:
            return np.ones(target.shape if target.dtype.kind == "i" else target.shape[:-1])
        if target.dtype.kind == "i":
            return np.asarray(self.class_weight[target])
        return np.asarray(target @ self.class_weight)

    def _shift(self, matrix: HostArray, target: HostArray, kept: HostArray) -> None:
        """The labels of the next place of a sequence."""
        both = kept[:, 1:]
        row = _row_losses(matrix[:, :-1], target[:, 1:])
        self.shifted += float(np.where(both, row, 0.0).sum())
        self.shifted_rows += int(np.count_nonzero(both))


def _row_losses(matrix: HostArray, target: HostArray) -> HostArray:
    if target.ndim == matrix.ndim:
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(target == 0, 0.0, target * matrix).sum(axis=-1))
    return np.take_along_axis(matrix, target[..., None], axis=-1)[..., 0]


def _on_rows(weight: HostArray, rows: tuple[int, ...]) -> HostArray:
    shape = weight.shape + (1,) * (len(rows) - weight.ndim)
    return np.broadcast_to(weight.reshape(shape).astype(np.float64), rows)


def _add(sums: dict[str, float], name: str, values: HostArray) -> None:
    with np.errstate(invalid="ignore"):
        sums[name] = sums.get(name, 0.0) + float(values.sum())
