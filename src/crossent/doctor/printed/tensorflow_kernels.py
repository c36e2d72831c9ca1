"""What the kernels of TensorFlow print: CTC, one_hot, bincount and sampled softmax."""

from __future__ import annotations

import re
from typing import Final

from crossent.doctor.printed.message import Message, Says


def blank_is_last(match: re.Match[str]) -> Says:
    """Read CTC for a label that is at least the class of the blank."""
    classes = int(match["c"])
    return Says(
        0.9,
        f"CTC of TensorFlow takes the last of {classes} classes for the blank, so labels are "
        f"0..{classes - 2}; a label is {classes - 1} or more.",
        "Give the last layer one output more than there are classes.",
    )


def true_columns(match: re.Match[str]) -> Says | None:
    """Read a sampled softmax for one-hot rows."""
    if match["n"] != "1":
        return None
    return Says(
        0.85,
        f"The labels have {match['c']} columns where one class index a row is wanted: with that "
        "many classes they are one-hot rows.",
        "Pass tf.argmax(labels, -1)[:, None], or num_true=labels.shape[1] for several classes a "
        "row.",
    )


_TRUE: Final = r"true_classes must have num_true columns, expected: (?P<n>\d+) was: (?P<c>\d+)"

MESSAGES: Final = (
    Message(
        "CE101",
        "TensorFlow",
        r"Saw a non-null label \(index >= num_classes - 1\) following.{0,40}num_classes: "
        r"(?P<c>\d+)",
        blank_is_last,
    ),
    Message(
        "CE101",
        "TensorFlow",
        r"No label may be greater than num_classes\. num_classes: (?P<c>\d+)",
        blank_is_last,
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"Not enough time for target transition sequence \(required: (?P<y>\d+), available: "
        r"(?P<p>\d+)",
        lambda m: Says(
            0.93,
            f"A text needs {m['y']} steps, and the predictions have {m['p']}: CTC needs at least "
            "one step a label, and one more between equal labels.",
            "Leave out those rows, or let the model keep more steps.",
        ),
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"Labels length is zero in batch \d+|len\(sequence_length\) != batch_size|"
        r"sequence_length\(\d+\) <= \d+|sequence length is either zero or shorter than the target",
        "CTC was given labels or lengths that do not fit the predictions.",
        0.85,
        "Pass labels and a length for each row of the batch, and lengths of at most the steps of "
        "the logits.",
    ),
    Message(
        "CE103",
        "TensorFlow",
        r"Input (?:arr|'in') must be non-negative!",
        "bincount counts whole numbers from 0: a label is negative, such as -1 for a missing one.",
        0.75,
        "Leave those rows out: tf.boolean_mask(labels, labels >= 0).",
    ),
    Message(
        "CE001",
        "TensorFlow",
        r"depth must be (?:non-negative|a scalar), (?:but )?got",
        "one_hot takes one number of classes.",
        0.9,
        "Pass depth=C.",
    ),
    Message("CE108", "TensorFlow", _TRUE, true_columns),
    Message(
        "CE001",
        "TensorFlow",
        _TRUE,
        lambda m: (
            Says(
                0.9,
                f"num_true is {m['n']}, and the labels have {m['c']} columns.",
                "Pass num_true=labels.shape[1].",
            )
            if m["n"] != "1"
            else None
        ),
    ),
    Message(
        "CE107",
        "TensorFlow",
        r"true_classes must be a matrix",
        "A sampled loss takes labels of shape (N, num_true).",
        0.9,
        "Pass tf.expand_dims(labels, -1).",
    ),
    Message(
        "CE108",
        "TensorFlow",
        r"(?:labels must be 1-D, but|targets must be == 1-D,) got shape "
        r"\[\d+, ?(?P<c>(?!1\])\d+)\]",
        lambda m: Says(
            0.93,
            f"The labels have {m['c']} columns where the shape (N,) is needed: one-hot rows.",
            "Pass tf.argmax(labels, -1).",
        ),
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"logits (?:must be 2-D, but|should be a matrix,) got shape \[\d+, ?\d+, ?[\d, ]+\]",
        "The logits have more than two axes.",
        0.8,
        "Flatten both first: tf.reshape(logits, [-1, C]), tf.reshape(labels, [-1]).",
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional",
        "The kernel takes rows by classes, and got more or fewer axes.",
        0.75,
        "Flatten both first: tf.reshape(x, [-1, C]), with the classes on the last axis.",
    ),
    Message(
        "CE308",
        "TensorFlow",
        r"Only labels of 0\.0 or 1\.0 are supported right now",
        "A label of a binary loss is not 0 or 1.",
        0.95,
        "Labels -1 and 1 need (y + 1) / 2, labels 1 and 2 y - 1.",
    ),
    Message(
        "CE302",
        "TensorFlow",
        r"Must have at least one class, but got logits shape|num_classes should be positive, got 0",
        "The logits have no class: their last axis has length 0.",
        0.9,
        "Give the last layer an output for every class.",
    ),
)
