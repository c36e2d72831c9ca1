"""What torchmetrics prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import element_shapes, index_shapes, listed_labels
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.label_types import of_labels, whole_predictions
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    *whole_predictions(
        "PyTorch",
        r"Expected preds tensor to be floating point, but received input with dtype "
        r"torch\.(?P<t>u?int\d+|bool)",
    ),
    Message(
        "CE211",
        "torchmetrics",
        r"Expected both 'target\.shape\[1\]' and 'preds\.shape\[1\]' to be equal to the number of "
        r"labels but got (?P<a>\d+) and expected (?P<b>\d+)",
        lambda m: Says(
            0.9,
            f"The predictions have {m['a']} columns, and num_labels is {m['b']}.",
            f"Pass num_labels={m['a']}, if that is the number of classes.",
        ),
    ),
    *index_shapes.differ(
        "PyTorch",
        r"'preds' and 'target' should have the same shape,.{0,8}got 'preds' with "
        rf"shape={P} and 'target' with shape={Y}",
        ("CE107", "CE108", "CE112", "CE303"),
    ),
    *index_shapes.differ(
        "PyTorch",
        r"the shape of 'preds' should be \(N, C, \.\.\.\) and the shape of 'target' should be "
        rf"\(N, \.\.\.\) but got {P} and {Y}",
        ("CE107", "CE108", "CE112", "CE303"),
    ),
    *element_shapes.differ(
        "PyTorch",
        rf"Predictions and targets are expected to have the same shape, but got {P} and {Y}",
    ),
    *listed_labels.yes_no(
        "torchmetrics",
        r"Detected the following values in 'target': "
        r"tensor\((?P<v>(?:(?!dtype)[^)])*)(?:dtype=[\w.]+)?\) but expected only the "
        r"following values \[0, ?1\]",
        ("CE304", "CE308", "CE312"),
    ),
    *whole_predictions(
        "PyTorch",
        r"Expected (?:argument )?'preds' to be (?:an? )?float(?:ing)? tensor.{0,60}?but got "
        r"(?:tensor with dtype )?torch\.(?P<t>u?int\d+|bool)",
    ),
    of_labels(
        "CE111",
        "torchmetrics",
        r"(?:Expected argument|Input tensor) 'target' (?:to be an int or long tensor|is "
        r"expected to be of "
        r"a type torch\.int64).{0,40}? but got (?:tensor with dtype )?torch\.(?P<t>\w+)",
        0.95,
        "Pass target.long(), if the labels are whole.",
    ),
    Message(
        "CE002",
        "torchmetrics",
        r"Expected 'preds' to be a float tensor, but got torch\.complex",
        "The predictions are complex numbers.",
        0.9,
        "Pass y_pred.real, or y_pred.abs().",
    ),
    Message(
        "CE107",
        "torchmetrics",
        r"Either 'preds' and 'target' both should have the \(same\) shape \(N, \.\.\.\), or "
        r"'target' should be",
        "The labels have an axis too many or too few for the predictions.",
        0.8,
        "Pass labels of shape (N,) for predictions of shape (N, C): target.squeeze(1), or "
        "target.argmax(1) for one-hot rows.",
    ),
    Message(
        "CE112",
        "torchmetrics",
        r"Either 'preds' and 'target' both should have the \(same\) shape \(N, \.\.\.\), or "
        r"'target' should be",
        "Labels and predictions may have different numbers of rows.",
        0.6,
    ),
    Message(
        "CE211",
        "torchmetrics",
        r"'preds\.shape\[1\]' should be equal to number of classes",
        "num_classes is not the number of outputs.",
        0.85,
        "Pass num_classes=preds.shape[1], with the classes on axis 1.",
    ),
    Message(
        "CE110",
        "torchmetrics",
        r"'preds\.shape\[1\]' should be equal to number of classes",
        "If the classes are on the last axis, they are on the wrong axis.",
        0.75,
        "Pass preds.movedim(-1, 1).",
    ),
    Message(
        "CE302",
        "torchmetrics",
        r"'preds\.shape\[1\]'(?:` and `'target\.shape\[1\]')? (?:to be|should be) equal to the "
        r"number of (?:classes|labels) but got 1 and|equal to the number of labels but got 1 "
        r"and expected",
        "The model has one output.",
        0.95,
        "Use the binary metric, or an output for every class.",
    ),
    Message(
        "CE211",
        "torchmetrics",
        r"Expected 'preds\.shape\[1\]' to be equal to the number of classes but got (?!1 "
        r"and)\d+ and",
        "num_classes is not the number of outputs.",
        0.93,
        "Pass num_classes=preds.shape[1].",
    ),
    Message(
        "CE305",
        "torchmetrics",
        r"'preds' have one dimension more than 'target', 'preds' should be a float tensor",
        "The predictions are whole numbers: class indices, chosen before the metric.",
        0.85,
        "Pass logits or probabilities of shape (N, C), or classes of shape (N,).",
    ),
    Message(
        "CE304",
        "torchmetrics",
        r"'preds' have one dimension more than 'target', 'preds' should be a float tensor",
        "Labels and predictions may be swapped.",
        0.75,
        "torchmetrics takes (preds, target), in this order.",
    ),
    Message(
        "CE112",
        "torchmetrics",
        r"'preds' have one dimension more than 'target', the shape of 'preds' should be \(N, C, "
        r"\.\.\.\), and the shape of 'target'",
        "Labels and predictions have different numbers of rows or places.",
        0.9,
    ),
    Message(
        "CE101",
        "torchmetrics",
        r"Detected more unique values in 'target' than (?:expected|'num_classes')",
        "The labels hold more classes than num_classes.",
        0.9,
        "Pass num_classes=max(label) + 1; leave out marks such as -1 with ignore_index=-1.",
    ),
    Message(
        "CE103",
        "torchmetrics",
        r"Detected more unique values in 'target' than (?:expected|'num_classes')",
        "One of the values may mark places without a label.",
        0.6,
        "Pass ignore_index= that number.",
    ),
    Message(
        "CE305",
        "torchmetrics",
        r"Detected the following values in 'preds': .{0,400}since preds is a label tensor",
        "The predictions are whole numbers other than 0 and 1.",
        0.85,
        "Pass logits or probabilities as floats.",
    ),
    Message(
        "CE304",
        "torchmetrics",
        r"Detected the following values in 'preds': .{0,400}since preds is a label tensor",
        "Labels and predictions may be swapped.",
        0.7,
        "torchmetrics takes (preds, target), in this order.",
    ),
    Message(
        "CE108",
        "torchmetrics",
        r"Expected 'preds' to have one more dimension than 'target' but got (\d) and \1",
        "The labels are one-hot rows, if they have a column for each class.",
        0.85,
        "Pass target.argmax(1).",
    ),
    Message(
        "CE107",
        "torchmetrics",
        r"Expected 'preds' to have one more dimension than 'target' but got (\d) and \1",
        "If the labels have one column, it is one axis too many.",
        0.83,
        "Pass target.squeeze(1).",
    ),
    Message(
        "CE001",
        "torchmetrics",
        r"accuracy\(\) missing 1 required positional argument: 'task'",
        "The argument task is missing: it names the kind of labels.",
        0.95,
        "Pass task='multiclass', num_classes=C (or 'binary', 'multilabel').",
    ),
    Message(
        "CE302",
        "torchmetrics",
        r"Expected argument 'num_classes' to be an integer larger than 1, but got 1",
        "A single class leaves nothing to choose.",
        0.95,
        "Use task='binary' for one output, or num_classes= the number of outputs.",
    ),
    Message(
        "CE112",
        "torchmetrics",
        r"Input tensor 'preds' is expected to have 3 dimensions, \[batch_size, seq_len, "
        r"vocab_size\]",
        "The perplexity takes logits of shape (N, L, C).",
        0.93,
        "Pass logits of shape (N, L, C) and tokens of shape (N, L).",
    ),
    Message(
        "CE112",
        "torchmetrics",
        r"Input tensors 'preds' and 'target' are expected to have equaling first two dimensions",
        "Tokens and logits have different lengths.",
        0.95,
        "Shift and cut both in the same way: logits[:, :-1] with tokens[:, 1:].",
    ),
    Message(
        "CE107",
        "torchmetrics",
        r"Expected 'preds' to have one more dimension than 'target' but got (\d) and (?!\1)\d",
        "The labels have axes too many or too few for the predictions.",
        0.83,
        "Pass labels of shape (N,) for predictions of shape (N, C).",
    ),
)
