"""Targets that are made, or copied, for a block of rows at a time.

A distribution is laid out, in the cache, where it is in another dtype or order than the logits,
where several labels share a row (``target_prob``), and where the one label of a row is smoothed to
classes that weigh differently or do not all exist.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import flat_rows
from crossent.core.checks import not_ignored
from crossent.core.plan import Plan
from crossent.kernels.blocked_rows import Blocks
from crossent.kernels.distribution_rows import DistributionRows
from crossent.kernels.label_rows import Facts, flat_float64
from crossent.losses.targets import Inputs

HostArray = npt.NDArray[Any]


class BlockedDistributions(Blocks):
    """The same as :class:`DistributionRows`, with targets and logits of any kind."""

    all_weigh_one = False

    def __init__(self, plan: Plan, x: HostArray, inputs: Inputs) -> None:
        super().__init__(plan, x, inputs.class_mask)
        self.inputs = inputs
        self.sample = _kept(plan, inputs)

    def weight(self) -> Facts:
        """Look at targets and weights alone."""

        def work(number: int) -> Facts:
            q = self.targets(number)
            return self._rows(number, q, q).weight()

        return self.added_up(work)

    def of_block(self, number: int) -> DistributionRows:
        """Return the rows of a block, copied where they must be."""
        return self._rows(number, self.predictions(number), self.targets(number))

    def _rows(self, number: int, x: HostArray, q: HostArray) -> DistributionRows:
        sample = None if self.sample is None else self.sample[self.numbers(number)]
        smoothed = self.plan.options.label_smoothing > 0
        exists = self.mask if smoothed else None
        return DistributionRows(self.plan, x, q, sample, self.inputs.class_weight, exists)

    def targets(self, number: int) -> HostArray:
        """Return the distributions of a block."""
        dtype, block = self.plan.compute_dtype, self.blocks[number]
        if self.plan.kind == "dense":
            with np.errstate(over="ignore"):
                return np.ascontiguousarray(flat_rows(self.inputs.y_true, block), dtype)
        size = self.starts[number + 1] - self.starts[number]
        q = np.zeros((size, self.plan.classes), dtype)
        rows = np.arange(size)
        several = self.plan.kind == "top_k"
        labels = flat_rows(self.inputs.y_true, block, int(several))
        # What no class is, and not ignored, stands in a row of weight 0.
        here = (labels >= 0) & (labels < self.plan.classes) & ~_ignored(self.plan, labels)
        labels = np.where(here, labels, 0).astype(np.int64)
        if not several:
            q[rows, labels] = here
            return q
        given: Any = self.inputs.target_prob
        prob = np.where(here, flat_rows(given, block, 1), 0).astype(dtype)
        for k in range(labels.shape[-1]):
            # One place at a time: a class may come twice in a row.
            q[rows, labels[:, k]] += prob[:, k]
        return q


def _ignored(plan: Plan, labels: HostArray) -> HostArray:
    kept = not_ignored(plan, labels, None)
    return np.zeros(labels.shape, np.bool_) if kept is None else ~kept


def _kept(plan: Plan, inputs: Inputs) -> HostArray | None:
    """Return the weights of the rows, 0 where every label is ignored."""
    sample = None if inputs.sample_weight is None else flat_float64(inputs.sample_weight)
    if not plan.options.ignore_class:
        return sample
    left_out = _ignored(plan, inputs.y_true)
    left_out = (left_out.all(axis=-1) if plan.kind == "top_k" else left_out).reshape(-1)
    return np.where(left_out, 0.0, 1.0 if sample is None else sample)
