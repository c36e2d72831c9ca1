"""Checks of values: facts about labels, targets, predictions and weights become errors.

Everything here reads NumPy arrays with the classes last; the common case, nothing wrong, costs a
minimum and a maximum. Rows that carry no weight or an ignored label are not looked at (rule M06).
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core import verdicts
from crossent.core.blocks import flat_rows, row_blocks
from crossent.core.messages import values as messages
from crossent.core.missed_sums import Missed
from crossent.core.options import Options
from crossent.core.plan import FLOATS, Plan, sentinels_in
from crossent.core.precision import (
    BASE,
    WARN_LIMIT,
    outside_unit,
    predictions_miss_one,
    sum_tolerance,
)
from crossent.core.target_facts import TargetFacts, not_distributions

HostArray = npt.NDArray[Any]

BETWEEN = ("crossent.", "torch.nn.modules.")
"""Modules between a check and the line of whoever called a loss."""

DOUBLE_SOFTMAX_ROWS = 8
"""With fewer rows chance can make logits look like probabilities."""


def check_labels(plan: Plan, y: HostArray, live: HostArray | None, mask: HostArray | None) -> None:
    """Check class indices: integral, in range and, with a mask, of a class that exists.

    Parameters
    ----------
    plan : Plan
    y : ndarray of integers, bool or floats
        Labels, of the rows' shape or with a last axis of several a row.
    live : ndarray of bool or None
        False in rows of no weight, broadcastable to `y`.
    mask : ndarray of bool or None
        Of shape (C,), or the rows' shape and C.
    """
    live = not_ignored(plan, y, live)
    if y.dtype.name in FLOATS:
        _check_integral(plan, y, live)
    if y.size and not _within(y, plan.classes):
        wrong = (y < 0) | (y >= plan.classes)
        if live is not None:
            wrong &= live
        if wrong.any():
            raise messages.label_range(plan, y, wrong, live)
    if mask is not None:
        _check_masked_labels(plan, y, live, mask)


def not_ignored(plan: Plan, y: HostArray, live: HostArray | None) -> HostArray | None:
    """Return `live` without the ignored labels, of the shape of `y`; None if all rows count."""
    ignored = plan.options.ignore_class
    if y.dtype.name in FLOATS:
        ignored = sentinels_in(plan.options, y.dtype.name)
    for value in ignored:
        other = y != value
        live = other if live is None else live & other
    return None if live is None else np.broadcast_to(live, y.shape)


def _within(y: HostArray, classes: int) -> bool:
    if y.dtype.kind == "i" and classes <= 2 ** (8 * y.dtype.itemsize - 1):
        # Read as unsigned, a negative label is larger than every class: one pass finds both.
        y = y.view(y.dtype.str.replace("i", "u"))
    elif y.dtype.kind not in "ub" and not y.min() >= 0:
        return False
    return bool(np.maximum.reduce(y, axis=None) < classes)


def _check_integral(plan: Plan, y: HostArray, live: HostArray | None) -> None:
    with np.errstate(invalid="ignore"):
        wrong = ~(np.floor(y) == y) | ~np.isfinite(y)
    if live is not None:
        wrong &= live
    if wrong.any():
        raise messages.labels_not_integral(plan, y, wrong)


def _check_masked_labels(plan: Plan, y: HostArray, live: HostArray | None, mask: HostArray) -> None:
    safe = np.where(live, y, 0).astype(np.int64) if live is not None else y.astype(np.int64)
    if mask.ndim == 1:
        exists = mask[safe if mask.size > 1 else 0 * safe]  # one entry is that of every class
    elif safe.ndim == mask.ndim:
        exists = np.take_along_axis(mask, safe, axis=-1)
    else:
        exists = np.take_along_axis(mask, safe[..., None], axis=-1)[..., 0]
    wrong = ~exists if live is None else ~exists & live
    if wrong.any():
        raise messages.label_masked(y, wrong)


def check_target_prob(prob: HostArray, live: HostArray | None) -> None:
    """Check that the probabilities of several classes a row lie in [0, 1] and sum to at most 1."""
    prob = prob.astype(np.float64) if live is None else np.where(live, prob, 0.0)
    with np.errstate(invalid="ignore"):
        wrong = ~((prob >= 0) & (prob <= 1)).all(axis=-1)
        sums = prob.sum(axis=-1)
    if np.any(wrong):
        raise messages.target_prob_range(prob, np.asarray(wrong))
    over = sums > 1 + BASE
    if over.any() and (sums > 1 + sum_tolerance(prob[over])).any():
        raise messages.target_prob_sum(sums)


def check_not_multi_label(options: Options, y: HostArray) -> None:
    """Tell rows with several ones from one-hot rows, both given in place of class indices."""
    if y.dtype.kind not in "biuf" or not y.size:
        return
    rows = np.moveaxis(y, options.axis, -1)
    facts = _facts_of_targets(rows, None)
    if facts.is_multi_label:
        several = np.count_nonzero(rows == 1, axis=-1) > 1
        position = tuple(int(i) for i in np.argwhere(several)[0])
        raise messages.several_ones(options.name, rows[position], position)


def check_targets(plan: Plan, q: HostArray, live: HostArray | None, mask: HostArray | None) -> None:
    """Check that every row of dense targets is a distribution over the classes that exist."""
    rows = q.shape[:-1]
    for block in row_blocks(rows, q.shape[-1]):
        part = flat_rows(q, block)
        alive = None if live is None else live[block].reshape(-1)
        values = part if alive is None else part[alive]
        if not len(values):
            continue
        wrong = not_distributions(values)
        if wrong.any():
            position = _position(rows, block, alive, wrong)
            first = values[np.argmax(wrong)].astype(np.float64)
            raise messages.bad_targets(_facts_of_targets(q, live), first, position)
        if mask is not None:
            here = flat_mask(mask, block)
            outside = ((part != 0) & ~here).any(axis=-1)
            outside = outside if alive is None else outside & alive
            if outside.any():
                raise messages.target_on_masked(_position(rows, block, None, outside))


def _facts_of_targets(q: HostArray, live: HostArray | None) -> TargetFacts:
    facts = TargetFacts(q.shape[-1])
    for block in row_blocks(q.shape[:-1], q.shape[-1]):
        facts.add(flat_rows(q, block), None if live is None else live[block].reshape(-1))
    return facts


def check_binary_targets(plan: Plan, t: HostArray, live: HostArray | None) -> None:
    """Check that every target of binary cross-entropy lies in [0, 1]."""
    live = not_ignored(plan, t, live)
    with np.errstate(invalid="ignore"):  # bfloat16 warns of NaN even where NumPy's types do not
        if not t.size or (t.min() >= 0 and t.max() <= 1):
            return
        wrong = ~((t >= 0) & (t <= 1))
    wrong = wrong if live is None else wrong & live
    if wrong.any():
        raise messages.binary_targets(plan, t, wrong, live)


def check_probabilities(
    plan: Plan, p: HostArray, live: HostArray | None, mask: HostArray | None
) -> bool:
    """Check that predictions are probabilities and, unless told otherwise, that rows sum to 1.

    Rows off by more than their precision explains, but by less than 0.05, give one
    ProbabilityWarning; the value stays as it is. NaN passes: its row becomes NaN (rule M10).

    Returns
    -------
    bool
        False if some predictions are NaN, so that their rows are still to be marked.
    """
    if plan.kind == "binary":
        _check_elements(plan, p, live)
        return not np.isnan(p).any()
    rows = p.shape[:-1]
    clean = True
    far, zeros, near = Missed(), Missed(), Missed()
    for block in row_blocks(rows, p.shape[-1]):
        part = flat_rows(p, block)
        alive = None if live is None else live[block].reshape(-1)
        part = part if alive is None else part[alive]
        if not len(part):
            continue
        wide = part.astype(np.float64)
        place = partial(_position, rows, block, alive)
        outside = np.any(outside_unit(wide, wide, part.dtype.name, part.shape[-1]), axis=-1)
        if outside.any():
            raise messages.not_probabilities(plan, wide[outside], place(outside))
        if mask is not None:
            here = flat_mask(mask, block)
            here = here if alive is None or here.ndim == 1 else here[alive]
            wrong = ((wide != 0) & ~here).any(axis=-1)
            if wrong.any():
                raise messages.probability_on_masked(place(wrong))
        sums = wide.sum(axis=-1)
        clean = clean and not np.isnan(sums).any()
        if plan.options.normalize is not None:
            continue
        off = predictions_miss_one(part, sums) & ~np.isnan(sums)
        if off.any():
            empty = off & ~np.asarray(wide.any(axis=-1))
            large = off & (np.abs(sums - 1) > WARN_LIMIT)
            zeros.add(empty, part, sums, place)
            far.add(large & ~empty, part, sums, place)
            near.add(off & ~large, part, sums, place)
    # A later row of logits says more than the sums do, so the sums are reported last.
    found = verdicts.of_probabilities(outside=False, far=far.any, zeros=zeros.any, off=near.any)
    if found is not None and found[1] == "error":
        raise messages.rows_do_not_sum(found[0], far if far.any else zeros)
    if found is not None:
        warn(messages.rows_nearly_sum(near))
    return clean


def _check_elements(plan: Plan, p: HostArray, live: HostArray | None) -> None:
    with np.errstate(invalid="ignore"):  # bfloat16 warns of NaN even where NumPy's types do not
        low, high = np.min(p, initial=0), np.max(p, initial=0)
    # One NaN says nothing about the other values.
    if not np.isnan(low) and not outside_unit(low, high, p.dtype.name):
        return
    wrong = outside_unit(p, p, p.dtype.name)
    wrong = wrong if live is None else wrong & live
    if wrong.any():
        position = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise messages.not_probabilities(plan, p[wrong].astype(np.float64), position)


def check_double_softmax(
    plan: Plan,
    x: HostArray,
    live: HostArray | None,
    says: Callable[[Plan, int], Warning] = messages.double_softmax,
) -> bool:
    """Warn if every row of the logits is a probability vector (at least 8 rows)."""
    rows = x.shape[:-1]
    if math.prod(rows) < DOUBLE_SOFTMAX_ROWS:
        return False
    seen = 0
    first = x[(0,) * (x.ndim - 2)][:DOUBLE_SOFTMAX_ROWS]
    if live is None and not _probability_rows(first):
        return False
    for block in row_blocks(rows, x.shape[-1]):
        part = flat_rows(x, block)
        if live is not None:
            part = part[live[block].reshape(-1)]
        if len(part) and not _probability_rows(part):
            return False
        seen += len(part)
    if seen < DOUBLE_SOFTMAX_ROWS:
        return False
    warn(says(plan, seen))
    return True


def _probability_rows(rows: HostArray) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        if np.minimum.reduce(rows, axis=None) < -WARN_LIMIT:
            return False  # no precision explains it: these are logits, as nearly always
    wide = rows.astype(np.float64)
    sums = wide.sum(axis=-1)
    if np.isnan(sums).any() or outside_unit(wide, wide, rows.dtype.name, rows.shape[-1]).any():
        return False
    return not predictions_miss_one(rows, sums).any()


def check_weight(name: str, weight: float) -> None:
    """Check a weight that is a Python number, which is there also while the rest is traced."""
    if not verdicts.is_weight(weight):
        raise messages.bad_weight_number(name, weight)


def check_weights(name: str, weight: HostArray) -> None:
    """Check that weights are finite and not negative."""
    if not verdicts.are_weights(weight):
        wrong = verdicts.bad_weights(weight)
        raise messages.bad_weight(name, weight.astype(np.float64), wrong)


def check_class_weight_occurs(
    plan: Plan, y: HostArray, live: HostArray | None, missing: HostArray
) -> None:
    """Check that no class that occurs in the labels is missing from a dict of class weights."""
    if plan.kind == "dense":
        rows = (y if live is None else y[live]).reshape(-1, plan.classes)
        occurs = (rows != 0).any(axis=0)
    else:
        inside = (y >= 0) & (y < plan.classes)
        if live is not None:
            alive = live[..., None] if plan.kind == "top_k" else live
            inside = inside & alive
        inside = np.asarray(not_ignored(plan, y, inside))
        occurs = np.zeros(plan.classes, dtype=bool)
        occurs[y[inside].astype(np.int64)] = True
    absent = missing & verdicts.weighed_classes(occurs, plan.options.label_smoothing)
    if absent.any():
        raise messages.class_weight_missing(np.flatnonzero(absent), plan)


def flat_mask(mask: HostArray, block: Any) -> HostArray:
    """Return a mask of classes, or of a block of rows and their classes."""
    return mask if mask.ndim == 1 else flat_rows(mask, block)


def full_mask(mask: HostArray | None, shape: tuple[int, ...]) -> HostArray | None:
    """Return a mask of classes, or of rows and classes repeated to a shape."""
    return mask if mask is None or mask.ndim == 1 else np.broadcast_to(mask, shape)


def _position(
    rows: tuple[int, ...], block: Any, alive: HostArray | None, wrong: HostArray
) -> tuple[int, ...]:
    """Index, in the rows' shape, of the first wrong row of a block."""
    numbers = np.arange(int(np.prod(rows, dtype=np.int64))).reshape(rows)[block].reshape(-1)
    numbers = numbers if alive is None else numbers[alive]
    return tuple(int(i) for i in np.unravel_index(numbers[np.flatnonzero(wrong)[0]], rows))


def warn(warning: Warning) -> None:
    """Warn at the line that called crossent, however deep the check is."""
    level = 1
    frame: FrameType | None = sys._getframe(0)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(BETWEEN):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)
