"""What messages about labels, targets, probabilities and weights have to tell."""

from __future__ import annotations

import numpy as np

import crossent as ce
from unit.said import Said, binary, changed, dense, logits, shares, sparse, sparse_p

VALUES: dict[str, Said] = {
    "beyond the classes": Said(
        lambda: sparse([0, 17, 1, 12, 4, 2, 3], logits(7, 5)),
        ce.LabelRangeError, "CE101", "y_true y_pred", "0 4 5 2 7 12 17 1 3 18 5 0 1 1",
        ("np.unique(y_true, return_inverse=True)[1]", "ignore_class", "7 labels lie"),
    ),
    "one beyond, on two axes": Said(
        lambda: sparse([[0, 1, 2], [3, 0, 19]], logits(2, 3, 4)),
        ce.LabelRangeError, "CE101", "y_true y_pred", "0 3 4 1 6 19 1 2 20 4 0 1 1",
        ("ignore_class", "labels lies"),
    ),
    "outside on both sides": Said(
        lambda: sparse([0, -3, 1, 11, 2, 3, 8], logits(7, 5)),
        ce.LabelRangeError, "CE101", "y_true y_pred",
        "0 4 5 3 7 -3 8 11 1 3 6 -3 -3 8 11 12 5 0 1 1",
        ("ignore_class=-3", "needs 12 outputs"),
    ),
    "-1 and 1 for two classes": Said(
        lambda: sparse([-1, 1] * 15, logits(30, 2)),
        ce.LabelRangeError, "CE103", "y_true y_pred", "0 1 2 15 30 -1 0 2 4 -1 -1 -1 1 1 2",
        ("ignore_class=-1", "pass (y_true + 1) // 2"),
    ),
    "labels that count from -1": Said(
        lambda: sparse([-1, 0, 1] * 12, logits(36, 3)),
        ce.LabelRangeError, "CE103", "y_true y_pred", "0 2 3 12 36 -1 0 3 6 -1 -1 -1 1",
        ("ignore_class=-1", "pass y_true + 1"),
    ),
    "-1 as a class without a column": Said(
        lambda: sparse([-1, 0, 1] * 12, logits(36, 2)),
        ce.LabelRangeError, "CE103", "y_true y_pred", "0 1 2 12 36 -1 0 3 6 -1 -1 -1 1 3 2",
        ("ignore_class=-1", "pass y_true + 1", "3 outputs instead of 2"),
    ),
    "negative": Said(
        lambda: sparse([0, -3, 1, -7, 2, 3], logits(6, 5)),
        ce.LabelRangeError, "CE101", "y_true y_pred", "0 4 5 2 6 -7 -3 1 3 0 1",
        ("ignore_class=(...)",),
    ),
    "more than ten values": Said(
        lambda: sparse([*range(101, 113), 0], logits(13, 7)),
        ce.LabelRangeError, "CE101", "y_true y_pred",
        "0 6 7 12 13 101 102 103 104 105 106 107 108 109 110 2 0 1 2 113 7 0 1 1",
        ("ignore_class",),
    ),
    "counted from 1": Said(
        lambda: sparse([1, 6, 2, 3, 6, 4, 5, 1], logits(8, 6)),
        ce.LabelRangeError, "CE104", "y_true y_pred", "0 5 6 2 8 6 1 4 1 0 6 6 1",
        ("Pass y_true - 1",),
    ),
    "a mark": Said(
        lambda: sparse([0, 4, -100, 3, -100, 2], logits(6, 5)),
        ce.LabelRangeError, "CE103", "y_true y_pred", "0 4 5 2 6 -100 2 4 -100 -100",
        ("ignore_class=-100",),
    ),
    "another mark": Said(
        lambda: sparse([0, 4, 2, 3, 255, 2], logits(6, 5)),
        ce.LabelRangeError, "CE103", "y_true y_pred", "0 4 5 1 6 255 4 255 255",
        ("ignore_class=255",),
    ),
    "marks beside ignored rows": Said(
        lambda: sparse([0, -100, -1, 3, -1, 2], logits(6, 5), ignore_class=-100),
        ce.LabelRangeError, "CE103", "y_true y_pred", "0 4 5 2 6 -1 2 4 -1 -1",
        ("ignore_class=-1",),
    ),
    "a row of no weight is not counted": Said(
        lambda: sparse([0, 9, 13, 3, 2, 1], logits(6, 5), sample_weight=[1, 1, 0, 1, 1, 1]),
        ce.LabelRangeError, "CE101", "y_true y_pred", "0 4 5 1 6 9 1 10 5 0 1 1", ("ignore_class",),
    ),
    "NaN as an integer": Said(
        lambda: sparse([0, -(2**63), 1, 3, 2], logits(5, 4)),
        ce.LabelRangeError, "CE312", "y_true y_pred", "0 3 4 1 5 -9223372036854775808 1 -1",
        ("missing labels",),
    ),
    "NaN": Said(
        lambda: sparse([0, np.nan, 1, 2, np.inf, np.nan], logits(6, 5)),
        ce.LabelTypeError, "CE312", "y_true", "3 1 4 5", ("ignore_class",),
    ),
    "fractions": Said(
        lambda: sparse([0, 1.75, 2, 1, 0.25, 3], logits(6, 5)),
        ce.LabelTypeError, "CE111", "y_true", "0.25 1.75 1 4",
        ("binary_crossentropy", "categorical_crossentropy"),
    ),
    "as many values as classes": Said(
        lambda: sparse([0.5, 1.75, 2.25, 0.5, 1.75], logits(5, 3)),
        ce.LabelTypeError, "CE111", "y_true", "0.5 1.75 2.25 0 1 2 3 1",
        ("np.unique(y_true, return_inverse=True)[1]",),
    ),
    "several ones a row": Said(
        lambda: sparse([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1]], logits(3, 4)),
        ce.TargetError, "CE301", "y_true y_pred", "1 2 0 1 0 1",
        ("binary_crossentropy", "sparse_categorical_crossentropy takes"),
    ),
    "text": Said(
        lambda: sparse(["cat", "horse"], logits(2, 3)),
        ce.LabelTypeError, "CE313", "y_true", "",
        ("class_names.index(name)", "(<U5)"),
    ),
    "text among objects": Said(
        lambda: sparse(np.array([7, "horse"], object), logits(2, 3)),
        ce.LabelTypeError, "CE313", "y_true", "",
        ("class_names.index(name)", "(object)"),
    ),
    "a masked class": Said(
        lambda: sparse([0, 2, 1, 4, 2], logits(5, 6), class_mask=np.arange(6) % 2 == 0),
        ce.LabelRangeError, "CE101", "y_true class_mask", "1 2", ("to True in class_mask",),
    ),
    "target_prob outside": Said(
        lambda: sparse([[0, 1], [2, 3], [4, 0]], logits(3, 5), target_prob=[[0.5, 0.25], [0.125,
            -0.75], [0.5, 0.5]]),
        ce.TargetError, "CE308", "target_prob", "0 1 1 1 0.125 -0.75", ("in 1 row (",),
    ),
    "target_prob of NaN and above 1": Said(
        lambda: sparse([[0, 1], [2, 3], [4, 0]], logits(3, 5), target_prob=[[0.5, 1.5], [np.nan,
            0.75], [0.5, 0.5]]),
        ce.TargetError, "CE308", "target_prob", "0 1 2 0 1 0.5 1.5", ("in 2 rows (",),
    ),
    "target_prob sums": Said(
        lambda: sparse([[0, 1], [2, 3], [4, 0]], logits(3, 5), target_prob=[[0.5, 0.25], [0.625,
            0.87654321], [0.5, 0.75]]),
        ce.TargetError, "CE308", "target_prob", "1 1 1.50154", ("Divide every row by its sum",),
    ),
    "NaN in a target": Said(
        lambda: dense(changed(shares(5, 4), r3=[0.25, np.nan, 0.5, 0.125]), logits(5, 4)),
        ce.TargetError, "CE308", "y_true", "3 0.25 0.5 0.125", ("missing labels",),
    ),
    "infinities in a target": Said(
        lambda: dense(changed(shares(5, 4), r3=[0.25, np.inf, -np.inf, 0.125]), logits(5, 4)),
        ce.TargetError, "CE308", "y_true", "3 0.25 0.125", ("inf, -inf", "missing labels"),
    ),
    "logits as targets": Said(
        lambda: dense(changed(shares(5, 4), r2=[0.25, -1.5, 0.75, 7]), logits(5, 4)),
        ce.TargetError, "CE308", "y_true", "2 0.25 -1.5 0.75 7 6.5", ("softmax",),
    ),
    "a target of zeros": Said(
        lambda: dense(changed(shares(6, 4), r4=0), logits(6, 4)),
        ce.TargetError, "CE308", "y_true", "4 0 0 0 0 0 0",
        ("sample_weight 0", "binary_crossentropy"),
    ),
    "several ones in a target": Said(
        lambda: dense(changed(np.eye(4), r3=[0, 1, 1, 1]), logits(4, 4)),
        ce.TargetError, "CE301", "y_true", "3 0 1 1 1 3 1",
        ("binary_crossentropy", "divide every row by its sum"),
    ),
    "counts": Said(
        lambda: dense([[5, 0, 2], [3, 1, 7]], logits(2, 3)),
        ce.TargetError, "CE308", "y_true", "0 5 0 2 7", ("divide every row by its sum",),
    ),
    "a target of another sum": Said(
        lambda: dense(changed(shares(5, 4), r2=[0.25, 0.125, 0.0625, 0.76543219]), logits(5, 4)),
        ce.TargetError, "CE308", "y_true", "2 0.25 0.125 0.0625 0.7654 1.20293",
        ("divide every row by its sum", "0.7654], sum"),
    ),
    "a long target": Said(
        lambda: dense(changed(shares(5, 7), r1=[0.25, 0.125, 0.0625, 0.75, 0.5, 0.375, 0.875]),
            logits(5, 7)),
        ce.TargetError, "CE308", "y_true", "1 0.25 0.125 0.0625 0.75 0.5 2.9375",
        ("divide every row by its sum", "0.5, ...], sum"),
    ),
    "mass on a masked class": Said(
        lambda: dense(changed(np.eye(5)[[0, 2, 2, 0]], r3=np.eye(5)[1]), logits(4, 5),
            class_mask=np.arange(5) % 2 == 0),
        ce.TargetError, "CE308", "y_true class_mask", "3 0", ("to True in class_mask",),
    ),
    "a binary mark": Said(
        lambda: binary([0, 1, -2, 1, -2, -3, 0.5], logits(7)),
        ce.TargetError, "CE308", "y_true", "0 1 3 7 -3 -2 2 4 5 -1",
        ("ignore_class", "binary_crossentropy must lie"),
    ),
    "binary labels -1 and 1": Said(
        lambda: binary([1, -1, 1, 1, -1], logits(5)),
        ce.TargetError, "CE308", "y_true", "0 1 2 5 -1 1 4 -1 1 0 1 1 2", ("(y_true + 1) / 2",),
    ),
    "binary classes": Said(
        lambda: binary([1, 2, 1, 2, 2, 3, 1], logits(7)),
        ce.TargetError, "CE308", "y_true", "0 1 4 7 2 3 1 3 4",
        ("sparse_categorical_crossentropy",),
    ),
    "a binary mask of bytes": Said(
        lambda: binary([0, 255, 255, 0], logits(4)),
        ce.TargetError, "CE308", "y_true", "0 1 2 4 255 1 2 0 255 0 1 255", ("y_true / 255",),
    ),
    "binary levels of grey": Said(
        lambda: binary([0, 31, 255, 7], logits(4)),
        ce.TargetError, "CE308", "y_true", "0 1 3 4 7 31 255 1 2 3 0 255 255",
        ("y_true / 255",),
    ),
    "binary labels 1 and 2": Said(
        lambda: binary([1, 2, 1, 2, 2, 1, 1], logits(7)),
        ce.TargetError, "CE308", "y_true", "0 1 3 7 2 1 3 4 1 2 0 1 1", ("y_true - 1",),
    ),
    "binary targets that are not finite": Said(
        lambda: binary([1, 0.5, np.inf, 0, np.nan], logits(5)),
        ce.TargetError, "CE312", "y_true", "0 1 2 5 2 4 0", ("missing labels", ": inf, nan ("),
    ),
    "a binary target after a cast": Said(
        lambda: binary(np.array([1, 0, -(2**31), 0]), logits(4)),
        ce.TargetError, "CE312", "y_true", "0 1 1 4 -2.14748e+09 2 -1", ("before the cast",),
    ),
    "percent": Said(
        lambda: dense([[25, 75, 0], [12.5, 37.5, 50]], logits(2, 3)),
        ce.TargetError, "CE308", "y_true", "0 25 75 0 100 100", ("divide them by 100",),
    ),
    "probabilities of zeros": Said(
        lambda: sparse_p([0, 1, 2, 0, 1], changed(shares(5, 3), r2=0, r4=0)),
        ce.PredictionError, "CE214", "y_pred", "1 2 2 0 0 0 0 0 0",
        ("sample_weight 0", "from_logits=True"),
    ),
    "logits without from_logits": Said(
        lambda: sparse_p([0, 1, 2, 1, 0], changed(shares(5, 3), r2=[0.5, -1.23456789, 2.25],
            r4=[3.45678912, 0, 0])),
        ce.PredictionError, "CE106", "y_pred", "0 1 2 2 -1.23457 3.45679",
        ("from_logits=True", "because from_logits=False; 2 rows do not"),
    ),
    "one such row": Said(
        lambda: sparse_p([[0], [1], [2]], changed(shares(3, 5), r1=[0.5, 0.25, 0, 0, 4.75])[:,
            None]),
        ce.PredictionError, "CE106", "y_pred", "0 1 1 1 0 0 4.75",
        ("from_logits=True", "1 row does not"),
    ),
    "binary logits without from_logits": Said(
        lambda: ce.binary_crossentropy([[0, 1], [1, 1], [0, 0]], [[0.5, 0.25], [0, 6.5], [-7.75,
            0.125]]),
        ce.PredictionError, "CE106", "y_pred", "0 1 2 1 1 -7.75 6.5", ("from_logits=True",),
    ),
    "probability on a masked class": Said(
        lambda: sparse_p([0, 2, 0, 2], changed(np.eye(5)[[0, 2, 2, 0]], r3=np.eye(5)[1]),
            class_mask=np.arange(5) % 2 == 0),
        ce.PredictionError, "CE106", "y_pred class_mask", "3", ("from_logits=True",),
    ),
    "rows that do not sum to 1": Said(
        lambda: sparse_p([0, 1, 2, 0, 1], changed(shares(5, 3), r2=[0.5, 0.25, 0.125], r4=[0.375,
            0.1875, 0.061234567])),
        ce.PredictionError, "CE406", "y_pred", "1 2 2 0.5 0.25 0.125 0.623735 0 1",
        ("normalize=True", "normalize=False", "from_logits=True", "binary_crossentropy"),
    ),
    "rows that nearly sum to 1": Said(
        lambda: sparse_p([0, 1, 2, 0, 1, 2], shares(6, 3) * [[1], [1.015625], [1], [0.96875], [1],
            [1]]),
        ce.ProbabilityWarning, "CE406", "y_pred", "2 1 3 0.96875 0.0001",
        ("normalize=True", "normalize=False", "2 rows of"),
    ),
    "a softmax twice": Said(
        lambda: sparse(np.arange(11) % 5, shares(11, 5)),
        ce.DoubleSoftmaxWarning, "CE105", "y_pred", "11 0.9048 5",
        ("from_logits=False", "from_logits=True applies"),
    ),
    "a weight": Said(
        lambda: sparse([0, 1, 2, 1], logits(4, 3), sample_weight=[1, -2.5, 1, np.inf]),
        ce.WeightError, "CE314", "sample_weight", "-2.5 1 3",
    ),
    "a weight that is an array of no dimension": Said(
        lambda: binary([0, 1, 1], logits(3), pos_weight=np.array(-2.5)),
        ce.WeightError, "CE314", "pos_weight", "-2.5",
    ),
    "a weight of classes": Said(
        lambda: sparse([0, 1, 2, 1], logits(4, 3), class_weight=[1, np.nan, -7]),
        ce.WeightError, "CE314", "class_weight", "-7 1 2",
    ),
    "a weight of positives": Said(
        lambda: binary([0, 1], logits(2), pos_weight=[1, -3.5]),
        ce.WeightError, "CE314", "pos_weight", "-3.5 1",
    ),
    "a number as weight": Said(
        lambda: sparse([0, 1, 2, 1], logits(4, 3), sample_weight=-2.5),
        ce.WeightError, "CE314", "sample_weight", "-2.5",
    ),
    "classes without a weight": Said(
        lambda: sparse([0, 1, 4, 2, 3], logits(5, 6), class_weight={0: 1.0, 3: 2.0, 2: 0.5}),
        ce.WeightError, "CE314", "class_weight", "1 4 0", ("0 leaves it out",),
    ),
    "classes without a weight, with smoothing": Said(
        lambda: sparse([0, 1, 0], logits(3, 5), class_weight={0: 1.0, 1: 2.0, 3: 2.5},
            label_smoothing=0.125),
        ce.WeightError, "CE314", "class_weight", "2 4 0", ("label_smoothing",),
    ),
    "NaN as an integer of 32 bits": Said(
        lambda: sparse(np.uint32([0, 3, 2**32 - 1, 1, 2]), logits(5, 4)),
        ce.LabelRangeError, "CE312", "y_true y_pred", "0 3 4 1 5 4294967295 2 -1",
    ),
    "-1 as an integer of 64 bits": Said(
        lambda: sparse(np.uint64([0, 3, 2, 1, 2**64 - 1]), logits(5, 4)),
        ce.LabelRangeError, "CE312", "y_true y_pred", "0 3 4 1 5 18446744073709551615 4 -1",
    ),
}  # fmt: skip
