"""From arrays to kernels and back, for binary cross-entropy: an element is a row.

Blocks of elements are copied to the cache as float64, whatever their dtype, order or step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import flat_rows, row_blocks
from crossent.core.exact_totals import SCALE_BITS, Partial
from crossent.core.plan import Plan
from crossent.core.precision import tolerance_of_dtype
from crossent.kernels import _threads, binary, exact_sum
from crossent.kernels._jit import LIKE
from crossent.kernels._labels import COUNTS, DOUBTFUL, KEPT, WRONG
from crossent.kernels.blocked_rows import write
from crossent.kernels.label_rows import DIGITS, Facts, address, to_integer
from crossent.losses.clip import clip_of
from crossent.losses.targets import Inputs

HostArray = npt.NDArray[Any]
Flat = npt.NDArray[np.float64]
BLOCK = 2**16
"""Elements in a block: a few arrays of float64 of that size fit the cache of a core."""


class BinaryRows:
    """Predictions and targets in memory, weights, and the options that matter."""

    settled = False
    all_weigh_one = False  # or no target is known to be ignored, and no prediction to be bad

    def __init__(self, plan: Plan, x: HostArray, inputs: Inputs) -> None:
        options = plan.options
        self.plan, self.x, self.inputs = plan, x, inputs
        self.rows = x.size
        self.blocks = list(row_blocks(x.shape, 1, BLOCK))
        self.ignored = np.array([float(value) for value in options.ignore_class])
        self.from_logits = options.from_logits
        self.clip: tuple[float, ...] = (0.0,) * 6
        if not options.from_logits:
            self.clip = clip_of(options.epsilon)
        dtype = "bfloat16" if x.dtype.kind == "u" else x.dtype.name
        self.tolerance = tolerance_of_dtype(dtype)

    def weight(self) -> Facts:
        """Look at everything."""
        return self._run(None, None, 1.0)

    def looks_like_probabilities(self) -> bool:
        """Return False: one logit alone looks like anything."""
        return False

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        return self._run(out, None, 1.0)

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        return self._run(out, g, divisor)

    def _run(self, out: HostArray | None, g: HostArray | None, divisor: float) -> Facts:
        threads = min(_threads.threads_for(self.rows, 1), len(self.blocks))
        counts = np.zeros((threads, COUNTS), np.int64)
        totals = np.zeros((threads, 2, DIGITS), np.int64)
        weighs = self.inputs.sample_weight is not None

        def work(thread: int, first: int, stop: int) -> None:
            for number in range(first, stop):
                terms, weights, gradient = self._block(number, counts[thread], g is None, divisor)
                block = self.blocks[number]
                with np.errstate(over="ignore", under="ignore"):
                    terms = terms.astype(self.plan.compute_dtype, copy=False)
                    if g is not None:
                        write(g, block, gradient)
                if out is not None:
                    out[block] = terms.reshape(out[block].shape)
                _add(totals[thread, 0], counts[thread], terms)
                if weighs:
                    _add(totals[thread, 1], counts[thread], weights)

        keep = self, counts, totals, out, g
        _threads.run_rows(len(self.blocks), 1, threads, work, keep, step=1)
        found = counts.sum(axis=0).tolist()
        total = sum(to_integer(one) for one in totals[:, 0])
        weight = found[KEPT // 8] << SCALE_BITS
        if weighs:
            weight = sum(to_integer(one) for one in totals[:, 1])
        partial = Partial(total, weight, *found[:3])
        return Facts(partial, found[WRONG // 8], found[DOUBTFUL // 8])

    def _block(
        self, number: int, counts: npt.NDArray[np.int64], value_only: bool, divisor: float
    ) -> tuple[Flat, Flat, Flat]:
        block, inputs = self.blocks[number], self.inputs
        x = _wide(_floats(flat_rows(self.x, block, 0)))
        t = _wide(flat_rows(inputs.y_true, block, 0))
        sample, positive = (
            None if array is None else _wide(flat_rows(array, block, 0))
            for array in (inputs.sample_weight, inputs.pos_weight)
        )
        terms, weights = np.empty_like(x), np.empty_like(x)
        gradient = weights if value_only else np.empty_like(x)
        binary.element_values(
            address(x), address(t),
            0 if sample is None else address(sample),
            0 if positive is None else address(positive),
            x.size, address(self.ignored), len(self.ignored),
            self.plan.options.label_smoothing, self.from_logits, self.tolerance, *self.clip,
            divisor, address(terms), address(weights),
            0 if value_only else address(gradient), address(counts),
        )  # fmt: skip
        return terms, weights, gradient


def _floats(x: HostArray) -> HostArray:
    """Return predictions as NumPy knows them: bfloat16 comes as its bits."""
    return (x.astype(np.uint32) << np.uint32(16)).view(np.float32) if x.dtype.kind == "u" else x


def _wide(x: HostArray) -> Flat:
    """Return numbers as contiguous float64."""
    return np.ascontiguousarray(x, np.float64)


def _add(digits: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], terms: HostArray) -> None:
    exact_sum.add_array(
        address(digits), address(counts), address(terms), terms.size, LIKE[terms.dtype]
    )
