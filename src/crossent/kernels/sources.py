"""Rows that no kernel can read where they are, copied to the cache a block of rows at a time.

These are 16-bit values, another memory order, masks, and targets that are built. The bits of a row
are the same in any layout. bfloat16, of which NumPy knows nothing, comes as its bits in uint16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import Block, flat_rows, row_blocks
from crossent.core.checks import not_ignored
from crossent.core.plan import Plan
from crossent.kernels.bfloat16 import rounded, widened
from crossent.losses.targets import Inputs

HostArray = npt.NDArray[Any]
Arrays = dict[str, HostArray]


class Pieces:
    """Blocks of rows, and how what the kernels read of one is made.

    Parameters
    ----------
    rows : tuple of int
        The shape of the rows.
    elements, most : int
        Those of a row, and of a block.
    predictions : callable
        Returns those of a block as the kernels read them.
    others : callable
        Returns other arrays of a block, by the names that a call has for them.
    in_place : bool
        Whether the gradient can be written where it is wanted.
    """

    def __init__(
        self, rows: tuple[int, ...], elements: int, most: int,
        predictions: Callable[[Block], HostArray],
        others: Callable[[Block], Arrays] = lambda block: {},
        *, in_place: bool = False,
    ) -> None:  # fmt: skip
        self.blocks = list(row_blocks(rows, elements, most))
        shape = np.broadcast_to(np.False_, rows)
        self.starts = np.cumsum([0, *(shape[block].size for block in self.blocks)]).tolist()
        self._predictions, self._others, self.in_place = predictions, others, in_place

    def arrays(self, number: int, weights_alone: bool) -> Arrays:
        """Return what the kernels read of a block."""
        block = self.blocks[number]
        others = self._others(block)
        return others if weights_alone else {"x": self._predictions(block), **others}


def readable(part: HostArray, dtype: Any) -> HostArray:
    """Return predictions as the kernels read them: contiguous, and bits of bfloat16 as float32."""
    if part.dtype.kind == "u":
        part = widened(part)
    return np.ascontiguousarray(part, dtype)


def existing(
    x: HostArray, mask: HostArray | None, dtype: Any, temperature: float = 1.0
) -> Callable[[Block], HostArray]:
    """Return how predictions of a block are copied; classes that are none are at -inf.

    Logits are divided by the temperature.
    """

    def copied(block: Block) -> HostArray:
        part = readable(flat_rows(x, block), dtype)
        if temperature != 1:
            with np.errstate(all="ignore"):
                part = part / part.dtype.type(temperature)
        if mask is None:
            return part
        own = mask if mask.ndim == 1 else flat_rows(mask, block)
        return np.where(own, part, part.dtype.type(-np.inf))

    return copied


def distributions(plan: Plan, inputs: Inputs) -> Callable[[Block], Arrays]:
    """Return how the distributions of a block are laid out.

    They are copied where they are in another dtype or order than the logits, and built where
    several labels share a row (``target_prob``), or where the one label of a row is smoothed to
    classes that weigh differently or do not all exist.
    """
    dtype = plan.compute_dtype

    def copied(block: Block) -> Arrays:
        with np.errstate(over="ignore"):
            return {"q": np.ascontiguousarray(flat_rows(inputs.y_true, block), dtype)}

    def built(block: Block) -> Arrays:
        several = plan.kind == "top_k"
        labels = flat_rows(inputs.y_true, block, int(several))
        rows = np.arange(len(labels))
        q = np.zeros((len(labels), plan.classes), dtype)
        # A label that is no class and is not ignored can only be in a row of weight 0.
        here = (labels >= 0) & (labels < plan.classes) & ~is_ignored(plan, labels)
        labels = np.where(here, labels, 0).astype(np.int64)
        if not several:
            q[rows, labels] = here
            return {"q": q}
        given: Any = inputs.target_prob
        prob = np.where(here, flat_rows(given, block, 1), 0).astype(dtype)
        for k in range(labels.shape[-1]):
            # One place at a time: a class may come twice in a row.
            q[rows, labels[:, k]] += prob[:, k]
        return {"q": q}

    return copied if plan.kind == "dense" else built


def is_ignored(plan: Plan, labels: HostArray) -> HostArray:
    """Return which labels are of an ignored class."""
    kept = not_ignored(plan, labels, None)
    return np.zeros(labels.shape, np.bool_) if kept is None else ~kept


def elements(x: HostArray, others: dict[str, HostArray | None]) -> tuple[Any, Any]:
    """Return how predictions and other arrays of a block of elements are copied, as float64."""

    def wide(block: Block) -> Arrays:
        return {
            name: np.ascontiguousarray(flat_rows(array, block, 0), np.float64)
            for name, array in others.items()
            if array is not None
        }

    return (lambda block: readable(flat_rows(x, block, 0), np.float64)), wide


def write(g: HostArray, block: Block, gradient: HostArray) -> None:
    """Write a gradient to its place, rounded to the dtype there."""
    place = g[block]
    if g.dtype == np.uint16:
        with np.errstate(over="ignore", under="ignore"):
            gradient = rounded(gradient.astype(np.float32, copy=False))
    with np.errstate(over="ignore", under="ignore"):
        g[block] = gradient.reshape(place.shape)
