"""What a label out of range may mean, by its value and the number of classes."""

from __future__ import annotations

import re
from typing import Final

from crossent.core.verdicts import GREYS, NAN_AS_INTEGER, SENTINELS
from crossent.doctor.check import agreed, counted
from crossent.doctor.printed.message import Message, Read, Says


def numbers(match: re.Match[str]) -> tuple[int, int | None]:
    """Return the label and the number of classes that a message names."""
    groups = match.groupdict()
    if groups.get("last") is not None:
        return int(groups["value"]), int(groups["last"]) + 1
    classes = groups.get("classes")
    return int(groups["value"]), None if classes is None else int(classes)


def outputs(classes: int | None) -> str:
    """Say which classes there are."""
    if classes is None:
        return "The last layer has fewer outputs than that label needs"
    return (
        f"{counted(classes, 'output')} {agreed(classes, 'stand')} for the classes 0..{classes - 1}"
    )


def too_large(match: re.Match[str]) -> Says | None:
    """Read for labels out of range."""
    value, classes = numbers(match)
    if value in NAN_AS_INTEGER:
        return None
    if value < 0:
        return Says(0.45, f"{outputs(classes)}; a label is {value}, which is not a class.")
    score = 0.6 if value in SENTINELS or value == classes else 0.85
    return Says(
        score,
        f"{outputs(classes)}; a label is {value}, which needs at least {value + 1} outputs.",
        f"Give the last layer {counted(value + 1, 'output')}, or map the labels to 0..K-1: "
        "np.unique(y_true, return_inverse=True)[1].",
    )


def looked_up(match: re.Match[str]) -> Says:
    """Read for an index out of range of TensorFlow's gather, which embeddings are made of."""
    value, size = int(match["value"]), int(match["classes"])
    fix = (
        f"Give the table (Embedding, class weights) {counted(value + 1, 'row')} instead of {size}, "
        "or map the ids to the rows that it has."
        if value >= size
        else f"Replace {value} by an id of the table, or leave those places out before the lookup."
    )
    return Says(
        0.9,
        f"An index is {value}, but the table has the rows 0..{size - 1}: the index is an id of an "
        "embedding or a label.",
        fix,
    )


def one_output(match: re.Match[str]) -> Says | None:
    """Read for a last layer of one output."""
    value, classes = numbers(match)
    if classes != 1 or value < 1:
        return None
    seen = "The last layer has one output, so there is only the class 0."
    if value == 1:
        return Says(0.95, seen)
    return Says(
        0.95,
        f"{seen} A label is {value}, so there are more than two classes.",
        f"Give the last layer {value + 1} outputs with a softmax (or logits), one for each class.",
    )


def not_listed(match: re.Match[str]) -> Says:
    """Read for labels that scikit-learn is not told of."""
    extra = re.sub(r"np\.\w+\(([^)]*)\)", r"\1", match["v"])
    return Says(
        0.4 if "nan" in extra else 0.9,
        f"The labels {extra} are not among labels={match['l']}.",
        f"Add {extra} to labels, and a column for each to the probabilities.",
    )


def sentinel(match: re.Match[str]) -> Says | None:
    """Read for marks of places without a label."""
    value, classes = numbers(match)
    if value not in SENTINELS:
        return None
    return Says(
        0.95,
        f"{outputs(classes)}; {value} is the usual mark for a place without a label.",
        f"Leave those places out: ignore_index={value} (PyTorch), ignore_class={value} (Keras, "
        "crossent).",
    )


def one_based(match: re.Match[str]) -> Says | None:
    """Read for labels that count from 1."""
    value, classes = numbers(match)
    if value < 1 or value in NAN_AS_INTEGER:
        return None
    if classes is None:
        return Says(
            0.5,
            f"If the last layer has {value} outputs, they stand for the classes 0..{value - 1}; "
            f"the labels count from 1, if they go from 1 to {value}.",
        )
    if value != classes:
        return None
    return Says(
        0.9,
        f"{outputs(classes)}; the label {value} is one too large, as when labels count from 1 to "
        f"{classes}.",
        "If 0 never occurs, pass y_true - 1.",
    )


def boosted_from_one(match: re.Match[str]) -> Says | None:
    """Read XGBoost's message for labels that count from 1; without numbers it may be so."""
    if match["g"] is None:
        return Says(0.65, "The labels may count from 1: the largest one is then num_class.")
    expected, got = match["e"].split(), _whole(match["g"])
    if got[:1] != ["1"] or len(got) != len(expected):
        return None
    return Says(0.95, f"The labels are {', '.join(got)}, each one more than {', '.join(expected)}.")


def boosted_missing(match: re.Match[str]) -> Says | None:
    """Read XGBoost's message for labels that are missing."""
    if match["g"] is None or not re.search(r"\b(?:nan|None|inf)\b", match["g"]):
        return None
    return Says(
        0.97,
        f"The labels are {', '.join(_whole(match['g']))}: some are missing.",
        "Leave out the rows without a label: keep = ~np.isnan(y), then X[keep] and y[keep].",
    )


def boosted_mark(match: re.Match[str]) -> Says | None:
    """Read XGBoost's message for a mark among the labels."""
    if match["g"] is None:
        return None
    got = _whole(match["g"])
    marks = [one for one in got if re.fullmatch(r"-?\d+", one) and int(one) in SENTINELS]
    if len(marks) != 1 or len(got) < 3:
        return None
    return Says(
        0.9,
        f"The labels are {', '.join(got)}: {marks[0]} is the usual mark for a place without "
        f"a label.",
        f"Leave those rows out: keep = y != {marks[0]}, then X[keep] and y[keep].",
    )


def boosted_text(match: re.Match[str]) -> Says | None:
    """Read XGBoost's message for labels that are text."""
    if match["g"] is None or "'" not in match["g"]:
        return None
    return Says(
        0.95,
        f"The labels are {match['g']}: text, which XGBoost does not map.",
        "Map them: classes, y = np.unique(y, return_inverse=True); classes[prediction] maps back.",
    )


def boosted_fractions(match: re.Match[str]) -> Says | None:
    """Read XGBoost's message for labels that are no whole numbers."""
    if match["g"] is None or not re.search(r"\d\.\d*[1-9]", match["g"]):
        return None
    return Says(
        0.93,
        f"The labels are {', '.join(_whole(match['g']))}: some are not whole numbers.",
        "Pass y.astype(int), if only rounding errors make them fractions; for measured numbers "
        "use XGBRegressor.",
    )


def boosted_gaps(match: re.Match[str]) -> Says | None:
    """Read XGBoost's message for labels that are not 0..K-1."""
    if match["g"] is None:
        return Says(0.6, "A label is not a class: check y.min() and y.max().")
    if "'" in match["g"] or boosted_missing(match) or boosted_fractions(match):
        return None
    return Says(
        0.85,
        f"The labels are {', '.join(_whole(match['g']))}, but XGBoost takes "
        f"{', '.join(_whole(match['e']))}.",
        "Map them: classes, y = np.unique(y, return_inverse=True).",
    )


def _whole(text: str) -> list[str]:
    """Return the numbers of an array as NumPy prints it, without points and quotes."""
    return [part.rstrip(".").strip("',") for part in text.split()]


def grey(match: re.Match[str]) -> Says | None:
    """Read for grey levels of a mask."""
    value, classes = numbers(match)
    if not 1 < value <= 255 or (classes is not None and value < classes + 8):
        return None
    return Says(
        0.55 if value in GREYS else 0.42,
        f"If the labels are read from image files, {value} may be a grey level.",
        "Map the levels to 0..K-1 with a table, np.unique(mask, return_inverse=True)[1] once for "
        "all data, and resize masks with nearest neighbour.",
    )


def cast_nan(match: re.Match[str]) -> Says | None:
    """Read for NaN that was cast to an integer."""
    value, _ = numbers(match)
    if value not in NAN_AS_INTEGER:
        return None
    return Says(
        0.99,
        f"{value} is what NaN, infinity or -1 becomes when it is cast to an integer: a label was "
        "missing before the cast.",
    )


def unlike_class_count(match: re.Match[str]) -> Says | None:
    """Read for a head whose width is not the number of classes."""
    value, classes = numbers(match)
    if classes is None or value < classes or value in (*SENTINELS, *NAN_AS_INTEGER):
        return None
    return Says(
        0.5,
        f"The model was built for {classes} classes, but the data have a class {value}: compare "
        "the class lists of the model and of the data.",
    )


READERS: Final[dict[str, Read]] = {
    "CE101": too_large,
    "CE103": sentinel,
    "CE104": one_based,
    "CE210": grey,
    "CE211": unlike_class_count,
    "CE302": one_output,
    "CE312": cast_nan,
}
"""What each cause makes of the label `value` and of the number of classes, `classes` or `last`."""

_COUNTED: Final = ("CE211", "CE302")
"""Causes that a message shows only if it names the number of classes."""


def out_of_range(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return a message about a label out of range, read for every cause that it may have."""
    return tuple(
        Message(code, framework, pattern, read)
        for code, read in READERS.items()
        if code not in _COUNTED or "classes" in pattern
    )
