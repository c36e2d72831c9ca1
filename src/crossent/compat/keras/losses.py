"""The losses of ``keras.losses``, computed by crossent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import keras
from keras import ops

from crossent.compat.keras.arrays import has_weight, labels_as_given, same_rank
from crossent.compat.keras.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from crossent.compat.keras.internals import mask_of
from crossent.compat.keras.rows import binary_rows, dense_rows, sparse_rows
from crossent.frontends.call import hidden_from_autograph

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]

Rows = Callable[..., Any]


class _Reduced(keras.losses.Loss):  # type: ignore[misc]
    """Keras's own loss around rows: its dtype, its masks, its weights and its reductions."""

    def __init__(self, rows: Rows, like: Any) -> None:
        policy = like._dtype_policy
        super().__init__(name=like.name, reduction=like.reduction, dtype=policy)
        self.rows = rows

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.rows(y_pred)


class _Crossentropy:
    """What the three losses do differently from Keras's: they leave the labels as they are."""

    rows: ClassVar[Rows]  # a static method
    name: str
    _indices: ClassVar[bool] = False  # whether labels are indices of classes
    _fn_kwargs: dict[str, Any]

    @hidden_from_autograph
    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if isinstance(y_pred, list | tuple):
            y_pred = ops.convert_to_tensor(y_pred)  # Keras would take it for several outputs
        given = (sample_weight, mask_of(y_pred))
        weights = tuple(weight for weight in given if weight is not None)
        own_call = type(self).call is not _Crossentropy.call
        if own_call:
            rows: Rows = partial(self.call, y_true)
        else:
            rows = partial(self._weighted, y_true, weights)
        # The labels do not pass through Keras, which would cast them to the dtype of the loss.
        return _Reduced(rows, self)(0.0, y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses of the rows."""
        return self._weighted(y_true, (), y_pred)

    def _weighted(self, y_true: Any, weights: tuple[Any, ...], y_pred: Any) -> Any:
        y_true, y_pred = same_rank(labels_as_given(y_true), y_pred, indices=self._indices)
        keep = has_weight(weights, y_pred, self._fn_kwargs["axis"])
        return self.rows(y_true, y_pred, keep=keep, **self._fn_kwargs)


@keras.saving.register_keras_serializable(package="crossent")
class SparseCategoricalCrossentropy(
    _Crossentropy,
    keras.losses.SparseCategoricalCrossentropy,  # type: ignore[misc]
):
    """Cross-entropy of class indices, in the place of Keras's loss of this name, in nats.

    Computes :func:`sparse_categorical_crossentropy` and reduces it as Keras does.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits.
    ignore_class : int, optional
        Rows with this label leave the loss; the mean is over the others.
    reduction : {"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None}
        As in Keras: the first two divide by the number of rows, weighted or not.
    axis : int
        The class axis. Keras takes any axis on PyTorch, and the last one elsewhere.
    name : str, optional
        Name of the loss in Keras's history.
    dtype : str or keras.DTypePolicy, optional
        Predictions, weights and the result are cast to it; default ``keras.config.floatx()``.
        Labels are not.
    label_smoothing : float
        In [0, 1].

    Raises
    ------
    LabelRangeError, LabelTypeError, ShapeError, OptionError
        As :func:`sparse_categorical_crossentropy`; all are a ``ValueError``.

    Notes
    -----
    Rows with weight 0, by `sample_weight` or by a Keras mask, may hold anything: they contribute 0
    to value and gradient. ``get_config`` has `axis`, `label_smoothing` and `dtype` only where they
    are not the default: Keras's class does not take the last two.

    Examples
    --------
    >>> import numpy as np
    >>> from crossent.compat.keras import SparseCategoricalCrossentropy
    >>> loss = SparseCategoricalCrossentropy(from_logits=True)
    >>> value = loss(np.array([0, 1]), np.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> print(round(float(value), 4))
    0.2201
    """

    rows = staticmethod(sparse_rows)
    _indices = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        *,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(
            from_logits=from_logits,
            ignore_class=ignore_class,
            reduction=reduction,
            axis=axis,
            name=name,
            dtype=dtype,
        )
        self.fn = sparse_categorical_crossentropy
        self._fn_kwargs["label_smoothing"] = label_smoothing
        self.axis, self.label_smoothing = axis, label_smoothing
        self._given_dtype = dtype

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        config = {**super().get_config(), **_config_of_dtype(self._given_dtype)}
        for name, default in {"axis": -1, "label_smoothing": 0.0}.items():
            if getattr(self, name) != default:
                config[name] = getattr(self, name)
        return config


@keras.saving.register_keras_serializable(package="crossent")
class CategoricalCrossentropy(
    _Crossentropy,
    keras.losses.CategoricalCrossentropy,  # type: ignore[misc]
):
    """Cross-entropy of one-hot or soft targets, in the place of Keras's loss of this name, in nats.

    Computes :func:`categorical_crossentropy` and reduces it as Keras does.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits.
    label_smoothing : float
        In [0, 1].
    axis : int
        The class axis.
    reduction, name, dtype
        As in :class:`SparseCategoricalCrossentropy`; targets are cast to `dtype` too.

    Raises
    ------
    ShapeError, OptionError
        As :func:`categorical_crossentropy`; both are a ``ValueError``.

    Notes
    -----
    Rows with weight 0, by `sample_weight` or by a Keras mask, may hold anything: they contribute 0
    to value and gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from crossent.compat.keras import CategoricalCrossentropy
    >>> loss = CategoricalCrossentropy(from_logits=True, reduction="sum")
    >>> value = loss(np.array([[1, 0], [0, 1]]), np.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> print(round(float(value), 4))
    0.4402
    """

    rows = staticmethod(dense_rows)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.fn = categorical_crossentropy
        self._given_dtype = dtype

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {**super().get_config(), **_config_of_dtype(self._given_dtype)}


@keras.saving.register_keras_serializable(package="crossent")
class BinaryCrossentropy(
    _Crossentropy,
    keras.losses.BinaryCrossentropy,  # type: ignore[misc]
):
    """Cross-entropy of two-class elements, in the place of Keras's loss of this name, in nats.

    Computes :func:`binary_crossentropy` and reduces it as Keras does.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits.
    label_smoothing : float
        In [0, 1].
    axis : int
        The axis that the mean is taken along before any weight or reduction.
    reduction, name, dtype
        As in :class:`SparseCategoricalCrossentropy`.

    Raises
    ------
    TargetError, ShapeError, OptionError
        As :func:`binary_crossentropy`; all are a ``ValueError``.

    Notes
    -----
    A missing last dimension of 1 in targets or predictions is added, as Keras does.

    Examples
    --------
    >>> import numpy as np
    >>> from crossent.compat.keras import BinaryCrossentropy
    >>> loss = BinaryCrossentropy(from_logits=True)
    >>> print(round(float(loss(np.array([1.0, 0.0]), np.array([[0.0], [0.0]]))), 4))
    0.6931
    """

    rows = staticmethod(binary_rows)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.fn = binary_crossentropy
        self._given_dtype = dtype

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {**super().get_config(), **_config_of_dtype(self._given_dtype)}


def _config_of_dtype(dtype: Any) -> dict[str, Any]:
    """Return a dtype that was given as words, for a configuration."""
    if dtype is None or isinstance(dtype, str | dict):
        return {} if dtype is None else {"dtype": dtype}
    return {"dtype": keras.dtype_policies.serialize(dtype)}
