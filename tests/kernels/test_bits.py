"""M14: the bits of a row do not depend on threads, cuts, alignment or the width of registers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import crossent as ce
from kernels.digests import CLASSES, digests, losses_and_gradient, other_losses, rows

LOSS = ce.sparse_categorical_crossentropy


@pytest.fixture
def threads_as_before() -> Iterator[None]:
    before = ce.show_config()["threads"]
    yield
    ce.set_num_threads(before)


def test_m14_avx2_and_the_vectors_of_this_cpu_give_the_same_bits(on_avx2: dict[str, Any]) -> None:
    assert len(on_avx2["digests"]) == 2 * (2 * len(CLASSES) + len(other_losses("float32")))
    assert digests() == on_avx2["digests"]


@pytest.mark.usefixtures("threads_as_before")
@pytest.mark.parametrize(("number", "classes"), [(150_000, 10), (20_000, 100), (300, 9_000)])
def test_m14_threads_leave_no_trace(number: int, classes: int) -> None:
    y, x = rows(classes, np.float32, number)
    found = []
    for threads in (1, 2, 7):
        ce.set_num_threads(threads)
        terms, gradient = losses_and_gradient(y, x)
        total = LOSS(y, x, from_logits=True, reduction="parts")
        found.append((terms.tobytes(), gradient.tobytes(), total[0].tobytes(), total[1]))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("classes", [10, 100])
def test_m14_cuts_leave_no_trace(classes: int) -> None:
    y, x = rows(classes, np.float32, 700)
    terms, gradient = losses_and_gradient(y, x)
    cuts = [0, 1, 255, 256, 257, 600, 700]
    parts = [losses_and_gradient(y[a:b], x[a:b]) for a, b in pairwise(cuts)]
    assert np.concatenate([part[0] for part in parts]).tobytes() == terms.tobytes()
    assert np.concatenate([part[1] for part in parts]).tobytes() == gradient.tobytes()


@pytest.mark.parametrize("classes", [10, 100, 5000])
def test_m14_alignment_leaves_no_trace(classes: int) -> None:
    y, x = rows(classes, np.float32)
    terms, gradient = losses_and_gradient(y, x)
    for by in (1, 5, 16):
        store = np.empty(x.size + by, np.float32)
        shifted = store[by:].reshape(x.shape)
        shifted[...] = x
        got = losses_and_gradient(y, shifted)
        assert got[0].tobytes() == terms.tobytes()
        assert got[1].tobytes() == gradient.tobytes()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64"])
@pytest.mark.parametrize("classes", [10, 100])
def test_labels_of_any_integer_dtype_and_step(dtype: str, classes: int) -> None:
    y, x = rows(classes, np.float32)
    want = losses_and_gradient(y, x)[0].tobytes()
    other = y.astype(dtype)
    assert losses_and_gradient(other, x)[0].tobytes() == want
    assert losses_and_gradient(np.repeat(other, 3)[::3], x)[0].tobytes() == want
    swapped = other.astype(other.dtype.newbyteorder())
    assert losses_and_gradient(swapped, x)[0].tobytes() == want


def test_rows_that_do_not_touch_are_read_where_they_are() -> None:
    y, x = rows(100, np.float32)
    wide = np.full((len(x), 128), np.nan, np.float32)
    wide[:, :100] = x
    want = losses_and_gradient(y, x)
    got = losses_and_gradient(y, wide[:, :100])
    assert got[0].tobytes() == want[0].tobytes()
    assert got[1].tobytes() == want[1].tobytes()
