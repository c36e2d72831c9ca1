"""Messages that list labels, targets or predictions: which fault these numbers have."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

import numpy as np

from crossent.core import verdicts
from crossent.core.label_facts import LabelFacts
from crossent.doctor.printed.message import Message, Says

_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|nan|inf)", re.IGNORECASE)
LABEL_FIXES: Final = {
    "CE101": "Give the last layer {most} outputs, or map the labels to 0..K-1: np.unique(y, "
    "return_inverse=True)[1].",
    "CE103": "Leave those rows out: keep = y != {odd}, then y[keep] and y_pred[keep].",
    "CE104": "Pass y - 1.",
    "CE111": "Pass whole labels, y.long() or y.astype(int), if only rounding errors make them "
    "fractions.",
    "CE210": "Map the grey levels to 0..K-1: np.unique(y, return_inverse=True)[1].",
    "CE311": "Give the labels a wider type, such as int64.",
    "CE302": "Give the distribution an output for each class, or use Bernoulli for a yes or no.",
    "CE312": "Leave out the rows without a label.",
}
YES_NO_FIX: Final = (
    "Labels 1 and 2 need y - 1, labels -1 and 1 need (y + 1) / 2, masks of 0 and 255 need y / 255."
)


def numbers(text: str) -> list[float]:
    """Return the numbers of a list, a tensor or an array as it is printed.

    >>> numbers("tensor([ 0., nan, -1.])")
    [0.0, nan, -1.0]
    """
    return [float(found) for found in _NUMBER.findall(text)]


def facts_of(values: list[float], classes: int) -> LabelFacts:
    """Collect the facts of labels that a message lists."""
    facts = LabelFacts(classes, ())
    array = np.asarray(values)
    whole = (
        np.isfinite(array).all() and (array == np.floor(array)).all() and abs(array).max() < 2**53
    )
    facts.add(array.astype(np.int64) if whole else array, 0)
    return facts


def _said(values: list[float]) -> str:
    shown = dict.fromkeys(f"{value:g}" for value in values)
    return ", ".join(list(shown)[:8])


def _class_labels(match: re.Match[str], code: str) -> Says | None:
    classes, values = int(match["last"]) + 1, numbers(match["v"])
    facts = facts_of(values, classes) if values else None
    found = None if facts is None else verdicts.of_labels(facts)
    if found == "CE101" and classes == 1:
        found = "CE302"
    if found != code:
        return None
    outside = [value for value in values if not 0 <= value < classes]
    return Says(
        0.93,
        f"The labels are {_said(values)}, but the classes are 0..{classes - 1}.",
        LABEL_FIXES[code].format(
            most=int(max(value for value in values if math.isfinite(value))) + 1,
            odd=f"{outside[0]:g}" if outside else "",
        ),
    )


def class_labels(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return a message that lists labels as `v` and names the last class as `last`."""
    return _each(framework, pattern, tuple(LABEL_FIXES), _class_labels)


def _between(match: re.Match[str], code: str) -> Says | None:
    low, high, classes = int(match["low"]), int(match["high"]), int(match["last"]) + 1
    odd = low if low < 0 else high
    if odd in verdicts.NAN_AS_INTEGER:
        found = "CE312"
    elif odd in verdicts.SENTINELS:
        found = "CE103"
    elif low == 1 and high == classes:
        found = "CE104"
    else:
        found = "CE101"
    text = f"The labels lie between {low} and {high}, but the classes are 0..{classes - 1}."
    fix = LABEL_FIXES[found].format(most=high + 1, odd=odd)
    return Says(0.93, text, fix) if found == code else None


def between(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return a message that names the `low` and `high` ends of labels, and the `last` class."""
    return _each(framework, pattern, ("CE101", "CE103", "CE104", "CE312"), _between)


def _yes_no(match: re.Match[str], code: str) -> Says | None:
    values = numbers(match["v"])
    if any(math.isnan(value) for value in values):
        found, text, fix = "CE312", "some are missing.", "Leave out the rows without a label."
    elif len({value for value in values if 0 < value < 1}) > 1:
        found, text = "CE304", "these are probabilities, not labels."
        fix = "Labels and predictions are swapped, or targets are soft: look at the order."
    elif len(set(values)) > 2 and min(values) >= 0 and all(value.is_integer() for value in values):
        found, text = (
            "CE109",
            ("these are class indices, but this loss needs a 0 or 1 for each class."),
        )
        fix = "Use the loss for class indices, or one-hot rows."
    else:
        found, text, fix = "CE308", "they must be 0 or 1.", YES_NO_FIX
    return Says(0.9, f"The labels are {_said(values)}: {text}", fix) if found == code else None


def yes_no(
    framework: str, pattern: str, codes: tuple[str, ...] = ("CE109", "CE304", "CE308", "CE312")
) -> tuple[Message, ...]:
    """Return a message that lists labels of a binary loss as `v`."""
    return _each(framework, pattern, codes, _yes_no)


def _probabilities(match: re.Match[str], code: str) -> Says | None:
    values = numbers(match["v"])
    if any(not math.isfinite(value) for value in values):
        found, text, fix = "CE217", "NaN or infinity.", "Look for the first layer that gives NaN."
    elif min(values) < 0 or max(values) > 1:
        found, text = "CE106", "numbers outside [0, 1], so they are logits."
        fix = "Pass logits= in place of probs=, or apply a softmax or sigmoid first."
    else:
        found, text = "CE406", "rows that do not sum to 1."
        fix = "Divide each row by its sum, or apply a softmax to the logits."
    return Says(0.93, f"The probabilities hold {text}", fix) if found == code else None


def probabilities(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return a message that lists probabilities as `v`."""
    return _each(framework, pattern, ("CE106", "CE217", "CE406"), _probabilities)


def _one_hot(match: re.Match[str], code: str) -> Says | None:
    values = numbers(match["v"])
    shape = [int(size) for size in numbers(match["s"])]
    if any(math.isnan(value) for value in values):
        found, text, fix = "CE312", "some are NaN.", "Leave out the rows without a label."
    elif shape[-1] == 1:
        found, text = "CE302", "one column, which is 1 in every one-hot row."
        fix = "Use the Bernoulli distribution, or as many columns as classes."
    else:
        found, text = "CE308", "a one-hot row holds a single 1, and 0 elsewhere."
        fix = "Pass one-hot rows: torch.nn.functional.one_hot(labels, C).float()."
    return Says(0.9, f"The rows hold {_said(values)}: {text}", fix) if found == code else None


def one_hot(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return a message that lists one-hot rows as `v`, of a shape `s`."""
    return _each(framework, pattern, ("CE302", "CE308", "CE312"), _one_hot)


def _each(
    framework: str,
    pattern: str,
    codes: tuple[str, ...],
    read: Callable[[re.Match[str], str], Says | None],
) -> tuple[Message, ...]:
    return tuple(Message(code, framework, pattern, _reader(read, code)) for code in codes)


def _reader(
    read: Callable[[re.Match[str], str], Says | None], code: str
) -> Callable[[re.Match[str]], Says | None]:
    return lambda match: read(match, code)
