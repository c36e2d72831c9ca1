"""Who may want derivatives of eager TensorFlow tensors: tapes, and forward accumulators."""

from __future__ import annotations

from typing import Any

from crossent.losses.ops import Array

try:
    from tensorflow.python import pywrap_tfe

    _gradient_types: Any = pywrap_tfe.TFE_Py_TapeSetPossibleGradientTypes
    _tapes: Any = pywrap_tfe.TFE_Py_TapeSetShouldRecordBackprop
    _tangents: Any = pywrap_tfe.TFE_Py_PackJVPs
except (ImportError, AttributeError):  # no part of TensorFlow's public names
    _gradient_types = _tapes = _tangents = None


def watched(tensors: list[Array]) -> bool:
    """Whether derivatives to any of these tensors may be wanted."""
    if _gradient_types is None:
        return any(tensor.dtype.is_floating for tensor in tensors)
    return bool(tensors) and _gradient_types(tensors) != 0


def accumulated(x: Array) -> bool:
    """Whether a ``tf.autodiff.ForwardAccumulator`` follows a tensor."""
    if _gradient_types is None:
        return False
    by_tapes = bool(_tapes([x]))
    return bool(_tangents([x])[1]) or (not by_tapes and _gradient_types([x]) != 0)


def differentiated_once(tensors: list[Array]) -> bool:
    """Whether one tape at most may want derivatives, and no accumulator."""
    if _gradient_types is None:
        return True
    types = _gradient_types(tensors)
    return types == 0 or (types == 1 and bool(_tapes(tensors)))
