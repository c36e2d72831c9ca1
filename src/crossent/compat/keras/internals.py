"""Keras's private state that a loss needs to behave as one of Keras's own."""

from __future__ import annotations

from typing import Any

from keras.src import backend


def mask_of(tensor: Any) -> Any:
    """Return the mask that a layer left on its output, or None."""
    return backend.get_keras_mask(tensor)


def leave_mask(tensor: Any, mask: Any) -> None:
    """Put a mask on a tensor, where Keras looks for it when it reduces losses."""
    backend.set_keras_mask(tensor, mask)


def only_shapes_count() -> bool:
    """Whether Keras asks only for shapes; the values may be anything then."""
    return bool(backend.in_symbolic_scope())


def logits_behind(output: Any, activation: str) -> Any:
    """Return the logits that an output was made of, where Keras's TensorFlow backend finds them.

    They are on the output of Keras's own activations, and in a graph behind TensorFlow's; taking
    them spares the rounding of the activation. None if there are none.
    """
    if backend.backend() != "tensorflow":
        return None
    logits = getattr(output, "_keras_logits", None)
    operation = None if logits is not None else getattr(output, "op", None)  # none in eager mode
    if operation is not None and operation.type == activation:
        logits = operation.inputs[0]
    return logits
