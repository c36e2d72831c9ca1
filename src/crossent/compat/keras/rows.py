"""The losses of rows that Keras defines, computed by crossent.

Probabilities are normalised and clipped by Keras's operations, in their own dtype and in the order
of the backend in use, so that the numbers are that backend's; what is left is crossent's. `keep`
(None: all) says which values will have a weight: the others are 0, whatever they are made of.
"""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from crossent.compat.keras.arrays import labels_as_given, may_be_equal
from crossent.compat.keras.internals import leave_mask, logits_behind, only_shapes_count
from crossent.core.errors import ShapeError
from crossent.core.messages import keras as messages
from crossent.core.options import Function
from crossent.frontends.call import run_call


def sparse_rows(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    label_smoothing: float = 0.0,
    *,
    keep: Any = None,
) -> Any:
    """Losses of class indices; a mask on them says which rows are not ignored."""
    x = _floats(y_pred)
    dtype = x.dtype
    labels = _drop_class_axis(labels_as_given(y_true), x, axis)
    _check_axis(labels, x, axis)
    x, from_logits = _behind(x, from_logits, "Softmax", "sparse_categorical_crossentropy")
    options: dict[str, Any] = {"ignore_class": ignore_class}
    if not from_logits:
        # TensorFlow's backend divides by the sum after the clip, the others before it.
        clip_first = keras.config.backend() == "tensorflow"
        x = _clip(x if clip_first else x / ops.sum(x, axis, keepdims=True))
        options |= {"epsilon": 0.0, "normalize": clip_first}
    options |= {"axis": axis, "label_smoothing": label_smoothing}
    terms = ops.cast(_terms("sparse", labels, x, keep, from_logits, options), dtype)
    if ignore_class is not None:
        leave_mask(terms, _not_equal(labels, ignore_class))
    return terms


def dense_rows(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    *,
    keep: Any = None,
) -> Any:
    """Losses of a coefficient for every class, usually one-hot or a distribution."""
    if isinstance(axis, bool):
        raise messages.axis_is_bool(axis)
    x = _floats(y_pred)
    dtype = x.dtype
    targets = ops.cast(y_true, dtype)
    x, from_logits = _behind(x, from_logits, "Softmax", "categorical_crossentropy")
    options: dict[str, Any] = {"axis": axis, "label_smoothing": label_smoothing}
    if not from_logits:
        x = _clip(x / ops.sum(x, axis, keepdims=True))
        options |= {"epsilon": 0.0, "normalize": False}
    return ops.cast(_terms("dense", targets, x, keep, from_logits, options), dtype)


def binary_rows(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    *,
    keep: Any = None,
) -> Any:
    """Mean losses of two-class elements along an axis."""
    x = _floats(y_pred)
    targets, dtype = labels_as_given(y_true), x.dtype
    if not may_be_equal(targets.shape, x.shape):
        raise messages.other_shape("binary_crossentropy", targets.shape, x.shape)
    x, from_logits = _behind(x, from_logits, "Sigmoid", "binary_crossentropy")
    if from_logits and keras.config.backend() == "numpy":
        x, from_logits = ops.sigmoid(x), False
    options: dict[str, Any] = {"label_smoothing": label_smoothing}
    if not from_logits:
        x = _clip(x)
        options |= {"epsilon": 0.0}
    if keep is not None:
        keep = ops.broadcast_to(ops.expand_dims(keep, axis), ops.shape(x))
    terms = _terms("binary", targets, x, keep, from_logits, options)
    return ops.cast(ops.mean(terms, axis=axis), dtype)


def _terms(
    function: Function, y_true: Any, x: Any, keep: Any, from_logits: bool, options: dict[str, Any]
) -> Any:
    given = {
        **options,
        "from_logits": from_logits,
        "reduction": "none",
        "sample_weight": None if keep is None else ops.cast(keep, "float32"),
        "validate": "off" if only_shapes_count() else "first",
    }
    # Keras checks neither predictions nor dense targets: to it they are coefficients.
    unchecked = frozenset({"y_pred", "y_true"} if function == "dense" else {"y_pred"})
    try:
        return run_call(function, y_true, x, given, unchecked)
    except ShapeError as error:
        rows = x.shape
        if function == "sparse" and options["axis"] in range(-len(rows), len(rows)):
            at = options["axis"] % len(rows)
            rows = (*rows[:at], *rows[at + 1 :])
        # Keras's sentence is of two shapes that differ: of these it would say nothing.
        if may_be_equal(y_true.shape, rows) or may_be_equal(y_true.shape, x.shape):
            raise
        raise messages.in_words_of_keras(error, y_true.shape, x.shape, function) from None


def _floats(y_pred: Any) -> Any:
    x = ops.convert_to_tensor(y_pred)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(x.dtype)):
        return x
    return ops.cast(x, keras.config.floatx())


def _clip(p: Any) -> Any:
    """Clip to [epsilon, 1 - epsilon]; both are rounded to the dtype, so 1 may be the upper one."""
    epsilon = keras.config.epsilon()
    dtype = keras.backend.standardize_dtype(p.dtype)
    if keras.config.backend() == "numpy" and dtype == "bfloat16":
        p, dtype = ops.cast(p, "float32"), "float32"  # as NumPy does with this dtype and numbers
    low, high = np.array([epsilon, 1.0 - epsilon]).astype(dtype).astype(float)
    return ops.clip(p, float(low), float(high))


def _behind(x: Any, from_logits: bool, activation: str, name: str) -> tuple[Any, bool]:
    """Return the logits that `x` was made of, if the backend has kept them; else `x`."""
    logits = logits_behind(x, activation)
    if logits is None:
        return x, from_logits
    if from_logits:
        warnings.warn(messages.not_logits(name, activation), stacklevel=4)
    return logits, True


def _drop_class_axis(labels: Any, x: Any, axis: int) -> Any:
    rank = len(x.shape)
    if len(labels.shape) == rank and -rank <= axis < rank and labels.shape[axis] == 1:
        return labels[(slice(None),) * (axis % rank) + (0,)]
    return labels


def _check_axis(labels: Any, x: Any, axis: int) -> None:
    """Refuse a class axis that the loss of this backend would refuse."""
    backend, rank = keras.config.backend(), len(x.shape)
    if axis in (-1, rank - 1):
        return
    if backend == "tensorflow":
        raise messages.last_axis_only(axis)
    at = rank - 1
    if backend == "torch":
        if not -rank <= axis < rank:
            return  # the core says so
        at = axis % rank
    if not may_be_equal(labels.shape, (*x.shape[:at], *x.shape[at + 1 :])):
        raise messages.sparse_shape(labels.shape, x.shape)


def _not_equal(labels: Any, value: int) -> Any:
    if not isinstance(labels, np.ndarray):
        # In its own dtype an unsigned label would meet a negative value that wraps.
        whole = "int32" if keras.config.backend() == "jax" else "int64"
        if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
            labels = ops.cast(labels, whole)
    return ops.convert_to_tensor(labels != value, "bool")
