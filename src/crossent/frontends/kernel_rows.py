"""Where the kernels serve: which calls on arrays in memory they take, and what comes back.

A call that they do not take goes the way of the operations; so does one in which they find
anything to complain of, after the checks have raised what there is to raise.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from crossent.frontends._protocol import FrontEnd
from crossent.kernels import switch
from crossent.losses.reduce import check_kept, divisor_of, is_mean_of_kept, reduced
from crossent.losses.registry import LOSSES
from crossent.ops import Array
from crossent.plan import Plan
from crossent.reduction import Partial
from crossent.targets import Inputs, bad_targets

HostArray = npt.NDArray[Any]
COMPUTED = frozenset({np.dtype(np.float32), np.dtype(np.float64)})  # of this byte order
KINDS = {"binary": "iubf", "dense": "iubfV"}
"""Of the dtypes of targets; bfloat16, of which NumPy knows nothing, is a "V"."""
SERVED = frozenset(function for function, entry in LOSSES.items() if entry.kernels)
DOUBLE_SOFTMAX_ROWS = 8
MOST_FLOAT32 = 3.4e38
Check = Callable[[], object]


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

    def gradient(self, g: HostArray, divisor: float, out: HostArray | None = None) -> Facts:
        """Do the same and write the gradient of the terms' sum over `divisor` to `g`."""
        ...


def looks_itself(front: FrontEnd, plan: Plan, x: Array, seen: dict[str, HostArray]) -> bool:
    """Whether labels and logits can be left to the kernels to look at."""
    values, labels = seen.get("y_pred"), seen.get("y_true")
    if values is None or labels is None or not is_served(plan):
        return False
    if "class_mask" in seen or "pos_weight" in seen or "target_prob" in seen:
        return False
    smoothed = plan.options.label_smoothing > 0 and plan.options.from_logits
    if plan.kind == "index" and smoothed and "class_weight" in seen:
        return False
    # Asked of the class itself: a front end built upon another one has a `run` of its own.
    takes = vars(type(front)).get("kernels_take")
    return (
        takes is not None
        and takes(front, x)
        and switch.enabled()
        and labels.dtype.kind in KINDS.get(plan.kind, "iub")
        and values.size > 0
        and is_plain(values)
    )


def kernel_rows(
    plan: Plan, x: HostArray, inputs: Inputs, out: HostArray | None = None
) -> Rows | None:
    """Return the rows of a call for the kernels, or None if they are not for them.

    `out` is where the gradient will be written.
    """
    if not is_served(plan) or not switch.enabled() or x.size == 0:
        return None
    for name in ("sample_weight", "class_weight"):
        if getattr(inputs, name) is not None and name not in inputs.checked:
            return None
    if x.dtype not in COMPUTED and x.dtype.name == "bfloat16":
        x = x.view(np.dtype(np.uint16).newbyteorder("=" if x.dtype.isnative else "S"))
    if plan.kind == "binary":
        from crossent.kernels.binary_rows import BinaryRows

        unchecked = inputs.pos_weight is not None and "pos_weight" not in inputs.checked
        elements: Rows = BinaryRows(plan, x, inputs)
        elements.settled = "y_true" in inputs.checked
        return None if unchecked else elements
    plain = is_plain(x) and (out is None or (is_plain(out) and out.dtype == x.dtype))
    logits = plan.options.from_logits
    if logits and needs_distributions(plan, inputs):
        return _distributions(plan, x, inputs, plain)
    if not logits and inputs.class_mask is not None:
        return None
    y = inputs.y_true
    if plan.kind == "dense":
        return _target_rows(plan, x, inputs, plain)
    if y.dtype.kind not in "iub":
        if "y_true" not in inputs.checked:
            return None
        y = _whole_numbers(y)
    if y.ndim != 1:
        y = np.ascontiguousarray(y).reshape(-1)
    if not y.dtype.isnative:
        y = y.astype(y.dtype.newbyteorder("="))
    if not logits and plan.options.label_smoothing:
        return _target_rows(plan, x, inputs, plain, y)
    arguments = (plan, x, y, inputs.sample_weight, inputs.class_weight)
    of_logits, of_probabilities, in_blocks = _label_rows()
    rows: Rows
    if inputs.class_mask is not None:
        if not {"y_true", "class_mask"} <= inputs.checked:
            return None
        rows = in_blocks(*arguments, mask=inputs.class_mask)
    else:
        kind = of_logits if logits else of_probabilities
        rows = (kind if plain else in_blocks)(*arguments)
    rows.settled = "y_true" in inputs.checked
    return rows


@cache
def _label_rows() -> tuple[Callable[..., Rows], ...]:
    """Return the forms of rows with labels: a compiler is imported with them."""
    from crossent.kernels.blocked_rows import BlockedRows
    from crossent.kernels.label_rows import LabelRows
    from crossent.kernels.probability_rows import ProbabilityRows

    return LabelRows, ProbabilityRows, BlockedRows


def needs_distributions(plan: Plan, inputs: Inputs) -> bool:
    """Whether the targets of a row are more than the one class that a label names."""
    spread = inputs.class_weight is not None or inputs.class_mask is not None
    return plan.kind != "index" or (plan.options.label_smoothing > 0 and spread)


def _distributions(plan: Plan, x: HostArray, inputs: Inputs, plain: bool) -> Rows | None:
    if not {"y_true", "target_prob", "class_mask"} <= inputs.checked:
        return None
    mask, q = inputs.class_mask, inputs.y_true
    if mask is not None and mask.ndim > 1 and plan.options.label_smoothing:
        return None  # every row is smoothed to other classes
    from crossent.kernels.blocked_distributions import BlockedDistributions
    from crossent.kernels.distribution_rows import DistributionRows

    in_place = plain and mask is None and plan.kind == "dense"
    if in_place and q.dtype == x.dtype and is_plain(q):
        return DistributionRows(plan, x, q, inputs.sample_weight, inputs.class_weight)
    return BlockedDistributions(plan, x, inputs)


def _target_rows(
    plan: Plan, x: HostArray, inputs: Inputs, plain: bool, labels: HostArray | None = None
) -> Rows:
    """Return rows of probabilities whose targets are distributions, or labels to be smoothed."""
    from crossent.frontends.numpy import OPS
    from crossent.kernels.target_probability_rows import TargetProbabilityRows

    judge = None
    if labels is None and "y_true" not in inputs.checked:
        judge = partial(bad_targets, OPS, plan.classes)
    return TargetProbabilityRows(plan, x, inputs, labels, plain, is_plain(inputs.y_true), judge)


def _whole_numbers(y: HostArray) -> HostArray:
    """Return checked labels of a float dtype as integers; anything may stand in rows left out."""
    with np.errstate(invalid="ignore"):
        return y.astype(np.int64)


def is_served(plan: Plan) -> bool:
    """Whether there is a kernel for such a loss."""
    options = plan.options
    if options.function not in SERVED:
        return False
    if plan.kind == "binary":
        return True
    if plan.classes < 2:
        return False
    return options.from_logits or plan.kind in ("index", "dense")


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
    switch.note_path("kernel")
    if terms is not None:
        return terms
    sums = facts.sums
    return reduced_numbers(plan, sums.round_total(), sums.round_weight(), normalizer, rows.rows)


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


class Numbers:
    """The operations of a reduction on Python's numbers, which become NumPy's."""

    def cast(self, x: float, dtype: str) -> Any:
        if dtype == "float64":
            return np.float64(x)
        if abs(x) > MOST_FLOAT32:
            with np.errstate(over="ignore"):
                return np.float32(x)
        return np.float32(x)

    def where(self, condition: bool, x: float, y: float) -> float:
        return x if condition else y

    def is_zero(self, x: float) -> bool:
        return x == 0


def reduced_numbers(plan: Plan, total: float, weight: float, normalizer: Any, rows: int) -> Any:
    """Return what `reduction` asks for, from exact sums of the terms and weights."""
    check_kept(NUMBERS, plan.options, weight, normalizer, rows)
    number = None if normalizer is None else float(normalizer)
    value = reduced(NUMBERS, plan, total, weight, number)
    return tuple(map(np.float64, value)) if plan.options.reduction == "parts" else value


NUMBERS: Final = Numbers()
