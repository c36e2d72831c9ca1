"""What versions of PyTorch before 1.10 print, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.label_types import as_type, of_labels
from crossent.doctor.printed.message import Message, Says

OLDER: Final = "PyTorch before 1.10"


MULTI: Final = r"multi-target not supported at .*?ClassNLLCriterion"

MESSAGES: Final = (
    of_labels(
        "CE111",
        "PyTorch",
        r"expected (?:object of )?scalar type Long,? but (?:found|got) (?:scalar type )?"
        r"(?P<t>\w+)",
        0.9,
        "If the labels are whole pass y_true.long(). If not, they are not class indices: use "
        "another loss, or pass a distribution per row.",
    ),
    of_labels(
        "CE111",
        "PyTorch before 1.10",
        r"Expected object of type (?:Variable\[)?(?:torch\.)?(?:cuda\.)?LongTensor\]? but found "
        r"type (?:Variable\[)?(?:torch\.)?(?:cuda\.)?(?P<t>\w+?)(?:Tensor)?\]?(?: |$)",
        0.93,
        "Pass y_true.long(), if the labels are whole. If not, they are not class indices.",
    ),
    Message(
        "CE111",
        OLDER,
        r"Expected object of (?:scalar )?type (?:torch\.)?(?:cuda\.)?"
        r"(?P<e>Float|Double|Half)(?:Tensor)? but (?:found|got) (?:scalar )?type "
        r"(?:torch\.)?(?:cuda\.)?"
        r"(?P<t>\w+?)(?:Tensor)? for argument #2 '(?:target|other)'",
        lambda m: Says(
            0.93,
            f"The labels are {m['t']} and the predictions {m['e']}: a binary loss takes both in "
            "one type.",
            f"Pass {as_type(m['e'])}. For class indices use cross_entropy instead.",
        ),
    ),
    Message(
        "CE111",
        OLDER,
        r"Expected tensor for argument #1 'indices' to have (?:one of the following )?scalar "
        r"types?:? "
        r"Long.*?got (?:torch\.)?(?:cuda\.)?(?P<t>\w+?)(?:Tensor)? instead",
        lambda m: Says(0.9, f"The ids are {m['t']}.", "Pass ids.long()."),
    ),
    Message(
        "CE304",
        OLDER,
        r"Expected object of (?:scalar )?type "
        r"(?:torch\.)?(?:cuda\.)?(?:Float|Double)(?:Tensor)? but "
        r"(?:found|got) (?:scalar )?type (?:torch\.)?(?:cuda\.)?(?P<t>Long|Int)(?:Tensor)? "
        r"for argument "
        r"#1 'self'",
        lambda m: Says(
            0.8,
            f"The predictions are {m['t']}: either labels were passed as predictions, or an "
            "argmax was applied before the loss.",
            "Pass (logits, labels), in this order.",
        ),
    ),
    Message(
        "CE314",
        OLDER,
        r"Expected object of (?:scalar )?type "
        r"(?:torch\.)?(?:cuda\.)?(?:Float|Double)(?:Tensor)? but "
        r"(?:found|got) (?:scalar )?type (?:torch\.)?(?:cuda\.)?(?P<t>\w+?)(?:Tensor)? for "
        r"argument #\d "
        r"'weights?'",
        lambda m: Says(0.9, f"The class weights are {m['t']}.", "Pass weight.to(logits.dtype)."),
    ),
    Message(
        "CE409",
        OLDER,
        r"Expected object of (?:backend|device type) \w+ but got (?:backend|device type) "
        r"(?P<t>\w+) "
        r"for argument #\d '(?P<n>\w+)'",
        lambda m: Says(
            0.93,
            f"The argument {m['n']} is on {m['t']} and the rest is not.",
            "Pass y_true.to(logits.device), weight.to(logits.device).",
        ),
    ),
    Message(
        "CE409",
        OLDER,
        r"Expected object of type (?:Variable\[)?(?:torch\.)?cuda\.\w+\]? but found type "
        r"(?:Variable\[)?(?:torch\.)?(?P<t>(?!cuda)\w+)\]? for argument #\d '(?P<n>\w+)'",
        lambda m: Says(
            0.95,
            f"The argument {m['n']} is a {m['t']} on the CPU, and the rest is on the GPU.",
            "Pass y_true.to(logits.device), weight.to(logits.device).",
        ),
    ),
    Message(
        "CE107",
        OLDER,
        MULTI,
        "The labels have two dimensions: (N, 1), or one-hot rows.",
        0.9,
        "For (N, 1) pass y_true.squeeze(1); for one-hot rows y_true.argmax(1).",
    ),
    Message(
        "CE108",
        OLDER,
        MULTI,
        "If the labels have a column for each class, they are one-hot rows.",
        0.75,
        "Pass y_true.argmax(1).",
    ),
    Message(
        "CE101",
        OLDER,
        r"Assertion `cur_target >= 0 && cur_target < n_classes`? failed.{0,20} at .{0,80}THNN/",
        "A label is below 0 or at least the number of outputs.",
        0.98,
        "Compare y_true.min() and y_true.max() with the outputs of the last layer, 0..C-1.",
    ),
    Message(
        "CE410",
        "PyTorch before 1.10",
        r"1D target tensor expected, multi-target not supported",
        "Soft targets need PyTorch 1.10 or newer.",
        0.5,
    ),
    Message(
        "CE410",
        "PyTorch before 1.10",
        r"multi-target not supported at .*?ClassNLLCriterion",
        "This PyTorch is old: soft targets need 1.10 or newer; for one-hot rows pass "
        "y_true.argmax(1).",
        0.7,
    ),
)
