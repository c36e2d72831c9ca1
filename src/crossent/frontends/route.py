"""Which way a call takes: a kernel for its rows, or the operations; and what is left to a kernel.

All of it is decided here, from the plan and from what the arrays are, without a look at a value.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

from crossent.kernels import switch
from crossent.losses.registry import LOSSES
from crossent.plan import Plan

Regime = Literal[
    "labels",  # of logits that are read where they are
    "labels of probabilities",
    "labels in blocks",  # that are copied to the cache first
    "distributions",  # of logits, as targets
    "distributions in blocks",
    "targets of probabilities",  # distributions, or labels that are smoothed
    "elements",
]

SERVED: Final = frozenset(function for function, entry in LOSSES.items() if entry.kernels)
JUDGED: Final = {"binary": "iubf", "dense": "iubfV"}
"""Kinds of dtypes of targets that kernels judge; bfloat16, which NumPy does not know, is a V."""
INTEGERS: Final = "iub"
UNJUDGED: Final = frozenset({"class_mask", "pos_weight", "target_prob"})
"""Arrays that no kernel judges labels and predictions with."""
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
    if not is_served(plan) or not switch.enabled() or size == 0:
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
    if masked or not plain:
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
    return judged and is_served(plan) and switch.enabled()


def kept_regime(plan: Plan) -> Regime | None:
    """Return the rows of calls like one that was served, of labels and plain predictions alone.

    None where such calls need another look than that of the kernels.
    """
    options = plan.options
    one_class = plan.kind == "index" and (options.from_logits or not options.label_smoothing)
    if not one_class or plan.label_axis is not None or plan.axis != plan.rank - 1:
        return None
    return "labels" if options.from_logits else "labels of probabilities"
