"""Messages of the drop-ins for Keras, in the words that users of Keras look for."""

from __future__ import annotations

from typing import Any

from crossent.core.errors import CrossentWarning, OptionError, ShapeError
from crossent.core.messages.shapes import show


def axis_is_bool(axis: bool) -> OptionError:
    return OptionError("CE001", f"`axis` must be of type `int`; got {axis}.")


def last_axis_only(axis: int) -> OptionError:
    return OptionError(
        "CE001",
        f"Only axis=-1 is currently supported. Received: axis={axis}. On TensorFlow, Keras takes "
        "class indices on the last axis only. For another axis use crossent.compat.keras.Loss "
        f"around crossent.SparseCategoricalCrossentropy(axis={axis}).",
    )


def sparse_shape(labels: Any, predictions: Any) -> ShapeError:
    return ShapeError("CE110", f"{_up_to_the_last(labels, predictions)}. {_OTHER_AXIS}")


def other_shape(name: str, labels: Any, predictions: Any) -> ShapeError:
    return ShapeError(
        "CE112",
        f"{_the_same(labels, predictions)}. {name} never broadcasts: pass one target for every "
        "prediction.",
    )


def in_words_of_keras(
    error: ShapeError, labels: Any, predictions: Any, function: str
) -> ShapeError:
    """Return the error behind the sentence that Keras raises for the same shapes."""
    lead = _up_to_the_last if function == "sparse" else _the_same
    return ShapeError(error.code, f"{lead(labels, predictions)}. {error.text}")


def nan_loss(of: str) -> CrossentWarning:
    return CrossentWarning(
        "CE217",
        f"The loss of {of} is NaN. A label is not a class, a prediction is NaN, or training has "
        "diverged; a compiled program cannot say which. Call "
        "crossent.doctor.guards.fit_check(model, x, y), or compile the model with "
        "run_eagerly=True, which stops at the batch.",
    )


def not_logits(name: str, activation: str) -> str:
    return (
        f"`{name}` received from_logits=True, but y_pred comes from a {activation} activation, "
        f"so it is not logits. The input of the {activation} is used instead. Pass "
        "from_logits=False."
    )


_OTHER_AXIS = (
    "For classes on another axis use crossent.compat.keras.Loss around "
    "crossent.SparseCategoricalCrossentropy(axis=...)."
)


def _up_to_the_last(labels: Any, predictions: Any) -> str:
    return (
        "Arguments `target` and `output` must have the same shape up until the last dimension: "
        f"target.shape={show(tuple(labels))}, output.shape={show(tuple(predictions))}"
    )


def _the_same(labels: Any, predictions: Any) -> str:
    return (
        "Arguments `target` and `output` must have the same shape. Received: "
        f"target.shape={show(tuple(labels))}, output.shape={show(tuple(predictions))}"
    )
