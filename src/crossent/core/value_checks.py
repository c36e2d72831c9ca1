"""Which checks the values of labels and predictions take, in order.

A check that kernels make in their own pass runs when they have found something; every other one
runs before a call is computed, whichever way it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from crossent.core import checks
from crossent.core.errors import CrossentError
from crossent.core.plan import Plan

HostArray = npt.NDArray[Any]


class Values:
    """What can be seen of a call, with the classes last."""

    def __init__(
        self,
        plan: Plan,
        seen: Mapping[str, HostArray],
        given: Iterable[str],
        missing: HostArray | None,
    ) -> None:
        self.plan, self.seen, self.given = plan, seen, given
        self.missing = missing  # classes without a weight in a dict

    @property
    def told(self) -> bool:
        """Whether it can be told which rows weigh nothing: these may hold anything."""
        return "sample_weight" not in self.given or "sample_weight" in self.seen

    @property
    def mask(self) -> HostArray | None:
        """Which classes exist."""
        return self.seen.get("class_mask")

    @property
    def mask_of_labels(self) -> HostArray | None:
        """Which classes a label may name: a shifted one those of the row before it."""
        mask = self.mask
        if mask is None or mask.ndim == 1 or not self.plan.options.shift:
            return mask
        return np.roll(mask, 1, axis=-2)  # a label has the mask of the row before it

    @property
    def weighing(self) -> HostArray | None:
        """Which labels have a weight (None: all); the first one of a sequence has no row."""
        sample = self.seen.get("sample_weight")
        weighing = None if sample is None else sample != 0
        if not self.plan.options.shift:
            return weighing
        labels = self.seen.get("y_true")
        if labels is None:
            places = np.arange(self.seen["y_pred"].shape[-2])
        else:
            places = np.arange(labels.shape[-1 if self.plan.kind == "index" else -2])
        if weighing is None:
            return places > 0
        return np.broadcast_to(
            np.roll(weighing, 1, axis=-1), (*weighing.shape[:-1], len(places))
        ) & (places > 0)

    @cached_property
    def live(self) -> HostArray | None:
        """Which rows count (None: all)."""
        live, y = self.weighing, self.seen.get("y_true")
        if y is None or self.plan.kind == "dense":
            return live
        if self.plan.kind == "binary":
            return checks.not_ignored(self.plan, y, live)
        kept = checks.not_ignored(self.plan, y, None)
        if kept is None:
            return live
        kept = np.asarray(kept.any(axis=-1)) if self.plan.kind == "top_k" else kept
        return np.asarray(kept if live is None else live & kept)


class ValueCheck(NamedTuple):
    """A check, and whether kernels make it themselves."""

    applies: Callable[[Values], bool]
    make: Callable[[Values], str]  # returns the name of the argument that is checked, or nothing
    by_kernels: bool = False


def _has_labels(values: Values) -> bool:
    return "y_true" in values.seen


def _labels(values: Values) -> str:
    plan, y, live, mask = values.plan, values.seen["y_true"], values.weighing, values.mask_of_labels
    if plan.kind == "binary":
        checks.check_binary_targets(plan, y, live)
    elif plan.kind == "dense":
        if live is not None:
            live = np.broadcast_to(live, y.shape[:-1])
        checks.check_targets(plan, y, live, checks.full_mask(mask, y.shape))
    else:
        several = plan.kind == "top_k"
        alive = live[..., None] if several and live is not None else live
        rows = y.shape[:-1] if several else y.shape
        checks.check_labels(plan, y, alive, checks.full_mask(mask, (*rows, plan.classes)))
    return "y_true"


def _has_gaps(values: Values) -> bool:
    return values.missing is not None and _has_labels(values) and values.plan.kind != "binary"


def _weights_of_labels(values: Values) -> str:
    live, y = values.live, values.seen["y_true"]
    if values.plan.kind == "dense" and live is not None:
        live = np.broadcast_to(live, y.shape[:-1])
    if values.missing is not None:
        checks.check_class_weight_occurs(values.plan, y, live, values.missing)
    return ""


def _has_several(values: Values) -> bool:
    return "target_prob" in values.seen and _has_labels(values)


def _several(values: Values) -> str:
    live, prob = values.live, values.seen["target_prob"]
    if live is not None:
        live = np.broadcast_to(live, values.seen["y_true"].shape[:-1])[..., None]
    checks.check_target_prob(prob, live)
    return "target_prob"


def _has_predictions(values: Values) -> bool:
    # Without labels a row that looks bad may be ignored.
    return "y_pred" in values.seen and (_has_labels(values) or not values.plan.options.ignore_class)


def _live_predictions(values: Values) -> tuple[HostArray, HostArray | None]:
    x, live = values.seen["y_pred"], values.live
    if live is not None:
        live = np.broadcast_to(live, x.shape[:-1] if values.plan.classes else x.shape)
    return x, live


def _has_probabilities(values: Values) -> bool:
    return _has_predictions(values) and not values.plan.options.from_logits


def _probabilities(values: Values) -> str:
    x, live = _live_predictions(values)
    mask = checks.full_mask(values.mask, x.shape)
    return "y_pred" if checks.check_probabilities(values.plan, x, live, mask) else ""


def _has_logits(values: Values) -> bool:
    plan = values.plan
    whole = plan.classes > 0 and values.mask is None
    return _has_predictions(values) and plan.options.from_logits and whole


def _logits(values: Values) -> str:
    checks.check_double_softmax(values.plan, *_live_predictions(values))
    return ""


LABELS: Final = ValueCheck(_has_labels, _labels, by_kernels=True)
GAPS: Final = ValueCheck(_has_gaps, _weights_of_labels)
SEVERAL: Final = ValueCheck(_has_several, _several)
PROBABILITIES: Final = ValueCheck(_has_probabilities, _probabilities, by_kernels=True)
LOGITS: Final = ValueCheck(_has_logits, _logits, by_kernels=True)
CHECKS: Final = (
    LABELS,
    GAPS,
    SEVERAL,
    PROBABILITIES,
    LOGITS,
)


class Checks:
    """The checks that are left to be made for a call: calling it raises what there is to raise."""

    __slots__ = ("left", "values")

    def __init__(self, values: Values, left: tuple[ValueCheck, ...]) -> None:
        self.values, self.left = values, left if values.told else ()

    def __call__(self) -> set[str]:
        """Make them and return the names of the arguments that are right."""
        values = self.values
        found = {"class_mask"} if "class_mask" in values.seen else set()
        for applies, make, _ in self.left:
            if applies(values):
                found.add(make(values))
        found.discard("")
        return found


BY_KERNELS: Final = tuple(check for check in CHECKS if check.by_kernels)
AT_ONCE: Final = tuple(check for check in CHECKS if not check.by_kernels)


def due(values: Values, among: tuple[ValueCheck, ...]) -> tuple[ValueCheck, ...]:
    """Return the checks that a call like this one needs."""
    return tuple([check for check in among if check.applies(values)])


def check_weights(seen: Mapping[str, HostArray], missing: HostArray | None) -> set[str]:
    """Check the weights that can be seen and return their names.

    `missing` are classes without a weight: whether a row needs it is another check.
    """
    done: set[str] = set()
    for name in ("sample_weight", "class_weight", "pos_weight"):
        if name in seen:
            weights = seen[name]
            if name == "class_weight" and missing is not None:
                # A class that a dict leaves out has NaN; the front end sees whether a row needs it.
                weights = weights[~missing]
            checks.check_weights(name, weights)
            if weights.shape == seen[name].shape:
                done.add(name)
    return done


def first_error(
    plan: Plan, seen: Mapping[str, HostArray], checked: frozenset[str]
) -> CrossentError | None:
    """Return the error that an eager call of these values raises; None if it raises none.

    For a program that has found a bad row while it runs. Row sums of probabilities are no cause
    of one, and arguments named in `checked` were looked at, or are not to be.
    """
    plan = plan._replace(options=plan.options._replace(normalize=plan.options.normalize or False))
    weights = seen.get("class_weight")
    missing = None
    if weights is not None and "class_weight" not in checked:
        gaps = np.isnan(weights.astype(np.float64))  # a dict leaves them out
        missing = gaps if gaps.any() else None
    values = Values(plan, seen, seen, missing)
    left = [
        check
        for check, names in (
            (LABELS, {"y_true", "class_mask"}),
            (GAPS, {"class_weight"}),
            (SEVERAL, {"target_prob"}),
            (PROBABILITIES, {"y_pred"}),
        )
        if not names <= checked
    ]
    try:
        check_weights({name: one for name, one in seen.items() if name not in checked}, missing)
        Checks(values, tuple(left))()
    except CrossentError as error:
        return error
    return None
