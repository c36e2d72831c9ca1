"""The metrics of ``keras.metrics``, computed by crossent."""

from __future__ import annotations

from typing import Any

import keras

from crossent.compat.keras.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]

# The losses have the same names, so the metrics are registered in a package of their own.
_registered = keras.saving.register_keras_serializable(package="crossent.metrics")


@_registered
class SparseCategoricalCrossentropy(
    keras.metrics.SparseCategoricalCrossentropy  # type: ignore[misc]
):
    """Mean cross-entropy of class indices, in the place of Keras's metric of this name, in nats.

    The mean of :func:`crossent.compat.keras.sparse_categorical_crossentropy` over all batches.

    Parameters
    ----------
    name : str
        Name of the metric in Keras's history.
    dtype : str or keras.DTypePolicy, optional
        Of the sums and of the result. Labels and predictions are not cast.
    from_logits : bool
        Whether predictions are logits.
    ignore_class : int, optional
        Rows with this label add 0 to the sum. As in Keras they are counted in the mean, unless
        there is a `sample_weight`.
    axis : int
        The class axis.
    label_smoothing : float
        In [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from crossent.compat.keras import metrics
    >>> metric = metrics.SparseCategoricalCrossentropy()
    >>> metric.update_state(np.array([1, 2]), np.array([[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]))
    >>> print(round(float(metric.result()), 4))
    1.1769
    """

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
        *,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, axis=axis)
        self._fn = sparse_categorical_crossentropy
        # Keras's own class has `ignore_class` since its version 3.14.
        self.ignore_class, self.label_smoothing = ignore_class, label_smoothing
        self._fn_kwargs |= {"ignore_class": ignore_class, "label_smoothing": label_smoothing}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again."""
        config: dict[str, Any] = super().get_config()
        for name, default in {"ignore_class": None, "label_smoothing": 0.0}.items():
            if getattr(self, name) != default:
                config[name] = getattr(self, name)
        return config


@_registered
class CategoricalCrossentropy(keras.metrics.CategoricalCrossentropy):  # type: ignore[misc]
    """Mean cross-entropy of one-hot or soft targets, in the place of Keras's metric, in nats.

    The mean of :func:`crossent.compat.keras.categorical_crossentropy` over all batches.

    Parameters
    ----------
    name : str
        Name of the metric in Keras's history.
    dtype : str or keras.DTypePolicy, optional
        Of the sums and of the result.
    from_logits : bool
        Whether predictions are logits.
    label_smoothing : float
        In [0, 1].
    axis : int
        The class axis.

    Examples
    --------
    >>> import numpy as np
    >>> from crossent.compat.keras import metrics
    >>> metric = metrics.CategoricalCrossentropy()
    >>> metric.update_state(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    >>> print(round(float(metric.result()), 4))
    0.6931
    """

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype, from_logits, label_smoothing, axis)
        self._fn = categorical_crossentropy


@_registered
class BinaryCrossentropy(keras.metrics.BinaryCrossentropy):  # type: ignore[misc]
    """Mean cross-entropy of two-class elements, in the place of Keras's metric, in nats.

    The mean of :func:`crossent.compat.keras.binary_crossentropy` over all batches.

    Parameters
    ----------
    name : str
        Name of the metric in Keras's history.
    dtype : str or keras.DTypePolicy, optional
        Of the sums and of the result.
    from_logits : bool
        Whether predictions are logits.
    label_smoothing : float
        In [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from crossent.compat.keras import metrics
    >>> metric = metrics.BinaryCrossentropy()
    >>> metric.update_state(np.array([[0, 1], [0, 0]]), np.array([[0.6, 0.4], [0.4, 0.6]]))
    >>> print(round(float(metric.result()), 4))
    0.8149
    """

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype, from_logits, label_smoothing)
        self._fn = binary_crossentropy
