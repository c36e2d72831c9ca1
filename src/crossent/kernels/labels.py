"""Labels and weights of rows, read as they are: any integer dtype, any step.

A label is judged where it is read: a bad one is counted and its row is NaN. Other modules decide
what it means.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crossent.kernels import _memory as mem
from crossent.kernels._jit import inner, part
from crossent.kernels.chunk import BAD, FACTORS, IGNORED, KEPT, LABELS, WEIGHTS, WRONG, count

KINDS: Final = {
    "int64": 0, "int32": 1, "int16": 2, "int8": 3,
    "uint64": 0, "uint32": 4, "uint16": 5, "uint8": 6, "bool": 6,
}  # fmt: skip
"""Numbers of the dtypes; of uint64 the upper half is negative and so no class either."""


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
def count_labels(c: Any, first: int, stop: int, state: int) -> None:
    """Count labels and those that are no class, in calls that need no other fact of a row."""
    wrong = np.int64(0)
    classes, n, y = c.classes, stop - first, c.y + first * c.y_step
    if c.y_kind == 0 and c.y_step == 8:
        for i in range(n):
            wrong += not 0 <= mem.read(y + 8 * i, np.int64(0)) < classes
    elif c.y_kind == 1 and c.y_step == 4:
        for i in range(n):
            wrong += not 0 <= mem.read(y + 4 * i, np.int32(0)) < classes
    else:
        for i in range(n):
            wrong += not 0 <= read_label(y + i * c.y_step, c.y_kind) < classes
    count(state, KEPT, n)
    count(state, WRONG, wrong)


@inner
def _judged(label: int, classes: int, ignored: int, n_ignored: int) -> int:
    """Return a class, or that the label is ignored or bad."""
    for i in range(n_ignored):
        if label == mem.read(ignored + 8 * i, np.int64(0)):
            return IGNORED
    return label if 0 <= label < classes else BAD


@inner
def label_of(c: Any, row: int) -> int:
    """Return the class of a row, or that its label is ignored or bad."""
    label = read_label(c.y + row * c.y_step, c.y_kind)
    return _judged(label, c.classes, c.ignored, c.n_ignored)


@inner
def _end(rows: int, s: int) -> None:
    """Write that lanes beyond the rows of a chunk are ignored."""
    for i in range(rows, -(-rows // 16) * 16):
        mem.write(s + LABELS + 8 * i, np.int64(IGNORED))
        mem.write(s + FACTORS + 8 * i, 0.0)


@part
def read_labels(c: Any, first: int, rows: int, s: int, state: int) -> None:
    """Read the labels and weights of a chunk; up to the next multiple of 16 there are no rows."""
    kept, wrong = np.int64(0), np.int64(0)
    # Numbers of a call that are read at once let the compiler make a loop for each case.
    y, y_step, kind, classes = c.y + first * c.y_step, c.y_step, c.y_kind, c.classes
    ignored, n_ignored, sample = c.ignored, c.n_ignored, c.sample
    class_weight = 0 if c.targets_weigh else c.class_weight
    for i in range(rows):
        label = _judged(read_label(y + i * y_step, kind), classes, ignored, n_ignored)
        factor = 1.0
        if sample != 0:
            factor = mem.read(sample + 8 * (first + i), 0.0)
            if factor == 0.0:
                label = IGNORED
        weight = factor
        if label == IGNORED:
            factor, weight = 0.0, 0.0
        else:
            kept += 1
            if label == BAD:
                wrong += 1
                factor, weight = np.nan, 1.0
            elif class_weight != 0:
                factor *= mem.read(class_weight + 8 * label, 0.0)
                weight = factor
        mem.write(s + LABELS + 8 * i, np.int64(label))
        mem.write(s + FACTORS + 8 * i, factor)
        mem.write(s + WEIGHTS + 8 * i, weight)
    _end(rows, s)
    count(state, KEPT, kept)
    count(state, WRONG, wrong)


@part
def read_samples(c: Any, first: int, rows: int, s: int, state: int) -> None:
    """Do the same for rows of targets: those that are to be read have label 0.

    Rows of a weight that is NaN are bad.
    """
    kept = np.int64(0)
    for i in range(rows):
        label, factor = 0, 1.0
        if c.sample != 0:
            factor = mem.read(c.sample + 8 * (first + i), 0.0)
            if factor == 0.0:
                label = IGNORED
            elif factor != factor:
                label = BAD
        kept += label != IGNORED
        mem.write(s + LABELS + 8 * i, np.int64(label))
        mem.write(s + FACTORS + 8 * i, factor)
    _end(rows, s)
    count(state, KEPT, kept)


@inner
def read_rows(c: Any, first: int, rows: int, s: int, state: int) -> None:
    """Read the labels, of which there are none beside distributions, and weights of a chunk."""
    if c.y == 0:
        read_samples(c, first, rows, s, state)
    else:
        read_labels(c, first, rows, s, state)
