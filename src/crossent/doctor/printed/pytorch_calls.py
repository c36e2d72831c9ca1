"""What PyTorch prints of arguments of a loss: their kind, their type, their options."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import element_shapes, index_shapes, loss_calls
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.label_types import whole_predictions
from crossent.doctor.printed.message import Message

MESSAGES: Final = (
    Message(
        "CE316",
        "PyTorch",
        r"ignore_index cannot be specified when target contains probabilities",
        "Targets that are probabilities have no class index to ignore.",
        0.95,
        "Leave out ignore_index, and the rows that do not count.",
    ),
    *index_shapes.differ(
        "PyTorch",
        r"multi_margin_loss: target tensor should be 1-D.*?Expected target size \[[\d, ]*\], "
        r"but got "
        rf"{Y}\. Input has shape {P}",
        ("CE107", "CE108", "CE112", "CE303"),
    ),
    *element_shapes.differ("PyTorch", rf"inconsistent target size: {Y} for input of size: {P}"),
    *whole_predictions(
        "PyTorch",
        r"multi_margin_loss\w*\W? not implemented for "
        r"'(?P<t>Long|Int|Short|Char|Byte|Bool)'",
    ),
    Message(
        "CE001",
        "PyTorch, Keras",
        r"(?P<f>\w*(?:entropy|Entropy|Loss|_loss|with_logits)\w*)(?:\.__init__)?\(\) got an "
        r"unexpected keyword "
        r"argument '(?P<k>\w+)'",
        loss_calls.unknown_option,
    ),
    Message(
        "CE302",
        "PyTorch",
        r"weight tensor should be defined either for all 1(?: or no)? classes",
        "The last layer has one output, but there are weights for more classes.",
        0.98,
        "Give the last layer an output for each class, or use BCEWithLogitsLoss(pos_weight=…).",
    ),
    Message(
        "CE002",
        "PyTorch",
        r"not implemented for 'Complex(?:Float|Double|Half)'",
        "The predictions are complex numbers, which no loss takes.",
        0.85,
        "Pass y_pred.real, or y_pred.abs().",
    ),
    Message(
        "CE002",
        "PyTorch",
        r"argument '(?:index|indices|other)' \(position \d\) must be Tensor, not "
        r"(?:numpy\.ndarray|list|tuple)",
        "The labels are not a tensor.",
        0.85,
        "Pass torch.as_tensor(y_true).",
    ),
    Message(
        "CE002",
        "PyTorch",
        r"'numpy\.ndarray' object has no attribute "
        r"'(?:log_softmax|softmax|to|is_floating_point|detach|unsqueeze|float|long)'",
        "The loss needs a tensor and got an array of NumPy.",
        0.85,
        "Pass torch.as_tensor(array).",
    ),
    Message(
        "CE002",
        "PyTorch",
        r"'NoneType' object has no attribute '(?:log_)?softmax'",
        "The predictions are None: forward() returns nothing.",
        0.9,
        "End forward() with return logits.",
    ),
    Message(
        "CE303",
        "PyTorch",
        r"Expected 1 or more dimensions \(got 0\)",
        "The predictions are a single number, without a class axis.",
        0.85,
        "Keep the shape (N, C) of the logits.",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
        r"\[\d+(?:, \d+){2,}\]",
        "This loss takes logits of shape (N, C).",
        0.8,
        "Flatten both first: logits.reshape(-1, C), y_true.reshape(-1), with the classes on the "
        "last axis.",
    ),
    Message(
        "CE304",
        "PyTorch",
        r"torch\.finfo\(\) requires a floating point input type",
        "The loss got whole numbers, but it needs probabilities or logits.",
        0.7,
        "Pass predictions as floats, and labels in their own place.",
    ),
    Message(
        "CE305",
        "PyTorch",
        r"torch\.finfo\(\) requires a floating point input type",
        "The predictions are class indices, chosen before the loss.",
        0.65,
        "Pass the output of the model before the argmax.",
    ),
    Message(
        "CE309",
        "PyTorch",
        r"Dimension out of range \(expected to be in range of \[-[2-9], [1-9]\], but got -?\d+\)",
        "The tensor does not have the axis that was named.",
        0.6,
        "For a softmax over the classes pass dim=-1.",
    ),
    Message(
        "CE314",
        "PyTorch",
        r"argument 'weight' \(position \d\) must be Tensor, not "
        r"(?:list|tuple|dict|numpy\.ndarray|float|int)",
        "The class weights are not a tensor.",
        0.93,
        "Pass torch.tensor(weights), of the type and on the device of the logits.",
    ),
    Message(
        "CE314",
        "PyTorch",
        r"inconsistent weight size, expected \d+ but got \[[\d, ]*\]",
        "The loss needs one weight for each class.",
        0.93,
        "Pass a weight for each class of the logits.",
    ),
    Message(
        "CE314",
        "PyTorch",
        r"Attempting to broadcast a dimension of length \d+ at -1! Mismatching argument at index 1",
        "The weights of the loss do not fit the predictions.",
        0.75,
        "Pass a weight for each column of the predictions, or one for each number.",
    ),
    Message(
        "CE001",
        "PyTorch",
        r"is not a valid value for reduction",
        "PyTorch has no reduction of that name.",
        0.95,
        "Pass reduction='mean', 'sum' or 'none'.",
    ),
    Message(
        "CE001",
        "PyTorch",
        r"label_smoothing must be between 0\.0 and 1\.0",
        "label_smoothing is not between 0 and 1.",
        0.95,
        "Pass a number such as label_smoothing=0.1.",
    ),
    Message(
        "CE001",
        "PyTorch",
        r"size_average and reduce args will be deprecated",
        "size_average and reduce are options of old versions.",
        0.95,
        "Pass reduction='mean', 'sum' or 'none'.",
    ),
    Message(
        "CE001",
        "PyTorch",
        r"Loss\.forward\(\) missing \d required positional arguments?: '(?:target|input)",
        "The loss was called with one argument.",
        0.93,
        "Call loss(y_pred, y_true): logits first, labels second.",
    ),
    Message(
        "CE001",
        "PyTorch",
        r"argument 'ignore_index' \(position \d\) must be int, not \w+",
        "ignore_index must be a single class index.",
        0.95,
        "Pass an int; leave it out for the default, -100.",
    ),
    Message(
        "CE001",
        "PyTorch",
        r"grad can be implicitly created only for scalar outputs",
        "The loss is not one number: reduction='none' keeps one for each row.",
        0.75,
        "Call loss.mean().backward().",
    ),
    Message(
        "CE305",
        "PyTorch",
        r"Only (?:Tensors of|tensors of) floating point (?:and complex )?dtype can require "
        r"gradients",
        "A gradient was requested for whole numbers: labels, or classes that an argmax chose.",
        0.8,
        "Request gradients only for the parameters or the logits.",
    ),
    Message(
        "CE406",
        "PyTorch",
        r"invalid multinomial distribution \(sum of probabilities <= 0\)",
        "A row of probabilities is 0 everywhere: every class of it is masked.",
        0.9,
        "Keep at least one class in each row, or skip the row.",
    ),
    Message(
        "CE319",
        "PyTorch",
        r"reduction: 'mean' divides the total loss by both the batch size and the support size",
        "The mean of kl_div is over rows and classes, C times smaller than the divergence.",
        0.95,
        "Pass reduction='batchmean'.",
    ),
    Message(
        "CE213",
        "PyTorch",
        r"Error detected in (?:LogSoftmax|NllLoss|CrossEntropy)\w*Backward",
        "The gradient of a loss is NaN: look for NaN or infinite logits, also in rows that are "
        "ignored.",
        0.8,
    ),
    Message(
        "CE214",
        "PyTorch",
        r"Error detected in LogBackward",
        "This is the gradient of log(0): a probability is 0.",
        0.9,
        "Use F.cross_entropy on the logits in place of log(softmax(x)).",
    ),
    Message(
        "CE312",
        "PyTorch",
        r"Could not infer dtype of NoneType",
        "At least one label is None.",
        0.85,
        "Leave out the rows without a label before the tensor is made.",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"expected sequence of length \d+ at dim \d \(got \d+\)",
        "The rows of a list have different lengths.",
        0.75,
        "Pad them to one length, and mark what was added with -100 (ignore_index).",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"Expected input_lengths to have value at most \d+, but got value \d+",
        "input_lengths has more steps than the predictions.",
        0.93,
        "Pass input_lengths of at most log_probs.shape[0] steps: the steps are the first axis.",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"Sizes of tensors must match except in dimension \d\. Expected size \d+ but got size \d+",
        "Two tensors of different widths were joined, such as logits of two numbers of classes.",
        0.55,
        "Print both shapes before torch.cat.",
    ),
    Message(
        "CE112",
        "PyTorch",
        r"blank must be in label range|(?:target|input)_lengths must be of size "
        r"batch_size|Expected "
        r"(?:target|input)_lengths to have value at least \d+|log_probs tensor must not be empty|"
        r"Expected tensor to have size at least \d+ at dimension \d, but got size \d+ for argument "
        r"#\d 'targets'",
        "CTC was given labels or lengths that do not fit the predictions.",
        0.85,
        "Pass targets of 0..C-1, and a length for each row of the batch.",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"kl_div: Integral inputs not supported",
        "kl_div needs log-probabilities and probabilities, and got whole numbers.",
        0.85,
        "Pass log-probabilities and rows of probabilities, both floats; for class indices use "
        "cross_entropy.",
    ),
    Message(
        "CE305",
        "PyTorch",
        r"(?:argmax\(\): does not support bool input|topk does not support bool)",
        "The predictions are bool, the result of a comparison before the loss.",
        0.75,
        "Pass the output of the model before the comparison.",
    ),
    Message(
        "CE002",
        "PyTorch",
        r"(?:does not support|is not supported for) complex",
        "The predictions are complex numbers.",
        0.75,
        "Pass y_pred.real, or y_pred.abs().",
    ),
    Message(
        "CE002",
        "PyTorch",
        r"The value argument to log_prob must be a Tensor|Either '?(?:probs|rate)'? or "
        r"'?logits?'? must be specified, but not both",
        "Labels or predictions are not a tensor, but a list or None.",
        0.85,
        "Pass torch.as_tensor(labels), and only logits=.",
    ),
    Message(
        "CE001",
        "PyTorch, Keras",
        r"unexpected keyword argument '(?P<k>from_logits|ignore_index|ignore_class|label_smoothing|"
        r"class_weight|pos_weight)'",
        loss_calls.unknown_option,
    ),
)
