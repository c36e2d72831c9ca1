"""From arrays to kernels and back, for probabilities with a distribution a row or smoothed labels.

Predictions and targets that the kernels can read are read where they are; of all others blocks of
rows are copied to the cache as float32 or float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import flat_rows, row_blocks
from crossent.core.exact_totals import Partial
from crossent.core.plan import Plan
from crossent.core.precision import tolerance_of_dtype
from crossent.kernels import _threads, probs_target, probs_target_across_rows
from crossent.kernels._jit import LIKE
from crossent.kernels._labels import COUNTS, DOUBTFUL, WRONG
from crossent.kernels.blocked_rows import readable, write
from crossent.kernels.label_rows import (
    DIGITS,
    STATE,
    Facts,
    LabelRows,
    address,
    flat_float64,
    row_step,
    to_integer,
)
from crossent.losses.clip import clip_of
from crossent.losses.targets import Inputs

HostArray = npt.NDArray[Any]
Judge = Callable[[HostArray], npt.NDArray[np.bool_]]
IN_FLOAT32: Final = 2
"""Bytes of the widest integers and floats of which float32 holds every value."""


class TargetProbabilityRows:
    """Probabilities in memory, their targets, weights, and the options that matter.

    Parameters
    ----------
    labels : ndarray or None
        One class a row, flat and of native byte order; None: the targets are distributions.
    plain, plain_targets : bool
        Whether predictions, and the place of their gradient, can be used where they are; and
        targets.
    judge : callable or None
        Tells which of some rows of targets are no distributions, if that is still to be known.
    """

    all_weigh_one = False  # targets sum to 1 only nearly, and nothing has been judged

    def __init__(
        self,
        plan: Plan,
        x: HostArray,
        inputs: Inputs,
        labels: HostArray | None,
        plain: bool,
        plain_targets: bool,
        judge: Judge | None = None,
    ) -> None:
        options, sample, weight = plan.options, inputs.sample_weight, inputs.class_weight
        self.x, self.y, self.judge = x, inputs.y_true, judge
        self.plain, self.plain_targets = plain, plain_targets or labels is not None
        self.classes = plan.classes
        self.rows = x.size // plan.classes
        self.settled = "y_true" in inputs.checked
        self.sample = None if sample is None else flat_float64(sample)
        self.weight_of = None if weight is None else flat_float64(weight)
        smoothing = options.label_smoothing
        self.mass = (1 - smoothing, smoothing / plan.classes)
        self.clip, self.normalize = clip_of(options.epsilon)[:4], options.normalize
        dtype = "bfloat16" if x.dtype.kind == "u" else x.dtype.name  # it comes as its bits
        judged = "y_pred" in inputs.checked
        self.tolerance = np.inf if judged else tolerance_of_dtype(dtype, plan.classes)
        self.dtype = np.dtype(plan.compute_dtype)
        self.labels = None if labels is None else LabelRows(plan, x, labels, self.sample, None)
        self.y_dtype = self.dtype if self.labels else _read_as(inputs.y_true.dtype)
        few = plan.classes <= probs_target_across_rows.MOST
        self.kernels = probs_target_across_rows if few else probs_target
        self.threads = _threads.threads_for(self.rows, plan.classes)
        most = _threads.ALONE
        if self.plain and self.plain_targets:
            most = x.size if self.threads == 1 else _threads.BLOCK
        self.blocks = list(row_blocks(x.shape[:-1], plan.classes, most))
        shape = np.broadcast_to(np.False_, x.shape[:-1])
        self.starts = np.cumsum([0, *(shape[block].size for block in self.blocks)]).tolist()
        self.found: Facts | None = None

    def weight(self) -> Facts:
        """Look at everything."""
        self.found = self.values(None)
        return self.found

    def looks_like_probabilities(self) -> bool:
        """Return False: that they do is nothing to warn of."""
        return False

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        if self.judge is not None:
            self._settle(self.judge)
        return self._values(out, total, None)

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        facts = self.found if out is None else None
        if facts is None:
            facts = self.values(out)
        counts = np.zeros((self.threads, COUNTS), np.int64)
        start, kernel = address(counts), self.kernels.target_gradient

        def work(thread: int, number: int, p: HostArray, q: HostArray, q_step: int) -> None:
            place = flat_rows(g, self.blocks[number]) if self.plain else np.empty_like(p)
            kernel(
                LIKE[p.dtype], LIKE[q.dtype], address(p), row_step(p), address(q), q_step,
                address(place), row_step(place), len(p), self.classes,
                *self._targets(self.starts[number]), *self.mass, *self.clip[:2],
                bool(self.normalize), self.tolerance, divisor, start + thread * 8 * COUNTS,
            )  # fmt: skip
            if not self.plain:
                write(g, self.blocks[number], place)

        self._each(work, (g, counts))
        return facts

    def _values(self, out: HostArray | None, total: bool, marks: HostArray | None) -> Facts:
        state = np.zeros((self.threads, STATE // 8), np.int64)
        start, size, kernel = address(state), self.dtype.itemsize, self.kernels.target_values
        place = 0 if out is None else address(out)
        marks_at = 0 if marks is None else address(marks)

        def work(thread: int, number: int, p: HostArray, q: HostArray, q_step: int) -> None:
            first, at = self.starts[number], start + thread * STATE
            kernel(
                LIKE[p.dtype], LIKE[q.dtype], address(p), row_step(p), address(q), q_step,
                len(p), self.classes, *self._targets(first), *self.mass, *self.clip,
                bool(self.normalize), self.normalize is None, self.tolerance,
                marks_at + first if marks_at else 0, place + first * size if place else 0,
                at + 8 * COUNTS if total else 0, at + 8 * (COUNTS + DIGITS), at,
            )  # fmt: skip

        self._each(work, (state, out, marks))
        counts = state[:, :COUNTS].sum(axis=0).tolist()
        sums = (
            sum(to_integer(one[first : first + DIGITS]) for one in state)
            for first in (COUNTS, COUNTS + DIGITS)
        )
        return Facts(Partial(*sums, *counts[:3]), counts[WRONG // 8], counts[DOUBTFUL // 8])

    def _each(
        self,
        work: Callable[[int, int, HostArray, HostArray, int], None],
        keep: tuple[object, ...],
    ) -> None:
        """Call `work` with a thread, the number of a block, its probabilities and its targets."""
        # The row in which the label of the row at hand is set to 1: one for each thread.
        zeros = None if self.labels is None else np.zeros((self.threads, self.classes), self.dtype)

        def take(thread: int, first: int, stop: int) -> None:
            for number in range(first, stop):
                p = self._probabilities(number)
                if zeros is None:
                    q = self._distributions(number)
                    work(thread, number, p, q, row_step(q))
                else:
                    work(thread, number, p, zeros[thread], 0)

        keep = *keep, self, zeros
        _threads.run_rows(len(self.blocks), 1, self.threads, take, keep, step=1)

    def _probabilities(self, number: int) -> HostArray:
        """Return a block of predictions as a kernel can read it."""
        part = flat_rows(self.x, self.blocks[number])
        return part if self.plain else readable(part, self.dtype)

    def _distributions(self, number: int) -> HostArray:
        """Return a block of targets as a kernel can read it."""
        part = flat_rows(self.y, self.blocks[number])
        return part if self.plain_targets else np.ascontiguousarray(part, self.y_dtype)

    def _targets(self, first: int) -> tuple[int, ...]:
        """Return the arguments of a kernel that tell of labels and weights from a row on."""
        labels = (0,) * 5 if self.labels is None else self.labels.targets(first)[:5]
        return (
            *labels,
            0 if self.sample is None else address(self.sample) + 8 * first,
            0 if self.weight_of is None else address(self.weight_of),
        )

    def _settle(self, judge: Judge) -> None:
        """Give rows whose targets are no distributions a weight that is NaN."""
        self.judge = None
        marks = np.zeros(self.rows, np.uint8)
        if not self._values(None, False, marks).doubtful:
            return
        odd = np.flatnonzero(marks)
        sample = np.ones(self.rows) if self.sample is None else self.sample.copy()
        for first in range(0, len(odd), step := max(1, _threads.ALONE // self.classes)):
            some = odd[first : first + step]
            bad = judge(self.y[np.unravel_index(some, self.y.shape[:-1])])
            sample[some[bad]] = np.nan
        self.sample = sample


def _read_as(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type as which targets are read."""
    if dtype.kind == "f" and dtype.itemsize >= 4:
        return dtype.newbyteorder("=")
    return np.dtype(np.float32 if dtype.itemsize <= IN_FLOAT32 else np.float64)
