"""The numbers of one piece of the data, row by row, before anything is summed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.options import Function
from crossent.evaluate.metrics import first_class, label_ranks, says_one
from crossent.frontends.call import Call, prepare_call
from crossent.frontends.kernel_rows import ranks_of_labels
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
    predict: Callable[[Ints], Ints]  # from `index` to the class predicted, -1 for NaN


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
    labels, groups, correct, in_top = _labels_and_hits(call, targets, top_k)
    kept = None if targets.keep is None or targets.keep.all() else targets.keep.reshape(-1)
    index = np.arange(terms.size) if kept is None else np.flatnonzero(kept)

    def pick(values: HostArray) -> HostArray:
        flat = np.broadcast_to(values, shape).reshape(-1)
        return flat if kept is None else flat[index]

    return Rows(
        rows=terms.size,
        classes=call.plan.classes,
        shape=shape,
        index=index,
        terms=pick(terms),
        exact=None if exact is None else pick(exact),
        weights=None if weights is None else pick(weights),
        sample=None if targets.sample is None else pick(targets.sample),
        labels=pick(labels),
        groups=pick(groups),
        correct=pick(correct),
        in_top=None if in_top is None else pick(in_top),
        predict=partial(_predicted, call),
    )


def _exact_terms(call: Call) -> HostArray | None:
    """Compute the terms of probabilities once more, without the clip; None for logits."""
    options = call.plan.options
    if options.from_logits:
        return None
    plan = call.plan._replace(options=options._replace(epsilon=0.0))
    terms: HostArray = call.front.run(plan, call.x, call.inputs, None)
    return terms


def _labels_and_hits(
    call: Call, targets: Targets, top_k: int
) -> tuple[Ints, Ints, Bools, Bools | None]:
    """Return labels, groups, whether the label is predicted and whether it is in the top k."""
    if call.plan.kind == "binary" and targets.dense is not None:
        # Even odds count as 0, the lower class.
        labels = np.asarray(targets.dense > 0.5, np.int64)
        one = says_one(call.x, call.plan.options.from_logits)
        groups = labels
        if labels.ndim > 1 and labels.shape[-1] > 1:
            groups = np.broadcast_to(np.arange(labels.shape[-1]), labels.shape)
        return labels, groups, (one == labels) & ~np.isnan(call.x), None
    labels = _one_label(targets)
    ranks = None if targets.mask is not None else ranks_of_labels(call.plan, call.x, labels)
    if ranks is None:
        ranks = label_ranks(call.x, labels, targets.mask)
    return labels, labels, ranks == 0, None if top_k >= call.plan.classes else ranks < top_k


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


def _predicted(call: Call, index: Ints) -> Ints:
    binary = call.plan.kind == "binary"
    where = np.unravel_index(index, call.x.shape if binary else call.x.shape[:-1])
    scores = call.x[where]
    if binary:
        one = says_one(scores, call.plan.options.from_logits)
        return np.where(np.isnan(scores), -1, one.astype(np.int64))
    mask = call.inputs.class_mask
    return first_class(scores, mask if mask is None or mask.ndim == 1 else mask[where])
