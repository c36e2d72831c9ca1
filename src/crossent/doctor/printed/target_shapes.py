"""Messages of Keras 2 about the shape of labels and that of an output."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from crossent.doctor.printed.element_shapes import Shape, added, cause, same, shape, text_of
from crossent.doctor.printed.message import Message, Read, Says

FRAMEWORK: Final = "Keras 2"
BINARY: Final = "loss='binary_crossentropy' with labels of 0 and 1"
SPARSE: Final = (
    "Use loss='sparse_categorical_crossentropy': it takes class indices as they are; "
    "categorical_crossentropy needs to_categorical(y)."
)
DENSE: Final = (
    "Use loss='categorical_crossentropy', which takes one-hot rows, or pass np.argmax(y, axis=-1)."
)


def passed(pattern: str) -> tuple[Message, ...]:
    """Return what Keras 2 says of labels `y` for an output `p`, read for each cause it may have."""
    return _for_each(("CE101", "CE107", "CE109", "CE112", "CE211"), pattern, _passed)


def expected(pattern: str) -> tuple[Message, ...]:
    """Return what Keras 2 says before training, read for each cause; a shape `p` or `d` axes."""
    codes = ("CE101", "CE107", "CE108", "CE109", "CE112", "CE211")
    return _for_each(codes, pattern, _expected)


def _for_each(
    codes: tuple[str, ...], pattern: str, read: Callable[[re.Match[str], str], Says | None]
) -> tuple[Message, ...]:
    return tuple(Message(code, FRAMEWORK, pattern, _reader(read, code)) for code in codes)


def _reader(read: Callable[[re.Match[str], str], Says | None], code: str) -> Read:
    return lambda match: read(match, code)


def _passed(match: re.Match[str], code: str) -> Says | None:
    y, p = shape(match["y"]), shape(match["p"])
    if len(y) == len(p) > 1 and same(y[:-1], p[:-1]) and 1 not in (y[-1], p[-1]):
        # Both may be wrong: a class that does not occur, or a layer of the wrong width.
        scores = {"CE101": 0.95, "CE211": 0.9 if y[-1] < p[-1] else 0.0}
        return _widths(y, p, scores.get(code, 0.0))
    if len(p) > len(y) and added(y, p) is None and not same(p[:-1], y):
        found, text = "CE112", f"The labels have shape {text_of(y)}, the output {text_of(p)}."
        fix = (
            "If the output has a time axis, set return_sequences=False in the last recurrent "
            "layer (or add Flatten), or give a label for each step."
        )
    else:
        found, text, fix = cause(y, p, "Keras")
    return Says(0.93, text, fix) if found == code else None


def _widths(y: Shape, p: Shape, score: float) -> Says | None:
    if not score:
        return None
    return Says(
        score,
        f"The labels have {y[-1]} columns, and the model has {p[-1]} outputs.",
        f"Make both widths equal: give the last layer {y[-1]} outputs, or make the rows of labels "
        f"with to_categorical(y, {p[-1]}).",
    )


def _expected(match: re.Match[str], code: str) -> Says | None:
    y = shape(match["y"])
    if match["d"] is not None:
        found = _axes(y, int(match["d"]))
    else:
        p = shape(match["p"])
        # Later versions leave the rows out of both shapes.
        found = _shapes(y, p) if p[:1] == (-1,) else _shapes((-1, *y), (-1, *p))
    return found.get(code)


def _axes(y: Shape, axes: int) -> dict[str, Says]:
    seen = f"The labels have shape {text_of(y)}, and the output has {axes} axes."
    if len(y) == axes - 1:
        return {
            "CE109": Says(0.85, f"{seen} A loss for one-hot rows got class indices.", SPARSE),
            "CE112": Says(
                0.6, f"{seen} The model may give a row for every step or pixel.",
                "Set return_sequences=False in the last recurrent layer, or add Flatten.",
            ),
        }  # fmt: skip
    if len(y) < axes:
        return {
            "CE112": Says(
                0.9, f"{seen} The model gives more than one row for a label.",
                "Add Flatten or GlobalAveragePooling before the last layer, or give a label for "
                "each place.",
            )
        }  # fmt: skip
    extra = [axis for axis, size in enumerate(y) if axis and size == 1]
    if extra:
        return {"CE107": Says(0.9, seen, f"Pass y.squeeze({extra[0]}).")}
    return {
        "CE112": Says(
            0.9, f"{seen} The labels have an axis too many.",
            "If it came from to_categorical twice, call it once; else reshape the labels.",
        )
    }  # fmt: skip


def _shapes(y: Shape, p: Shape) -> dict[str, Says]:
    seen = f"The labels have shape {text_of(y)}, the output {text_of(p)}: "
    if len(y) == len(p) > 1 and same(y[:-1], p[:-1]):
        if y[-1] == 1:
            text = (
                f"{seen}these are class indices, one number per row, but this loss needs {p[-1]} "
                "numbers per row."
            )
            return {"CE109": Says(0.93, text, SPARSE)}
        if p[-1] == 1:
            return {
                "CE108": Says(
                    0.9,
                    f"{seen}one-hot rows of {y[-1]} columns were given to a loss for class "
                    "indices, or to a last layer of one output.", DENSE,
                ),
                "CE101": Says(
                    0.85,
                    f"{seen}if the last layer has one output, it cannot tell {y[-1]} classes "
                    "apart.",
                    f"Give the last layer {y[-1]} outputs, or use {BINARY}.",
                ),
            }  # fmt: skip
        widths = _widths(y, p, 0.95)
        less = _widths(y, p, 0.9 if y[-1] < p[-1] else 0.0)
        return {code: says for code, says in (("CE101", widths), ("CE211", less)) if says}
    found, text, fix = cause(y, p, "Keras")
    return {found: Says(0.9, text, fix)}
