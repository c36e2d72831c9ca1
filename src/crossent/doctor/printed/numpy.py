"""What NumPy prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values, picked_shapes
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    *label_values.out_of_range(
        "NumPy, Keras on NumPy",
        r"index (?P<value>-?\d+) is out of bounds for axis \d+ with size (?P<classes>\d+)",
    ),
    Message(
        "CE202",
        "NumPy",
        r"Mean of empty slice",
        "There are no rows to average.",
        0.8,
    ),
    Message(
        "CE202",
        "NumPy",
        r"Weights sum to zero, can't be normalized",
        "All weights are 0.",
        0.95,
    ),
    Message(
        "CE207",
        "NumPy",
        r"Unable to allocate (?P<n>[\d.]+) (?P<u>[KMGTPE]iB) for an array with shape "
        r"\((?P<s>[\d, ]+)\)",
        lambda m: Says(
            0.6,
            f"An array of shape ({m['s']}) needs {m['n']} {m['u']}: one-hot labels may be the "
            "cause.",
            "Keep the labels as integers, and use the sparse loss.",
        ),
    ),
    Message(
        "CE214",
        "NumPy",
        r"divide by zero encountered in log\b",
        "A probability is exactly 0.",
        0.95,
        "Compute the loss from the logits, with log-softmax "
        "(scipy.special.log_softmax, or from_logits=True).",
    ),
    Message(
        "CE214",
        "NumPy",
        r"invalid value encountered in (?:multiply|scalar multiply)",
        "0 * -inf is NaN: a hand-written -(y * log(p)).sum() meets p = 0.",
        0.8,
    ),
    Message(
        "CE311",
        "NumPy",
        r"Python integer (?P<v>-?\d+) out of bounds for (?P<t>u?int(?:8|16))",
        lambda m: Says(0.95, f"{m['t']} cannot hold {m['v']}."),
    ),
    Message(
        "CE312",
        "NumPy",
        r"invalid value encountered in cast",
        "A NaN or an infinity was cast to an integer. A label made that way is not a class.",
        0.8,
    ),
    Message(
        "CE501",
        "NumPy",
        r"Object arrays cannot be loaded when allow_pickle=False",
        "The file holds pickled objects.",
        0.9,
        "Save only the numbers: np.save(file, array.astype(float)).",
    ),
    *picked_shapes.indexed(
        "NumPy",
        r"indexing arrays could not be broadcast together with shapes \((?P<p>[\d, ]*)\) "
        r"\((?P<y>[\d, ]*)\)",
    ),
    Message(
        "CE106",
        "NumPy",
        r"invalid value encountered in log\b",
        "A logarithm was taken of a negative number: the predictions are logits, or otherwise not "
        "probabilities.",
        0.85,
        "Apply a softmax or sigmoid first, or take scipy.special.log_softmax of the logits.",
    ),
    Message(
        "CE214",
        "NumPy",
        r"invalid value encountered in log\b",
        "A probability may be 0 or NaN.",
        0.6,
    ),
    Message(
        "CE217",
        "NumPy",
        r"overflow encountered in exp\b",
        "A softmax or sigmoid by hand overflows: a logit is above 88 (float32) or 709 (float64).",
        0.75,
        "Subtract the largest logit of each row before exp, or use scipy.special.log_softmax.",
    ),
    Message(
        "CE217",
        "NumPy",
        r"invalid value encountered in (?:scalar )?subtract",
        "Infinity minus infinity is NaN: a logit is infinite.",
        0.75,
    ),
    Message(
        "CE202",
        "NumPy",
        r"invalid value encountered in (?:scalar |true_)?divide",
        "0/0 is NaN: a mean of no rows, or a row of probabilities whose sum is 0.",
        0.68,
        "Divide by max(count, 1), and skip batches without labels.",
    ),
    Message(
        "CE111",
        "NumPy",
        r"arrays used as indices must be of integer \(or boolean\) type",
        "The labels that pick a probability are not whole numbers.",
        0.85,
        "Pass labels.astype(int), if they are whole; NaN among them marks a missing label.",
    ),
    Message(
        "CE111",
        "NumPy",
        r"boolean index did not match indexed array",
        "The labels are bool, which NumPy takes for a mask and not for indices.",
        0.8,
        "Pass labels.astype(int).",
    ),
    Message(
        "CE112",
        "NumPy",
        r"operands could not be broadcast together with shapes \([\d, ]*\) ?\([\d, ]*\)",
        "Two arrays have different shapes; in a loss by hand these are labels and predictions.",
        0.6,
        "Print both shapes: the labels need the shape of the predictions, or one index per row.",
    ),
    Message(
        "CE103",
        "NumPy",
        r"'list' argument must have no negative elements",
        "bincount got a label below 0, such as -1 for a missing one.",
        0.85,
        "Leave those rows out: labels[labels >= 0].",
    ),
    Message(
        "CE111",
        "NumPy",
        r"Cannot cast array data from dtype\('(?:float|complex|bool)\w*'\) to dtype\('int64'\) "
        r"according to the rule 'safe'",
        "The labels are floats, but they are counted or used as indices.",
        0.9,
        "Pass labels.astype(int), if they are whole.",
    ),
    Message(
        "CE313",
        "NumPy",
        r"Cannot cast array data from dtype\('(?:<U\d+|O)'\) to dtype\('int64'\)",
        "The labels are text or objects.",
        0.93,
    ),
    Message(
        "CE107",
        "NumPy",
        r"object too deep for desired array",
        "bincount needs labels with one axis.",
        0.75,
        "For (N, 1) pass labels.ravel(); one-hot rows need labels.argmax(1).",
    ),
    Message(
        "CE112",
        "NumPy",
        r"object of too small depth for desired array",
        "The labels are one number instead of one for each row.",
        0.75,
        "Pass a label for each row.",
    ),
    Message(
        "CE313",
        "NumPy",
        r"did not contain a loop with signature matching types .{0,80}<U\d+",
        "The labels, or the predictions, are text.",
        0.9,
    ),
    Message(
        "CE002",
        "NumPy",
        r"loop of ufunc does not support argument 0 of type (?:NoneType|dict|list|\w*Output\w*) "
        r"which has no callable log method",
        "The predictions are None, a dict or another object.",
        0.85,
        "Pass the array that holds the probabilities.",
    ),
    Message(
        "CE112",
        "NumPy",
        r"cannot reshape array of size \d+ into shape",
        "The numbers do not fill that shape. In a loss the usual cause is a reshape with a wrong "
        "number of classes.",
        0.55,
        "Print the shape before the reshape, and use reshape(-1, y_pred.shape[-1]).",
    ),
    Message(
        "CE112",
        "NumPy",
        r"setting an array element with a sequence\. The requested array has an inhomogeneous "
        r"shape",
        "The rows of a list have different lengths.",
        0.75,
        "Pad them to one length, and leave the padding out of the loss.",
    ),
    Message(
        "CE001",
        "NumPy",
        r"truth value of an array with more than one element is ambiguous",
        "The code needs a single True or False and got an array.",
        0.5,
        "Say which: .all() or .any(). If a loss function was given arrays as its options, call "
        "it with (y_true, y_pred) alone.",
    ),
    Message(
        "CE217",
        "NumPy",
        r"\bprobabilities contain NaN",
        "A probability is NaN.",
        0.93,
    ),
    Message(
        "CE106",
        "NumPy",
        r"probabilities are not non-negative",
        "A probability is negative: NumPy needs probabilities and got logits.",
        0.85,
        "Apply a softmax first.",
    ),
    Message(
        "CE406",
        "NumPy",
        r"probabilities do not sum to 1|sum\(pvals\[:-1\].{0,40}\) > 1\.0",
        "The probabilities do not sum to 1; float32 rounds them.",
        0.9,
        "Divide by the sum in float64: p = p.astype(float); p / p.sum().",
    ),
    Message(
        "CE305",
        "NumPy",
        r"numpy boolean subtract, the `-` operator, is not supported",
        "The predictions are bool, the result of a comparison before the loss, or the labels are "
        "bool.",
        0.75,
        "Pass the output of the model before the comparison, and labels.astype(float).",
    ),
    Message(
        "CE304",
        "NumPy",
        r"numpy boolean subtract, the `-` operator, is not supported",
        "Labels may have been passed as predictions.",
        0.6,
    ),
    Message(
        "CE312",
        "NumPy",
        r"cannot convert float NaN to integer",
        "A label is NaN.",
        0.9,
        "Leave out the rows without a label: keep = ~np.isnan(y).",
    ),
    Message(
        "CE313",
        "NumPy",
        r"could not convert string to float",
        "A label or a prediction is text.",
        0.65,
        "Map labels: np.unique(labels, return_inverse=True)[1]; read a table of predictions "
        "without its heading.",
    ),
    Message(
        "CE303",
        "NumPy",
        r"too many indices for array: array is 1-dimensional",
        "The predictions have one axis, but they are indexed by row and class.",
        0.65,
        "Keep the shape (N, C) of the predictions.",
    ),
    Message(
        "CE112",
        "NumPy",
        r"too many indices for array: array is 0-dimensional",
        "The labels, or the predictions, are a single number.",
        0.6,
        "Pass a label for each row, and keep the axis of the rows.",
    ),
    Message(
        "CE303",
        "NumPy",
        r"invalid index to scalar variable",
        "The predictions are a single number, without a row axis and a class axis.",
        0.6,
        "Keep the shape (N, C) of the predictions.",
    ),
)
