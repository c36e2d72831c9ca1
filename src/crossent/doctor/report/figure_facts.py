"""What the pictures of a report show, collected in one pass over the rows, block by block.

The checks read other facts, of every row and whatever the loss is. These are the numbers of a loss
that can be computed, of the rows where it can. What is kept does not grow with the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.api import categorical_crossentropy, sparse_categorical_crossentropy
from crossent.core.blocks import ELEMENTS
from crossent.doctor.case import Case
from crossent.doctor.report.histogram import Histogram
from crossent.doctor.report.mistakes import Confusions, Hardest
from crossent.doctor.report.reliability import Reliability
from crossent.doctor.report.row_sums import RowSums
from crossent.stream.walk import Rows

HostArray = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

HARDEST: Final = 10


@dataclass
class View:
    """One pass over predictions with the classes last, and their labels.

    Parameters
    ----------
    classes : int
    from_logits : bool
        How the predictions are read.
    binary : bool
        Whether the rows are the two classes of binary predictions, which always sum to 1.

    Examples
    --------
    >>> view = View(classes=2, from_logits=True)
    >>> view.add(np.array([[2.0, 0.0], [3.0, 0.0]]), np.array([0, 1]))
    >>> view.losses.total, view.reliability.accuracy, view.hardest.rows[0].row
    (2, 0.5, 1)
    """

    classes: int
    from_logits: bool
    binary: bool = False
    rows: int = 0
    losses: Histogram = field(default_factory=Histogram)
    reliability: Reliability = field(default_factory=Reliability)
    hardest: Hardest = field(default_factory=lambda: Hardest(HARDEST))
    row_sums: RowSums = field(default_factory=RowSums)
    confusions: Confusions = field(init=False)

    def __post_init__(self) -> None:
        self.confusions = Confusions(self.classes)

    def add(
        self, block: HostArray, labels: Ints | None, keep: HostArray | None = None,
        targets: HostArray | None = None,
    ) -> None:  # fmt: skip
        """Note rows.

        Parameters
        ----------
        block : ndarray of float, shape (n, C)
        labels : ndarray of int64, shape (n,), or None
            The class of each row. Rows whose label is no class are left out.
        keep : ndarray of bool, shape (n,), or None
            False where a row is ignored or has no weight.
        targets : ndarray, shape (n, C), or None
            What `labels` is the largest of, where the labels are distributions.
        """
        numbers = np.arange(self.rows, self.rows + len(block))
        self.rows += len(block)
        if not self.from_logits and not self.binary:
            self.row_sums.add(block)
        if labels is None or not len(block):
            return
        chosen = (labels >= 0) & (labels < self.classes)
        if keep is not None:
            chosen &= keep
        x, labels, numbers = block[chosen], labels[chosen], numbers[chosen]
        if targets is not None:
            targets = targets[chosen]
        losses = self._losses(x, labels, targets)
        self.losses.add(losses)
        sound = ~np.isnan(losses)
        x, labels, numbers, losses = x[sound], labels[sound], numbers[sound], losses[sound]
        if not len(x):
            return
        p = _softmax(x) if self.from_logits else x.astype(np.float64)
        predicted = p.argmax(axis=-1)
        every = np.arange(len(p))
        self.reliability.add(np.clip(p[every, predicted], 0, 1), predicted == labels)
        self.confusions.add(labels, predicted)
        self.hardest.add(numbers, labels, predicted, p[every, labels], losses)

    def add_rows(self, rows: Rows) -> None:
        """Note rows, or binary predictions, each of which is taken for a row of two classes."""
        if not self.binary:
            if self.classes > 1:
                self.add(rows.x, rows.labels, rows.keep, rows.targets)
            return
        if rows.labels is None or rows.keep is None:
            return
        for at in range(0, len(rows.x), ELEMENTS):
            some = slice(at, at + ELEMENTS)
            one = rows.x[some].astype(np.float64)
            zero = np.zeros_like(one) if self.from_logits else 1 - one
            self.add(np.stack([zero, one], axis=-1), rows.labels[some], rows.keep[some])

    def _losses(self, x: HostArray, labels: Ints, targets: HostArray | None) -> HostArray:
        """Return the loss of each row; NaN where there is none."""
        options: dict[str, Any] = {
            "from_logits": self.from_logits, "reduction": "none", "validate": "off",
        }  # fmt: skip
        if targets is None:
            return np.asarray(sparse_categorical_crossentropy(labels, x, **options))
        return np.asarray(categorical_crossentropy(targets, x, **options))


def views_of(case: Case) -> tuple[View, ...]:
    """Return what to collect for the pictures: one view, or two while it is not known which."""
    binary = case.layout == "elements"
    if case.p is None or case.p.kind not in "fV":
        return ()
    if not binary and (case.loss.kind == "binary" or not case.has_class_axis):
        return ()
    classes = 2 if binary else case.p.shape[case.axis]
    readings = (True, False) if case.reading is None else (case.reads_logits,)
    return tuple(View(classes, from_logits, binary) for from_logits in readings)


def _softmax(x: HostArray) -> HostArray:
    wide = x.astype(np.float64)
    p = np.exp(wide - wide.max(axis=-1, keepdims=True))
    return np.asarray(p / p.sum(axis=-1, keepdims=True))
