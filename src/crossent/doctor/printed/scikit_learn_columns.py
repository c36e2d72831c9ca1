"""What scikit-learn prints where labels, columns and lists of classes do not go together."""

from __future__ import annotations

import re
from typing import Final

from crossent.doctor.printed.message import Message, Says

_ALL = "Pass labels= the list of all classes, sorted, with a column for each."


def _beyond(m: re.Match[str]) -> Says:
    low = m["label"].startswith("-")
    return Says(
        0.93,
        f"The label {m['label']} is not a class: "
        + ("class indices start at 0." if low else f"class indices end at {int(m['end']) - 1}."),
        "Leave out the rows that a negative number marks." if low else "",
    )


def _columns(m: re.Match[str]) -> Says:
    return Says(
        0.8, f"There are {m['a']} labels in the list, but {m['b']} columns in the scores.", _ALL
    )


def _outputs(m: re.Match[str]) -> Says | None:
    labels, columns = int(m["a"]), int(m["b"])
    if labels != 1 or columns < 2:
        return None
    return Says(
        0.7,
        f"The labels have 1 column and the predictions have {columns}, one for each class; a "
        "measure of regression compares column with column.",
        "Pass the labels and predictions to log_loss, which takes class indices.",
    )


MESSAGES: Final = (
    Message(
        "CE101",
        "scikit-learn",
        r"All labels must be in \[0, n labels\).{0,40}?Got (?P<label>-?\d+) [<>] (?P<end>\d+)",
        _beyond,
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"Number of given labels,? \(?(?P<a>\d+)\)?,? not equal to the number of "
        r"(?:columns|classes) in 'y_score',? \(?(?P<b>\d+)",
        _columns,
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"'y_true' contains labels not in parameter 'labels'",
        "A label is not in the list of classes.",
        0.93,
        _ALL,
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"Number of classes in y_true not equal to the number of columns in 'y_score'",
        "The labels hold another number of classes than the scores have columns.",
        0.8,
        _ALL,
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"'y' has classes not in 'self\.classes_'\.?\s*'self\.classes_' has "
        r"(?P<known>\[[^\]]*\])\.\s*'y' has (?P<got>\[[^\]]*\])",
        lambda m: Says(
            0.9,
            f"The labels hold the classes {m['got']}, but the model was fitted to {m['known']}.",
            "Pass classes= all classes in the first call of partial_fit.",
        ),
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"warm_start can only be used where 'y' has the same classes as in the previous call to fit"
        r"\. Previously got (?P<known>\[[^\]]*\]), 'y' has (?P<got>\[[^\]]*\])",
        lambda m: Says(
            0.9,
            f"The labels hold the classes {m['got']}, but the model was fitted to {m['known']}.",
            "Fit to data that hold every class, or make a new model without warm_start.",
        ),
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"classes (?P<known>\[[^\]]*\]) mismatch with the labels (?P<got>\[[^\]]*\]) found in the "
        r"data",
        lambda m: Says(
            0.9,
            f"The labels hold the classes {m['got']}, but the list of classes is {m['known']}.",
            "Fit the LabelBinarizer to the labels of all data.",
        ),
    ),
    Message(
        "CE305",
        "scikit-learn",
        r"The shape of pred_decision cannot be 1d array ?with a multiclass target",
        "The predictions are one number per row: chosen classes, or the scores of one class.",
        0.85,
        "Pass decision_function(X), which has a column for each class.",
    ),
    Message(
        "CE101",
        "scikit-learn",
        r"The shape of pred_decision is not consistent with the number of classes\..{0,120}?that "
        r"is \((?P<n>\d+), (?P<a>\d+)\)\. Got: \(\d+, (?P<b>\d+)\)",
        lambda m: Says(
            0.8,
            f"The labels name {m['a']} classes and the predictions have {m['b']} columns.",
            _ALL,
        ),
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"Parameter 'labels' must be (?P<how>ordered|unique)",
        lambda m: Says(
            0.7,
            "The list of classes is not sorted, but scikit-learn takes the columns in sorted order."
            if m["how"] == "ordered"
            else "The list of classes holds a class twice.",
            "Sort the list, and put the columns of the scores into the same order."
            if m["how"] == "ordered"
            else "Name each class once, with a column for each.",
        ),
    ),
    Message(
        "CE318",
        "scikit-learn",
        r"The labels array needs to contain at least two labels, got 1",
        "The list of classes holds only one class.",
        0.6,
        _ALL,
    ),
    Message(
        "CE109",
        "scikit-learn",
        r"y_true and y_pred have different number of output \((?P<a>\d+)!=(?P<b>\d+)\)",
        _outputs,
    ),
    Message(
        "CE408",
        "scikit-learn",
        r"y contains 1 class after sample_weight trimmed classes with zero weights",
        "All rows with a weight above 0 are of one class.",
        0.8,
        "Give the rows of each class a weight above 0.",
    ),
    Message(
        "CE314",
        "scikit-learn",
        r"class_weight 'balanced' is not supported for partial_fit",
        "partial_fit does not see all labels, so it cannot balance the weights of the classes.",
        0.9,
        "Pass class_weight= a dict with a weight for every class, made of all labels: "
        "compute_class_weight('balanced', classes=classes, y=y).",
    ),
    Message(
        "CE314",
        "scikit-learn",
        r"Valid presets for class_weight include .{0,60}?Given \"?'?(?P<v>\w+)",
        lambda m: Says(
            0.9,
            f"scikit-learn does not know class_weight={m['v']!r}.",
            "Pass class_weight='balanced', or a dict with a weight for every class.",
        ),
    ),
    Message(
        "CE211",
        "scikit-learn",
        r"Multi-label binary indicator input with different numbers of labels",
        "Labels and predictions are rows of 0 and 1 of different lengths.",
        0.8,
        "Give both a column for every class.",
    ),
    Message(
        "CE112",
        "scikit-learn",
        r"y_true and y_score have different shape",
        "Labels and scores have different shapes, and this measure compares them entry by entry.",
        0.7,
        "For class indices make one-hot rows: label_binarize(y_true, classes=classes).",
    ),
)  # fmt: skip
