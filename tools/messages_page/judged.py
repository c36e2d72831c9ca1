"""What of the collected texts is left out, and which codes are right beside that of the fault."""

from __future__ import annotations

import re
from typing import Final

LEFT_OUT: Final = re.compile(
    "|".join(
        (
            # Python's own words for a thing of the wrong kind: they say nothing about labels.
            r"SyntaxWarning|SyntaxError|object is not "
            r"(?:subscriptable|callable|iterable)|^KeyError",
            r"unsupported operand type|indices must be integers or slices|unhashable type",
            r"'(?:NoneType|Output|str|bool|int|float|numpy\.ndarray)' object has no attribute "
            r"'(?!(?:log_)?softmax)",
            r"'list' object has no attribute '(?:get|argmax)'|not supported between instances",
            r"argument must be a string|data type 'string' not understood|calls_\w+\.Output object",
            r"only integer tensors of a single element|only one element tensors",
            # What stands in the inputs of a model, or in the machine.
            r"Expected 2D array|Input X contains|incompatible with the layer|Feature shape "
            r"mismatch",
            r"mat1 and mat2|expected m1 and m2|GradientTape can only|Anomaly Detection has been",
            r"TracerBool|TracerArray|ConcretizationType|Error\(s\) in loading state_dict for "
            r"Linear",
            r"Creating a tensor from a list of numpy|discards the imaginary part|StagingError|vmap",
            r"Cannot have number of splits|'k' \(\d+\) greater than|selected index k out of range",
            r"eq\(\) received an invalid combination|No positive samples|No negative "
            r"samples|Unsupported dtype for PyTorch|Node type "
            r"mismatch",
            r"entry not a 2- or 3- tuple|cannot reshape tensor of 0 elements|where must be None or",
            r"Expected the input to have rank 3|Expected float32, but got a of type",
            r"Dimension specified as 0 but tensor has no dimensions|`?dim`? must be in the range",
            r"divide by zero encountered in divide|index is out of bounds for dimension with "
            r"size 0",
            r"could not convert string to float: 'pad'|Invalid dtype: str96\b",
            r"only integers, slices|axis 2 is out of bounds for array of dimension 2",
        )
    )
)

BESIDE: Final = (
    (r"y_prob contains values", "CE106", "the calls hand over logits"),
    (r"y_prob values do not sum|should sum up to 1", "CE406", "the calls hand over logits"),
    (r"invalid value encountered in log\b", "CE106", "the calls take logarithms of logits"),
    (r"weight tensor should be defined", "CE314", "the weights are of four classes"),
    (r"a mix of .* and continuous", "CE201", "scores stand where classes are counted"),
    (r"a mix of continuous|Unknown label type: \(", "CE304 CE111", "the two look alike"),
    (r"multiclass-multioutput", "CE301", "labels of several columns"),
    (r"a mix of .*multilabel-indicator", "CE108", "one-hot rows on one side"),
    (r"inconsistent numbers of samples|scalar array|1 dimension i\.e\.", "CE112", "rows of both"),
    (r"different number of classes", "CE318", "columns and labels"),
    (r"y should be a 1d array", "CE108", "labels of several columns"),
    (r"is binary while y_score is 2d", "CE318", "columns and labels"),
    (r"The size of tensor a|could not be broadcast|ncompatible shapes", "CE112 CE101 CE109",
     "the shapes alone are named"),
    (r"segment_ids|Expected non-empty vector|apart from dimension", "CE112", "the shapes alone"),
    (r"logits_size=\[12|labels\.shape=\(6,\) of rank 1 and logits\.shape=\(2, 6|\(2, 6\)", "CE112",
     "a tuple of two becomes an axis"),
    (r"indexing \w+ could not be broadcast", "CE108", "rows of five labels"),
    (r"index \d is out of bounds for (?:axis|dimension)", "CE104 CE101", "the number alone"),
    (r"\(6, 4\)(?: of rank 2)?(?:,| and) (?:output|logits)\.shape=.{0,12}\(?\[?6,?[\])]|"
     r"but got \[6, 4\]\. Input has shape \[6\]", "CE303", "the predictions have one axis"),
    (r"\(6, 1, 4\)|\[6, 1, 4\]", "CE107", "an axis of 1"),
    (r"\(None, None\)|broadcastable with batch_shape", "CE112 CE109", "sizes are not known"),
    (r"\(2, 8, 8, 3\)|\[2, 8, 8, 3\]", "CE112", "the shapes alone are named"),
    (r"\(6, 4\) and \(6, 7\)|\(2, 4, 4\), \(2, 4, 8\)|but got 8 and 4", "CE211", "two widths"),
    (r"than 'target' but got|than `target` but got", "CE107 CE108", "ranks alone are named"),
    (r"output\.shape=\(\)|predictions must be 2-dim", "CE112 CE303", "None becomes a number"),
    (r"target\.shape=torch\.Size\(\[6, 4\]\), output\.shape=torch\.Size\(\[6\]\)|"
     r"labels\.shape=\(None, None\) of rank 2 and logits\.shape=\(None,\)", "CE303", "one axis"),
    (r"output\.shape=torch\.Size\(\[2, 6, 4\]\)", "CE112", "a tuple of two becomes an axis"),
    (r"Input 'y' of", "CE111", "types alone are named"),
    (r"[(\[]2, 6(?:, 4)?[)\]]", "CE112", "a tuple of two becomes an axis"),
    (r"\[6, 7\]\) vs", "CE101", "two widths"),
    (r"target\.shape=torch\.Size\(\[6\]\), output\.shape=torch\.Size\(\[6, 4\]\)", "CE112",
     "shapes"),
    (r"Shapes \(6(?:, 1|,)\) and \(6, 4\)", "CE109", "either order"),
    (r"\[2, 4, 4\]\) vs", "CE211", "two widths"),
    (r"params\.shape\[0\]", "CE112", "the shapes alone are named"),
    (r"\(None, None, None, None\)", "CE108", "sizes are not known"),
    (r"\(6, 4\) and \(6, 3\)|\[6, 5\]\) vs", "CE101", "two widths"),
    (r"Expected target size \[6, 4\], got \[6, 7\]", "CE110", "the shapes alone"),
    (r"same number of dimensions", "CE107 CE303", "ranks alone are named"),
    (r"cannot compute Mul as input #1", "CE111 CE304 CE305", "types alone are named"),
    (r"No gradients provided", "CE304 CE305 CE407", "three causes have this text"),
    (r"invalid value encountered in cast", "CE312", "NaN is cast as well"),
    (r"indices\[.{0,8}\] = ", "CE101", "ids of a table as well"),
    (r"First dimension of predictions|logits_size=\[1,6\]", "CE112", "the shapes alone"),
    (r"Shapes \(6, 4\) and \(6, 1\)|\[6, 2\]\) vs torch\.Size\(\[6\]", "CE101", "either order"),
    (r"right-most size", "CE211 CE101 CE109", "the width alone is named"),
    (r"shape '\[4, 4\]' is invalid", "CE101", "a count of cells alone"),
    (r"number of classes but got 5 and 4", "CE211", "two numbers of classes"),
    (r"tensor with dtype torch\.float|upper_bound=5", "CE111", "float labels as well"),
    (r"output\.shape=\(2, 6, 4\)", "CE112", "a tuple of two becomes an axis"),
    (r"Input contains", "CE217 CE312", "labels and inputs alike"),
    (r"Expected: \[0\], got \[None\]", "CE312", "None is a missing label"),
    (r"targets must be 1-dimensional", "CE107", "ranks alone are named"),
    (r"target\.shape=\(\)|tuple index out of range", "CE112 CE303", "None becomes a number"),
)  # fmt: skip
"""Patterns of texts, the codes that their own words show, and why that is so in these calls."""


def causes_of(text: str, causes: list[str]) -> list[str]:
    """Return the codes that are right for a text: those of the faults, and those of its words."""
    beside = [
        code for words, codes, _ in BESIDE if re.search(words, text) for code in codes.split()
    ]
    return list(dict.fromkeys([*causes, *beside]))
