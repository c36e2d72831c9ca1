"""What PyTorch prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.checks.class_axis import ratio_says
from crossent.doctor.printed import element_shapes, label_values, loss_calls
from crossent.doctor.printed.cuda import BINARY_LOGITS
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.label_types import as_type, of_labels, whole_predictions
from crossent.doctor.printed.message import Message, Says

SIZE_MISMATCH: Final = (
    r"size mismatch \(got input: \[(?P<p>[\d, ]+)\] ?, target: \[(?P<y>[\d, ]+)\]"
)
UNSQUEEZED: Final = "Keep the shape (N, C) of the logits, or use BCEWithLogitsLoss for one output."
LONG: Final = "Pass y_true.long()."

MESSAGES: Final = (
    *label_values.out_of_range("PyTorch", r"Target (?P<value>-?\d+) is out of bounds"),
    *label_values.out_of_range(
        "PyTorch",
        r"index (?P<value>-?\d+) is out of bounds for dimension \d+ with size "
        r"(?P<classes>\d+)",
    ),
    *element_shapes.differ(
        "PyTorch",
        rf"target size \({Y}\) (?:must be the same as|that is different to) "
        rf"(?:the )?input size \({P}\)",
    ),
    *whole_predictions(
        "PyTorch",
        r"\"?(?:log_softmax\w*|host_softmax|softmax_lastdim\w*|log_sigmoid\w*|"
        r"binary_cross_entropy\w*|nll_loss(?!\w*index)\w*)\"? not implemented for "
        r"'(?P<t>Long|Int|Short|Char|Byte|Bool)'",
    ),
    *whole_predictions(
        "PyTorch", r"Found dtype \w+ but expected (?P<t>Long|Int|Short|Char|Byte|Bool)"
    ),
    Message(
        "CE001",
        "PyTorch",
        r"\bbool(?:ean)? value of Tensor with more than one value "
        r"is ambiguous",
        loss_calls.not_made_first,
    ),
    Message(
        "CE002",
        "PyTorch",
        r"argument '(?:input|self)' \(position \d\) must be Tensor, not (?P<t>tuple|dict|"
        r"(?:collections\.)?OrderedDict|[\w.]*Output\w*)",
        loss_calls.wrapped,
    ),
    Message(
        "CE002",
        "PyTorch",
        r"'(?P<t>tuple|list|dict|(?:collections\.)?OrderedDict|[\w.]*Outputs?\w*)' object has no "
        r"attribute '(?:log_softmax|softmax|log|sigmoid|size|dim|shape|float|argmax|view|logits|"
        r"max|contiguous|flatten|detach|backward|new_zeros|dtype|device|ndim)'",
        loss_calls.wrapped,
    ),
    Message(
        "CE002",
        "PyTorch",
        r"argument '(?:input|self)' \(position \d\) must be Tensor, not (?P<t>[\w.]+)",
        lambda m: Says(0.9, f"The predictions are {m['t']}.", "Pass torch.as_tensor(y_pred)."),
    ),
    Message(
        "CE002",
        "PyTorch",
        r"argument 'target' \(position \d\) must be Tensor, not (?P<t>[\w.]+)",
        lambda m: Says(0.9, f"The labels are {m['t']}.", "Pass torch.as_tensor(y_true)."),
    ),
    Message(
        "CE101",
        "PyTorch",
        r"index out of range in self",
        "An id is outside an embedding table: ids go from 0 to num_embeddings - 1.",
        0.8,
        "Compare the largest id with num_embeddings (the vocabulary), and call "
        "resize_token_embeddings after adding tokens.",
    ),
    Message(
        "CE101",
        "PyTorch",
        r"Class values must be smaller than num_classes|(?<!\w)target out of range",
        "A label is at least the number of classes.",
        0.85,
        "Give the last layer (num_classes=) int(y_true.max()) + 1 classes, or map the labels "
        "to 0..K-1: y_true.unique(return_inverse=True)[1].",
    ),
    Message(
        "CE103",
        "PyTorch",
        r"Class values must be non-negative",
        "one_hot cannot encode a negative label such as -1.",
        0.85,
        "Leave those rows out first: keep = y_true >= 0, then y_true[keep] and y_pred[keep]. The "
        "loss for class indices needs no one_hot, and takes ignore_index=-1.",
    ),
    Message(
        "CE106",
        "PyTorch",
        r"all elements of input should be between 0 and 1",
        "BCELoss takes probabilities and was given logits.",
        0.95,
        BINARY_LOGITS,
    ),
    Message(
        "CE107",
        "PyTorch",
        r"0D or 1D target tensor expected, multi-target not supported",
        "The labels have shape (N, 1), or are one-hot in an integer type.",
        0.9,
        "For (N, 1) pass y_true.squeeze(1); for one-hot rows y_true.argmax(1).",
    ),
    Message(
        "CE107",
        "PyTorch",
        r"1D target tensor expected, multi-target not supported",
        "The labels have shape (N, 1).",
        0.85,
        "Pass y_true.squeeze(1).",
    ),
    Message(
        "CE107",
        "PyTorch",
        r"only batches of spatial targets supported \(3D tensors\) but got targets of "
        r"(?:dimension|size):? ?:? ?(?P<d>4|\[[\d, ]+\])",
        lambda m: Says(
            0.85,
            "The masks have four dimensions, but the loss needs (N, H, W). A last dimension of 3 "
            "or 4 is a colour image.",
            "For (N, 1, H, W) pass y_true.squeeze(1).",
        ),
    ),
    Message(
        "CE108",
        "PyTorch",
        r"Expected floating point type for target with class probabilities, got (?P<t>\w+)",
        lambda m: Says(
            0.95,
            f"The labels have the shape of the logits but hold {m['t']}: one-hot rows.",
            "Pass y_true.argmax(dim=1), or y_true.float().",
        ),
    ),
    Message(
        "CE108",
        "PyTorch",
        r"Expected input batch_size \((?P<n>\d+)\) to match target batch_size \((?P<l>\d+)\)",
        lambda m: (
            Says(
                0.6,
                f"{m['l']} = {m['n']} × {int(m['l']) // int(m['n'])}: with that many classes "
                "the labels are flattened one-hot rows.",
                "Pass y_true.argmax(dim=-1), before anything flattens it.",
            )
            if int(m["l"]) > int(m["n"]) > 0 and int(m["l"]) % int(m["n"]) == 0
            else None
        ),
    ),
    Message(
        "CE110",
        "PyTorch",
        r"Expected target size \[(?P<n>\d+), (?P<a>\d+)\], got \[(?P<m>\d+), (?P<b>\d+)\]",
        lambda m: Says(
            0.95,
            f"PyTorch expects the classes on axis 1 of the logits, but that axis has {m['b']} "
            "places (the length).",
            "Pass logits.transpose(1, 2), or flatten: logits.flatten(0, 1), y_true.flatten().",
        ),
    ),
    Message(
        "CE303",
        "PyTorch",
        SIZE_MISMATCH,
        lambda m: (
            Says(
                0.93,
                f"The logits ({m['p']}) and the labels ({m['y']}) both have one axis: the logits "
                "lost the axis of the rows (squeeze) or of the classes.",
                UNSQUEEZED,
            )
            if "," not in m["p"]
            else None
        ),
    ),
    Message(
        "CE110",
        "PyTorch",
        SIZE_MISMATCH,
        lambda m: (
            Says(
                0.85,
                f"Logits ({m['p']}) have the classes last; PyTorch needs them on axis 1 for "
                f"labels ({m['y']}).",
                "Pass logits.movedim(-1, 1).",
            )
            if m["p"].split(",")[:-1] == m["y"].split(",")
            else None
        ),
    ),
    of_labels(
        "CE111",
        "PyTorch",
        r"expected target dtype to be Long or Byte,? but got (?P<t>\w+)",
        0.95,
        LONG,
    ),
    of_labels(
        "CE111",
        "PyTorch",
        r'"?nll_loss\w*index\w*"? not implemented for \'(?P<t>\w+)\'',
        0.95,
        LONG,
    ),
    Message(
        "CE111",
        "PyTorch",
        r"result type (?P<e>Float|Double|Half|BFloat16) can't be cast to the desired output type "
        r"(?P<t>\w+)",
        lambda m: Says(
            0.9,
            f"A binary loss was given labels of type {m['t']}.",
            f"Pass {as_type(m['e'])}. For class indices use cross_entropy instead.",
        ),
    ),
    Message(
        "CE111",
        "PyTorch",
        r"Found dtype (?P<t>Long|Int|Short|Char|Byte|Bool) but expected (?P<e>Float|Double|Half|"
        r"BFloat16)",
        lambda m: Says(
            0.85,
            f"The loss (binary, mean squared) needs labels of type {m['e']} and got {m['t']}.",
            f"Pass {as_type(m['e'])}. For class indices use cross_entropy instead.",
        ),
    ),
    Message(
        "CE111",
        "PyTorch",
        r"Found dtype (?P<t>Float|Double|Half|BFloat16) but expected (?P<e>Float|Double|Half|"
        r"BFloat16)",
        lambda m: Says(
            0.85,
            f"The labels are {m['t']} and the predictions {m['e']}, or in the backward pass the "
            "other way round.",
            f"Pass {as_type(m['e'])}; arrays of NumPy are float64 (Double) unless told otherwise.",
        ),
    ),
    Message(
        "CE111",
        "PyTorch",
        r"Subtraction, the `-` operator, with (?:two|a) bool tensors? is not supported",
        "Labels of a binary loss are bool.",
        0.75,
        "Pass y_true.float().",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"one_hot is only applicable to index tensor",
        "one_hot takes only int64.",
        0.9,
        "Pass y_true.long(); the loss for class indices needs no one_hot.",
    ),
    Message(
        "CE111",
        "PyTorch",
        r"tensors used as indices must be long",
        "Labels that are used as indices of logits or weights are floats.",
        0.8,
        "Pass y_true.long().",
    ),
    Message(
        "CE112",
        "PyTorch",
        SIZE_MISMATCH.replace(r"(?P<p>", r"(?P<p>\d+, ?"),
        lambda m: Says(
            0.8,
            f"Logits ({m['p']}), with the classes on axis 1, need labels of the same shape "
            f"without that axis; the labels are ({m['y']}).",
            "Resize the labels (nearest neighbour), or the logits.",
        ),
    ),
    Message(
        "CE112",
        "PyTorch",
        r"Expected input batch_size \((?P<a>\d+)\) to match target batch_size \((?P<b>\d+)\)",
        lambda m: Says(0.9, ratio_says(int(m["a"]), int(m["b"]))),
    ),
    Message(
        "CE112",
        "PyTorch",
        r"Expected target size \[(?P<e>[\d, ]+)\], got \[(?P<y>\d+)\]",
        lambda m: Says(
            0.85,
            f"The labels have shape ({m['y']},). PyTorch expects the classes on axis 1 of the "
            f"logits, and a label for each of the other places: ({m['e']}).",
            "For one label per row give the model one output per row, such as the last step: "
            "logits[:, -1]. For a label at each place pass them in that shape.",
        ),
    ),
    Message(
        "CE210",
        "PyTorch",
        r"only batches of spatial targets supported.*?(?:size|dimension).*?\[?\d+, \d+, \d+, "
        r"(?P<d>[34])\]",
        lambda m: Says(
            0.95,
            f"A mask with a last dimension of {m['d']} is a colour image (RGB or RGBA).",
            "Map each colour to a class index.",
        ),
    ),
    Message(
        "CE211",
        "PyTorch",
        r"size mismatch for .*?(?:classifier|head|fc)[^:]*: copying a param with shape "
        r"torch.Size\(\[(?P<a>\d+)[^)]*\) from checkpoint, the shape in current model is "
        r"torch.Size\(\[(?P<b>\d+)",
        lambda m: Says(
            0.9,
            f"The checkpoint has a head of {m['a']} classes, the model one of {m['b']}.",
            "Build the model with the number of classes of the data, and load all but the "
            "head: drop its keys from the state_dict, strict=False.",
        ),
    ),
    Message(
        "CE213",
        "PyTorch",
        r"Function '?\w*(?:LogSoftmax|NllLoss|CrossEntropy)\w*'? returned nan values in its "
        r"\d+th output",
        "The gradient of a loss is NaN. If some rows are ignored, check whether they hold NaN or "
        "infinity; otherwise look for NaN or infinite logits.",
        0.8,
    ),
    Message(
        "CE214",
        "PyTorch",
        r"Function '?LogBackward\d*'? returned nan values",
        "This is the gradient of log(0): a probability is 0.",
        0.9,
        "Use F.cross_entropy on the logits instead of log(softmax(x)).",
    ),
    Message(
        "CE216",
        "PyTorch",
        r"value cannot be converted to type (?:at::Half|c10::Half|Half) without overflow",
        "A mask such as -1e9 does not fit in float16, which ends at 65 504.",
        0.95,
        "Mask with torch.finfo(x.dtype).min, or in float32.",
    ),
    Message(
        "CE216",
        "PyTorch",
        r"\"?(?:log_softmax|nll_loss|softmax)\w*\"? not implemented for 'Half'",
        "PyTorch has no float16 version of this loss on the CPU.",
        0.95,
        "Pass logits.float().",
    ),
    Message(
        "CE216",
        "PyTorch",
        r"binary_cross_entropy and torch\.nn\.BCELoss are unsafe to autocast",
        "BCELoss takes a logarithm of probabilities, which float16 rounds to 0 or 1.",
        0.97,
        "Leave the sigmoid out of the model, and use BCEWithLogitsLoss.",
    ),
    Message(
        "CE211",
        "PyTorch",
        r"The size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) at "
        r"non-singleton dimension (?P<d>\d)",
        loss_calls.two_vocabularies,
    ),
    Message(
        "CE112",
        "PyTorch",
        r"The size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) at "
        r"non-singleton dimension (?P<d>\d)",
        loss_calls.two_sizes,
    ),
    Message(
        "CE217",
        "PyTorch",
        r"probability tensor contains either `inf`, `nan` or element < 0|invalid multinomial "
        r"distribution \(encountering probability entry = infinity or NaN",
        "The logits hold NaN or infinity.",
        0.9,
    ),
    Message(
        "CE301",
        "PyTorch",
        r"multi-target not supported",
        "The labels have a column for each class, or several ids per row.",
        0.6,
        "Use BCEWithLogitsLoss for independent labels; (N, 1) only needs y_true.squeeze(1).",
    ),
    Message(
        "CE302",
        "PyTorch",
        r"Target 1 is out of bounds",
        "If the model has one output for two classes, that output is the class 0, and the label 1 "
        "is out of range.",
        0.5,
        "Give it two outputs, or use the binary loss: BCEWithLogitsLoss()(y_pred.squeeze(1), "
        "y_true.float()).",
    ),
    Message(
        "CE303",
        "PyTorch",
        r"For 1D input, 1D target must have size 1, but got target size: \[?(?P<n>\d+)",
        lambda m: Says(
            0.95,
            f"The logits lost an axis (squeeze): there are {m['n']} labels for one row.",
            UNSQUEEZED,
        ),
    ),
    Message(
        "CE303",
        "PyTorch",
        r"For 1D input, 1D target must have size 1",
        "The logits lost an axis (squeeze).",
        0.9,
        UNSQUEEZED,
    ),
    Message(
        "CE303",
        "PyTorch",
        r"Expected floating point type for target with class probabilities, got",
        "If logits and labels are both one-dimensional, the logits lost an axis (squeeze).",
        0.6,
        UNSQUEEZED,
    ),
    Message(
        "CE303",
        "PyTorch",
        r"Dimension out of range \(expected to be in range of \[-1, 0\], but got 1\)",
        "The logits have one dimension: a squeeze() removed the batch axis of the last batch, or "
        "the model has one output.",
        0.7,
        UNSQUEEZED,
    ),
    Message(
        "CE305",
        "PyTorch",
        r"element 0 of (?:tensors|variables) does not require grad",
        "The loss does not depend on the parameters: an argmax, .item(), .detach() or "
        "torch.tensor(...) is between model and loss, or the model ran under no_grad.",
        0.8,
    ),
    Message(
        "CE306",
        "PyTorch",
        r"not returning negative log.?likelihood",
        "nll_loss needs the outputs of log_softmax.",
        0.8,
    ),
    Message(
        "CE308",
        "PyTorch",
        r"all elements of (?:target|input) should be between 0 and 1",
        "A target of BCELoss is outside [0, 1].",
        0.9,
        "Labels 1 and 2 need y_true - 1, labels -1 and 1 need (y_true + 1) / 2.",
    ),
    Message(
        "CE309",
        "PyTorch",
        r"Implicit dimension choice for (?:log_)?softmax has been deprecated",
        "softmax without dim chooses the axis by the number of dimensions.",
        0.97,
        "Pass dim=-1, or the axis with the classes.",
    ),
    Message(
        "CE309",
        "PyTorch",
        r"softmax\(\) missing .*? argument.*?dim",
        "The class axis must be named.",
        0.9,
        "Call softmax(logits, dim=-1).",
    ),
    Message(
        "CE311",
        "PyTorch",
        r"value cannot be converted to type (?P<t>u?int8(?:_t)?) without overflow",
        "The type of the labels is too narrow for a class or for the ignored number.",
        0.9,
        "Pass y_true.long().",
    ),
    Message(
        "CE313",
        "PyTorch",
        r"can't convert np\.ndarray of type numpy\.(?:str_|object_)",
        "The labels are strings or objects.",
        0.9,
    ),
    Message(
        "CE313",
        "PyTorch",
        r"too many dimensions 'str'",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "CE314",
        "PyTorch",
        r"weight tensor should be defined either for all (?P<c>\d+)(?: or no)? classes.*?"
        r"got weight tensor of shape:? \[(?P<w>[\d, ]+)\]",
        lambda m: Says(
            0.97,
            f"The logits have {m['c']} classes, but the weights have shape [{m['w']}]: one weight "
            "for each class is needed.",
        ),
    ),
    Message(
        "CE314",
        "PyTorch",
        r"weight tensor should be defined either for all",
        "One weight for each class of the logits is needed.",
        0.9,
    ),
    Message(
        "CE314",
        "PyTorch",
        r"expected scalar type Float but found (?P<t>Double|Long)",
        lambda m: Says(0.7, f"Class weights (or targets) are {m['t']}.", "Pass weight.float()."),
    ),
    Message(
        "CE315",
        "PyTorch 1.10",
        r"index -100 is out of bounds for dimension 0 with size \d+",
        "PyTorch 1.10 fails if label_smoothing, ignore_index and weight are used together: "
        "upgrade.",
        0.97,
    ),
    Message(
        "CE316",
        "PyTorch",
        r"ignore_index is not supported for floating point target",
        "Soft targets have no index to ignore.",
        0.97,
        "Multiply the loss of reduction='none' by a mask, or select rows first.",
    ),
    Message(
        "CE403",
        "PyTorch",
        r"one of the variables needed for gradient computation has been modified by an inplace "
        r"operation",
        "An operation overwrote a tensor of the graph. A fused cross-entropy that stores its "
        "gradient in the logits does that.",
        0.6,
    ),
    Message(
        "CE409",
        "PyTorch",
        r"Expected all tensors to be on the same device, but (?:found|got)",
        "Labels, weights or the divisor are on another device than the logits.",
        0.85,
        "Pass y_true.to(logits.device), weight.to(logits.device).",
    ),
    Message(
        "CE409",
        "PyTorch",
        r"Tensor on device \S+ is not on the expected device",
        "An argument is on another device than the rest.",
        0.9,
        "Pass y_true.to(logits.device), weight.to(logits.device).",
    ),
)
