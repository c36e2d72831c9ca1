"""What XGBoost prints, and which cause it shows."""

from __future__ import annotations

import re
from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message, Says

_LABEL: Final = (
    r"label must be (?:in|discrete values in the range of) \[0, num_class\)"
    r"(?!,?\s*num_class=\d+\s*but found)|Invalid classes "
    r"inferred from unique values of `?y`?\.\s+"
    r"Expected: \[(?P<e>[^\]]*)\], got \[(?P<g>[^\]]*)\]"
)


def two_class_metric(match: re.Match[str]) -> Says | None:
    """Read a metric of two classes that was given a column for each of several."""
    scores, labels = int(match["p"]), int(match["y"])
    if not labels or scores % labels:
        return None
    return Says(
        0.93,
        f"There are {scores} scores for {labels} labels, {scores // labels} for each row, and the "
        "metric takes one.",
        "Pass eval_metric='mlogloss' or 'merror' with the multi-class objectives.",
    )


MESSAGES: Final = (
    *label_values.out_of_range(
        "XGBoost",
        r"label must be in \[0, num_class\),?\s*num_class=(?P<classes>\d+)\s*but found "
        r"(?P<value>-?\d+)\s*in label",
    ),
    Message("CE101", "XGBoost", _LABEL, label_values.boosted_gaps),
    Message("CE103", "XGBoost", _LABEL, label_values.boosted_mark),
    Message("CE104", "XGBoost", _LABEL, label_values.boosted_from_one),
    Message("CE313", "XGBoost", _LABEL, label_values.boosted_text),
    Message("CE111", "XGBoost", _LABEL, label_values.boosted_fractions),
    Message("CE312", "XGBoost", _LABEL, label_values.boosted_missing),
    Message(
        "CE112",
        "XGBoost",
        r"Invalid size for 'labels?':|labels\.Shape\(0\) == (?:info\.)?num_row_ \([1-9]|Size of "
        r"labels must equal to number of rows|label size and pred size does not match|size of "
        r"label "
        r"doesn't match the size of prediction|labels are not correctly provided|"
        r"info\.labels\.Size\(\) == 0 .{0,20}label and prediction size not match",
        "There are not as many labels as rows.",
        0.95,
    ),
    Message(
        "CE312",
        "XGBoost",
        r"Label contains NaN, infinity or a value too large|Meta info like label or weight can not "
        r"have missing value",
        "At least one label is missing or infinite.",
        0.97,
        "Leave out the rows without a label: keep = ~np.isnan(y).",
    ),
    Message(
        "CE313",
        "XGBoost",
        r"Unicode-\d+ is not supported",
        "The labels are text.",
        0.93,
        "Map them: classes, y = np.unique(y, return_inverse=True).",
    ),
    Message(
        "CE108",
        "XGBoost",
        r"multioutput is not supported by (?:the )?current objective|"
        r"multi-class-multi-label is not yet supported|multi-target-multi-class is not yet "
        r"supported",
        "The labels are one-hot rows.",
        0.9,
        "Pass y.argmax(1).",
    ),
    Message(
        "CE001",
        "XGBoost",
        r"value 0 for Parameter num_class should be greater equal to 1",
        "A softmax objective needs the number of classes.",
        0.97,
        "Pass num_class=C.",
    ),
    Message(
        "CE308",
        "XGBoost",
        r"base_score must be in \(0,1\) for the logistic loss",
        "The mean of the labels is not a probability: some labels are not 0 or 1.",
        0.9,
        "Labels -1 and 1 need (y + 1) / 2; several classes need objective='multi:softprob'.",
    ),
    Message(
        "CE308",
        "XGBoost",
        r"label must be in [\[(]0, ?1[\])] for logistic regression",
        "A label is not in [0, 1].",
        0.95,
        "Labels -1 and 1 need (y + 1) / 2, labels 1 and 2 need y - 1; several classes need "
        "objective='multi:softprob'.",
    ),
    Message(
        "CE001",
        "XGBoost",
        r"Unknown objective function: '",
        "XGBoost has no objective of that name.",
        0.95,
        "The names are 'multi:softprob', 'multi:softmax' and 'binary:logistic'.",
    ),
    Message(
        "CE002",
        "XGBoost",
        r"Check failed: (?:n|(?:info\.)?labels\.Shape\(0\)) == (?:info\.)?num_row_ \(0 vs\. \d+\)|"
        r"label set cannot be empty",
        "There are no labels.",
        0.85,
        "Pass DMatrix(X, label=y).",
    ),
    Message(
        "CE302",
        "XGBoost",
        r"num_class=1\s*but found|mlogloss and merror are only used for multi-class",
        "mlogloss and merror need one output for each class, and this objective has one output.",
        0.97,
        "Pass eval_metric='logloss' with objective='binary:logistic', or "
        "objective='multi:softprob' with num_class=C.",
    ),
    Message(
        "CE109",
        "XGBoost",
        r"preds\.Size\(\) == info\.labels\.Size\(\) \((?P<p>\d+) vs\. (?P<y>\d+)\) : label and "
        r"prediction size not match",
        two_class_metric,
    ),
    Message(
        "CE314",
        "XGBoost",
        r"Weights must be positive values|Size of weights must equal to number of rows",
        "The weights of the rows are negative, or there is not one for each row.",
        0.93,
        "Pass one weight of at least 0 for each row.",
    ),
    Message(
        "CE001",
        "XGBoost",
        r"Invalid 'base_score', it should match the number of outputs",
        "base_score has another number of values than there are classes.",
        0.9,
        "Pass one number for each class, or leave base_score out.",
    ),
)
