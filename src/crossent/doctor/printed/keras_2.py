"""What Keras 2 prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import target_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.keras import KERAS_SPARSE
from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE109",
        "Keras 2",
        r"You are passing a target array of shape \((?P<s>[\d, ]+)\) while using as loss "
        r"`?categorical_crossentropy`?",
        lambda m: Says(
            0.97,
            f"Labels of shape ({m['s']}) are class indices.",
            KERAS_SPARSE,
        ),
    ),
    *target_shapes.passed(rf"A target array with shape {Y} was passed for an output of shape {P}"),
    *target_shapes.expected(
        r"expected \S+ to have (?:shape \((?P<p>[\w, ]+)\)|(?P<d>\d) dimensions),? but got "
        r"array with "
        r"shape \((?P<y>[\d, ]+)\)"
    ),
    Message(
        "CE108",
        "Keras 2",
        r"Can not squeeze dim\[1\], expected a dimension of 1, got (?P<c>\d+)",
        lambda m: Says(
            0.85,
            f"The labels have {m['c']} columns (one-hot rows), but this loss needs one class "
            "index per row.",
            "Pass np.argmax(y_true, axis=-1), or use loss='categorical_crossentropy' and "
            "metrics=['categorical_accuracy'].",
        ),
    ),
    Message(
        "CE002",
        "Keras 2",
        r"Please provide as model inputs (?:either )?a single array or a list of arrays|"
        r"the list of Numpy arrays that you are passing to your model is not the size the model "
        r"expected",
        "A list was passed where the model takes one array: Keras takes a list for several "
        "inputs or "
        "outputs.",
        0.85,
        "Pass np.array(x) and np.array(y_true).",
    ),
    Message(
        "CE112",
        "Keras 2",
        r"(?:Input arrays|Sample_weight arrays) should have the same number of samples as target "
        r"arrays\. Found (?P<a>\d+) \w+ samples and (?P<b>\d+) target samples",
        lambda m: Says(
            0.95,
            f"x has {m['a']} rows and y has {m['b']}.",
            "Load both from the same run, and check which step dropped or repeated rows.",
        ),
    ),
)
