"""Whether the confidence of predictions can be trusted: confidence against accuracy, in bins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BINS: Final = 15


@dataclass
class Reliability:
    """Rows counted by the probability of the class that they predict.

    A model is calibrated if 80 % of the rows that it predicts with a probability of 80 % are right.
    The calibration error is the mean distance of confidence and accuracy over the bins, weighted
    with their rows (Guo et al. 2017, *On calibration of modern neural networks*).

    Examples
    --------
    >>> seen = Reliability()
    >>> seen.add(np.array([0.9, 0.9, 0.9, 0.9]), np.array([True, True, True, False]))
    >>> round(seen.error, 6)
    0.15
    """

    rows: Ints = field(default_factory=lambda: np.zeros(BINS, np.int64))
    right: Ints = field(default_factory=lambda: np.zeros(BINS, np.int64))
    confidence: Floats = field(default_factory=lambda: np.zeros(BINS))  # sums

    def add(self, confidence: npt.NDArray[Any], correct: npt.NDArray[np.bool_]) -> None:
        """Count rows; a confidence lies in [0, 1]."""
        # A bin is open below and closed above, so that 1 lies in the last one.
        place = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
        self.rows += np.bincount(place, minlength=BINS)
        self.right += np.bincount(place[correct], minlength=BINS)
        self.confidence += np.bincount(place, weights=confidence, minlength=BINS)

    @property
    def total(self) -> int:
        """Rows counted."""
        return int(self.rows.sum())

    @property
    def error(self) -> float:
        """The expected calibration error; NaN without rows."""
        if not self.total:
            return float("nan")
        return float(np.abs(self.right - self.confidence).sum() / self.total)

    @property
    def mean_confidence(self) -> float:
        """Mean probability of the predicted class; NaN without rows."""
        return float(self.confidence.sum() / self.total) if self.total else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of rows whose predicted class is the label; NaN without rows."""
        return float(self.right.sum() / self.total) if self.total else float("nan")
