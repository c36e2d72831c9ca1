"""The core's losses of rows, for libraries that take targets and weights as coefficients.

Where the core asks for distributions and for weights that are not negative, PyTorch and optax
define the loss for any numbers, and differentiate by them. Class indices stay what they are in the
core: checked where their values can be seen, NaN rows where they cannot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from crossent import checks
from crossent.call import ARRAYS
from crossent.frontends._protocol import FrontEnd
from crossent.ops import Array
from crossent.options import Function, Options, Reduction
from crossent.plan import Kind, Plan
from crossent.targets import Inputs

COEFFICIENTS = frozenset(ARRAYS)


class Rows(NamedTuple):
    """A loss that is planned and checked, with the classes of `x` last."""

    front: FrontEnd
    plan: Plan
    x: Array
    inputs: Inputs

    def loss(self, reduction: Reduction) -> Any:
        """Compute it; ``"mean"`` is the core's (rule M07), and NaN where nothing is kept."""
        return self.front.run(self.reduced(reduction), self.x, self.inputs, None)

    def reduced(self, reduction: Reduction) -> Plan:
        """Return the plan with a reduction."""
        options = replace(self.plan.options, reduction=reduction, empty="nan")
        return replace(self.plan, options=options)


def index_rows(
    front: FrontEnd,
    labels: Array,
    x: Array,
    *,
    ignore: tuple[int, ...] = (),
    label_smoothing: float = 0.0,
    class_mask: Array | None = None,
    class_weight: Array | None = None,
    sample_weight: Array | None = None,
) -> Rows:
    """Return the rows of class indices and logits.

    Raises
    ------
    LabelRangeError
        If a label that can be seen is no class, or one that `class_mask` leaves out.
    """
    plan = _plan(front, "sparse", "index", x, ignore=ignore, label_smoothing=label_smoothing)
    checked = COEFFICIENTS
    seen = front.values(labels) if front.owns(labels) else labels
    mask = None if class_mask is None else front.values(class_mask)
    weight = None if sample_weight is None else front.values(sample_weight)
    hidden = (class_mask is not None and mask is None) or (
        sample_weight is not None and weight is None
    )
    if seen is not None and not hidden:
        checks.check_labels(plan, seen, None if weight is None else weight != 0, mask)
        checked |= {"y_true"}
    else:
        checked -= {"class_mask"}
    inputs = Inputs(
        labels,
        class_mask=class_mask,
        class_weight=class_weight,
        sample_weight=sample_weight,
        checked=checked,
    )
    return Rows(front, plan, x, inputs)


def dense_rows(
    front: FrontEnd,
    target: Array,
    x: Array,
    *,
    label_smoothing: float = 0.0,
    class_mask: Array | None = None,
    class_weight: Array | None = None,
    sample_weight: Array | None = None,
) -> Rows:
    """Return the rows of any coefficients of the classes, and logits."""
    plan = _plan(front, "dense", "dense", x, label_smoothing=label_smoothing)
    inputs = Inputs(
        target,
        class_mask=class_mask,
        class_weight=class_weight,
        sample_weight=sample_weight,
        checked=COEFFICIENTS | {"y_true"},
    )
    return Rows(front, plan, x, inputs)


def binary_rows(
    front: FrontEnd,
    target: Array,
    x: Array,
    *,
    from_logits: bool = True,
    pos_weight: Array | None = None,
    sample_weight: Array | None = None,
    bounded: bool = False,
) -> Rows:
    """Return the elements of any targets, and logits or probabilities of the same shape.

    With `bounded` an element whose target or probability lies outside [0, 1] is NaN.
    """
    plan = _plan(front, "binary", "binary", x, from_logits=from_logits)
    inputs = Inputs(
        target,
        pos_weight=pos_weight,
        sample_weight=sample_weight,
        checked=COEFFICIENTS if bounded else COEFFICIENTS | {"y_true", "y_pred"},
    )
    return Rows(front, plan, x, inputs)


def _plan(
    front: FrontEnd,
    function: Function,
    kind: Kind,
    x: Array,
    *,
    from_logits: bool = True,
    ignore: tuple[int, ...] = (),
    label_smoothing: float = 0.0,
) -> Plan:
    shape, dtype = front.spec(x).shape, front.spec(x).dtype
    compute = "float64" if dtype == "float64" else "float32"
    options = Options(
        function=function,
        from_logits=from_logits,
        ignore_class=ignore,
        label_smoothing=label_smoothing,
        reduction="none",
    )
    if kind == "binary":
        return Plan(options, kind, len(shape), -1, 0, shape, None, compute)
    axis, classes = len(shape) - 1, shape[-1]
    return Plan(options, kind, len(shape), axis, classes or 0, shape[:-1], None, compute)
