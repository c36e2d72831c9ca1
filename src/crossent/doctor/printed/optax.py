"""What optax prints, and which cause it shows."""

from __future__ import annotations

import re
from typing import Final

from crossent.doctor.printed import element_shapes, index_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.label_types import whole_predictions
from crossent.doctor.printed.message import Message, Says

_SUMS: Final = (
    r"predictions must be valid probability distributions that sum to 1 along the class axis\. "
    r"Found sum range: \[(?P<low>-?[\d.e+-]+), (?P<high>-?[\d.e+-]+)\]"
)
_NEAR: Final = 0.2
"""Sums of probabilities are so near to 1, rounded or smoothed as they may be."""


def _near(m: re.Match[str]) -> bool:
    return float(m["low"]) > 1 - _NEAR and float(m["high"]) < 1 + _NEAR


def _sums_of_logits(m: re.Match[str]) -> Says | None:
    if _near(m):
        return None
    return Says(
        0.93,
        f"The predictions of a row sum to between {m['low']} and {m['high']}: they are logits.",
        "Leave out apply_softmax=False.",
    )


def _sums_of_shares(m: re.Match[str]) -> Says | None:
    if not _near(m):
        return None
    return Says(
        0.9,
        f"The probabilities of a row sum to between {m['low']} and {m['high']}.",
        "Divide each row by its sum.",
    )


MESSAGES: Final = (
    Message(
        "CE112",
        "optax",
        r"Expected 'labels' to have batch size \(?(?P<p>\d+),?\)?, got \(?(?P<y>\d+)",
        lambda m: Says(0.93, f"There are {m['y']} labels and {m['p']} rows of predictions."),
    ),
    Message(
        "CE112",
        "optax",
        r"Labels and embeddings must have the same leading dimension, found \((?P<y>\d+).{0,20}? "
        r"for labels and \((?P<p>\d+)",
        lambda m: Says(0.93, f"There are {m['y']} labels and {m['p']} rows of embeddings."),
    ),
    Message(
        "CE106",
        "optax",
        _SUMS,
        _sums_of_logits,
    ),
    Message(
        "CE406",
        "optax",
        _SUMS,
        _sums_of_shares,
    ),
    *element_shapes.differ(
        "optax",
        rf"incompatible shapes for broadcasting: (?:shapes=\[)?{Y}, {P}",
        ("CE101", "CE109", "CE112", "CE211"),
    ),
    *whole_predictions("optax", r"subdtype of.*?numpy\.floating.*?got (?P<t>u?int\d+|bool)"),
    *index_shapes.picked(
        "optax",
        r"'?indices'? and '?arr'? must have the same number of dimensions(?:; (?P<y>\d+) vs\. "
        r"(?P<p>\d+))?",
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
            f"If a loss of optax printed this, the labels have {int(m['d']) - 1} dimensions, and "
            f"the logits {int(m['a']) + 1}.",
            "Pass labels in the shape of the logits without the last axis.",
        ),
    ),
    Message(
        "CE002",
        "optax",
        r"subdtype of.*?numpy\.floating.*?got complex",
        "The predictions are complex numbers.",
        0.9,
        "Pass jnp.abs(y_pred), or y_pred.real.",
    ),
)
