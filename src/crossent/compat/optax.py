"""optax's cross-entropy losses under their own names: change the import, keep the numbers.

Each returns one loss a row, as optax does. Shapes, dtypes and what is refused are optax's own: its
function is asked for them, without computing. Rows are the core's: class indices are checked, and
a class to which the target gives nothing may have a logit of -inf. docs/compat.md lists every
difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from optax import losses as own

from crossent.compat.rows import binary_rows, dense_rows, index_rows
from crossent.core.errors import LabelRangeError
from crossent.core.messages import compat as messages
from crossent.core.wording import reworded
from crossent.frontends.jax.front_end import FRONT_END
from crossent.losses.ops import Array

__all__ = [
    "safe_softmax_cross_entropy",
    "sigmoid_binary_cross_entropy",
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_integer_labels",
]

# Taken at import, because a user may put ours in their place.
_own_dense = own.softmax_cross_entropy
_own_integer = own.softmax_cross_entropy_with_integer_labels
_own_safe = own.safe_softmax_cross_entropy
_own_sigmoid = own.sigmoid_binary_cross_entropy

_NAMES = {
    "y_true": "labels",
    "y_pred": "logits",
    "ignore_class=": "where=labels != ",
    "ignore_class": "where",
}


def softmax_cross_entropy(
    logits: Any,
    labels: Any,
    axis: int | tuple[int, ...] | None = -1,
    where: Any = None,
) -> Any:
    """Cross-entropy of logits and coefficients, as ``optax.softmax_cross_entropy`` has it.

    The loss of a row is ``sum_c labels[c] * (logsumexp(logits) - logits[c])``.

    Parameters
    ----------
    logits : array of float
        Logits, the classes on `axis`.
    labels : array that broadcasts against `logits`
        Coefficients of the classes, usually probabilities.
    axis : int or tuple of int, optional
        The axis or axes of the classes; None: all.
    where : array of bool, optional
        Of the rows' shape: which rows count, the others are 0. Of the rank of `logits`: which
        classes exist.

    Returns
    -------
    jax.Array
        The losses in nats, of the shape and dtype that optax gives.

    Raises
    ------
    ArrayKindError
        For complex labels, and for labels that are repeated over the classes of one logit.
    TypeError, ValueError
        optax's own, for shapes and dtypes that it refuses.

    Notes
    -----
    The definition is that of optax. A class with a logit of -inf and the coefficient 0 contributes
    0, where optax gives NaN.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from crossent.compat.optax import softmax_cross_entropy
    >>> loss = softmax_cross_entropy(jnp.array([2.0, 1.0, 0.0]), jnp.array([0.5, 0.5, 0.0]))
    >>> print(f"{loss:.5f}")
    0.90761
    """
    found = _expected(_own_dense, axis)(logits, labels, where)
    return _dense("softmax_cross_entropy", found, logits, labels, axis, where)


def safe_softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """Cross-entropy of logits that may be -inf, as ``optax.safe_softmax_cross_entropy`` has it.

    It is :func:`softmax_cross_entropy`, which is safe here too.

    Parameters
    ----------
    logits : array of float, shape (..., C)
        Logits.
    labels : array that broadcasts against `logits`
        Coefficients of the classes, usually probabilities.

    Returns
    -------
    jax.Array
        The losses in nats, of the shape and dtype that optax gives.

    Raises
    ------
    ArrayKindError, TypeError, ValueError
        As :func:`softmax_cross_entropy`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from crossent.compat.optax import safe_softmax_cross_entropy
    >>> logits = jnp.array([0.0, -jnp.inf, 0.0])
    >>> print(f"{safe_softmax_cross_entropy(logits, jnp.array([1.0, 0.0, 0.0])):.5f}")
    0.69315
    """
    found = _expected(_own_safe)(logits, labels)
    return _dense("safe_softmax_cross_entropy", found, logits, labels, -1, None)


def softmax_cross_entropy_with_integer_labels(
    logits: Any,
    labels: Any,
    axis: int | tuple[int, ...] = -1,
    where: Any = None,
) -> Any:
    """Cross-entropy of indices, as ``optax.softmax_cross_entropy_with_integer_labels`` has it.

    The loss of a row is ``logsumexp(logits) - logits[label]``.

    Parameters
    ----------
    logits : array of float
        Logits, the classes on `axis`.
    labels : array of integers, the rows' shape or broadcast to it
        Class indices. With several axes an index into the classes flattened in the order of `axis`.
    axis : int or tuple of int
        The axis or axes of the classes.
    where : array of bool, optional
        Of the rows' shape: which rows count, the others are 0. Of the rank of `logits`: which
        classes exist; a row whose label does not is NaN.

    Returns
    -------
    jax.Array
        The losses in nats, of the shape and dtype that optax gives.

    Raises
    ------
    LabelRangeError
        If a label that can be seen is no class; negative labels do not count from the end. Where
        labels are traced that row and its gradient are NaN.
    TypeError, ValueError
        optax's own, for shapes and dtypes that it refuses.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from crossent.compat.optax import softmax_cross_entropy_with_integer_labels
    >>> logits = jnp.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]])
    >>> losses = softmax_cross_entropy_with_integer_labels(logits, jnp.array([0, 2]))
    >>> [f"{loss:.5f}" for loss in losses]
    ['0.40761', '2.16985']
    """
    found = _expected(_own_integer, axis)(logits, labels, where)
    logits = jnp.asarray(logits)
    axes = _axes(axis, logits.ndim)
    x = _classes_last(logits, axes)
    if not x.shape[-1]:
        return _own_integer(logits, labels, axis, where)
    mask = None if where is None else _classes_last(_expanded(where, axis, logits.ndim), axes)
    x = jnp.broadcast_to(x, (*found.shape, x.shape[-1]))
    class_mask, weight = _mask(mask, x.shape)
    xp: Any = jnp if isinstance(labels, jax.Array) else np
    try:
        planned = index_rows(
            FRONT_END,
            xp.broadcast_to(labels, found.shape),
            x,
            class_mask=class_mask,
            sample_weight=weight,
        )
    except LabelRangeError as error:
        raise reworded(error, _NAMES) from None
    return planned.loss("none").astype(found.dtype)


def sigmoid_binary_cross_entropy(logits: Any, labels: Any) -> Any:
    """Binary loss of logits, as ``optax.sigmoid_binary_cross_entropy`` has it.

    The loss of an element is ``labels * softplus(-x) + (1 - labels) * softplus(x)``.

    Parameters
    ----------
    logits : array of float, any shape
        Logits.
    labels : array that broadcasts against `logits`
        Targets, usually in [0, 1]. Any numbers are taken.

    Returns
    -------
    jax.Array
        The losses in nats, of the shape and dtype that optax gives.

    Raises
    ------
    ArrayKindError
        For complex labels.
    TypeError, ValueError
        optax's own, for shapes and dtypes that it refuses.

    Notes
    -----
    A logit of ±inf that agrees with its label costs 0, where optax gives NaN.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from crossent.compat.optax import sigmoid_binary_cross_entropy
    >>> losses = sigmoid_binary_cross_entropy(jnp.array([2.0, -1.0]), jnp.array([1.0, 0.0]))
    >>> [f"{loss:.5f}" for loss in losses]
    ['0.12693', '0.31326']
    """
    found = _expected(_own_sigmoid)(logits, labels)
    logits, labels = jnp.asarray(logits), jnp.asarray(labels)
    if jnp.issubdtype(labels.dtype, jnp.complexfloating):
        raise messages.only_theirs("sigmoid_binary_cross_entropy", "optax", "complex labels")
    labels = labels.astype(jnp.promote_types(labels.dtype, found.dtype))
    target = jnp.broadcast_to(labels, found.shape)
    planned = binary_rows(FRONT_END, target, jnp.broadcast_to(logits, found.shape))
    return planned.loss("none").astype(found.dtype)


def _dense(function: str, found: Any, logits: Any, labels: Any, axis: Any, where: Any) -> Any:
    """Return the loss of coefficients, of the shape and dtype that was found."""
    logits, labels = jnp.asarray(logits), jnp.asarray(labels)
    if jnp.issubdtype(labels.dtype, jnp.complexfloating):
        raise messages.only_theirs(function, "optax", "complex labels")
    axes = _axes(axis, logits.ndim)
    arrays = [logits, labels.astype(jnp.promote_types(labels.dtype, found.dtype))]
    if where is not None:
        arrays.append(_expanded(where, axis, logits.ndim))
    shape = jnp.broadcast_shapes(*(array.shape for array in arrays))
    if len(shape) > logits.ndim and axes != _given(axis):
        raise messages.only_theirs(function, "optax", "an axis that means two things")
    if any(logits.shape[a] != shape[a] for a in axes):
        raise messages.only_theirs(function, "optax", "several labels of one logit")
    x, target, *masks = (_classes_last(jnp.broadcast_to(array, shape), axes) for array in arrays)
    if not x.shape[-1]:
        return jnp.zeros(found.shape, found.dtype)
    class_mask, weight = _mask(masks[0] if masks else None, x.shape)
    planned = dense_rows(
        FRONT_END,
        jnp.where(masks[0], target, 0) if masks else target,
        x.astype(found.dtype),
        class_mask=class_mask,
        sample_weight=weight,
    )
    return planned.loss("none").astype(found.dtype)


def _expected(function: Callable[..., Any], *axis: Any) -> Callable[..., Any]:
    """Return what tells shape and dtype of optax's result, or raises what it raises."""
    hashable = isinstance(axis[0], int | tuple) if axis else True
    return _abstract(function, axis) if hashable else _abstract.__wrapped__(function, axis)


@cache
def _abstract(function: Callable[..., Any], axis: tuple[Any, ...]) -> Callable[..., Any]:
    def call(logits: Any, labels: Any, *where: Any) -> Any:
        return function(logits, labels, *axis, *where)

    evaluate: Callable[..., Any] = jax.jit(call).eval_shape
    return evaluate


def _given(axis: Any) -> tuple[int, ...]:
    return tuple(axis) if isinstance(axis, tuple) else () if axis is None else (axis,)


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    """Return the axes of the classes, counted from the end."""
    given = range(rank) if axis is None else _given(axis)
    return tuple(a if a < 0 else a - rank for a in given)


def _expanded(where: Any, axis: Any, rank: int) -> Array:
    """Return the mask with the rank of the logits."""
    return jnp.expand_dims(where, axis) if where.ndim != rank else jnp.asarray(where)


def _classes_last(array: Array, axes: tuple[int, ...]) -> Array:
    """Move the axes to the end, in their order, as one."""
    moved = jnp.moveaxis(array, axes, range(-len(axes), 0))
    rows = moved.shape[: moved.ndim - len(axes)]
    return moved.reshape(*rows, math.prod(moved.shape[len(rows) :]))


def _mask(mask: Array | None, shape: tuple[int, ...]) -> tuple[Array | None, Array | None]:
    """Return which classes exist, and the weights of rows: 0 where none does."""
    if mask is None:
        return None, None
    kept = jnp.broadcast_to(mask.any(axis=-1), shape[:-1])
    weight = kept.astype(jnp.float32)
    if mask.shape[-1] == 1:
        return None, weight
    return jnp.broadcast_to(mask, shape), weight
