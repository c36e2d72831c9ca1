"""Messages of losses that compare element by element, about shapes which differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from crossent.doctor.check import shape_text
from crossent.doctor.printed.message import Message, Read, Says

Shape = tuple[int, ...]
Cause = tuple[str, str, str]
"""A code, what the shapes tell, and what to do; empty: what the check advises."""

Decide = Callable[[Shape, Shape, str], Cause]
_SHAPE: Final = r"(?:torch\.Size\()?[\[(](?P<{0}>[\dNone, ]*)[\])]\)?"
Y, P = _SHAPE.format("y"), _SHAPE.format("p")
"""Patterns of the shapes of labels and predictions, as frameworks print them."""

A, B = _SHAPE.format("a"), _SHAPE.format("b")
"""Those of two arrays, where the message does not say which is which."""

SHOWN: Final = ("CE101", "CE107", "CE109", "CE112", "CE211")
"""What two shapes may show."""

SQUEEZED: Final = {
    "PyTorch": "y_true.squeeze({0})",
    "TensorFlow": "tf.squeeze(labels, {0})",
    "Keras": "y.squeeze({0})",
    "optax": "labels.squeeze({0})",
}
EXPANDED: Final = {
    "PyTorch": "y_true.unsqueeze({0}), or y_pred.squeeze({0})",
    "TensorFlow": "tf.expand_dims(labels, {0}), or tf.squeeze(logits, {0})",
    "Keras": "y[..., None]",
    "optax": "labels[..., None], or logits.squeeze({0})",
}
SPARSE: Final = {
    "PyTorch": "torch.nn.CrossEntropyLoss()(y_pred, y_true.long())",
    "TensorFlow": "tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)",
    "Keras": "loss='sparse_categorical_crossentropy'",
    "optax": "optax.softmax_cross_entropy_with_integer_labels(logits, labels)",
}
"""The loss of each framework that takes class indices, as it is called."""


def differ(framework: str, pattern: str, codes: tuple[str, ...] = SHOWN) -> tuple[Message, ...]:
    """Return a message, read for each code where the shapes in it show that cause."""
    return that_show(framework, pattern, codes, cause)


def that_show(
    framework: str, pattern: str, codes: tuple[str, ...], decide: Decide
) -> tuple[Message, ...]:
    """Return a message, read for each code where `decide` tells that cause by the shapes."""
    return tuple(
        Message(code, framework, pattern, _reader(code, decide, framework)) for code in codes
    )


def _reader(code: str, decide: Decide, framework: str) -> Read:
    """Return a function that reads a message where its shapes show this cause."""

    def read(match: re.Match[str]) -> Says | None:
        if "y" in match.re.groupindex:
            found, text, fix = decide(shape(match["y"]), shape(match["p"]), framework)
        else:
            found, text, fix = either(shape(match["a"]), shape(match["b"]), framework)
        return Says(0.95, text, fix) if found == code else None

    return read


def either(a: Shape, b: Shape, framework: str) -> Cause:
    """Return the cause where it is not said which shape is that of the labels.

    >>> either((32, 10), (32,), "TensorFlow")[0], either((8, 4), (8, 3), "TensorFlow")[0]
    ('CE109', 'CE112')
    """
    if len(a) == len(b):
        return "CE112", f"Arrays of shapes {text_of(a)} and {text_of(b)} meet, and do not fit.", ""
    # The predictions have the axis of classes.
    return cause(a, b, framework) if len(a) < len(b) else cause(b, a, framework)


def cause(y: Shape, p: Shape, framework: str) -> Cause:
    """Return the code, the text of what two shapes show, and what to do.

    >>> cause((4,), (4, 1), "PyTorch")[::2]
    ('CE107', 'Pass y_true.unsqueeze(1), or y_pred.squeeze(1).')
    >>> cause((4,), (4, 10), "Keras")[0], cause((4, 11), (4, 10), "Keras")[0]
    ('CE109', 'CE101')
    """
    seen = f"The labels have shape {text_of(y)}, the predictions {text_of(p)}: "
    if p == (*y, 1):
        fix = EXPANDED[framework].format(len(y))
        return "CE107", seen + "the column of the predictions has none in the labels.", _pass(fix)
    if y == (*p, 1):
        fix = SQUEEZED[framework].format(len(p))
        return "CE107", seen + "the column of the labels has none in the predictions.", _pass(fix)
    column = len(y) == len(p) and y[-1:] == (1,)
    # TensorFlow writes (N,) as (1, N).
    if len(p) > 1 < p[-1] and (p[:-1] in (y, y[1:]) or (column and y[:-1] == p[:-1])):
        return (
            "CE109",
            f"{seen}one class index a row where {p[-1]} numbers a row are wanted.",
            f"Use the loss for class indices, {SPARSE[framework]}, or make one-hot rows of "
            f"{p[-1]}.",
        )
    if y[:-1] == p and y[-1:] > (1,):
        return (
            "CE101",
            f"{seen}rows of {y[-1]} classes meet one number a row.",
            f"Give the last layer {y[-1]} outputs; for two classes and one output pass labels of "
            f"0 and 1 in the shape {text_of(p)}.",
        )
    if len(y) == len(p) > 1 and y[:-1] == p[:-1]:
        return (
            "CE101" if y[-1] > p[-1] else "CE211",
            f"{seen}the labels have {y[-1]} columns, and the model has {p[-1]} outputs.",
            f"Make both widths equal: give the last layer {y[-1]} outputs, or make the rows of "
            f"labels for the {p[-1]} classes that it has.",
        )
    return "CE112", f"{seen}they must be equal, so look at the reshape before the loss.", ""


def _pass(what: str) -> str:
    return f"Pass {what}."


def text_of(shape: Shape) -> str:
    return shape_text(shape).replace("-1", "None")


def shape(text: str) -> Shape:
    sizes = [part.strip() for part in text.split(",")]
    return tuple(-1 if size == "None" else int(size) for size in sizes if size)
