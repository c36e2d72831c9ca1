"""Which way a call takes: a kernel for its rows, or the operations; and what is left to a kernel.

All of it is decided here, from the plan and from what the arrays are, without a look at a value.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

from crossent.core.plan import FLOATS, Plan
from crossent.core.registry import FUNCTIONS
from crossent.kernels import config

Regime = Literal[
    "labels",  # of logits that are read where they are
    "labels of probabilities",
    "labels in blocks",  # that are copied to the cache first
    "distributions",  # of logits, as targets
    "distributions in blocks",
    "targets of probabilities",  # distributions, or labels that are smoothed
    "elements",
]

SERVED: Final = frozenset(function for function, entry in FUNCTIONS.items() if entry.kernels)
JUDGED: Final = {"binary": "iubf", "dense": "iubfV"}
"""Kinds of dtypes of targets that kernels judge; bfloat16, which NumPy does not know, is a V."""
INTEGERS: Final = "iub"
UNJUDGED: Final = frozenset({"class_mask", "pos_weight", "target_prob"})
"""Arrays that no kernel judges labels and predictions with."""
OPERATED: Final = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})
"""Dtypes of labels that an operator of a compiled graph takes."""
LEAST: Final = 2**16
"""Elements of predictions from which on the kernels are worth a call from such a graph."""
WEIGHTS: Final = frozenset({"sample_weight", "class_weight", "pos_weight"})


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


def regime_of(
    plan: Plan,
    names: Collection[str],
    checked: frozenset[str],
    *,
    size: int,
    plain: bool,
    targets: str,
    targets_plain: bool,
    own_masks: bool,
) -> Regime | None:
    """Return the rows that a kernel computes; None if the call is for the operations.

    Parameters
    ----------
    plan : Plan
    names : collection of str
        The arrays beside labels and predictions.
    checked : frozenset of str
        Arguments whose values were seen, or are not there.
    size : int
        Elements of the predictions.
    plain : bool
        Predictions, and the room for their gradient, are read where they are.
    targets : str
        The kind of the dtype of the targets.
    targets_plain : bool
        They are read where they are, in the dtype of the predictions.
    own_masks : bool
        Every row has a mask of its own.
    """
    if not is_served(plan) or not config.enabled() or size == 0:
        return None
    for name in names:
        if name in WEIGHTS and name not in checked:
            return None
    if plan.kind == "binary":
        return "elements"
    logits, smoothed = plan.options.from_logits, plan.options.label_smoothing > 0
    masked = "class_mask" in names
    if logits and spreads(plan, names):
        if not {"y_true", "target_prob", "class_mask"} <= checked:
            return None
        if own_masks and smoothed:
            return None  # every row is smoothed to other classes
        in_place = plain and not masked and plan.kind == "dense" and targets_plain
        return "distributions" if in_place else "distributions in blocks"
    if masked and not logits:
        return None
    if plan.kind == "dense":
        return "targets of probabilities"
    if targets not in INTEGERS and "y_true" not in checked:
        return None
    if smoothed and not logits:
        return "targets of probabilities"
    if masked and not {"y_true", "class_mask"} <= checked:
        return None
    if masked or not plain or plan.options.temperature != 1:
        return "labels in blocks"
    return "labels" if logits else "labels of probabilities"


def spreads(plan: Plan, names: Collection[str]) -> bool:
    """Whether the targets of a row are more than the one class that a label names."""
    some = "class_weight" in names or "class_mask" in names
    return plan.kind != "index" or (plan.options.label_smoothing > 0 and some)


def judges_itself(
    plan: Plan, names: Collection[str], *, size: int, plain: bool, targets: str
) -> bool:
    """Whether labels and predictions can be left to the kernels to look at."""
    if not UNJUDGED.isdisjoint(names):
        return False
    if plan.kind == "index" and plan.options.from_logits and spreads(plan, names):
        return False
    judged = plain and size > 0 and targets in JUDGED.get(plan.kind, INTEGERS)
    return judged and is_served(plan) and config.enabled()


def is_for_operators(
    plan: Plan,
    names: Collection[str],
    *,
    size: int,
    predictions: str,
    targets: str,
    differentiated: bool,
    learned: Collection[str],
) -> bool:
    """Whether a call in a compiled graph is for the kernels as operators of that graph.

    Parameters
    ----------
    plan : Plan
    names : collection of str
        The arrays beside the predictions.
    size : int
        Elements of the predictions.
    predictions, targets : str
        Names of dtypes.
    differentiated : bool
        The predictions require a gradient.
    learned : collection of str
        The arrays that do.
    """
    options, binary = plan.options, plan.kind == "binary"
    if plan.kind not in ("index", "binary") or not is_served(plan) or "class_mask" in names:
        return False
    if predictions not in FLOATS:
        return False
    if targets not in OPERATED and not (binary and targets in FLOATS):
        return False
    if binary and ("y_true" in learned or "pos_weight" in learned):
        return False
    if "class_weight" in names and options.label_smoothing:
        return False
    if not binary and not options.from_logits and not differentiated:
        return False  # one element of a row, which the compiler reads faster
    return size >= LEAST and all(-(2**63) <= label < 2**63 for label in options.ignore_class)


def kept_regime(plan: Plan) -> Regime | None:
    """Return the rows of calls like one that was served, of labels and plain predictions alone.

    None where such calls need another look than that of the kernels.
    """
    options = plan.options
    one_class = plan.kind == "index" and (options.from_logits or not options.label_smoothing)
    if not one_class or plan.label_axis is not None or plan.axis != plan.rank - 1:
        return None
    return "labels" if options.from_logits else "labels of probabilities"
