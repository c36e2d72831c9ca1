"""Rows on which losses go wrong, for every dtype and number of classes."""

from __future__ import annotations

import zlib
from typing import Any

import ml_dtypes
import numpy as np

DTYPES = {
    "float64": np.dtype(np.float64),
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}
CLASSES = (2, 3, 10, 32, 100, 1_000, 32_000, 128_256, 262_144)
QUICK_CLASSES = (2, 10, 100)
ELEMENTS = 2**19
MOST_ROWS = 2_000

FAMILIES = {
    "random": "logits from N(0, 3), labels anywhere",
    "confident": "the label far above the others: losses from 1e-30 to 1",
    "wrong": "the label far below the others",
    "tied": "whole numbers from 0 to 3, so that many classes share the maximum",
    "offset": "random logits with 1e6 added to each (4096 in the 16-bit dtypes)",
    "masked": "half of the classes at −inf",
    "probabilities": "the softmax of random rows, given as probabilities (crossent: epsilon=0); "
    "the labels have probabilities that a clip at 1e-7 does not change",
    "one-hot": "the confident rows, with one-hot targets given to the loss of dense targets",
    "soft": "random logits, targets spread evenly at random (a flat Dirichlet distribution)",
}
PROBABILITIES = "probabilities"
TARGETS = ("one-hot", "soft")
"""Families with a distribution a row in the place of a label: of float64 and float32 alone."""


def rows_of(family: str, classes: int, dtype: str) -> tuple[Any, Any]:
    """Return labels, or targets, and logits of a family: the same bits in every process."""
    rows = max(2, min(MOST_ROWS, ELEMENTS // classes))
    as_rows = "confident" if family == "one-hot" else family
    rng = np.random.default_rng([zlib.crc32(as_rows.encode()), classes])
    y = rng.integers(0, classes, rows)
    here = np.arange(rows)
    x = 3 * rng.standard_normal((rows, classes))
    if as_rows == "confident":
        # So that the loss is near exp(-gap), whatever the number of classes is.
        gap = rng.uniform(0, 69, rows)
        rest = np.exp(x).sum(axis=1) - np.exp(x[here, y])
        x[here, y] = np.log(rest) + gap
    elif family == "wrong":
        x[here, y] = x.max(axis=1) - rng.uniform(1, 200, rows)
    elif family == "tied":
        x = rng.integers(0, 4, x.shape).astype(np.float64)
    elif family == "offset":
        x += 1e6 if dtype in ("float32", "float64") else 4096
    elif family == "masked":
        out = rng.random(x.shape) < 0.5
        out[here, y] = out[here, (y + 1) % classes] = False
        x[out] = -np.inf
    elif family == PROBABILITIES:
        x = np.exp(x - x.max(axis=1, keepdims=True))
        x /= x.sum(axis=1, keepdims=True)
        rare = x[here, y] < 1e-6
        y[rare] = x.argmax(axis=1)[rare]
    x = x.astype(DTYPES[dtype])
    if family not in TARGETS:
        return y, x
    q = np.zeros(x.shape, x.dtype)
    if family == "one-hot":
        q[here, y] = 1
    else:
        q[:] = rng.standard_exponential(x.shape)
        q /= q.sum(axis=1, keepdims=True, dtype=np.float64)
    return q, x
