"""Messages of losses for class indices, about shapes which do not fit."""

from __future__ import annotations

import math
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
    "PyTorch": "y_true.argmax(-1)",
    "TensorFlow": "tf.argmax(labels, -1), or use "
    "tf.nn.softmax_cross_entropy_with_logits(labels, logits)",
    "Keras": "np.argmax(y_true, axis=-1), or use loss='categorical_crossentropy'",
}
BINARY: Final = {
    "PyTorch": "BCEWithLogitsLoss",
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
            f"{seen}the predictions have no class axis.",
            f"Keep the shape (N, C) of the logits; for one output use {BINARY[framework]}.",
        )
    if y == p and p[-1] == 1:
        return (
            "CE302",
            f"{seen}one number per row is only one class.",
            f"Use {BINARY[framework]}, or give the last layer an output for every class.",
        )
    if y == (*p[:-1], 1):
        fix = SQUEEZED[framework].format(len(p) - 1)
        return "CE107", f"{seen}the labels have one column too many.", f"Pass {fix}."
    differing = [axis for axis, sizes in enumerate(zip(y, p, strict=False)) if len(set(sizes)) > 1]
    if len(y) == len(p) and len(differing) == 1 and y[differing[0]] == 1:
        fix = SQUEEZED[framework].format(differing[0])
        return "CE107", f"{seen}the labels have one extra axis of size 1.", f"Pass {fix}."
    if y[:-1] == p[:-1] and y[-1] not in (1, p[-1]) and p[-1] > 1:
        return (
            "CE112",
            f"{seen}{y[-1]} labels per row are neither one class index nor one-hot rows, which "
            f"would have {p[-1]} columns.",
            f"For a label at each of {y[-1]} steps give the model an output at each step; one-hot "
            f"rows need {p[-1]} columns.",
        )
    if y[:-1] == p[:-1]:
        return (
            "CE108",
            f"{seen}the labels are rows of {y[-1]} numbers (one-hot rows), but this loss needs "
            "one class index per row.",
            f"Pass {ARGMAX[framework]}.",
        )
    if len(y) == 1 and y[0] > 0 and y[0] == math.prod(p):
        return (
            "CE108",
            f"{seen}{y[0]} = {' × '.join(map(str, p))}, so these are one-hot rows that were "
            "flattened.",
            f"Pass {ARGMAX[framework]}, before anything flattens them.",
        )
    return (
        "CE112",
        f"{seen}this loss needs one label per row of logits, shape {text_of(p[:-1])}.",
        "",
    )


def ranks(match: re.Match[str], code: str) -> Says | None:
    """Read what `jnp.take_along_axis` says of ranks; optax picks the logit of a label by it."""
    y, p = (int(match[name] or 0) for name in "yp")
    if p == 1 and y > 1:
        found = {
            "CE303": Says(
                0.9,
                "The logits have no class axis, only one number per row.",
                "Keep the shape (N, C) of the logits; for one output use "
                "optax.sigmoid_binary_cross_entropy(logits, labels).",
            )
        }
    elif y and y < p:
        found = {
            "CE107": Says(
                0.85,
                "The labels have one dimension too few to index the logits.",
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
