"""Labels and weights as Keras reads them: which dimensions of 1 it adds, drops and repeats."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


def labels_as_given(y_true: Any) -> Any:
    """Return labels unconverted: a tensor of the backend might not hold large ones."""
    if isinstance(y_true, keras.Variable):
        return ops.convert_to_tensor(y_true)
    return y_true if ops.is_tensor(y_true) else np.asarray(y_true)


def same_rank(y_true: Any, y_pred: Any, *, indices: bool = False) -> tuple[Any, Any]:
    """Add or drop a last dimension of 1 where one of two arrays lacks it.

    Beside `indices` of classes the predictions have a dimension more: it is that of the classes.
    """
    labels, predictions = len(y_true.shape), len(y_pred.shape)
    if labels == predictions + 1 and y_true.shape[-1] == 1:
        if predictions == 1:
            return y_true, y_pred[:, None]
        return y_true[..., 0], y_pred
    if predictions == labels + 1 and y_pred.shape[-1] == 1 and not (indices and labels > 1):
        if labels == 1:
            return y_true[:, None], y_pred
        return y_true, y_pred[..., 0]
    return y_true, y_pred


def may_be_equal(a: Any, b: Any) -> bool:
    """Whether two shapes can be equal, taking an unknown dimension for any."""
    a, b = tuple(a), tuple(b)
    return len(a) == len(b) and all(
        m is None or n is None or m == n for m, n in zip(a, b, strict=True)
    )


def has_weight(weights: tuple[Any, ...], y_pred: Any, axis: Any) -> Any:
    """Return which values along `axis` of the predictions have a weight other than 0.

    None stands for all of them: if there are no weights, or if they do not lie on the values.
    """
    rank = len(y_pred.shape)
    if not isinstance(axis, int) or not -rank <= axis < rank or y_pred.shape[axis] == 0:
        return None
    values = y_pred[(slice(None),) * (axis % rank) + (0,)]
    keep = None
    for weight in weights:
        flags = ops.not_equal(ops.convert_to_tensor(weight), 0)
        if len(flags.shape) == rank and flags.shape[-1] == 1:
            flags = flags[..., 0]
        elif len(flags.shape) == rank - 2 and values.shape[-1] == 1:
            flags = flags[..., None]
        if not _lies_on(flags.shape, values.shape):
            return None
        flags = ops.logical_and(flags, ops.ones_like(values, dtype="bool"))
        keep = flags if keep is None else ops.logical_and(keep, flags)
    return keep


def _lies_on(shape: Any, values: Any) -> bool:
    shape, values = tuple(shape), tuple(values)
    tail = values[len(values) - len(shape) :]
    return len(shape) <= len(values) and all(
        n == 1 or m is None or n is None or m == n for n, m in zip(shape, tail, strict=True)
    )
