"""What optax prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import element_shapes, index_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.label_types import whole_predictions
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    *element_shapes.differ(
        "optax",
        rf"incompatible shapes for broadcasting: (?:shapes=\[)?{Y}, {P}",
        ("CE101", "CE109", "CE112", "CE211"),
    ),
    *whole_predictions("optax", r"subdtype of.*?numpy\.floating.*?got (?P<t>u?int\d+|bool)"),
    *index_shapes.picked(
        "optax",
        r"indices and arr must have the same number of dimensions(?:; (?P<y>\d+) vs\. (?P<p>\d+))?",
    ),
    Message(
        "CE108",
        "optax",
        r"subdtype of.*?numpy\.integer",
        "If the labels have the shape of the logits, they are one-hot rows.",
        0.7,
        "Pass labels.argmax(-1), or use optax.softmax_cross_entropy(logits, labels).",
    ),
    Message(
        "CE111",
        "optax",
        r"subdtype of.*?numpy\.integer",
        "optax takes labels of an integer type.",
        0.9,
        "Pass labels.astype(int), if they are whole.",
    ),
    Message(
        "CE112",
        "optax",
        r"axis (?P<a>[2-9]) is out of bounds for array of dimension (?P<d>\d)",
        lambda m: Says(
            0.55,
            f"If optax' loss said it: the labels have {int(m['d']) - 1} dimensions, and the "
            f"logits {int(m['a']) + 1}.",
            "Pass labels in the shape of the logits without the last axis.",
        ),
    ),
)
