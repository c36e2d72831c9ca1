"""From arrays to kernels and back, for logits with a distribution a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.plan import Plan
from crossent.core.precision import BASE, tolerance_of_dtype
from crossent.kernels import (
    _threads,
    logits_label,
    logits_label_across_rows,
    logits_target,
    logits_target_across_rows,
)
from crossent.kernels._jit import LIKE
from crossent.kernels._labels import COUNTS
from crossent.kernels._rows import BLOCK
from crossent.kernels.label_rows import (
    DIGITS,
    STATE,
    CountedRows,
    Facts,
    address,
    flat_float64,
    row_step,
)

HostArray = npt.NDArray[Any]


class DistributionRows(CountedRows):
    """Logits and targets of one dtype in memory, weights, and the options that matter.

    `exists` tells which classes there are, if not all; the logits of the others are -inf.
    """

    settled = False
    weighs = True
    all_weigh_one = False

    def __init__(
        self,
        plan: Plan,
        x: HostArray,
        q: HostArray,
        sample: HostArray | None,
        class_weight: HostArray | None,
        exists: HostArray | None = None,
    ) -> None:
        options = plan.options
        self.classes = plan.classes
        self.rows = x.size // plan.classes
        self.x, self.q = x, q
        self.like = LIKE[x.dtype]
        self.at, self.step = address(x), row_step(x)
        self.q_at, self.q_step = address(q), row_step(q)
        self.sample = None if sample is None else flat_float64(sample)
        self.class_weight = padded(plan, class_weight, exists)
        self.keep = 1 - options.label_smoothing
        live = plan.classes if exists is None else int(np.count_nonzero(exists))
        self.uniform = options.label_smoothing / live
        self.z = options.z_loss
        self.tolerance = tolerance_of_dtype(x.dtype.name, plan.classes)
        few = self.classes <= logits_label_across_rows.MOST
        self.kernels: Any = logits_target_across_rows if few else logits_target

    def looks_like_probabilities(self) -> bool:
        """Return whether every row that counts may be a row of probabilities."""
        if self.sample is None:
            for i in range(min(8, self.classes)):
                if not -BASE <= self.x.item(i) <= 1 + BASE:
                    return False
        return bool(
            logits_label.maybe_probabilities(
                self.like, self.at, self.step, self.rows, self.classes, 0, 0, 0, 0, 0,
                self._weights(0)[0],
            )
        )  # fmt: skip

    def weight(self) -> Facts:
        """Look at targets and weights alone."""
        state, start, threads = self._state(self.classes)

        def work(thread: int, first: int, stop: int) -> None:
            at = start + thread * STATE
            self.kernels.distribution_weights(
                self.like, self.q_at + first * self.q_step, self.q_step, stop - first,
                self.classes, *self._weights(first), self.tolerance,
                at + 8 * (COUNTS + DIGITS), at,
            )  # fmt: skip

        _threads.run_rows(self.rows, self.classes, threads, work, (self, state))
        return self._facts(state)

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        state, start, threads = self._state(self.classes)
        place, size = 0 if out is None else address(out), self.x.itemsize

        def work(thread: int, first: int, stop: int) -> None:
            at = start + thread * STATE
            self.kernels.distribution_values(
                self.like, *self._rows_from(first), stop - first, *self._options(first),
                place + first * size if place else 0,
                at + 8 * COUNTS if total else 0, at + 8 * (COUNTS + DIGITS), at,
            )  # fmt: skip

        _threads.run_rows(self.rows, self.classes, threads, work, (self, state, out))
        return self._facts(state)

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        state, start, threads = self._state(self.classes)
        g_at, g_step = address(g), row_step(g)
        place, size = 0 if out is None else address(out), self.x.itemsize
        blocks = max(8, -(-self.classes * size // BLOCK))
        tops = np.empty(threads * blocks)
        tops_at = address(tops)

        def work(thread: int, first: int, stop: int) -> None:
            at = start + thread * STATE
            self.kernels.distribution_gradient(
                self.like, *self._rows_from(first), g_at + first * g_step, g_step,
                tops_at + thread * 8 * blocks, stop - first, *self._options(first), divisor,
                place + first * size if place else 0,
                at + 8 * COUNTS, at + 8 * (COUNTS + DIGITS), at,
            )  # fmt: skip

        keep = self, state, g, out, tops
        _threads.run_rows(self.rows, self.classes, threads, work, keep)
        return self._facts(state)

    def _rows_from(self, first: int) -> tuple[int, ...]:
        return (
            self.at + first * self.step, self.step, self.q_at + first * self.q_step, self.q_step
        )  # fmt: skip

    def _weights(self, first: int) -> tuple[int, int]:
        return (
            0 if self.sample is None else address(self.sample) + 8 * first,
            0 if self.class_weight is None else address(self.class_weight),
        )

    def _options(self, first: int) -> tuple[Any, ...]:
        every = self.classes if self.class_weight is None else self.class_weight.sum()
        return (
            self.classes, *self._weights(first), float(every), self.keep, self.uniform, self.z,
            self.tolerance,
        )  # fmt: skip


def padded(
    plan: Plan, class_weight: HostArray | None, exists: HostArray | None
) -> npt.NDArray[np.float64] | None:
    """Return class weights as the kernels read them; 0 where there is no class to smooth to."""
    if class_weight is None and (exists is None or not plan.options.label_smoothing):
        return None
    weights = np.zeros(plan.classes + logits_target.PADDING)
    weights[: plan.classes] = 1.0 if class_weight is None else class_weight
    if exists is not None:
        weights[: plan.classes][~exists] = 0.0
    return weights
