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
        "CE001",
        "crossent",
        r"is not an option of|\[CE001\] For `|takes its options by name|needs `y_(?:true|pred)`",
        "An argument has a wrong name or is missing; the message says what to write.",
        0.9,
    ),
    Message(
        "CE001",
        "crossent",
        r"has a meaning only with",
        "This option works only with another one: leave it out, or pass both.",
        0.9,
    ),
    Message(
        "CE002",
        "crossent",
        r"which crossent has no front end for",
        "crossent does not support this kind of array: convert it to NumPy first.",
        0.95,
    ),
    Message(
        "CE002",
        "crossent",
        r"does not cut an array out of its framework",
        "crossent does not convert arrays between frameworks silently: convert the array yourself.",
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
        "The predictions are logits: pass from_logits=True.",
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
        "Keras would weight the mean of the batch and not the rows: pass "
        "model.compile(loss=crossent.compat.keras.Loss(loss)).",
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
        "The predictions have one class: use binary_crossentropy, or one output per class.",
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
        "Pass the output of the model before the argmax.",
        0.97,
    ),
    Message(
        "CE308",
        "crossent",
        r"Every row of .*? must be a probability distribution",
        "A row of targets is not a distribution: divide every row by its sum; apply a softmax to "
        "teacher logits first.",
        0.97,
    ),
    Message(
        "CE310",
        "crossent",
        r"cannot tell class indices above (?P<n>\d+) apart",
        lambda m: Says(
            0.99,
            f"Above {m['n']} the type cannot hold every whole number: keep labels as integers.",
        ),
    ),
    Message(
        "CE316",
        "crossent",
        r"`ignore_class` .*?(?:meaning|option)",
        "To leave out rows of dense targets, give them sample_weight 0.",
        0.6,
    ),
    Message(
        "CE406",
        "crossent",
        r"must sum to 1; not so|missed a sum of 1",
        "normalize=True divides every row by its sum; normalize=False takes the rows as they are.",
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
        "CE501",
        "crossent",
        r"there is no such file",
        "The file does not exist; the message lists files in the same folder.",
        0.9,
    ),
)
