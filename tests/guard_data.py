"""A small task that any model learns, and faults to put into one of its batches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROWS, FEATURES, CLASSES, BATCH = 320, 8, 5, 32
BAD_BATCH = 6  # counted from 0


def task() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Points around one centre for each class."""
    rng = np.random.default_rng(7)
    labels = np.arange(ROWS) % CLASSES
    rng.shuffle(labels)
    centres = rng.normal(size=(CLASSES, FEATURES))
    points = centres[labels] + 0.3 * rng.normal(size=(ROWS, FEATURES))
    return points.astype(np.float32), labels.astype(np.int64)


def bad_rows() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """The task with one NaN in the input, in row 5 of the bad batch."""
    points, labels = task()
    points[BAD_BATCH * BATCH + 5, 2] = np.nan
    return points, labels


def bad_labels() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """The task with one label, in row 3 of the bad batch, that is no class."""
    points, labels = task()
    labels[BAD_BATCH * BATCH + 3] = CLASSES + 2
    return points, labels
