"""The numbers of one piece of the data, row by row, before anything is summed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.options import Function
from crossent.evaluate.metrics import (
    brier_rest,
    facts_by_operations,
    first_class,
    numbers_of_elements,
    says_one,
)
from crossent.frontends.call import Call, prepare_call
from crossent.frontends.kernel_rows import facts_of_labels
from crossent.frontends.numpy.ops import OPS
from crossent.losses.targets import Targets, prepare, row_weight

HostArray = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """The kept rows of a piece, one entry each; `rows` counts the others as well."""

    rows: int
    classes: int  # 0 for binary
    shape: tuple[int, ...]  # of the rows of the piece
    index: Ints  # place among the flattened rows of the piece
    terms: HostArray
    exact: HostArray | None  # terms with epsilon=0, for probabilities
    weights: HostArray | None  # None: each is 1
    sample: HostArray | None  # the sample weights alone
    labels: Ints  # the class, or 0 and 1 for binary
    groups: Ints  # what `per_class` counts by
    correct: Bools
    in_top: Bools | None  # None where every class is in the top k
    predicted: Ints  # the class, -1 where a prediction is NaN; of binary ones 0 or 1
    ranks: Ints | None  # classes before the label; None for binary
    entropy: HostArray  # of the predicted distribution, in nats
    brier: HostArray
    confidence: HostArray  # the largest probability
    scores: HostArray | None  # of binary rows of one prediction
    hard: bool  # whether each target is a class, and no distribution


def evaluate_rows(
    function: Function, y_true: object, y_pred: object, given: dict[str, object], top_k: int
) -> Rows:
    """Check and compute a piece; every error of the public functions is raised here.

    Parameters
    ----------
    function : {"sparse", "dense", "binary"}
    y_true, y_pred : arrays
        As the public functions take them; `y_pred` is an ndarray.
    given : dict
        Options as the public functions take them, without `reduction`.
    top_k : int
    """
    call = prepare_call(function, y_true, y_pred, {**given, "reduction": "none"})
    terms: HostArray = call.front.run(call.plan, call.x, call.inputs, None)
    exact = _exact_terms(call)
    with np.errstate(all="ignore"):
        targets = prepare(OPS, call.plan, call.inputs, call.x)
        weights = row_weight(OPS, targets)
    if targets.sample is None and targets.mass is None:
        weights = None  # 1 for every kept row
    shape = terms.shape
    found = _judged(call, targets, top_k)
    kept = None if targets.keep is None or targets.keep.all() else targets.keep.reshape(-1)
    index = np.arange(terms.size) if kept is None else np.flatnonzero(kept)

    def pick(values: HostArray) -> HostArray:
        flat = np.broadcast_to(values, shape).reshape(-1)
        return flat if kept is None else flat[index]

    picked: dict[str, Any] = {
        name: None if one is None else pick(one) for name, one in found.items()
    }
    return Rows(
        rows=terms.size,
        classes=call.plan.classes,
        shape=shape,
        index=index,
        terms=pick(terms),
        exact=None if exact is None else pick(exact),
        weights=None if weights is None else pick(weights),
        sample=None if targets.sample is None else pick(targets.sample),
        hard=targets.dense is None or bool(((targets.dense == 0) | (targets.dense == 1)).all()),
        **picked,
    )


def _exact_terms(call: Call) -> HostArray | None:
    """Compute the terms of probabilities once more, without the clip; None for logits."""
    options = call.plan.options
    if options.from_logits:
        return None
    plan = call.plan._replace(options=options._replace(epsilon=0.0))
    terms: HostArray = call.front.run(plan, call.x, call.inputs, None)
    return terms


def _judged(call: Call, targets: Targets, top_k: int) -> dict[str, Any]:
    """Return what the predictions of each row say of its label, before rows are left out."""
    logits = call.plan.options.from_logits
    if call.plan.kind == "binary" and targets.dense is not None:
        # Even odds count as 0, the lower class.
        labels = np.asarray(targets.dense > 0.5, np.int64)
        one, nan = says_one(call.x, logits), np.isnan(call.x)
        groups, single = labels, labels.ndim == 1 or labels.shape[-1] == 1
        if not single:
            groups = np.broadcast_to(np.arange(labels.shape[-1]), labels.shape)
        numbers = numbers_of_elements(call.x, np.asarray(targets.dense, np.float64), logits)
        return {
            "labels": labels, "groups": groups, "correct": (one == labels) & ~nan, "in_top": None,
            "predicted": np.where(nan, -1, one.astype(np.int64)), "ranks": None, **numbers,
            "scores": call.x if single else None,
        }  # fmt: skip
    labels = _one_label(targets)
    ranks, predicted, numbers = _of_classes(call, targets, labels)
    return {
        "labels": labels, "groups": labels, "correct": ranks == 0,
        "in_top": None if top_k >= call.plan.classes else ranks < top_k,
        "predicted": predicted, "ranks": ranks, **numbers, "scores": None,
    }  # fmt: skip


def _of_classes(
    call: Call, targets: Targets, labels: Ints
) -> tuple[Ints, Ints, dict[str, HostArray]]:
    """Return ranks of labels, predicted classes and numbers of rows."""
    logits, mask = call.plan.options.from_logits, targets.mask
    # Where rows lie apart, or have 16 bits, kernels read a copy, so that no bit depends on that.
    x = np.ascontiguousarray(call.x, np.float64 if call.x.dtype.itemsize > 4 else np.float32)
    names = ("rank", "first_class", "log_prob", "entropy", "squares")
    found = None
    if mask is None:
        found = facts_of_labels(call.plan, x, labels, (*names, "lse") if logits else names)
    if found is None:
        found = facts_by_operations(x, labels, mask, logits)
    first = found["first_class"]
    with np.errstate(all="ignore"):
        best = np.take_along_axis(x, np.maximum(first, 0)[..., None], axis=-1)[..., 0]
        confidence = np.asarray(best, np.float64)
        if logits:
            confidence = np.exp(confidence - found["lse"])
        brier = found["squares"] - 2 * np.exp(found["log_prob"]) + 1
        if targets.dense is not None:
            brier = found["squares"] + brier_rest(x, targets.dense, mask, found.get("lse"))
    numbers = {"entropy": found["entropy"], "brier": brier, "confidence": confidence}
    return found["rank"], first, numbers


def _one_label(targets: Targets) -> Ints:
    """Return the class of each row that has the most mass, the lowest number among equal ones."""
    if targets.labels is not None:
        labels: Ints = targets.labels
        return labels
    if targets.dense is not None:
        return first_class(targets.dense)
    labels = np.stack([label for label, _ in targets.several], axis=-1)
    prob = np.stack([prob for _, prob in targets.several], axis=-1)
    best = prob.max(axis=-1, keepdims=True)
    lowest: Ints = np.where(prob == best, labels, targets.classes).min(axis=-1)
    return lowest
