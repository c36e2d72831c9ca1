"""What a label out of range may mean, by its value and the number of classes."""

from __future__ import annotations

import re
from typing import Final

from crossent.core.label_facts import LabelFacts
from crossent.core.verdicts import GREYS, NAN_AS_INTEGER, SENTINELS
from crossent.doctor.case import Case
from crossent.doctor.check import Message, Read, Says, agreed, counted, grouped

PATTERNS: Final = (
    ("PyTorch", r"Target (?P<value>-?\d+) is out of bounds"),
    (
        "TensorFlow, Keras",
        r"Received a label value of (?P<value>-?\d+) which is outside the valid range of "
        r"\[0, (?P<classes>\d+)\)",
    ),
    (
        "NumPy, Keras on NumPy",
        r"index (?P<value>-?\d+) is out of bounds for axis \d+ with size (?P<classes>\d+)",
    ),
    ("PyTorch", r"index (?P<value>-?\d+) is out of bounds for dimension \d+ with size "
                r"(?P<classes>\d+)"),
    ("crossent", r"must hold class indices 0\.\.(?P<last>\d+).*?outside: (?P<value>-?\d+) \("),
)  # fmt: skip


LIGHTGBM: Final = r"Label must be in \[0, (?P<classes>\d+)\), but found (?P<value>-?\d+) in label"
XGBOOST: Final = (
    r"label must be in \[0, num_class\)|Invalid classes inferred from unique values of `?y`?\.\s+"
    r"Expected: \[(?P<e>[^\]]*)\], got \[(?P<g>[^\]]*)\]"
)


def numbers(match: re.Match[str]) -> tuple[int, int | None]:
    """Return the label and the number of classes that a message names."""
    groups = match.groupdict()
    if groups.get("last") is not None:
        return int(groups["value"]), int(groups["last"]) + 1
    classes = groups.get("classes")
    return int(groups["value"]), None if classes is None else int(classes)


def messages(read: Read, *, counted_classes: bool = False) -> tuple[Message, ...]:
    """Return the messages about a label out of range, or those alone that count the classes."""
    return tuple(
        Message(framework, pattern, read)
        for framework, pattern in PATTERNS
        if not counted_classes or "classes" in pattern
    )


def outputs(classes: int | None) -> str:
    """Say which classes there are."""
    if classes is None:
        return "The last layer has fewer outputs than that label needs"
    return f"{counted(classes, 'output')} {agreed(classes, 'know')} the classes 0..{classes - 1}"


def too_large(match: re.Match[str]) -> Says | None:
    """Read for labels out of range."""
    value, classes = numbers(match)
    if value in NAN_AS_INTEGER:
        return None
    if value < 0:
        return Says(0.45, f"{outputs(classes)}; some label is {value}, which is no class.")
    score = 0.6 if value in SENTINELS or value == classes else 0.85
    return Says(
        score,
        f"{outputs(classes)}; some label is {value}, which needs at least {value + 1} outputs.",
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
        f"An index is {value} where 0..{size - 1} are known: an id of an embedding or a label.",
        fix,
    )


def one_output(match: re.Match[str]) -> Says | None:
    """Read for a last layer of one output."""
    value, classes = numbers(match)
    if classes != 1 or value < 1:
        return None
    return Says(0.95, "The last layer has one output, which knows the class 0 alone.")


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
            f"If the last layer has {value} outputs, they know the classes 0..{value - 1}, and "
            f"labels from 1 to {value} count from 1.",
        )
    if value != classes:
        return None
    return Says(
        0.9,
        f"{outputs(classes)}; the label {value} is exactly one too many, as when labels count from "
        f"1 to {classes}.",
        "If 0 never occurs, pass y_true - 1.",
    )


def boosted_from_one(match: re.Match[str]) -> Says | None:
    """Read XGBoost's message for labels that count from 1; without numbers it may be so."""
    if match["g"] is None:
        return Says(0.65, "Labels that count from 1 reach num_class.")
    expected, got = match["e"].split(), match["g"].split()
    if got[:1] != ["1"] or len(got) != len(expected):
        return None
    return Says(0.95, f"The labels are {', '.join(got)}, one more than {', '.join(expected)}.")


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
        f"The model was built for {classes} classes and the data has a class {value}: compare the "
        "class lists of the model and of the data.",
    )


def class_labels(case: Case) -> LabelFacts | None:
    """Return the facts of class indices whose number of classes is known."""
    facts = case.labels
    if facts is None or case.classes is None or case.layout in ("dense", "elements", "none"):
        return None
    if case.layout == "mismatch" and case.found & {"CE108", "CE109", "CE110", "CE301", "CE304"}:
        return None
    return facts if facts.kept else None


def share(facts: LabelFacts) -> str:
    """Count the labels that are no class."""
    lie = agreed(facts.outside, "lie")
    return f"{counted(facts.outside, 'label')} of {grouped(facts.count)} {lie}"
