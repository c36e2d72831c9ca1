"""The functions of ``keras.losses``, computed by crossent."""

from __future__ import annotations

from typing import Any

import keras

from crossent.compat.keras.rows import binary_rows, dense_rows, sparse_rows
from crossent.frontends.call import hidden_from_autograph


@keras.saving.register_keras_serializable(package="crossent")  # type: ignore[untyped-decorator]
@hidden_from_autograph
def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    label_smoothing: float = 0.0,
) -> Any:
    """Cross-entropy of every row between class indices and predictions, in nats, as Keras's.

    ``-log(p[y])``, where p is the softmax of logits, or probabilities that are divided by their
    sum and clipped to [epsilon, 1 - epsilon] (on TensorFlow: clipped and then divided).

    Parameters
    ----------
    y_true : array of integers, shape of `y_pred` without the class axis
        Class indices; a dimension of 1 on the class axis or at the end is dropped. They are never
        converted to floats; floats that hold whole numbers are taken.
    y_pred : array of floats
        Probabilities or logits; other dtypes are cast to ``keras.config.floatx()``.
    from_logits : bool
        Whether `y_pred` holds logits.
    ignore_class : int, optional
        Rows with this label are 0, and the result carries a Keras mask that leaves them out.
    axis : int
        The class axis. Keras takes any axis on PyTorch, and the last one elsewhere.
    label_smoothing : float
        In [0, 1], as in :func:`categorical_crossentropy`. Keras has it since its version 3.16.

    Returns
    -------
    tensor of the backend, shape and dtype of `y_pred` without the class axis

    Raises
    ------
    LabelRangeError, LabelTypeError
        If a label is no class index. A TensorFlow graph without XLA stops at the code and the words
        of this error; where else labels are traced, the row is NaN.
    ShapeError, OptionError
        If shapes or options do not fit. All are a ``ValueError``.

    Notes
    -----
    The definition is ``keras.losses.sparse_categorical_crossentropy``, on the backend in use.

    Examples
    --------
    >>> import numpy as np
    >>> from crossent.compat.keras import sparse_categorical_crossentropy
    >>> loss = sparse_categorical_crossentropy([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])
    >>> print([round(float(one), 4) for one in loss])
    [0.0513, 2.3026]
    """
    return sparse_rows(y_true, y_pred, from_logits, ignore_class, axis, label_smoothing)


@keras.saving.register_keras_serializable(package="crossent")  # type: ignore[untyped-decorator]
@hidden_from_autograph
def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Cross-entropy of every row between targets and predictions, in nats, as Keras's.

    ``-sum_c q[c] * log(p[c])``, where p is the softmax of logits, or probabilities that are divided
    by their sum and clipped to [epsilon, 1 - epsilon].

    Parameters
    ----------
    y_true : array, shape of `y_pred`
        One-hot or soft targets. As in Keras any numbers are taken: they are coefficients.
    y_pred : array of floats
        Probabilities or logits; other dtypes are cast to ``keras.config.floatx()``.
    from_logits : bool
        Whether `y_pred` holds logits.
    label_smoothing : float
        In [0, 1]: q becomes ``(1 - label_smoothing) * q + label_smoothing / C``.
    axis : int
        The class axis.

    Returns
    -------
    tensor of the backend, shape and dtype of `y_pred` without the class axis

    Raises
    ------
    ShapeError, OptionError
        If shapes or options do not fit. Both are a ``ValueError``.

    Notes
    -----
    A class without target mass contributes 0, also with a logit of -inf, where Keras gives NaN.
    The definition is ``keras.losses.categorical_crossentropy``.

    Examples
    --------
    >>> from crossent.compat.keras import categorical_crossentropy
    >>> loss = categorical_crossentropy([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
    >>> print([round(float(one), 4) for one in loss])
    [0.0513, 2.3026]
    """
    return dense_rows(y_true, y_pred, from_logits, label_smoothing, axis)


@keras.saving.register_keras_serializable(package="crossent")  # type: ignore[untyped-decorator]
@hidden_from_autograph
def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Mean cross-entropy of two-class elements along an axis, in nats, as Keras's.

    The mean of ``-t * log(p) - (1 - t) * log(1 - p)``, where p is the sigmoid of logits, or
    probabilities that are clipped to [epsilon, 1 - epsilon] in their own dtype.

    Parameters
    ----------
    y_true : array, shape of `y_pred`
        Targets in [0, 1].
    y_pred : array of floats
        Probabilities or logits; other dtypes are cast to ``keras.config.floatx()``.
    from_logits : bool
        Whether `y_pred` holds logits.
    label_smoothing : float
        In [0, 1]: t becomes ``t * (1 - label_smoothing) + label_smoothing / 2``.
    axis : int
        The axis that the mean is taken along.

    Returns
    -------
    tensor of the backend, shape and dtype of `y_pred` without that axis

    Raises
    ------
    TargetError
        If a target lies outside [0, 1]. A TensorFlow graph without XLA stops at the code and the
        words of this error; where else targets are traced, the element is NaN.
    ShapeError, OptionError
        If shapes or options do not fit. All are a ``ValueError``.

    Notes
    -----
    Logits of ±inf that agree with the target give 0, where Keras gives NaN. The definition is
    ``keras.losses.binary_crossentropy``, on the backend in use.

    Examples
    --------
    >>> from crossent.compat.keras import binary_crossentropy
    >>> loss = binary_crossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])
    >>> print([round(float(one), 4) for one in loss])
    [0.9163, 0.7136]
    """
    return binary_rows(y_true, y_pred, from_logits, label_smoothing, axis)
