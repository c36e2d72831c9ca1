"""Messages of losses for class indices, about shapes which do not fit."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from crossent.doctor.printed.element_shapes import (
    SQUEEZED,
    Cause,
    Shape,
    text_of,
    that_show,
)
from crossent.doctor.printed.message import Message, Says

ARGMAX: Final = {
    "TensorFlow": "tf.argmax(labels, -1), or use "
    "tf.nn.softmax_cross_entropy_with_logits(labels, logits)",
    "Keras": "np.argmax(y_true, axis=-1), or use loss='categorical_crossentropy'",
}
BINARY: Final = {
    "TensorFlow": "tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)",
    "Keras": "loss='binary_crossentropy' with a sigmoid",
}


def differ(framework: str, pattern: str, codes: tuple[str, ...]) -> tuple[Message, ...]:
    """Return a message, read for each code where the shapes in it show that cause."""
    return that_show(framework, pattern, codes, cause)


def cause(y: Shape, p: Shape, framework: str) -> Cause:
    """Return the code, the text of what two shapes show, and what to do.

    >>> [cause(y, (6, 4), "Keras")[0] for y in [(6, 4), (6, 1), (5,)]]
    ['CE108', 'CE107', 'CE112']
    >>> cause((6,), (6,), "Keras")[0], cause((6, 1), (6, 1), "Keras")[0]
    ('CE303', 'CE302')
    """
    seen = f"The labels have shape {text_of(y)}, the predictions {text_of(p)}: "
    if len(p) < 2:
        return (
            "CE303",
            f"{seen}there is no axis of classes.",
            f"Keep the shape (N, C) of the logits; for one output use {BINARY[framework]}.",
        )
    if y == p and p[-1] == 1:
        return (
            "CE302",
            f"{seen}one number a row knows one class alone.",
            f"Use {BINARY[framework]}, or give the last layer an output for every class.",
        )
    if y == (*p[:-1], 1):
        fix = SQUEEZED[framework].format(len(p) - 1)
        return "CE107", f"{seen}the labels have a column too many.", f"Pass {fix}."
    if y[:-1] == p[:-1]:
        return (
            "CE108",
            f"{seen}rows of {y[-1]} numbers, one-hot rows, stand where one class index a row is "
            "wanted.",
            f"Pass {ARGMAX[framework]}.",
        )
    return (
        "CE112",
        f"{seen}one label for each row of logits is wanted, in the shape {text_of(p[:-1])}.",
        "",
    )


def ranks(match: re.Match[str], code: str) -> Says | None:
    """Read what `jnp.take_along_axis` says of ranks; optax picks the logit of a label by it."""
    y, p = (int(match[name] or 0) for name in "yp")
    if p == 1 and y > 1:
        found = {
            "CE303": Says(
                0.9,
                "The logits have no axis of classes: one number a row.",
                "Keep the shape (N, C) of the logits; for one output use "
                "optax.sigmoid_binary_cross_entropy(logits, labels).",
            )
        }
    elif y and y < p:
        found = {
            "CE107": Says(
                0.85,
                "The labels have one dimension too few to pick logits with.",
                "Pass labels[..., None] to take_along_axis, or use "
                "optax.softmax_cross_entropy_with_integer_labels.",
            )
        }
    else:
        found = {
            "CE107": Says(
                0.85,
                "The labels have one dimension too many for the logits.",
                "Pass labels.squeeze(-1).",
            ),
            "CE108": Says(
                0.6,
                "If the labels have the shape of the logits, they are one-hot rows.",
                "Pass labels.argmax(-1), or use optax.softmax_cross_entropy(logits, labels).",
            ),
        }
    return found.get(code)


def picked(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return a message about ranks, `y` and `p`, read for every cause that they may show."""
    return tuple(
        Message(code, framework, pattern, partial(ranks, code=code))
        for code in ("CE107", "CE108", "CE303")
    )
