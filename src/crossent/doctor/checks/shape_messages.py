"""Messages that name the shapes of labels and predictions which do not fit each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
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
        ("CE101", "CE107", "CE109", "CE112", "CE211"),
    ),
    (
        "TensorFlow",
        r"logits`? and `?labels`? must (?:be broadcastable: logits_size=|have the same shape, "
        rf"received \(){_P}(?: labels_size=| vs ){_Y}",
        ("CE101", "CE107", "CE109", "CE112", "CE211"),
    ),
    (
        "Keras",
        r"must have the same (?:shape|rank \(ndim\))\. Received: "
        rf"target\.shape={_Y}, output\.shape={_P}",
        ("CE101", "CE107", "CE109", "CE112", "CE211"),
    ),
    (
        "optax",
        rf"incompatible shapes for broadcasting: (?:shapes=\[)?{_Y}, {_P}",
        ("CE101", "CE109", "CE112", "CE211"),
    ),
)
"""Whose message of a loss that compares element by element, how it reads, and what it has shown."""

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


def messages(code: str) -> tuple[Message, ...]:
    """Return the messages, read where the shapes in them show this cause."""

    def reader(framework: str) -> Callable[[re.Match[str]], Says | None]:
        def read(match: re.Match[str]) -> Says | None:
            found, text, fix = cause(_shape(match["y"]), _shape(match["p"]), framework)
            return Says(0.95, text, fix) if found == code else None

        return read

    return tuple(
        Message(framework, pattern, reader(framework))
        for framework, pattern, codes in PATTERNS
        if code in codes
    )


def cause(y: Shape, p: Shape, framework: str) -> tuple[str, str, str]:
    """Return the code, the text of what two shapes show, and what to do.

    >>> cause((4,), (4, 1), "PyTorch")[::2]
    ('CE107', 'Pass y_true.unsqueeze(1), or y_pred.squeeze(1).')
    >>> cause((4,), (4, 10), "Keras")[0], cause((4, 11), (4, 10), "Keras")[0]
    ('CE109', 'CE101')
    """
    seen = f"The labels have shape {_text(y)}, the predictions {_text(p)}: "
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


def _text(shape: Shape) -> str:
    return shape_text(shape).replace("-1", "None")


def _shape(text: str) -> Shape:
    sizes = [part.strip() for part in text.split(",")]
    return tuple(-1 if size == "None" else int(size) for size in sizes if size)


_RANKS: Final = r"`?labels\.shape\.rank`? must equal `?logits\.shape\.rank - 1`?"
_RECEIVED: Final = rf"(?:.*?labels\.shape={_Y}.*?logits\.shape={_P})?"


def ranks(match: re.Match[str], *, one_hot: bool) -> Says | None:
    """Read the message of TensorFlow's loss for class indices about ranks.

    Parameters
    ----------
    match : re.Match
        The message; its shapes may be missing.
    one_hot : bool
        True: as one-hot rows; False: as labels with a column too many.
    """
    known = match["y"] is not None
    equal = known and _shape(match["y"]) == _shape(match["p"])
    if known and equal != one_hot:
        return None
    if one_hot:
        text = "The labels have the shape of the logits: one-hot rows." if known else (
            "If the labels have the shape of the logits, they are one-hot rows."
        )  # fmt: skip
        fix = (
            "Pass tf.argmax(labels, -1), or use "
            "tf.nn.softmax_cross_entropy_with_logits(labels, logits)."
        )
        return Says(0.95 if known else 0.6, text, fix)
    return Says(
        0.95 if known else 0.9,
        "The labels have a dimension too many for the logits.",
        "Pass tf.squeeze(labels, -1).",
    )


EXTRA_RANK: Final = Message("TensorFlow", _RANKS + _RECEIVED, partial(ranks, one_hot=False))
ONE_HOT_RANK: Final = Message("TensorFlow", _RANKS + _RECEIVED, partial(ranks, one_hot=True))


def dimensions(match: re.Match[str], *, one_hot: bool) -> Says | None:
    """Read the message of `jnp.take_along_axis`, by which optax picks the logit of a label."""
    known = match["y"] is not None
    few = known and int(match["y"]) < int(match["p"])
    if one_hot:
        return None if few else Says(
            0.6,
            "If the labels have the shape of the logits, they are one-hot rows.",
            "Pass labels.argmax(-1), or use optax.softmax_cross_entropy(logits, labels).",
        )  # fmt: skip
    if few:
        return Says(
            0.85,
            "The labels have one dimension too few to pick logits with.",
            "Pass labels[..., None] to take_along_axis, or use "
            "optax.softmax_cross_entropy_with_integer_labels.",
        )
    return Says(
        0.85,
        "The labels have one dimension too many for the logits.",
        "Pass labels.squeeze(-1).",
    )


_TAKE: Final = (
    r"indices and arr must have the same number of dimensions(?:; (?P<y>\d+) vs\. (?P<p>\d+))?"
)
EXTRA_DIMENSION: Final = Message("optax", _TAKE, partial(dimensions, one_hot=False))
ONE_HOT_DIMENSION: Final = Message("optax", _TAKE, partial(dimensions, one_hot=True))
