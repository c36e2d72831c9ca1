"""What torch.distributions prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import element_shapes, listed_labels, picked_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.message import Message

_VALUE: Final = (
    r"Expected value argument \(Tensor of shape \((?P<s>[\d, ]*)\)\) to be within the support "
)
_FOUND: Final = r"invalid values: tensor\((?P<v>(?:(?!dtype)[^)])*)"

MESSAGES: Final = (
    *listed_labels.class_labels(
        "PyTorch",
        _VALUE + r"\(IntegerInterval\(lower_bound=0, upper_bound=(?P<last>\d+)\)\).*?" + _FOUND,
    ),
    *listed_labels.yes_no("PyTorch", _VALUE + r"\(Boolean\(\)\).*?" + _FOUND),
    *listed_labels.one_hot("PyTorch", _VALUE + r"\(OneHot\(\)\).*?" + _FOUND),
    *listed_labels.probabilities(
        "PyTorch", r"Expected parameter probs \(.*?to satisfy the constraint.*?" + _FOUND
    ),
    Message(
        "CE217",
        "PyTorch",
        r"Expected parameter logits \(.*?to satisfy the constraint.*?invalid values",
        "The logits hold NaN or infinity.",
        0.93,
    ),
    *element_shapes.differ(
        "PyTorch",
        rf"Value is not broadcastable with batch_shape\+event_shape: {Y} vs {P}",
    ),
    *element_shapes.that_show(
        "PyTorch",
        rf"The right-most size of value must match event_shape: {Y} vs {P}",
        ("CE101", "CE109", "CE211"),
        picked_shapes.event,
    ),
    Message(
        "CE303",
        "PyTorch",
        r"`(?:probs|logits)` parameter must be at least one-dimensional",
        "The predictions have no class axis.",
        0.93,
        "Keep the shape (N, C) of the logits.",
    ),
    Message(
        "CE002",
        "PyTorch",
        r"Input arguments must all be instances of Number, torch\.Tensor",
        "The predictions are a list, a dict or another object.",
        0.9,
        "Pass torch.as_tensor(y_pred).",
    ),
)
