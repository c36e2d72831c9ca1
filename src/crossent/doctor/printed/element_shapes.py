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
ARRAY: Final = {
    "PyTorch": "torch.as_tensor(labels)",
    "TensorFlow": "np.array(labels) in place of the list",
    "Keras": "np.array(labels) in place of the list",
    "optax": "jnp.array(labels)",
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
        return "CE112", f"Arrays of shapes {text_of(a)} and {text_of(b)} do not fit together.", ""
    # The predictions have the axis of classes.
    return cause(a, b, framework) if len(a) < len(b) else cause(b, a, framework)


def in_any_order(y: Shape, p: Shape, framework: str) -> Cause:
    """Return the cause where versions name the two in different orders.

    >>> in_any_order((6, 4), (6,), "Keras")[0], in_any_order((6, 3), (6, 1), "Keras")[0]
    ('CE109', 'CE101')
    """
    # One axis more, and not of size 1, is that of the classes.
    swapped = len(y) == len(p) + 1 and added(p, y) is None
    return cause(p, y, framework) if swapped else cause(y, p, framework)


def cause(y: Shape, p: Shape, framework: str) -> Cause:
    """Return the code, the text of what two shapes show, and what to do.

    >>> cause((4,), (4, 1), "PyTorch")[::2]
    ('CE107', 'Pass y_true.unsqueeze(1), or y_pred.squeeze(1).')
    >>> cause((4,), (4, 10), "Keras")[0], cause((4, 11), (4, 10), "Keras")[0]
    ('CE109', 'CE101')
    """
    seen = f"The labels have shape {text_of(y)}, the predictions {text_of(p)}: "
    if not y and p:
        return (
            "CE112",
            f"{seen}the labels are one number, or a list whose numbers were taken one by one.",
            f"Pass one array with a label for each row, such as {ARRAY[framework]}.",
        )
    if y and not p:
        return "CE112", f"{seen}the predictions are one number.", "Keep the axis of the rows."
    if (axis := added(y, p)) is not None:
        fix = EXPANDED[framework].format(axis)
        return "CE107", seen + "the predictions have one extra dimension of size 1.", _pass(fix)
    if (axis := added(p, y)) is not None:
        fix = SQUEEZED[framework].format(axis)
        return "CE107", seen + "the labels have one extra dimension of size 1.", _pass(fix)
    column = len(y) == len(p) and y[-1:] == (1,)
    # TensorFlow writes (N,) as (1, N).
    row = y[:1] == (1,) and same(y[1:], p[:-1])
    if len(p) > 1 < p[-1] and (same(p[:-1], y) or row or (column and same(y[:-1], p[:-1]))):
        return (
            "CE109",
            f"{seen}one class index per row, but this loss needs {p[-1]} numbers per row.",
            f"Use the loss for class indices, {SPARSE[framework]}, or make one-hot rows of "
            f"{p[-1]}.",
        )
    if same(y[:-1], p) and y[-1:] > (1,):
        return (
            "CE101",
            f"{seen}the labels have {y[-1]} columns, and the model gives one number per row.",
            f"Give the last layer {y[-1]} outputs; for two classes and one output pass labels of "
            f"0 and 1 in the shape {text_of(p)}.",
        )
    if len(y) == len(p) > 1 and same(y[:-1], p[:-1]):
        return (
            "CE101" if y[-1] > p[-1] else "CE211",
            f"{seen}the labels have {y[-1]} columns, and the model has {p[-1]} outputs.",
            f"Make both widths equal: give the last layer {y[-1]} outputs, or make rows of labels "
            f"with {p[-1]} columns.",
        )
    return "CE112", f"{seen}they must be equal. Check the reshape before the loss.", ""


def same(a: Shape, b: Shape) -> bool:
    """Whether two shapes are equal but for a number of rows that is not known (-1).

    >>> same((-1, 3), (8, 3)), same((8,), (8, 3)), same((-1, -1), (-1, 3))
    (True, False, False)
    """
    return len(a) == len(b) and a[1:] == b[1:] and (a[:1] == b[:1] or -1 in (*a[:1], *b[:1]))


def added(less: Shape, more: Shape) -> int | None:
    """Return the axis of size 1 that one shape has and the other does not; the last of several.

    >>> added((4,), (4, 1)), added((4,), (1, 4)), added((4,), (4, 2))
    (1, 0, None)
    """
    axes = [
        axis
        for axis, size in enumerate(more)
        if size == 1 and same(less, more[:axis] + more[axis + 1 :])
    ]
    return axes[-1] if axes else None


def _pass(what: str) -> str:
    return f"Pass {what}."


def text_of(shape: Shape) -> str:
    return shape_text(shape).replace("-1", "None")


def shape(text: str) -> Shape:
    sizes = [part.strip() for part in text.split(",")]
    return tuple(-1 if size == "None" else int(size) for size in sizes if size)
