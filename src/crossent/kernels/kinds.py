"""Which rows a call has: the kernels of its regime, and the numbers that they need."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from crossent.core.blocks import flat_rows
from crossent.core.plan import Plan, sentinels_in
from crossent.core.precision import tolerance_of_dtype
from crossent.kernels import _threads
from crossent.kernels._jit import LIKE
from crossent.kernels.call import address_or_0, flat_float64, packed, row_step
from crossent.kernels.labels import KINDS
from crossent.kernels.logits_of_a_row import BLOCK
from crossent.kernels.regimes import (
    binary,
    logits_label,
    logits_target,
    probability_label,
    probability_target,
    row_facts,
)
from crossent.kernels.rows import Rows
from crossent.kernels.sources import Pieces, distributions, elements, existing, is_ignored, readable
from crossent.losses.clip import clip_of
from crossent.losses.targets import Inputs

HostArray = npt.NDArray[Any]
KIND_OF: Final = {np.dtype(name): kind for name, kind in KINDS.items()}
ELEMENTS: Final = 2**16
"""Elements in a block of binary cross-entropy: a few arrays of float64 of that size fit a cache."""
COPIED: Final = 2**18
"""Elements in a block of logits that is copied: as float32 they fill a cache of a megabyte."""
IN_FLOAT32: Final = 2
"""Bytes of the widest integers and floats of which float32 holds every value."""
Judge = Callable[[HostArray], npt.NDArray[np.bool_]]


def rows_of_labels(
    plan: Plan, x: HostArray, y: HostArray, sample: HostArray | None,
    class_weight: HostArray | None, mask: HostArray | None = None, *, in_place: bool = True,
) -> Rows:  # fmt: skip
    """Return rows of logits or probabilities with one label each, flat and of native byte order."""
    options = plan.options
    dtype = x.dtype if in_place else np.dtype(plan.compute_dtype)
    sample, class_weight = _float64(sample), _float64(class_weight)
    ignored = _ignored(plan, y)
    weighs = sample is not None or class_weight is not None
    alone = ignored is None and not weighs and options.from_logits
    numbers: dict[str, Any] = {
        "classes": plan.classes, "y_kind": KIND_OF[y.dtype], "y_step": y.strides[0],
        "ignored": address_or_0(ignored), "n_ignored": 0 if ignored is None else len(ignored),
        "sample": address_or_0(sample), "class_weight": address_or_0(class_weight),
        "weighs": weighs,
    }  # fmt: skip
    few = plan.classes <= logits_label.MOST_ACROSS
    kernels, memory = probability_label.LANES_OF_CLASSES, 0
    if options.from_logits:
        kernels = logits_label.LANES_OF_ROWS if few else logits_label.LANES_OF_CLASSES
        numbers |= {"smoothing": options.label_smoothing, "z": options.z_loss}
        memory = 0 if few else _tops(plan, dtype)
    else:
        numbers |= _of_probabilities(plan, x)
    pieces = None
    if in_place:
        numbers["x_step"] = row_step(x)
    else:
        copied = existing(x, mask, dtype, options.temperature)
        pieces = Pieces(x.shape[:-1], plan.classes, COPIED, copied)
    return Rows(
        kernels=kernels, rows=x.size // plan.classes, elements=plan.classes,
        numbers=packed(**numbers), x=x if in_place else None, y=y, like=LIKE[dtype],
        like_q=LIKE[dtype], weighs=weighs, keep=(sample, class_weight, ignored),
        pieces=pieces, memory_of_gradient=memory, all_weigh_one=alone,
        may_look=_look(plan, in_place), labels_alone=options.from_logits,
        ranks_kernel=row_facts.RANKS,
        facts_kernel=row_facts.OF_LOGITS if options.from_logits else row_facts.OF_PROBABILITIES,
        facts_of_few=row_facts.OF_LOGITS_ACROSS_ROWS if options.from_logits and few else None,
    )  # fmt: skip


def rows_of_distributions(plan: Plan, x: HostArray, inputs: Inputs, *, in_place: bool) -> Rows:
    """Return rows of logits with a distribution each."""
    options, mask = plan.options, inputs.class_mask
    dtype = x.dtype if in_place else np.dtype(plan.compute_dtype)
    smoothing = options.label_smoothing
    exists = mask if smoothing else None
    sample = _float64(inputs.sample_weight)
    if not in_place:
        sample = _without_ignored(plan, inputs, sample)
    weight = _padded(plan, inputs.class_weight, exists)
    live = plan.classes if exists is None else int(np.count_nonzero(exists))
    numbers: dict[str, Any] = {
        "classes": plan.classes, "sample": address_or_0(sample),
        "class_weight": address_or_0(weight), "weighs": True, "keep": 1 - smoothing,
        "uniform": smoothing / live, "z": options.z_loss,
        "all_weights": plan.classes if weight is None else weight.sum(),
        "tolerance": tolerance_of_dtype(dtype.name, plan.classes),
    }  # fmt: skip
    pieces, q = None, inputs.y_true
    if in_place:
        numbers |= {"x_step": row_step(x), "q": address_or_0(q), "q_step": row_step(q)}
    else:
        copied = existing(x, mask, dtype)
        pieces = Pieces(
            x.shape[:-1], plan.classes, _threads.ALONE, copied, distributions(plan, inputs)
        )
    few = plan.classes <= logits_label.MOST_ACROSS
    return Rows(
        kernels=logits_target.LANES_OF_ROWS if few else logits_target.LANES_OF_CLASSES,
        rows=x.size // plan.classes, elements=plan.classes, numbers=packed(**numbers),
        x=x if in_place else None, like=LIKE[dtype], like_q=LIKE[dtype], weighs=True,
        keep=(x, inputs, sample, weight), pieces=pieces,
        memory_of_gradient=0 if few else _tops(plan, dtype), may_look=_look(plan, in_place),
    )  # fmt: skip


def rows_of_targets(
    plan: Plan, x: HostArray, inputs: Inputs, labels: HostArray | None, *, in_place: bool,
    targets_in_place: bool, judge: Judge | None,
) -> Rows:  # fmt: skip
    """Return rows of probabilities whose targets are distributions, or labels to be smoothed.

    Parameters
    ----------
    labels : ndarray or None
        One class a row, flat and of native byte order; None: the targets are distributions.
    in_place, targets_in_place : bool
        Whether predictions, and the place of their gradient, can be used where they are; and
        targets.
    judge : callable or None
        Tells which of some rows of targets are no distributions, if that is still to be known.
    """
    options, dtype = plan.options, np.dtype(plan.compute_dtype)
    sample, weight, q = _float64(inputs.sample_weight), _float64(inputs.class_weight), inputs.y_true
    few = plan.classes <= probability_target.MOST_ACROSS
    numbers: dict[str, Any] = {
        "classes": plan.classes, "x_step": row_step(x) if in_place else 0,
        "sample": address_or_0(sample), "class_weight": address_or_0(weight),
        "weighs": True, "targets_weigh": True,
        "keep": 1 - options.label_smoothing, "uniform": options.label_smoothing / plan.classes,
        **_of_probabilities(plan, x),
    }  # fmt: skip
    if "y_pred" in inputs.checked:
        numbers["tolerance"] = np.inf
    memory, q_dtype, ignored = 0, dtype, None
    if labels is not None:
        ignored = _ignored(plan, labels)
        memory = 0 if few else -(-plan.classes // 8) * 64  # a row of zeros
        numbers |= {
            "y_kind": KIND_OF[labels.dtype], "y_step": labels.strides[0],
            "ignored": address_or_0(ignored), "n_ignored": 0 if ignored is None else len(ignored),
        }  # fmt: skip
    else:
        q_dtype = _read_as(q.dtype)
    pieces = None
    if labels is None and targets_in_place:
        numbers |= {"q": address_or_0(q), "q_step": row_step(q)}
    if not in_place or not (labels is not None or targets_in_place):
        pieces = Pieces(
            x.shape[:-1], plan.classes, _threads.ALONE,
            (lambda block: flat_rows(x, block)) if in_place
            else (lambda block: readable(flat_rows(x, block), dtype)),
            (lambda block: {}) if labels is not None
            else (lambda block: {"q": np.ascontiguousarray(flat_rows(q, block), q_dtype)}),
            in_place=in_place,
        )  # fmt: skip

    def judged(is_bad: Judge, odd: npt.NDArray[np.intp]) -> HostArray:
        """Return the weights of all rows, NaN of odd ones that are no distributions."""
        weights = np.ones(x.size // plan.classes) if sample is None else sample.copy()
        for first in range(0, len(odd), step := max(1, _threads.ALONE // plan.classes)):
            some = odd[first : first + step]
            bad = is_bad(q[np.unravel_index(some, q.shape[:-1])])
            weights[some[bad]] = np.nan
        return weights

    return Rows(
        kernels=probability_target.LANES_OF_ROWS if few else probability_target.LANES_OF_CLASSES,
        rows=x.size // plan.classes, elements=plan.classes, numbers=packed(**numbers),
        x=x if in_place else None, y=labels, like=LIKE[dtype], like_q=LIKE[q_dtype], weighs=True,
        keep=(x, inputs, sample, weight, ignored), pieces=pieces, memory=memory,
        settled="y_true" in inputs.checked, judge=None if judge is None else partial(judged, judge),
    )  # fmt: skip


def rows_of_elements(plan: Plan, x: HostArray, inputs: Inputs) -> Rows:
    """Return the elements of binary cross-entropy."""
    options = plan.options
    ignored = np.array([float(value) for value in options.ignore_class])
    numbers: dict[str, Any] = {
        "ignored": address_or_0(ignored), "n_ignored": len(ignored),
        "smoothing": options.label_smoothing, "from_logits": options.from_logits,
        "weighs": inputs.sample_weight is not None,
    }  # fmt: skip
    if not options.from_logits:
        numbers |= _of_probabilities(plan, x)
    predictions, others = elements(
        x,
        {"q": inputs.y_true, "sample": inputs.sample_weight, "pos_weight": inputs.pos_weight},
    )
    float64 = LIKE[np.dtype(np.float64)]
    return Rows(
        kernels=binary.ELEMENTS, rows=x.size, elements=1, numbers=packed(**numbers), x=None,
        like=float64, like_q=LIKE[np.dtype(plan.compute_dtype)],
        weighs=inputs.sample_weight is not None, keep=(x, inputs, ignored),
        pieces=Pieces(x.shape, 1, ELEMENTS, predictions, others),
    )  # fmt: skip


def _float64(weights: HostArray | None) -> HostArray | None:
    return None if weights is None else flat_float64(weights)


def _ignored(plan: Plan, y: HostArray) -> npt.NDArray[np.int64] | None:
    """Return the ignored labels that can be among some of a dtype."""
    if not plan.options.ignore_class:
        return None
    ignored = sentinels_in(plan.options, y.dtype.name)
    return np.array(ignored, np.int64) if ignored else None


def _of_probabilities(plan: Plan, x: HostArray) -> dict[str, Any]:
    """Return the numbers that probabilities are clipped and judged by."""
    clip, normalize = clip_of(plan.options.epsilon), plan.options.normalize
    # bfloat16 as bits and arrays of another byte order have the tolerance of their values.
    dtype = "bfloat16" if x.dtype.kind == "u" else x.dtype.name
    return {
        **clip._asdict(), "normalize": bool(normalize), "judges_sums": normalize is None,
        "tolerance": tolerance_of_dtype(dtype, plan.classes or 0),
    }  # fmt: skip


def _tops(plan: Plan, dtype: np.dtype[Any]) -> int:
    """Return the bytes in which a thread keeps the maxima of the blocks of its rows."""
    return 8 * max(8, -(-plan.classes * dtype.itemsize // BLOCK))


def _look(plan: Plan, in_place: bool) -> bool | None:
    """Return whether rows may look like probabilities: None for logits that can be read."""
    if not plan.options.from_logits:
        return False
    return None if in_place else True  # that is left to the check


def _padded(
    plan: Plan, class_weight: HostArray | None, exists: HostArray | None
) -> npt.NDArray[np.float64] | None:
    """Return class weights as the kernels read them; 0 where there is no class to smooth to."""
    if class_weight is None and (exists is None or not plan.options.label_smoothing):
        return None
    weights = np.zeros(plan.classes + logits_target.PADDING)
    weights[: plan.classes] = 1.0 if class_weight is None else class_weight
    if exists is not None:
        weights[: plan.classes][~exists] = 0.0
    return weights


def _without_ignored(plan: Plan, inputs: Inputs, sample: HostArray | None) -> HostArray | None:
    """Return the weights of the rows, 0 where every label is ignored."""
    if not plan.options.ignore_class:
        return sample
    left_out = is_ignored(plan, inputs.y_true)
    left_out = (left_out.all(axis=-1) if plan.kind == "top_k" else left_out).reshape(-1)
    return np.where(left_out, 0.0, 1.0 if sample is None else sample)


def _read_as(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type as which targets are read."""
    if dtype.kind == "f" and dtype.itemsize >= 4:
        return dtype.newbyteorder("=")
    return np.dtype(np.float32 if dtype.itemsize <= IN_FLOAT32 else np.float64)
