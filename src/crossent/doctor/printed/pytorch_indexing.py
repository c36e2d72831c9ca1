"""What PyTorch prints of labels that pick numbers: gather, square brackets, one_hot."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import index_shapes, label_values, listed_labels, picked_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.label_types import whole_predictions
from crossent.doctor.printed.message import Message

LONG: Final = "Pass y_true.long()."

MESSAGES: Final = (
    *picked_shapes.indexed(
        "PyTorch",
        r"indexing tensors could not be broadcast together with shapes \[(?P<p>[\d, ]*)\], "
        r"\[(?P<y>[\d, ]*)\]",
    ),
    *picked_shapes.gathered(
        r"expected index \[(?P<y>[\d, ]*)\] to be no larger than self \[(?P<p>[\d, ]*)\]"
        r"(?! apart from dimension \d+ and to be no larger size than src)"
    ),
    *picked_shapes.broadcast(
        r"output with shape \[(?P<p>[\d, ]*)\] doesn't match the broadcast shape \[(?P<b>[\d, ]*)\]"
    ),
    Message(
        "CE101",
        "PyTorch",
        r"(?:Index \d+ of input takes value |index_select\(\): index contains |INDICES element is "
        r"out of DATA bounds, id=)(?P<value>-?\d+)(?: which is not in the valid range \[0, | that "
        r"is out of range for tensor of size | axis_dim=)(?P<classes>\d+)",
        label_values.looked_up,
    ),
    Message(
        "CE101",
        "PyTorch",
        r"shape '\[(?P<c>\d+), (?P<d>\d+)\]' is invalid for input of size "
        r"(?P<n>\d+)",
        picked_shapes.confusion,
    ),
    Message(
        "CE112",
        "PyTorch",
        r"shape '\[(?P<c>-?\d+)(?P<d>[, \d-]*)\]' is invalid for input of size "
        r"(?P<n>\d+)",
        picked_shapes.reshaped,
    ),
    Message(
        "CE111",
        "PyTorch",
        r"(?:gather|scatter\w*|index_select|index_fill_)\(\): Expected dtype (?:int32/int64|int32 "
        r"or int64|int64) for index|take_along_dim\(\): dtype of indices should be Long but got",
        "The labels that pick a log-probability, or make one-hot rows, are not whole numbers.",
        0.9,
        "Pass y_true.long(), if they are whole; NaN among them marks a missing label.",
    ),
    Message(
        "CE107",
        "PyTorch",
        r"Index tensor must have the same number of dimensions as (?:input|self|src) tensor|"
        r"take_along_dim\(\): input and indices should have the same number of dimensions, but got "
        r"2 dimensions for input, and 1",
        "gather and scatter_ need labels with as many axes as the predictions: shape (N, 1) for "
        "predictions "
        "(N, C).",
        0.75,
        "Pass y_true.reshape(-1, 1) for labels of shape (N,) or (N, 1); one-hot rows need "
        "y_true.argmax(1).",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"The shape of the mask \[[\d, ]*\] at index \d does not match the shape of the indexed "
        r"tensor",
        "The labels are bool or uint8, which PyTorch takes for a mask and not for indices.",
        0.8,
        "Pass y_true.long().",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"indexing with dtype torch\.uint8 is now deprecated",
        "The labels are uint8, which PyTorch takes for a mask and not for indices.",
        0.9,
        "Pass y_true.long().",
    ),
    Message(
        "CE313",
        "PyTorch",
        r"new\(\): invalid data type 'str'",
        "The labels are text.",
        0.9,
    ),
    Message(
        "CE303",
        "PyTorch",
        r"too many indices for tensor of dimension 1",
        "The predictions have one axis, but they are indexed by row and class.",
        0.65,
        "Keep the shape (N, C) of the predictions.",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"too many indices for tensor of dimension 0",
        "The labels, or the predictions, are a single number.",
        0.6,
        "Pass a label for each row, and keep the axis of the rows.",
    ),
    Message(
        "CE103",
        "PyTorch",
        r"bincount only supports 1-d non-negative integral inputs",
        "A label is negative, such as -1 for a missing one, or not a whole number.",
        0.75,
        "Leave those rows out before counting: y_true[y_true >= 0].long().",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"`?.?bincount_cpu.? not implemented for '(?:Float|Double|Half|Bool|BFloat16)'",
        "bincount needs labels that are whole numbers.",
        0.9,
        "Pass y_true.long().",
    ),
    Message(
        "CE101",
        "PyTorch",
        r"argument #2 'target' is out of range",
        "A label is below 0, or at least the number of outputs.",
        0.85,
        "Compare y_true.min() and y_true.max() with 0..C-1.",
    ),
    Message(
        "CE104",
        "PyTorch",
        r"argument #2 'target' is out of range",
        "If the smallest label is 1, the labels count from 1.",
        0.6,
    ),
    *listed_labels.between(
        "PyTorch",
        r"Target values should be in \[0, (?P<last>\d+)\], but values in range "
        r"\[(?P<low>-?\d+), (?P<high>-?\d+)\]",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"Input and target should have the same size in the batch dimension",
        "Labels and predictions have different numbers of rows.",
        0.88,
    ),
    Message(
        "CE112",
        "PyTorch",
        r"0D target tensor expects 1D input tensors, but found inputs",
        "The labels are one number, but the predictions have many rows.",
        0.85,
        "Pass a label for each row.",
    ),
    Message(
        "CE303",
        "PyTorch",
        r"input and indices should have the same number of dimensions, but got 1 dimensions for "
        r"input, and 2",
        "The predictions lost the class axis.",
        0.8,
        "Keep the shape (N, C) of the predictions.",
    ),
    Message(
        "CE303",
        "PyTorch",
        r"1D target tensor expects 2D input tensors, but found inputs with size "
        r"torch\.Size\(\[\d+\]",
        "The predictions lost the class axis.",
        0.85,
        "Keep the shape (N, C) of the predictions.",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"1D target tensor expects 2D input tensors, but found inputs with size "
        r"torch\.Size\(\[\d+, \d+,",
        "The predictions have an axis that the labels do not have.",
        0.85,
        "Flatten both: predictions.reshape(-1, C), y_true.reshape(-1).",
    ),
    *index_shapes.differ(
        "PyTorch",
        rf"multi_margin_loss: target tensor should be 1-D.{{0,150}}but got {Y}\. Input has "
        rf"shape {P}",
        ("CE107", "CE108", "CE112"),
    ),
    Message(
        "CE112",
        "PyTorch",
        r"apart from dimension \d+ and to be no larger size than src",
        "The index, the tensor and the values that scatter_ writes have different sizes.",
        0.75,
        "Give scatter_ an index and values (src) of one shape, or one number in place of src.",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"scatter\w*\(\): Expected self\.dtype to be equal to src\.dtype|Index put requires "
        r"the source "
        r"and destination dtypes match",
        "The values that are written are of another type than the tensor, such as integers in "
        "one-hot rows of floats.",
        0.6,
        "Pass src.to(out.dtype), or write one number: zeros.scatter_(1, y_true[:, None], 1.0).",
    ),
    Message(
        "CE107",
        "PyTorch",
        r"index_select\(\): Index is supposed to be a vector",
        "The labels that pick rows of a table have two axes where the shape (N,) is needed.",
        0.7,
        "Pass y_true.flatten(), or table[y_true], which takes labels of any shape.",
    ),
    Message(
        "CE001",
        "PyTorch",
        r"num_classes should be positive(?!, got)|explicit positive num_classes argument",
        "one_hot needs the number of classes.",
        0.9,
        "Pass num_classes=C.",
    ),
    Message(
        "CE202",
        "PyTorch",
        r"Can not infer total number of classes from empty tensor",
        "There is no label: no row is left.",
        0.85,
        "Skip a batch without labels, and pass one_hot(y_true, num_classes=C).",
    ),
    Message(
        "CE106",
        "PyTorch",
        r"invalid multinomial distribution \(encountering probability entry < 0",
        "torch.multinomial takes probabilities and was given a number below 0, such as a logit.",
        0.8,
        "Pass logits.softmax(-1).",
    ),
    *whole_predictions(
        "PyTorch",
        r"multinomial only supports floating-point dtypes for input, got: (?P<t>\w+)",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"(?:target|input)_lengths must be integral",
        "The lengths that CTC takes are not whole numbers.",
        0.9,
        "Pass lengths.long().",
    ),
)
