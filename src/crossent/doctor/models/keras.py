"""Keras models: the compiled loss, the last activation, the width."""

from __future__ import annotations

from typing import Any

import numpy as np

from crossent.doctor.case import ModelFacts
from crossent.doctor.models.predictions import predictions_in

_OPERATIONS = {
    "Softmax": "softmax", "Sigmoid": "sigmoid", "LogSoftmax": "log_softmax", "Relu": "relu",
    "Tanh": "tanh",
}  # fmt: skip
"""Operations that stand behind the last layer, as in `ops.softmax(Dense(5)(x))`."""

_MOVERS = ("Reshape", "Transpose", "Squeeze", "ExpandDims", "Cast", "Clip", "Identity", "Moveaxis")
"""Operations that change nothing about what the numbers are."""

_SHAPERS = ("Dropout", "Flatten", "Reshape", "Permute", "InputLayer")
_LAYERS = {"Softmax": "softmax", "ReLU": "relu"}


def run(model: Any, x: Any) -> tuple[Any, str | None]:
    """Return the outputs of a few rows."""
    # A tuple holds the inputs; rows in a list are no array to Keras.
    given = list(x) if isinstance(x, tuple) else np.asarray(x) if isinstance(x, list) else x
    return predictions_in(model(given, training=False)), None


def loss_of(model: Any) -> object:
    """Return the compiled loss: a word, an object or a function; None for several outputs."""
    loss = getattr(model, "loss", None)
    loss = getattr(loss, "diagnosed_as", loss)  # what a guard is put around
    return None if isinstance(loss, dict | list | tuple) else loss


def facts(model: Any, activation: str | None) -> ModelFacts:
    """Return what the model says about itself."""
    outputs = getattr(model, "outputs", None)
    if isinstance(outputs, list) and len(outputs) > 1:
        # Which of them is meant is not known.
        return ModelFacts("keras", last=f"{len(outputs)} outputs")
    operation = _last_operation(model)
    if operation is not None:
        return ModelFacts("keras", _activation_of(operation), _width(model), operation.name)
    layer = _last_layer(model)
    name = type(model if layer is None else layer).__name__
    # What a subclass does after its last layer cannot be seen.
    plain = {"Sequential", "Functional"} & {kind.__name__ for kind in type(model).__mro__}
    found = _LAYERS.get(name) if plain else None
    if found is None and layer is not None and plain:
        found = getattr(getattr(layer, "activation", None), "__name__", None)
    units = getattr(layer, "units", None)
    return ModelFacts(
        "keras",
        found,
        units if isinstance(units, int) else _width(model),
        getattr(layer, "name", name),
    )


def _last_operation(model: Any) -> Any:
    """Return the operation that gives the output of a graph; None if that is a layer."""
    outputs = getattr(model, "outputs", None)
    history = getattr(outputs[0], "_keras_history", None) if outputs else None
    operation = getattr(history, "operation", None)
    while type(operation).__name__ in _MOVERS and len(_inputs_of(operation)) == 1:
        operation = _inputs_of(operation)[0]
    if hasattr(operation, "layers"):
        return _last_operation(operation)
    return None if hasattr(operation, "weights") else operation  # a layer has such


def _inputs_of(operation: Any) -> list[Any]:
    """Return the operations whose results an operation takes."""
    nodes = getattr(operation, "_inbound_nodes", None) or []
    given = nodes[-1].arguments.keras_tensors if nodes else []
    return [tensor._keras_history.operation for tensor in given]


def _activation_of(operation: Any) -> str | None:
    """Read operations behind the last layer as the activation that they are."""
    name = type(operation).__name__
    if name not in ("TrueDivide", "Divide"):
        return _OPERATIONS.get(name)
    inputs = _inputs_of(operation)
    kinds = [type(one).__name__ for one in inputs]
    # exp(z) / sum(exp(z)), written by hand
    written = kinds == ["Exp", "Sum"] and _inputs_of(inputs[1]) == inputs[:1]
    return "softmax" if written else None


def _last_layer(model: Any) -> Any:
    for layer in reversed(getattr(model, "layers", [])):
        if hasattr(layer, "layers"):
            return _last_layer(layer)
        if type(layer).__name__ not in _SHAPERS:
            return layer
    return None


def _width(model: Any) -> int | None:
    shape = getattr(model, "output_shape", None)
    return shape[-1] if isinstance(shape, tuple) and isinstance(shape[-1], int) else None
