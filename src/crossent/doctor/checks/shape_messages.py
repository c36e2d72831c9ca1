"""Messages that name the shapes of labels and predictions which do not fit element by element."""

from __future__ import annotations

import re
from typing import Final

from crossent.doctor.check import Message, Says, shape_text

Shape = tuple[int, ...]

_SHAPE: Final = r"[\[(](?P<{0}>[\dNone, ]*)[\])]"
_Y, _P = _SHAPE.format("y"), _SHAPE.format("p")

PATTERNS: Final = (
    (
        "PyTorch",
        rf"target size \(torch\.Size\({_Y}\)\) (?:must be the same as|that is different to) "
        rf"(?:the )?input size \(torch\.Size\({_P}\)\)",
        ("CE107", "CE109", "CE112"),
    ),
    (
        "TensorFlow",
        r"logits`? and `?labels`? must (?:be broadcastable: logits_size=|have the same shape, "
        rf"received \(){_P}(?: labels_size=| vs ){_Y}",
        ("CE101", "CE107", "CE109"),
    ),
    (
        "Keras",
        rf"must have the same shape\. Received: target\.shape={_Y}, output\.shape={_P}",
        ("CE101", "CE109", "CE211"),
    ),
    (
        "optax",
        rf"incompatible shapes for broadcasting: (?:shapes=\[)?{_Y}, {_P}",
        ("CE101", "CE109"),
    ),
)
"""Whose message it is, how it reads, and the codes that the shapes in it have shown."""


def messages(code: str) -> tuple[Message, ...]:
    """Return the messages, read where the shapes in them show this cause."""

    def read(match: re.Match[str]) -> Says | None:
        found, text = cause(_shape(match["y"]), _shape(match["p"]))
        return Says(0.95, text) if found == code else None

    return tuple(
        Message(framework, pattern, read) for framework, pattern, codes in PATTERNS if code in codes
    )


def cause(y: Shape, p: Shape) -> tuple[str, str]:
    """Return the code and the text of what two shapes show.

    >>> cause((4,), (4, 1))[0], cause((4,), (4, 10))[0], cause((4, 11), (4, 10))[0]
    ('CE107', 'CE109', 'CE101')
    """
    seen = f"The labels have shape {_text(y)}, the predictions {_text(p)}: "
    if p == (*y, 1):
        return "CE107", seen + "pass y_true[..., None], or y_pred.squeeze(-1)."
    if y == (*p, 1):
        return "CE107", seen + "pass y_true.squeeze(-1)."
    column = len(y) == len(p) and y[-1:] == (1,)
    # TensorFlow writes (N,) as (1, N).
    if len(p) > 1 < p[-1] and (p[:-1] in (y, y[1:]) or (column and y[:-1] == p[:-1])):
        return "CE109", (
            f"{seen}one class index a row where {p[-1]} numbers a row are wanted. Use the loss for "
            f"class indices (sparse), or one-hot rows of {p[-1]}."
        )
    if len(y) == len(p) > 1 and y[:-1] == p[:-1]:
        more = y[-1] > p[-1]
        return "CE101" if more else "CE211", (
            f"{seen}rows of {y[-1]} classes meet {p[-1]} outputs. Give the last layer {y[-1]} "
            "outputs, or make the rows for the classes that it has."
        )
    return "CE112", f"{seen}they must be equal, so look at the reshape before the loss."


def _text(shape: Shape) -> str:
    return shape_text(shape).replace("-1", "None")


def _shape(text: str) -> Shape:
    sizes = [part.strip() for part in text.split(",")]
    return tuple(-1 if size == "None" else int(size) for size in sizes if size)
