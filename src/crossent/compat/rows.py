"""The core's losses of rows, for libraries that take targets and weights as coefficients.

Where the core asks for distributions and for weights that are not negative, PyTorch and optax
define the loss for any numbers, and differentiate by them. Class indices stay what they are in the
core: checked where their values can be seen, NaN rows where they cannot.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from crossent.core import checks
from crossent.core.options import Function, Options, Reduction
from crossent.core.plan import Kind, Plan, plan_of_rows
from crossent.frontends._protocol import FrontEnd
from crossent.frontends.keras_calls import refuse_keras_weights
from crossent.losses.ops import Array
from crossent.losses.targets import ARRAYS, Inputs

COEFFICIENTS = frozenset(ARRAYS)


class Rows(NamedTuple):
    """A loss that is planned and checked, with the classes of `x` last."""

    front: FrontEnd
    plan: Plan
    x: Array
    inputs: Inputs

    def loss(self, reduction: Reduction) -> Any:
        """Compute it; ``"mean"`` is the core's (rule M07), and NaN where nothing is kept."""
        plan = self.reduced(reduction)
        refuse_keras_weights(self.front, plan)
        return self.front.run(plan, self.x, self.inputs, None)

    def reduced(self, reduction: Reduction) -> Plan:
        """Return the plan with a reduction."""
        options = self.plan.options._replace(reduction=reduction, empty="nan")
        return self.plan._replace(options=options)


def index_rows(
    front: FrontEnd,
    labels: Array,
    x: Array,
    *,
    ignore: tuple[int, ...] = (),
    label_smoothing: float = 0.0,
    epsilon: float | None = None,
    class_mask: Array | None = None,
    class_weight: Array | None = None,
    sample_weight: Array | None = None,
) -> Rows:
    """Return the rows of class indices and logits; one of a class that is left out is NaN.

    With `epsilon` the predictions are probabilities, and clipped to [epsilon, 1 - epsilon].

    Raises
    ------
    LabelRangeError
        If a label that can be seen is no class.
    """
    plan = _plan(front, "sparse", "index", x, ignore, label_smoothing, epsilon)
    checked = COEFFICIENTS | {"y_pred"}
    seen = front.values(labels) if front.owns(labels) else labels
    weight = None if sample_weight is None else front.values(sample_weight)
    if seen is not None and (sample_weight is None or weight is not None):
        checks.check_labels(plan, seen, None if weight is None else weight != 0, None)
        checked |= {"y_true"}
    if class_mask is not None:
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
    epsilon: float | None = None,
    class_mask: Array | None = None,
    class_weight: Array | None = None,
    sample_weight: Array | None = None,
) -> Rows:
    """Return the rows of any coefficients of the classes, and logits or, clipped, probabilities."""
    plan = _plan(front, "dense", "dense", x, (), label_smoothing, epsilon)
    inputs = Inputs(
        target,
        class_mask=class_mask,
        class_weight=class_weight,
        sample_weight=sample_weight,
        checked=COEFFICIENTS | {"y_true", "y_pred"},
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
    plan = _plan(front, "binary", "binary", x, epsilon=None if from_logits else 0.0)
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
    ignore: tuple[int, ...] = (),
    label_smoothing: float = 0.0,
    epsilon: float | None = None,
) -> Plan:
    options = Options(
        function=function,
        from_logits=epsilon is None,
        ignore_class=ignore,
        label_smoothing=label_smoothing,
        epsilon=epsilon or 0.0,
        reduction="none",
    )
    return plan_of_rows(options, kind, front.spec(x))
