"""A new kind of rows is one file: facts, scalars and slopes, with the loops that there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.kernels import _memory as mem
from crossent.kernels import _vector as v
from crossent.kernels._jit import LIKE, spliced, spliced_pair
from crossent.kernels.call import address, packed
from crossent.kernels.chunk import FACTS, LABELS
from crossent.kernels.drive import EIGHT, Regime, kernels_of
from crossent.kernels.rows import Rows


@spliced_pair
def _facts(for_gradient: bool) -> Any:
    def facts(
        c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, state: int, own: int
    ) -> None:
        """Write the squared distance of rows from the one-hot row of their label."""
        size = 64 // v.lanes(like)
        for i in range(some):
            label, total = mem.read(s + LABELS + 8 * (at + i), np.int64(0)), 0.0
            for k in range(c.classes if label >= 0 else 0):
                x = np.float64(mem.read(c.x + (first + i) * c.x_step + k * size, like))
                total += (x - (k == label)) ** 2
            mem.write(s + FACTS + 8 * (at + i), total)

    return facts


@spliced
def _load(found: Any, s: int, at: int) -> Any:
    return mem.load(s + FACTS + 8 * at, 0.0)


@spliced
def _scalars(c: Any, like: Any, found: Any, factor: Any, at: int, some: int, s: int) -> Any:
    return found, found


@spliced
def _slopes(
    c: Any, like: Any, like_q: Any, first: int, at: int, some: int, s: int, own: int, found: Any,
    solved: Any, bar: Any,
) -> None:  # fmt: skip
    size = 64 // v.lanes(like)
    for i in range(some):
        label = mem.read(s + LABELS + 8 * (at + i), np.int64(0))
        for k in range(c.classes):
            here = (first + i) * c.x_step + k * size
            x = np.float64(mem.read(c.x + here, like))
            slope = 2.0 * (x - (k == label)) * v.lane(bar, i) / c.divisor
            mem.write(c.g + here, v.number(slope if label >= 0 else 0.0, like))


BRIER = kernels_of(Regime("toy_brier", _facts, _scalars, _slopes, load=_load, **EIGHT))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_toy_regime_has_values_sums_and_a_gradient(dtype: str, threads: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(20_000, 33)).astype(dtype)
    y = rng.integers(0, 33, len(x))
    y[5] = -1
    ignored = np.array([-1])
    numbers = packed(
        classes=33, x_step=x.strides[0], y_step=8, ignored=address(ignored), n_ignored=1
    )
    like = LIKE[x.dtype]
    rows = Rows(
        kernels=BRIER, rows=len(x), elements=33, numbers=numbers, x=x, y=y, like=like,
        like_q=like, weighs=False, keep=(ignored,),
    )  # fmt: skip
    before = ce.show_config()["threads"]
    try:
        ce.set_num_threads(threads)
        terms, g = np.empty(len(x), dtype), np.empty_like(x)
        facts = rows.values(terms)
        rows.gradient(g, 4.0)
    finally:
        ce.set_num_threads(before)
    distance = x - np.eye(33)[y]
    distance[5] = 0
    ulp = np.finfo(dtype).eps
    np.testing.assert_allclose(terms, (distance**2).sum(axis=1), rtol=4 * ulp)
    np.testing.assert_allclose(g, distance / 2, rtol=4 * ulp)
    assert facts.sums.round_weight() == len(x) - 1
    assert facts.sums.round_total() == pytest.approx(float(terms.astype(float).sum()), rel=1e-12)
