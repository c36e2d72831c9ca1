"""Messages of losses by hand about the shapes of labels that pick numbers out of predictions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from crossent.doctor.checks.class_axis import ratio_says
from crossent.doctor.printed.element_shapes import Cause, Shape, cause, shape, text_of
from crossent.doctor.printed.message import Message, Says

ONE_HOT: Final = "If they are one-hot rows pass y_true.argmax(-1), before anything flattens them."


def indexed(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return what is said of logits[range(N), y]: `p` are the rows, `y` the labels."""
    return _each(framework, pattern, _indexed)


def gathered(pattern: str) -> tuple[Message, ...]:
    """Return what `gather` says: `p` is the shape of the predictions, `y` that of the index."""
    return _each("PyTorch", pattern, _gathered)


def broadcast(pattern: str) -> tuple[Message, ...]:
    """Return what a loss says whose labels make the predictions larger: from `p` to `b`."""
    return _each("PyTorch", pattern, _broadcast, ("CE101", "CE107", "CE303"))


def _each(
    framework: str,
    pattern: str,
    read: Callable[[Shape, Shape], tuple[str, str, str]],
    codes: tuple[str, ...] = ("CE108", "CE112"),
) -> tuple[Message, ...]:
    return tuple(Message(code, framework, pattern, _reader(read, code)) for code in codes)


def _reader(
    read: Callable[[Shape, Shape], tuple[str, str, str]], wanted: str
) -> Callable[[re.Match[str]], Says | None]:
    def reader(match: re.Match[str]) -> Says | None:
        other = match["b"] if "b" in match.re.groupindex else match["y"]
        code, text, fix = read(shape(match["p"]), shape(other))
        return Says(0.78, text, fix) if code == wanted else None

    return reader


def _indexed(p: Shape, y: Shape) -> tuple[str, str, str]:
    rows = p[0] if p else 1
    seen = f"{rows} rows are indexed with labels of shape {text_of(y)}"
    if len(y) == 2 and y[0] == rows and y[1] > 1:
        text = f"{seen}: rows of {y[1]} numbers (one-hot rows) instead of one index per row."
        return "CE108", text, "Pass y_true.argmax(1)."
    if len(y) == 1 and y[0] > rows > 0 and y[0] % rows == 0 and y[0] // rows > 2:
        text = f"{seen}: {y[0]} = {rows} × {y[0] // rows}, flattened one-hot rows."
        return "CE108", text, ONE_HOT
    return "CE112", f"{seen}: each row needs one label.", ""


def _gathered(p: Shape, y: Shape) -> tuple[str, str, str]:
    seen = f"The index has shape {text_of(y)}, the predictions {text_of(p)}"
    rows, labels = math.prod(p[:1]), math.prod(y[:1])
    if len(p) == 2 and labels == rows * p[1]:
        return "CE108", f"{seen}: {labels} = {rows} × {p[1]}, flattened one-hot rows.", ONE_HOT
    if len(p) > 2:
        fix = "gather(1, …) takes the classes on axis 1: pass predictions.movedim(-1, 1)."
        return "CE112", f"{seen}: their other axes do not match.", fix
    return "CE112", f"{seen}. {ratio_says(rows, labels)}", ""


def _broadcast(p: Shape, b: Shape) -> tuple[str, str, str]:
    seen = (
        f"The predictions have shape {text_of(p)}, and with the labels they would have {text_of(b)}"
    )
    if not p:
        return "CE303", f"{seen}: the predictions lost the row axis.", ""
    if len(p) == len(b) == 2 and p[-1] == 1 and p[0] != b[-1]:
        fix = f"Give the last layer {b[-1]} outputs, or pass labels of one column."
        return "CE101", f"{seen}: there are {b[-1]} labels per row and one output.", fix
    fix = "Give both one shape: y_true.reshape(y_pred.shape)."
    return "CE107", f"{seen}: one of them has one extra dimension of size 1.", fix


def confusion(match: re.Match[str]) -> Says | None:
    """Read a table of C × C counts that came out too large."""
    classes, count = int(match["c"]), int(match["n"])
    if match["c"] != match["d"] or count <= classes**2:
        return None
    return Says(
        0.8,
        f"A table of {classes} × {classes} classes would have {count} cells: some label or "
        f"prediction is outside 0..{classes - 1}.",
        f"Pass num_classes=max(label) + 1, or labels of 0..{classes - 1}: y_true.max() tells.",
    )


def reshaped(match: re.Match[str]) -> Says | None:
    """Read a reshape that does not fit."""
    if confusion_like(match):
        return None
    return Says(
        0.55,
        f"{match['n']} numbers do not fill [{match['c']}{match['d']}]. In a loss the usual cause "
        "is a reshape with a number of classes that is not the number of outputs.",
        "Print the shape before the reshape, and use reshape(-1, logits.shape[-1]).",
    )


def confusion_like(match: re.Match[str]) -> bool:
    """Whether the shape is that of a table of classes by classes."""
    sizes = [int(size) for size in re.findall(r"-?\d+", match["c"] + match["d"])]
    return len(sizes) == 2 and sizes[0] == sizes[1] and int(match["n"]) > sizes[0] ** 2


def event(y: Shape, p: Shape, framework: str) -> Cause:
    """Return the cause where of the predictions the number of classes alone is named.

    >>> event((6,), (4,), "PyTorch")[0], event((6, 7), (4,), "PyTorch")[0]
    ('CE109', 'CE101')
    """
    return cause(y, (*(y[:-1] or y), *p), framework)
