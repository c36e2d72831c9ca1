"""A Keras loss around one of crossent's, so that sample weights and masks reach the rows."""

from __future__ import annotations

from typing import Any

import keras

from crossent import objects
from crossent.core.messages import options as messages
from crossent.core.registry import LOSSES
from crossent.objects import Loss as CoreLoss

__all__ = ["Loss"]


@keras.saving.register_keras_serializable(package="crossent")
class Loss(keras.losses.Loss):  # type: ignore[misc]
    """Pass one of crossent's losses to Keras, with its weights and with integer labels.

    Keras gives labels to a plain callable as floats, and multiplies the mean that it returns by
    the sample weights; given this class it calls the loss with both as they are. The value is
    crossent's: ``mean`` divides by the sum of the weights (rule M07).

    Parameters
    ----------
    loss : SparseCategoricalCrossentropy, CategoricalCrossentropy or BinaryCrossentropy
        The loss, with its options. Shapes and dtypes of labels and predictions are its own.
    name : str, optional
        Name of the loss in Keras's history.

    Raises
    ------
    OptionError
        If `loss` is not one of crossent's loss objects.

    Notes
    -----
    A Keras mask on the predictions multiplies the sample weights. Values are in nats. Saving and
    loading a model keeps the loss.

    Examples
    --------
    >>> import crossent as ce
    >>> from crossent.compat.keras import Loss  # doctest: +SKIP
    >>> loss = Loss(ce.SparseCategoricalCrossentropy(from_logits=True))  # doctest: +SKIP
    >>> model.compile("adam", loss=loss)  # doctest: +SKIP
    """

    def __init__(self, loss: CoreLoss, name: str | None = None) -> None:
        if getattr(loss, "function", None) not in LOSSES:
            raise messages.keras_wrapped(loss)
        super().__init__(name=name or type(loss).__name__, reduction=None)
        self.loss = loss

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        mask = getattr(y_pred, "_keras_mask", None)
        if mask is not None:
            mask = keras.ops.cast(mask, "float32")
            sample_weight = mask if sample_weight is None else sample_weight * mask
        return self.loss(y_true, y_pred, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "loss": type(self.loss).__name__,
            "options": self.loss.get_config(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        kind: type[CoreLoss] = getattr(objects, config["loss"])
        return cls(kind.from_config(config["options"]), name=config["name"])
