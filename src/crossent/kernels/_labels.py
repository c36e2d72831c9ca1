"""Labels and weights of rows, read as they are: any integer dtype, any step.

A label is judged where it is read. What a bad one means is decided elsewhere: it is counted, and
its row is NaN.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels._jit import inner, part

KINDS: Final = {
    "int64": 0, "int32": 1, "int16": 2, "int8": 3,
    "uint64": 0, "uint32": 4, "uint16": 5, "uint8": 6, "bool": 6,
}  # fmt: skip
"""Numbers of the dtypes; of uint64 the upper half is negative and so no class either."""

IGNORED: Final = -1
BAD: Final = -2
# Where an array of counts holds them, in bytes; exact_sum has the others.
KEPT, WRONG, DOUBTFUL = 24, 32, 40
COUNTS: Final = 6


@inner
def read_label(at: int, kind: int) -> Any:
    """Return the integer at an address."""
    if kind == 0:
        return mem.read(at, np.int64(0))
    if kind == 1:
        return np.int64(mem.read(at, np.int32(0)))
    if kind == 2:
        return np.int64(mem.read(at, np.int16(0)))
    if kind == 3:
        return np.int64(mem.read(at, np.int8(0)))
    if kind == 4:
        return np.int64(mem.read(at, np.uint32(0)))
    if kind == 5:
        return np.int64(mem.read(at, np.uint16(0)))
    return np.int64(mem.read(at, np.uint8(0)))


@part
def wrong_labels(n: int, classes: int, y: int, kind: int, step: int, counts: int) -> None:
    """Count the labels that are no class, where nothing else is to be known of a row."""
    wrong = np.int64(0)
    if kind == 0 and step == 8:
        for i in range(n):
            wrong += not 0 <= mem.read(y + 8 * i, np.int64(0)) < classes
    elif kind == 1 and step == 4:
        for i in range(n):
            wrong += not 0 <= mem.read(y + 4 * i, np.int32(0)) < classes
    else:
        for i in range(n):
            wrong += not 0 <= read_label(y + i * step, kind) < classes
    mem.write(counts + KEPT, mem.read(counts + KEPT, np.int64(0)) + np.int64(n))
    mem.write(counts + WRONG, mem.read(counts + WRONG, wrong) + wrong)


@inner
def judged(label: int, classes: int, ignored: int, n_ignored: int) -> int:
    """Return a class index, or that the label is ignored or bad."""
    for i in range(n_ignored):
        if label == mem.read(ignored + 8 * i, np.int64(0)):
            return IGNORED
    return label if 0 <= label < classes else BAD


@part
def read_targets(
    first: int,
    rows: int,
    classes: int,
    y: int,
    y_kind: int,
    y_step: int,
    ignored: int,
    n_ignored: int,
    sample: int,
    class_weight: int,
    labels: int,
    factors: int,
    weights: int,
    counts: int,
) -> None:
    """Read labels and weights of some rows.

    Written are for each row the class (negative: the row is not read), what its loss is multiplied
    by (0 in rows that are not kept, NaN in bad ones), and what it adds to the divisor.
    """
    nan = np.nan
    kept, wrong = np.int64(0), np.int64(0)
    for i in range(rows):
        row = first + i
        label = judged(read_label(y + row * y_step, y_kind), classes, ignored, n_ignored)
        factor = 1.0
        if sample != 0:
            factor = mem.read(sample + 8 * row, 0.0)
            if factor == 0.0:
                label = IGNORED
        weight = factor
        if label == IGNORED:
            factor, weight = 0.0, 0.0
        else:
            kept += 1
            if label == BAD:
                wrong += 1
                factor, weight = nan, 1.0
            elif class_weight != 0:
                factor *= mem.read(class_weight + 8 * label, 0.0)
                weight = factor
        mem.write(labels + 8 * i, np.int64(label))
        mem.write(factors + 8 * i, factor)
        mem.write(weights + 8 * i, weight)
    mem.write(counts + KEPT, mem.read(counts + KEPT, kept) + kept)
    mem.write(counts + WRONG, mem.read(counts + WRONG, wrong) + wrong)
