"""Messages of TensorFlow's loss for class indices about ranks, and about all sizes but the last."""

from __future__ import annotations

import math
import re
from functools import partial

from crossent.doctor.checks.class_axis import ratio_says
from crossent.doctor.printed.element_shapes import shape, text_of
from crossent.doctor.printed.index_shapes import ARGMAX, BINARY
from crossent.doctor.printed.message import Message, Says


def rank_mismatch(pattern: str) -> tuple[Message, ...]:
    """Return a message about the ranks `y` and `p`, read for every cause that they may show."""
    return tuple(
        Message(code, "TensorFlow", pattern, partial(_ranks, code=code))
        for code in ("CE107", "CE108", "CE112", "CE303", "CE304")
    )


def _ranks(match: re.Match[str], code: str) -> Says | None:
    # A part of the versions write the rank of the logits less 1.
    y, p = int(match["y"]), int(match["p"])
    seen = f"The labels have {y} axes, the logits {p}"
    if y > p:
        found = {
            "CE304": Says(
                0.93,
                f"{seen}: labels have one axis fewer than logits, so the two are swapped.",
                "Pass labels=y_true, logits=y_pred by name.",
            ),
            "CE303": Says(0.7, f"{seen}: the logits may have lost an axis."),
        }
    elif y == p == 1:
        text = f"{seen}: the logits have no class axis."
        fix = f"Keep the shape (N, C) of the logits; for one output use {BINARY['TensorFlow']}."
        found = {"CE303": Says(0.93, text, fix)}
    elif y == p:
        found = {
            "CE108": Says(
                0.9, f"{seen}: the labels are one-hot rows, if they have a column for each class.",
                f"Pass {ARGMAX['TensorFlow']}.",
            ),
            "CE107": Says(
                0.88, f"{seen}: if the labels have one column, it is one axis too many.",
                "Pass tf.squeeze(labels, -1).",
            ),
        }  # fmt: skip
    else:
        text = f"{seen}: the loss needs one label for each place of the logits."
        fix = "Give a label for each step, or reduce the logits to one row per label."
        found = {"CE112": Says(0.9, text, fix)}
    return found.get(code)


def shape_mismatch(pattern: str) -> tuple[Message, ...]:
    """Return a message about the shapes `y` and `p`, read for every cause that they may show."""
    return tuple(
        Message(code, "TensorFlow", pattern, partial(_shapes, code=code))
        for code in ("CE107", "CE108", "CE112")
    )


def _shapes(match: re.Match[str], code: str) -> Says | None:
    y, p = shape(match["y"]), shape(match["p"])
    seen = f"The labels have shape {text_of(y)}, the logits {text_of(p)}: "
    count, rows = math.prod(y), math.prod(p[:-1])
    if y == (*p[:-1], 1):
        text = f"{seen}the labels have one column too many."
        found, says = "CE107", Says(0.93, text, "Pass tf.squeeze(labels, -1).")
    elif y == p or (len(y) == 1 and count == rows * p[-1] and count > 0):
        times = f"{count} = {rows} × {p[-1]}" if y != p else f"{p[-1]} columns"
        found, says = (
            "CE108",
            Says(
                0.95, f"{seen}{times}, so they are one-hot rows.", f"Pass {ARGMAX['TensorFlow']}."
            ),
        )
    else:
        known = count > 0 and rows > 0
        found, says = "CE112", Says(0.9, seen + ratio_says(rows, count) if known else f"{seen}they "
                                    "do not fit.")  # fmt: skip
    return says if found == code else None
