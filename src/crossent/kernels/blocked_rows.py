"""Rows that no kernel can read where they are: of 16 bits, in another order, with a mask.

Blocks of rows are copied to the cache as float32 or float64 and computed as they are alone, so that
the bits of a row are the same in any layout. bfloat16, of which NumPy knows nothing, comes as its
bits in uint16.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import Block, flat_rows, row_blocks
from crossent.core.exact_totals import Partial
from crossent.core.plan import Plan
from crossent.core.precision import tolerance_of_dtype
from crossent.kernels import _threads
from crossent.kernels.label_rows import Facts, LabelRows, flat_float64
from crossent.kernels.probability_rows import ProbabilityRows

HostArray = npt.NDArray[Any]


class Rows(Protocol):
    """The rows of a block."""

    x: HostArray

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        ...

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        ...


class Blocks(ABC):
    """The rows of an array in blocks, each of which is computed by itself."""

    settled = False

    def __init__(self, plan: Plan, x: HostArray, mask: HostArray | None = None) -> None:
        self.plan, self.x, self.mask = plan, x, mask
        self.rows = x.size // plan.classes
        self.blocks = list(row_blocks(x.shape[:-1], plan.classes, _threads.ALONE))
        shape = np.empty(x.shape[:-1], np.bool_)  # of the rows; its memory is never touched
        sizes = [shape[block].size for block in self.blocks]
        self.starts = [0, *np.cumsum(sizes).tolist()]

    @abstractmethod
    def of_block(self, number: int) -> Rows:
        """Return the rows of a block, copied where they must be."""

    def looks_like_probabilities(self) -> bool:
        """Leave that to the check."""
        return self.plan.options.from_logits

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        flat = None if out is None else out.reshape(-1)

        def work(number: int) -> Facts:
            place = None if flat is None else flat[self.numbers(number)]
            return self.of_block(number).values(place, total)

        return self.added_up(work)

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        flat = None if out is None else out.reshape(-1)

        def work(number: int) -> Facts:
            place = None if flat is None else flat[self.numbers(number)]
            part = self.of_block(number)
            gradient = np.empty_like(part.x)
            facts = part.gradient(gradient, divisor, place)
            write(g, self.blocks[number], gradient)
            return facts

        return self.added_up(work)

    def added_up(self, work: Callable[[int], Facts]) -> Facts:
        """Return what is found in all blocks."""
        found = [Facts(Partial(), 0)] * len(self.blocks)

        def run(thread: int, first: int, stop: int) -> None:
            for number in range(first, stop):
                found[number] = work(number)

        threads = _threads.threads_for(self.rows, self.plan.classes)
        _threads.run_rows(len(self.blocks), 1, threads, run, (self, work, found), step=1)
        partial = sum((one.partial for one in found), Partial())
        return Facts(partial, sum(one.wrong for one in found), sum(one.doubtful for one in found))

    def numbers(self, number: int) -> slice:
        """Return which rows a block holds."""
        return slice(self.starts[number], self.starts[number + 1])

    def predictions(self, number: int) -> HostArray:
        """Return the predictions of a block as the kernels read them, no class at -inf."""
        block = self.blocks[number]
        part = readable(flat_rows(self.x, block), self.plan.compute_dtype)
        if self.mask is None:
            return part
        mask = self.mask if self.mask.ndim == 1 else flat_rows(self.mask, block)
        return np.where(mask, part, part.dtype.type(-np.inf))


class BlockedRows(Blocks):
    """The same as :class:`LabelRows` and :class:`ProbabilityRows` for such arrays.

    With `mask` the classes where it is False are no classes.
    """

    def __init__(
        self,
        plan: Plan,
        x: HostArray,
        y: HostArray,
        sample: HostArray | None,
        class_weight: HostArray | None,
        mask: HostArray | None = None,
    ) -> None:
        super().__init__(plan, x, mask)
        self.y, self.class_weight = y, class_weight
        self.sample = None if sample is None else flat_float64(sample)
        self.logits = plan.options.from_logits
        self.whole = LabelRows(plan, x, y, sample, class_weight)
        # bfloat16 as bits and arrays of another byte order have the tolerance of their values.
        dtype = "bfloat16" if x.dtype.kind == "u" else x.dtype.name
        self.tolerance = tolerance_of_dtype(dtype, plan.classes)

    @property
    def all_weigh_one(self) -> bool:
        """Whether the weight of every row is known to be 1."""
        return self.logits and self.whole.all_weigh_one

    def weight(self) -> Facts:
        """Look at labels and weights, and at what else the divisor depends on."""
        return self.whole.weight() if self.logits else self.values(None)

    def of_block(self, number: int) -> LabelRows:
        """Return the rows of a block, copied where they must be."""
        rows = self.numbers(number)
        sample = None if self.sample is None else self.sample[rows]
        arguments = (
            self.plan, self.predictions(number), self.y[rows], sample, self.class_weight
        )  # fmt: skip
        if self.logits:
            return LabelRows(*arguments)
        return ProbabilityRows(*arguments, tolerance=self.tolerance)


def readable(part: HostArray, dtype: Any) -> HostArray:
    """Return predictions as the kernels read them: contiguous, and bits of bfloat16 as float32."""
    if part.dtype.kind == "u":
        return (part.astype(np.uint32, order="C") << np.uint32(16)).view(np.float32)
    return np.ascontiguousarray(part, dtype)


def write(g: HostArray, block: Block, gradient: HostArray) -> None:
    """Write a gradient to its place, rounded to the dtype there."""
    place = g[block]
    if g.dtype == np.uint16:
        with np.errstate(over="ignore", under="ignore"):
            gradient = _bfloat16_bits(gradient.astype(np.float32, copy=False))
    with np.errstate(over="ignore", under="ignore"):
        g[block] = gradient.reshape(place.shape)


def _bfloat16_bits(x: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Return the bits of the nearest bfloat16, ties to even."""
    bits = x.view(np.uint32)
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = (bits + (np.uint32(0x7FFF) + odd)) >> np.uint32(16)
    return np.where(np.isnan(x), np.uint32(0x7FC0), rounded).astype(np.uint16)
