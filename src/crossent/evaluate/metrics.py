"""Which class a row of predictions puts first, and how high it puts the right one.

Classes with the same prediction are ordered by their number, the lower one first; a class whose
prediction is NaN stands before every other, so that a row that holds NaN is never right.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import flat_rows, row_blocks

HostArray = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def label_ranks(scores: HostArray, labels: Ints, mask: HostArray | None) -> Ints:
    """Count, for every row, the classes that stand before the label.

    Parameters
    ----------
    scores : ndarray, shape (..., C)
        Logits or probabilities.
    labels : ndarray of int64, shape (...)
        In range.
    mask : ndarray of bool or None
        Of shape (C,), or the shape of `scores`; classes that are False are not counted.
    """
    rows, classes = scores.shape[:-1], scores.shape[-1]
    ranks = np.empty(rows, np.int64)
    numbers = np.arange(classes)
    for block in row_blocks(rows, classes):
        part = flat_rows(scores, block)
        label = labels[block].reshape(-1, 1)
        own = np.take_along_axis(part, label, axis=-1)
        with np.errstate(invalid="ignore"):
            before = ~(part <= own) | ((part == own) & (numbers < label))
        if mask is not None:
            before &= mask if mask.ndim == 1 else flat_rows(mask, block)
        count = np.count_nonzero(before, axis=-1)
        # A label whose own prediction is NaN ranks last, whatever its number.
        count = np.where(np.isnan(own[:, 0]), classes, count)
        ranks[block] = count.reshape(ranks[block].shape)
    return ranks


def first_class(scores: HostArray, mask: HostArray | None = None) -> Ints:
    """Return the class with the highest score; the lowest number among equal ones.

    A row that holds NaN gives -1.
    """
    wide = scores.astype(np.float64)
    if mask is not None:
        wide = np.where(mask, wide, -np.inf)
    best: Ints = wide.argmax(axis=-1)
    return np.where(np.isnan(wide).any(axis=-1), -1, best)


def says_one(scores: HostArray, from_logits: bool) -> Bools:
    """Whether a prediction of binary cross-entropy stands for 1: more than even odds."""
    with np.errstate(invalid="ignore"):
        one: Bools = scores > (0.0 if from_logits else 0.5)
    return one
