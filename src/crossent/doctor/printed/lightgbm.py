"""What LightGBM prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message

_LABEL: Final = r"Label must be in \[0, (?P<classes>\d+)\), but found (?P<value>-?\d+) in label"

MESSAGES: Final = (
    *label_values.out_of_range("LightGBM", _LABEL),
    Message(
        "CE108",
        "LightGBM",
        r"Wrong type\(ndarray\) for label",
        "The labels have two axes: one-hot rows.",
        0.9,
        "Pass y.argmax(1).",
    ),
    Message(
        "CE112",
        "LightGBM",
        r"Length of labels? (?:differs from the length of #data|is not same with #data)",
        "There are not as many labels as rows.",
        0.95,
    ),
    Message(
        "CE107",
        "LightGBM",
        r"Converting column-vector to 1d array",
        "The labels have shape (N, 1).",
        0.9,
        "Pass y.ravel().",
    ),
    Message(
        "CE001",
        "LightGBM",
        r"Number of classes should be specified and greater than 1 for multiclass "
        r"training|Number of classes must be 1 for non-multiclass training|Objective should "
        r"contain "
        r"num_class field|Check failed: \(num_class\) > \(0\)",
        "The objective and num_class do not fit together.",
        0.95,
        "Pass objective='multiclass' with num_class=C, or objective='binary' without num_class.",
    ),
    Message(
        "CE308",
        "LightGBM",
        r"does not tolerate element \[#\d+ = .{1,30}\] outside \[0, 1\]",
        "A label is not in [0, 1].",
        0.95,
        "For class indices pass objective='multiclass' with num_class=C; for labels -1 and 1 pass "
        "(y + 1) / 2.",
    ),
    Message(
        "CE001",
        "LightGBM",
        r"Multiclass objective and metrics don't match",
        "The objective and the metric are for different numbers of classes.",
        0.95,
        "Pass metric='multi_logloss' with objective='multiclass', and metric='binary_logloss' with "
        "objective='binary'.",
    ),
    Message(
        "CE001",
        "LightGBM",
        r"Cannot set is_unbalance and scale_pos_weight at the same time",
        "Both options weigh the positive class.",
        0.95,
        "Leave one of them out.",
    ),
    Message(
        "CE002",
        "LightGBM",
        r"label cannot be nullptr|Label should not be None",
        "The labels are None.",
        0.95,
        "Pass lgb.Dataset(X, label=y).",
    ),
    Message(
        "CE112",
        "LightGBM",
        r"Initial score size doesn't match data size|Number of class for initial score error",
        "init_score needs a number per row, or with objective='multiclass' a number per row "
        "and class.",
        0.9,
        "Pass init_score of shape (N,), or of shape (N, C) with objective='multiclass'.",
    ),
    Message(
        "CE314",
        "LightGBM",
        r"(?:at least one weight is (?:negative|non-positive)|sum of weights is zero|weights not "
        r"allowed to be negative|all weights must be positive|sum-of-weights = \S+ is "
        r"non-positive)",
        "A weight is negative, or all weights are 0.",
        0.93,
        "Pass weights above 0, and leave out the rows of weight 0.",
    ),
    Message(
        "CE314",
        "LightGBM",
        r"Length of weights differs from the length of #data|Weights size doesn't match data size",
        "There are not as many weights as rows.",
        0.95,
        "Pass one weight for each row.",
    ),
    Message(
        "CE408",
        "LightGBM",
        r"Contains only one class",
        "Every label is the same: a model trained on them predicts only one class.",
        0.9,
        "Train on rows of at least two classes: split with stratify=y.",
    ),
)
