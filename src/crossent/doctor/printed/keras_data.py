"""What Keras 3 prints of weights, of the labels of several outputs, and of files with labels."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE314",
        "Keras",
        r"(?:You cannot|Arguments) (?:specify )?'(?:class|sample)_weight' and "
        r"'(?:class|sample)_weight' (?:cannot be specified )?at the same time",
        "Keras takes either class_weight or sample_weight.",
        0.9,
        "Pass only sample_weight, multiplied by the weight of the class of each row.",
    ),
    Message(
        "CE314",
        "Keras",
        r"Argument 'class_weight' is not supported for (?P<data>[\w. ]+?) inputs",
        lambda m: Says(
            0.9,
            f"Keras cannot apply class_weight to a {m['data'].strip()}.",
            "Make the data yield a third array, the weight of each row: (x, y, sample_weight).",
        ),
    ),
    Message(
        "CE314",
        "Keras",
        r"'class_weight' is only supported for Models with a single output",
        "The model has several outputs, and class_weight does not say to which one it applies.",
        0.9,
        "Pass sample_weight= a list or dict with an array for each output.",
    ),
    Message(
        "CE314",
        "Keras",
        r"You should provide one 'sample_weight' array per output in 'y'",
        "The model has several outputs, but sample_weight does not have one array for each.",
        0.9,
        "Pass sample_weight in the structure of y: a list or dict with an array for each output.",
    ),
    Message(
        "CE314",
        "Keras",
        r"when providing a single 'sample_weight' array, it should only have one scalar score per "
        r"sample",
        "The model has several outputs, and the single sample_weight has more than one number per "
        "row.",
        0.9,
        "Pass one number per row, or a list or dict with an array for each output.",
    ),
    Message(
        "CE001",
        "Keras",
        r"The path: \(?\[?'?(?P<name>[\w/]+).{0,12} in the 'loss' argument, can't be found",
        lambda m: Says(
            0.9,
            f"`loss` names an output {m['name']!r}, but the model or the labels have no output of "
            "that name.",
            "Use the names of model.output_names as keys of `loss` and of the labels.",
        ),
    ),
    Message(
        "CE001",
        "Keras",
        r"Expected keys .{0,200}? in loss dict, but found loss\.keys\(\)",
        "The keys of `loss` are not the names of the outputs of the model.",
        0.9,
        "Use the names of model.output_names as keys.",
    ),
    Message(
        "CE001",
        "Keras",
        r"'loss_weights' must match the number of losses, got (?P<a>\d+) losses and (?P<b>\d+) "
        r"weights",
        lambda m: Says(
            0.9,
            f"The model has {m['a']} losses, and loss_weights holds {m['b']} numbers.",
            "Pass one number for each output.",
        ),
    ),
    Message(
        "CE001",
        "Keras",
        r"No loss to compute\. Provide a 'loss' argument in 'compile\(\)'",
        "The model was compiled without a loss.",
        0.9,
        "Pass loss= to model.compile.",
    ),
    Message(
        "CE001",
        "Keras",
        r"When providing 'x' as an? (?P<data>[\w. ]+), 'y' should not be passed",
        lambda m: Says(
            0.9,
            f"A {m['data']} gives rows and labels together, but labels were also passed as y.",
            "Make the data yield pairs (x, y), and leave out y.",
        ),
    ),
    Message(
        "CE112",
        "Keras",
        r"len\(labels\) is (?P<a>\d+) while we found (?P<b>\d+) files in directory",
        lambda m: Says(
            0.93,
            f"There are {m['a']} labels and {m['b']} files.",
            "Pass one label for each file, in the sorted order of the paths.",
        ),
    ),
    Message(
        "CE107",
        "Keras",
        r"'(?P<what>y_true|y_pred)' must have rank ?=?2 when 'multi_label(?:=True)?'"
        r"(?: is True)?\. Found rank (?P<rank>\d+)",
        lambda m: Says(
            0.8,
            f"`{m['what']}` has {m['rank']} axes; with multi_label=True it has a row of classes "
            "for each example.",
            "Pass arrays of shape (N, C), or leave out multi_label for one class per row.",
        ),
    ),
    Message(
        "CE107",
        "TensorFlow",
        r"Unexpected labels shape \((?P<y>[\d, ]+)\) for predictions shape \((?P<p>[\d, ]+)\)",
        lambda m: Says(0.8, f"The labels have shape ({m['y']}) and the predictions ({m['p']})."),
    ),
)
