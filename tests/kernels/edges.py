"""Runs kernels on arrays that begin or end where memory may not be read; a fault ends it.

python edges.py first|last
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from itertools import product
from typing import Any

import numpy as np

import crossent as ce

PAGE = mmap.PAGESIZE
CLASSES = (2, 3, 7, 16, 17, 33, 100, 1000, 5000)
ROWS = (1, 2, 7, 17, 65)
DTYPES = (np.float32, np.float64, np.float16)
KEPT: list[Any] = []
LIBC = ctypes.CDLL(None, use_errno=True)
NONE = 0  # PROT_NONE


def fenced(array: Any, last: bool) -> Any:
    """A copy whose first byte follows, or whose last byte precedes, a page that cannot be read."""
    array = np.ascontiguousarray(array)
    pages = -(-array.nbytes // PAGE) + 2
    memory = mmap.mmap(-1, pages * PAGE)
    KEPT.append(memory)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    offset = (pages - 1) * PAGE - array.nbytes if last else PAGE
    copy = np.frombuffer(memory, array.dtype, array.size, offset).reshape(array.shape)
    copy[...] = array
    for fence in (start, start + (pages - 1) * PAGE):
        if LIBC.mprotect(ctypes.c_void_p(fence), ctypes.c_size_t(PAGE), NONE):
            raise OSError(ctypes.get_errno(), "mprotect")
    return copy


def calls(rows: int, classes: int, dtype: Any, rng: np.random.Generator) -> Any:
    """Yield a loss, targets, predictions and options, of every family of kernels."""
    x = rng.normal(size=(rows, classes)).astype(dtype)
    p = rng.dirichlet(np.ones(classes), rows).astype(dtype)
    q = rng.dirichlet(np.ones(classes), rows).astype(dtype)
    y = rng.integers(0, classes, rows)
    weights = {"class_weight": rng.uniform(0.5, 2, classes), "sample_weight": np.ones(rows)}
    weights["sample_weight"][::3] = 0
    sparse, dense = ce.sparse_categorical_crossentropy, ce.categorical_crossentropy
    binary = ce.binary_crossentropy
    for given, logits in ((x, True), (p, False)):
        for kind in (np.int64, np.int32, np.uint8 if classes <= 256 else np.int16):
            yield sparse, y.astype(kind), given, {"from_logits": logits}
        ignored = np.where(np.arange(rows) % 2, y, -1)
        ignored[0] = -1
        yield sparse, ignored, given, {"from_logits": logits, "ignore_class": -1}
        yield sparse, y, given, {"from_logits": logits, "label_smoothing": 0.1, **weights}
        yield dense, q, given, {"from_logits": logits}
        yield dense, q, given, {"from_logits": logits, "label_smoothing": 0.1, **weights}
        yield dense, np.eye(classes, dtype=np.int8)[y], given, {"from_logits": logits}
        yield binary, (q > 0.3).astype(dtype), given, {"from_logits": logits}
    if classes > 2:
        several = np.stack([y, (y + 1) % classes], axis=1)
        yield sparse, several, x, {"from_logits": True, "target_prob": np.full((rows, 2), 0.5)}


def main(last: bool) -> None:
    """Compute every loss and its gradient on such arrays, and compare with those on others."""
    rng = np.random.default_rng(0)
    for dtype, classes, rows in product(DTYPES, CLASSES, ROWS):
        for loss, y, p, options in calls(rows, classes, dtype, rng):
            free = {k: fenced(v, last) if isinstance(v, np.ndarray) else v
                    for k, v in options.items()}  # fmt: skip
            fenced_y, fenced_p = fenced(y, last), fenced(p, last)
            want = loss(y, p, reduction="none", **options)
            got = loss(fenced_y, fenced_p, reduction="none", **free)
            assert np.array_equal(got, want), (loss, classes, rows, options)
            out = fenced(np.zeros_like(p), last)
            ce.value_and_grad(loss)(fenced_y, fenced_p, out=out, **free)
            KEPT.clear()


if __name__ == "__main__":
    main(sys.argv[1] == "last")
    sys.stdout.write("done\n")
