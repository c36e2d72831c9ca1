"""As much of a batch as a diagnosis needs: all labels, and no more predictions than are quick."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MOST: Final = 2**24
"""Elements of predictions that are looked at; logits of a language model are larger."""


@dataclass(frozen=True)
class Batch:
    """Labels and predictions that belong together, and how the loss reads them.

    Where the predictions were too many, `labels` are all the labels, and `classes` their number of
    classes. Of what was lost until it was needed there is None.
    """

    y_true: Any
    y_pred: Any
    options: Mapping[str, Any] = field(default_factory=dict)
    labels: Any = None
    classes: int | None = None


def sample(
    y_true: Any,
    y_pred: Any,
    options: Mapping[str, Any],
    finite: Callable[[Any], npt.NDArray[np.bool_]],
    most: int = MOST,
) -> Batch:
    """Keep so many entries of a batch that at most `most` predictions are left.

    Parameters
    ----------
    y_true, y_pred : array
        Of any framework whose arrays are indexed as NumPy's.
    options : dict
        Options of `diagnose`; ``axis`` is the class axis.
    finite : function
        Tells which entries of the first axis of the predictions are finite. The others are kept
        first.
    most : int
        Number of elements.
    """
    shape = tuple(y_pred.shape)
    size = math.prod(shape)
    axis = options.get("axis", -1) % max(1, len(shape))
    labels = tuple(getattr(y_true, "shape", ()))
    if size <= most or len(shape) < 2 or axis == 0 or not labels or labels[0] != shape[0]:
        return Batch(y_true, y_pred, options)
    classes = shape[axis]
    beside = {name: options[name] for name in ("sample_weight", "input_ids") if name in options}
    kept = max(1, most * shape[0] // size)
    if kept < shape[0]:
        order = np.argsort(finite(y_pred), kind="stable")[:kept]
        part_true, part_pred = y_true[order], y_pred[order]
        beside = {name: None if one is None else one[order] for name, one in beside.items()}
    else:
        part_true, part_pred = y_true, y_pred
    each = size // shape[0]
    if each > most and len(shape) > 2 and axis != 1 and labels[1:2] == shape[1:2]:
        places = max(1, most * shape[1] // each)
        part_true, part_pred = part_true[:, :places], part_pred[:, :places]
        if beside.get("input_ids") is not None:
            beside["input_ids"] = beside["input_ids"][:, :places]
    return Batch(part_true, part_pred, {**options, **beside}, y_true, classes)
