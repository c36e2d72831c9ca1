"""What TensorFlow 1 and its estimators print, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import element_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.label_types import of_labels
from crossent.doctor.printed.message import Message, Says
from crossent.doctor.printed.tensorflow_ranks import rank_mismatch, shape_mismatch

MESSAGES: Final = (
    *rank_mismatch(
        r"Rank mismatch: (?:Rank of )?labels (?:rank )?\(received (?P<y>\d+)\) should equal "
        r"(?:rank of logits|logits rank) (?:minus|less|-) 1 \(received (?P<p>\d+)\)"
    ),
    *shape_mismatch(
        r"Shape mismatch: The shape of labels \(received \(?(?P<y>[\dNone, ]*)\)?\) should "
        r"equal the "
        r"shape of logits except for the last dimension \(received \(?(?P<p>[\dNone, ]*)\)?\)"
    ),
    *element_shapes.differ(
        "TensorFlow",
        rf"Cannot feed value of shape {Y} for Tensor u?'?[^']*'?, which has shape '?{P}",
        ("CE101", "CE107", "CE109", "CE112", "CE211"),
    ),
    Message(
        "CE304",
        "TensorFlow",
        r"Only call `(?P<f>\w+)` with named arguments",
        lambda m: Says(
            0.95,
            "The arguments have no names: in TensorFlow 1.0 their order changed, so logits and "
            "labels would be swapped without notice.",
            f"Pass tf.nn.{m['f']}(labels=y_true, logits=y_pred).",
        ),
    ),
    Message(
        "CE108",
        "TensorFlow estimator",
        r"Mismatched label shape\. .*?n_classes=(?P<c>\d+)\. +Received (?P<w>\d+)",
        lambda m: Says(
            0.9,
            f"The labels have {m['w']} columns (one-hot rows), but the estimator takes one class "
            "index per row.",
            f"Pass labels of shape (N, 1), tf.argmax(labels, -1), and n_classes={m['w']}.",
        ),
    ),
    Message(
        "CE101",
        "TensorFlow estimator",
        r"Mismatched label shape\. .*?n_classes=(?P<c>\d+)\. +Received (?P<w>\d+)",
        lambda m: Says(
            0.8,
            f"The estimator was made for n_classes={m['c']}, but the labels have {m['w']} columns.",
            f"Pass n_classes={m['w']}.",
        ),
    ),
    Message(
        "CE101",
        "TensorFlow estimator",
        r"Labels? must be <= n_classes - 1",
        "A label is at least n_classes.",
        0.9,
        "Pass n_classes=max(labels) + 1, or map the labels to 0..n_classes - 1.",
    ),
    Message(
        "CE104",
        "TensorFlow estimator",
        r"Labels? must be <= n_classes - 1",
        "If the smallest label is 1, the labels count from 1.",
        0.7,
    ),
    Message(
        "CE103",
        "TensorFlow estimator",
        r"Labels? must be >= 0",
        "A label is negative, such as -1 for a missing one.",
        0.85,
        "Leave out the rows with negative labels; labels of -1 and 1 need (labels + 1) / 2.",
    ),
    of_labels(
        "CE111",
        "TensorFlow estimator",
        r"Labels dtype should be integer\.? Instead got (?:<dtype: )?'?(?P<t>\w+)",
        0.95,
        "Pass tf.cast(labels, tf.int64), if they are whole.",
    ),
    Message(
        "CE201",
        "TensorFlow",
        r"Incompatible shapes: \[(?P<a>\d+),(?P<b>\d+)\] vs\. \[(?P<l>\d+)\].{0,80}"
        r"(?:acc|metric|Equal)",
        lambda m: (
            Says(
                0.97,
                f"{m['l']} = {m['a']} × {m['b']}: an accuracy compares labels of shape ({m['a']}, "
                f"{m['b']}) with flattened predictions; 'acc' chose the wrong kind of accuracy.",
                "Name it: metrics=['sparse_categorical_accuracy'] for class indices, "
                "'categorical_accuracy' for one-hot rows.",
            )
            if int(m["a"]) * int(m["b"]) == int(m["l"])
            else None
        ),
    ),
)
