"""From arrays to kernels and back, for probabilities with one label a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.plan import Plan
from crossent.core.precision import tolerance_of_dtype
from crossent.kernels import _threads, probs_label
from crossent.kernels._labels import COUNTS
from crossent.kernels.label_rows import DIGITS, STATE, Facts, LabelRows, address, row_step
from crossent.losses.clip import clip_of

HostArray = npt.NDArray[Any]


class ProbabilityRows(LabelRows):
    """Probabilities in memory, their labels, weights, and the options that matter."""

    def __init__(
        self,
        plan: Plan,
        x: HostArray,
        y: HostArray,
        sample: HostArray | None,
        class_weight: HostArray | None,
        tolerance: float | None = None,
    ) -> None:
        super().__init__(plan, x, y, sample, class_weight)
        self.clip = clip_of(plan.options.epsilon)[:4]
        self.normalize = plan.options.normalize
        if tolerance is None:
            tolerance = tolerance_of_dtype(x.dtype.name, plan.classes)
        self.tolerance = tolerance
        self.found: Facts | None = None

    @property
    def all_weigh_one(self) -> bool:
        """Whether the weight of every row is known to be 1 and nothing is left to be judged."""
        return False

    def looks_like_probabilities(self) -> bool:
        """Return False: that they do is nothing to warn of."""
        return False

    def weight(self) -> Facts:
        """Look at labels, weights and probabilities."""
        self.found = self.values(None)
        return self.found

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        step, size = self.step, self.size
        state, start, threads = self._state(self.classes)
        place = 0 if out is None else address(out)

        def work(thread: int, first: int, stop: int) -> None:
            at = start + thread * STATE
            probs_label.label_values(
                self.like, self.at + first * step, step, stop - first, self.classes,
                *self.targets(first), *self.clip, bool(self.normalize),
                self.normalize is None, self.tolerance, place + first * size if place else 0,
                at + 8 * COUNTS if total else 0, at + 8 * (COUNTS + DIGITS), at,
            )  # fmt: skip

        _threads.run_rows(self.rows, self.classes, threads, work, (self, state, out))
        return self._facts(state)

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        facts = self.found if out is None else None
        if facts is None:
            facts = self.values(out)
        step, g_at, g_step = self.step, address(g), row_step(g)
        counts = np.zeros((_threads.threads_for(self.rows, self.classes), COUNTS), np.int64)
        start = address(counts)

        def work(thread: int, first: int, stop: int) -> None:
            probs_label.label_gradient(
                self.like, self.at + first * step, step, g_at + first * g_step, g_step,
                stop - first, self.classes, *self.targets(first), *self.clip[:2],
                bool(self.normalize), self.tolerance, divisor, start + thread * 8 * COUNTS,
            )  # fmt: skip

        _threads.run_rows(self.rows, self.classes, len(counts), work, (self, counts, g))
        return facts
