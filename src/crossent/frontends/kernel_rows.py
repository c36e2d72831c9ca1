"""Where the kernels serve: which calls on arrays in memory they take, and what comes back.

A call that they do not take goes the way of the operations; so does one in which they find
anything to complain of, after the checks have raised what there is to raise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from crossent.core.checks import DOUBLE_SOFTMAX_ROWS
from crossent.core.exact_totals import Partial
from crossent.core.plan import Plan
from crossent.frontends._protocol import Check
from crossent.frontends.route import INTEGERS, Regime, regime_of
from crossent.kernels import config
from crossent.losses.reduce import (
    NUMBERS,
    check_kept,
    divisor_of,
    is_mean_of_kept,
    reduced_numbers,
)
from crossent.losses.targets import ARRAYS, Inputs, bad_targets

HostArray = npt.NDArray[Any]
COMPUTED = frozenset({np.dtype(np.float32), np.dtype(np.float64)})  # of this byte order


class ExactSums(Protocol):
    """A total of terms and the weight that divides it."""

    def round_total(self) -> float:
        """Return the total as the nearest float64."""
        ...

    def round_weight(self) -> float:
        """Return the weight as the nearest float64."""
        ...


class Facts(Protocol):
    """What the kernels found out."""

    @property
    def partial(self) -> Partial:
        """Exact sums of the terms and the weights."""
        ...

    @property
    def sums(self) -> ExactSums:
        """What rounds to these sums."""
        ...

    @property
    def wrong(self) -> int:
        """The number of labels that are no class."""
        ...

    @property
    def doubtful(self) -> int:
        """The number of rows that may be no probabilities."""
        ...


class Rows(Protocol):
    """The rows of a call as a kernel takes them."""

    rows: int
    settled: bool  # targets were judged before: what a kernel calls wrong is meant so

    @property
    def all_weigh_one(self) -> bool:
        """Whether the weight of every row is known to be 1."""
        ...

    def weight(self) -> Facts:
        """Look at labels and weights alone."""
        ...

    def looks_like_probabilities(self) -> bool:
        """Return whether every row that counts may be a row of probabilities."""
        ...

    def values(self, out: HostArray | None, total: bool = True) -> Facts:
        """Write the terms to `out`, add them up, or both."""
        ...

    def gradient(
        self, g: HostArray, divisor: float, out: HostArray | None = None,
        upstream: HostArray | None = None,
    ) -> Facts:  # fmt: skip
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        ...

    wrong: int  # labels that are no class, as facts of rows have found

    def facts(self, names: Sequence[str]) -> dict[str, HostArray]:
        """Return facts of rows with one label each."""
        ...

    def facts_gradient(self, g: HostArray, bars: Mapping[str, HostArray]) -> None:
        """Write the gradient of log-probabilities, logsumexps and entropies of logits to `g`."""
        ...


class Kinds(Protocol):
    """What makes rows for the kernels."""

    rows_of_labels: Callable[..., Rows]
    rows_of_distributions: Callable[..., Rows]
    rows_of_targets: Callable[..., Rows]
    rows_of_elements: Callable[..., Rows]


def kernel_rows(
    plan: Plan, x: HostArray, inputs: Inputs, out: HostArray | None = None
) -> Rows | None:
    """Return the rows of a call for the kernels, or None if they are not for them.

    `out` is where the gradient will be written.
    """
    y, mask = inputs.y_true, inputs.class_mask
    names = [name for name, one in zip(ARRAYS, inputs[1:-1], strict=True) if one is not None]
    if x.dtype not in COMPUTED and x.dtype.name == "bfloat16":
        x = x.view(np.dtype(np.uint16).newbyteorder("=" if x.dtype.isnative else "S"))
    plain = is_plain(x) and (out is None or (is_plain(out) and out.dtype == x.dtype))
    regime = regime_of(
        plan, names, inputs.checked, size=x.size, plain=plain, targets=y.dtype.kind,
        targets_plain=plan.kind == "dense" and y.dtype == x.dtype and is_plain(y),
        own_masks=mask is not None and mask.ndim > 1,
    )  # fmt: skip
    if regime is None:
        return None
    rows = _rows_of(regime, plan, x, inputs, plain)
    if regime not in ("distributions", "distributions in blocks", "targets of probabilities"):
        rows.settled = "y_true" in inputs.checked
    return rows


def _rows_of(regime: Regime, plan: Plan, x: HostArray, inputs: Inputs, plain: bool) -> Rows:
    kinds = _kinds()
    if regime == "elements":
        return kinds.rows_of_elements(plan, x, inputs)
    if regime in ("distributions", "distributions in blocks"):
        return kinds.rows_of_distributions(plan, x, inputs, in_place=regime == "distributions")
    if regime == "targets of probabilities":
        return _target_rows(plan, x, inputs, plain)
    return label_rows(regime, plan, x, inputs)


def label_rows(regime: Regime, plan: Plan, x: HostArray, inputs: Inputs) -> Rows:
    """Return rows with one label each."""
    return _kinds().rows_of_labels(
        plan, x, in_a_row(inputs.y_true), inputs.sample_weight, inputs.class_weight,
        inputs.class_mask, in_place=regime != "labels in blocks",
    )  # fmt: skip


def in_a_row(y: HostArray) -> HostArray:
    """Return labels in one dimension, as native integers.

    Those of a float dtype were checked; anything may stand in rows left out.
    """
    if y.dtype.kind not in INTEGERS:
        with np.errstate(invalid="ignore"):
            y = y.astype(np.int64)
    if y.ndim != 1:
        y = np.ascontiguousarray(y).reshape(-1)
    return y if y.dtype.isnative else y.astype(y.dtype.newbyteorder("="))


@cache
def _kinds() -> Kinds:
    """Return what makes rows for the kernels: a compiler is imported with it."""
    found: Any = import_module("crossent.kernels.kinds")
    kinds: Kinds = found
    return kinds


def _target_rows(plan: Plan, x: HostArray, inputs: Inputs, plain: bool) -> Rows:
    """Return rows of probabilities whose targets are distributions, or labels to be smoothed."""
    from crossent.frontends.numpy.ops import OPS

    labels = in_a_row(inputs.y_true) if plan.kind == "index" else None
    judge = None
    if labels is None and "y_true" not in inputs.checked:
        judge = partial(bad_targets, OPS, plan.classes)
    return _kinds().rows_of_targets(
        plan, x, inputs, labels, in_place=plain, targets_in_place=is_plain(inputs.y_true),
        judge=judge,
    )  # fmt: skip


def facts_of_labels(
    plan: Plan, x: HostArray, labels: npt.NDArray[np.int64], names: Sequence[str]
) -> dict[str, HostArray] | None:
    """Return facts of rows whose labels are in range, in their shape; None without kernels."""
    if not (config.enabled() and is_plain(x) and plan.classes > 1 and labels.size):
        return None
    plan = plan._replace(options=plan.options._replace(ignore_class=()))
    rows = _kinds().rows_of_labels(plan, x, in_a_row(labels), None, None)
    return {name: one.reshape(labels.shape) for name, one in rows.facts(names).items()}


def kernel_log_probs(
    plan: Plan, x: HostArray, inputs: Inputs, names: Sequence[str], check: Check | None
) -> dict[str, HostArray] | None:
    """Return facts of rows of logits; None if they are not for the kernels, or to be complained of.

    `inputs` have each label on its row (:func:`crossent.losses.targets.shifted`), `plan` does not.
    """
    rows = kernel_rows(plan, x, inputs)
    if rows is None:
        return None
    if check is not None and rows.rows >= DOUBLE_SOFTMAX_ROWS and rows.looks_like_probabilities():
        check()  # which warns, or finds nothing
    found = rows.facts(names)
    if rows.wrong and (check is not None or rows.settled):
        return None
    config.note_path("kernel")
    shape = inputs.y_true.shape
    return {
        name: (one if name == "rank" else one.astype(plan.compute_dtype)).reshape(shape)
        for name, one in found.items()
    }


def kernel_log_probs_gradient(
    plan: Plan, x: HostArray, inputs: Inputs, bars: Mapping[str, HostArray], out: HostArray
) -> bool:
    """Write the gradient of facts of rows to `out`; return whether kernels did."""
    rows = kernel_rows(plan, x, inputs, out)
    if rows is None:
        return False
    bars = {name: bar / plan.options.temperature for name, bar in bars.items()}
    if bars.keys() == {"log_prob"}:
        rows.gradient(out, 1.0, upstream=-bars["log_prob"])
    else:
        rows.facts_gradient(out, bars)
    return True


def is_plain(x: HostArray) -> bool:
    """Whether a kernel can read an array of rows where it is."""
    if x.dtype not in COMPUTED:
        return False
    if x.flags.c_contiguous:
        return True
    return x.ndim == 2 and x.strides[1] == x.itemsize and x.strides[0] > 0


def run_kernel(
    plan: Plan,
    rows: Rows,
    normalizer: Any,
    out: HostArray | None,
    check: Check | None,
    divisor: float | None = None,
    terms: HostArray | None = None,
) -> Any:
    """Return the reduced value; with `out` also write its gradient there.

    `divisor` is that of the gradient, if it is known, and `terms` room for the losses of the rows
    where they are what is asked for; by default it is made. None comes back if there is something
    for the check to raise; then nothing has been written, unless the divisor was given.
    """
    if check is not None and rows.rows >= DOUBLE_SOFTMAX_ROWS and rows.looks_like_probabilities():
        check()  # which warns, or finds nothing
    if out is None:
        if terms is None and plan.options.reduction == "none":
            wanted: Any = plan.rows
            terms = np.empty(wanted, plan.compute_dtype)
        facts = rows.values(terms, total=terms is None)
    else:
        if divisor is None:
            divisor = gradient_divisor(plan, rows, normalizer, check)
        if divisor is None:
            return None
        facts = rows.gradient(out, divisor)
    if facts.wrong and (check is not None or rows.settled):
        return None
    if facts.doubtful and check is not None and out is None:
        check()  # which raises, or warns, or finds rows that are NaN as they should be
    if terms is not None:
        config.note_path("kernel")
        return terms
    sums = facts.sums
    total, weight = sums.round_total(), sums.round_weight()
    config.note_path("kernel")
    return reduced_numbers(plan, total, weight, normalizer, rows.rows)


def gradient_divisor(plan: Plan, rows: Rows, normalizer: Any, check: Check | None) -> float | None:
    """Return what the gradient is divided by, found before a row is computed.

    None if labels are bad, and there is a check to say so or they are meant so.
    """
    targets = rows.weight()
    if targets.wrong and (check is not None or rows.settled):
        return None
    if targets.doubtful and check is not None:
        check()
    weight = targets.sums.round_weight() if is_mean_of_kept(plan.options, normalizer) else 0.0
    check_kept(NUMBERS, plan.options, weight, normalizer, rows.rows)
    return float(divisor_of(plan.options, weight, normalizer))
