"""What crossent prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import label_values
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    *label_values.out_of_range(
        "crossent", r"must hold class indices 0\.\.(?P<last>\d+).*?outside: (?P<value>-?\d+) \("
    ),
    Message(
        "CE001", "crossent", r"is not an option of", "The message lists the options there are.", 0.9
    ),
    Message(
        "CE001", "crossent", r"has a meaning only with", "Leave it out, or pass what it needs.", 0.9
    ),
    Message(
        "CE002", "crossent", r"which crossent has no front end for", "Convert it to NumPy.", 0.95
    ),
    Message(
        "CE002",
        "crossent",
        r"does not cut an array out of its framework",
        "Convert it knowingly.",
        0.95,
    ),
    Message(
        "CE105",
        "crossent",
        r"are probabilities already, but from_logits=True",
        "Remove the softmax from the model, or pass from_logits=False.",
        0.97,
    ),
    Message(
        "CE106",
        "crossent",
        r"They look like logits: pass from_logits=True",
        "Pass from_logits=True.",
        0.97,
    ),
    Message(
        "CE202",
        "crossent",
        r"Nothing is left of \d+ rows|There is nothing to evaluate",
        "Every row is ignored or has no weight: skip the batch.",
        0.97,
    ),
    Message(
        "CE205",
        "crossent",
        r"wraps this loss as a plain function",
        "Pass model.compile(loss=crossent.compat.keras.Loss(loss)).",
        0.97,
    ),
    Message(
        "CE301",
        "crossent",
        r"multi-label data",
        "Use binary_crossentropy, which gives every class its own yes or no.",
        0.95,
    ),
    Message(
        "CE302",
        "crossent",
        r"a softmax over it is always 1",
        "Use binary_crossentropy, or one output per class.",
        0.97,
    ),
    Message(
        "CE304",
        "crossent",
        r"arguments (?:may be|look) swapped",
        "Labels come first: fn(y_true, y_pred).",
        0.97,
    ),
    Message(
        "CE305",
        "crossent",
        r"If these are predicted classes \(after argmax\)",
        "Pass what the model gave before the argmax.",
        0.97,
    ),
    Message(
        "CE308",
        "crossent",
        r"Every row of .*? must be a probability distribution",
        "Divide every row by its sum; apply a softmax to teacher logits first.",
        0.97,
    ),
    Message(
        "CE310",
        "crossent",
        r"cannot tell class indices above (?P<n>\d+) apart",
        lambda m: Says(0.99, f"Above {m['n']} the type skips numbers: keep labels as integers."),
    ),
    Message(
        "CE316",
        "crossent",
        r"`ignore_class` .*?(?:meaning|option)",
        "Dense targets are left out by sample_weight 0.",
        0.6,
    ),
    Message(
        "CE406",
        "crossent",
        r"must sum to 1; not so|missed a sum of 1",
        "normalize=True divides every row by its sum; normalize=False says that it is meant.",
        0.97,
    ),
    Message(
        "CE409",
        "crossent",
        r"crossent does not copy between devices",
        "Move the argument to the device of y_pred.",
        0.97,
    ),
    Message(
        "CE501", "crossent", r"there is no such file", "The message names files beside it.", 0.9
    ),
)
