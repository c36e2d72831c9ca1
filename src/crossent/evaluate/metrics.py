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


def facts_by_operations(
    scores: HostArray, labels: Ints, mask: HostArray | None, logits: bool
) -> dict[str, HostArray]:
    """Return what kernels tell of rows (:meth:`crossent.kernels.rows.Rows.facts`), by NumPy.

    Parameters
    ----------
    scores : ndarray, shape (..., C)
    labels : ndarray of int64, shape (...)
        In range.
    mask : ndarray of bool or None
        Of shape (C,), or the shape of `scores`; classes that are False do not exist.
    logits : bool
        Whether the scores are logits, and no probabilities.
    """
    rows, classes = scores.shape[:-1], scores.shape[-1]
    names = ("log_prob", "entropy", "squares", "lse", "first_class")
    found = {name: np.empty(rows, np.float64) for name in names}
    for block in row_blocks(rows, classes):
        part = flat_rows(scores, block).astype(np.float64)
        if mask is not None:
            own_mask = mask if mask.ndim == 1 else flat_rows(mask, block)
            part = np.where(own_mask, part, -np.inf if logits else 0.0)
        place = found["lse"][block].shape
        own = np.take_along_axis(part, labels[block].reshape(-1, 1), axis=-1)[:, 0]
        with np.errstate(all="ignore"):
            lse = np.zeros(len(part))
            if logits:
                top = part.max(axis=-1, keepdims=True)
                top = np.where(np.isfinite(top), top, 0.0)
                lse = np.log(np.exp(part - top).sum(axis=-1)) + top[:, 0]
                log_p = part - lse[:, None]
            else:
                log_p = np.log(part)
            p = np.exp(log_p) if logits else part
            entropy = -np.where(p > 0, p * log_p, np.where(p == 0, 0.0, p)).sum(axis=-1)
            log_prob = own - lse if logits else np.log(own)
            squares = (p * p).sum(axis=-1)
        numbers = {"log_prob": log_prob, "entropy": entropy, "squares": squares, "lse": lse}
        for name, values in numbers.items():
            found[name][block] = values.reshape(place)
        shown = part if mask is None else np.where(own_mask, part, -np.inf)
        found["first_class"][block] = first_class(shown).reshape(place)
    first = found.pop("first_class").astype(np.int64)
    return {**found, "first_class": first, "rank": label_ranks(scores, labels, mask)}


def brier_rest(
    scores: HostArray, targets: HostArray, mask: HostArray | None, lse: HostArray | None
) -> HostArray:
    """Return Σ q² − 2 Σ p q of rows whose targets are distributions; `lse`: of logits."""
    rows, classes = scores.shape[:-1], scores.shape[-1]
    found = np.empty(rows, np.float64)
    for block in row_blocks(rows, classes):
        p = flat_rows(scores, block).astype(np.float64)
        q = flat_rows(targets, block).astype(np.float64)
        if lse is not None:
            p = np.exp(p - lse[block].reshape(-1, 1))
        if mask is not None:
            p = np.where(mask if mask.ndim == 1 else flat_rows(mask, block), p, 0.0)
        found[block] = ((q - 2 * p) * q).sum(axis=-1).reshape(found[block].shape)
    return found


def numbers_of_elements(
    scores: HostArray, targets: HostArray, logits: bool
) -> dict[str, HostArray]:
    """Return entropy, Brier score and largest probability of elements of binary predictions."""
    x = scores.astype(np.float64)
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-x)) if logits else x
        q = 1 / (1 + np.exp(x)) if logits else 1 - x
        entropy = -(np.where(p > 0, p * np.log(p), 0.0) + np.where(q > 0, q * np.log(q), 0.0))
    entropy = np.where(np.isnan(x), np.nan, entropy)
    brier = (p - targets.reshape(p.shape)) ** 2
    return {"entropy": entropy, "brier": brier, "confidence": np.maximum(p, q)}
