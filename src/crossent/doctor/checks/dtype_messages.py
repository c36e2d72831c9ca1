"""Messages about the type of labels or predictions, as frameworks print them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crossent.doctor.check import Message, Says


def _labels(framework: str, pattern: str, score: float, fix: str) -> Message:
    """Return a message that names the type of the labels as `t`."""
    return Message(framework, pattern, lambda m: Says(score, f"The labels are {m['t']}."), fix=fix)


_LONG: Final = "Pass y_true.long()."

LABEL_DTYPE: Final = (
    _labels(
        "PyTorch",
        r"expected (?:object of )?scalar type Long,? but (?:found|got) (?:scalar type )?"
        r"(?P<t>\w+)",
        0.9,
        "If the labels are whole pass y_true.long(). If not, they are no class indices: another "
        "loss, or a distribution per row, is meant.",
    ),
    _labels(
        "PyTorch", r"expected target dtype to be Long or Byte,? but got (?P<t>\w+)", 0.95, _LONG
    ),
    _labels("PyTorch", r'"?nll_loss\w*index\w*"? not implemented for \'(?P<t>\w+)\'', 0.95, _LONG),
    _labels(
        "TensorFlow",
        r"Value for attr 'Tlabels' of (?P<t>(?!string)\w+) is not in the list of allowed values",
        0.95,
        "Pass tf.cast(labels, tf.int64), if they are whole.",
    ),
    Message(
        "TensorFlow",
        r"could not find valid device for node.*?SparseSoftmaxCrossEntropyWithLogits",
        "The labels are no int32 or int64.",
        0.8,
        "Pass tf.cast(labels, tf.int64).",
    ),
    Message(
        "optax",
        r"subdtype of.*?numpy\.integer",
        "optax takes labels of an integer type.",
        0.9,
        "Pass labels.astype(int), if they are whole.",
    ),
    Message(
        "PyTorch",
        r"result type (?P<e>Float|Double|Half|BFloat16) can't be cast to the desired output type "
        r"(?P<t>\w+)",
        lambda m: Says(
            0.9,
            f"A binary loss was given labels of type {m['t']}.",
            f"Pass {_cast(m['e'])}. With class indices another loss is meant, cross_entropy.",
        ),
    ),
    Message(
        "PyTorch",
        r"Found dtype (?P<t>Long|Int|Short|Char|Byte|Bool) but expected (?P<e>Float|Double|Half|"
        r"BFloat16)",
        lambda m: Says(
            0.85,
            f"Labels of type {m['t']} met a loss of {m['e']} numbers (binary, mean squared).",
            f"Pass {_cast(m['e'])}. With class indices another loss is meant, cross_entropy.",
        ),
    ),
    Message(
        "PyTorch",
        r"Found dtype (?P<t>Float|Double|Half|BFloat16) but expected (?P<e>Float|Double|Half|"
        r"BFloat16)",
        lambda m: Says(
            0.85,
            f"The labels are {m['t']} and the predictions {m['e']}, or in the backward pass the "
            "other way round.",
            f"Pass {_cast(m['e'])}; arrays of NumPy are float64 (Double) unless told otherwise.",
        ),
    ),
    Message(
        "PyTorch",
        r"Subtraction, the `-` operator, with (?:two|a) bool tensors? is not supported",
        "Labels of a binary loss are bool.",
        0.75,
        "Pass y_true.float().",
    ),
    Message(
        "PyTorch",
        r"one_hot is only applicable to index tensor",
        "one_hot takes int64 alone.",
        0.9,
        "Pass y_true.long(); the loss for class indices needs no one_hot.",
    ),
    _labels(
        "TensorFlow",
        r"cannot compute (?:Mul|Sub) as input #1 ?\(zero-based\) was expected to be a "
        r"(?:float|double|half|bfloat16) tensor but is a (?P<t>(?!string)\w+) tensor",
        0.85,
        "Pass tf.cast(labels, logits.dtype).",
    ),
    _labels(
        "TensorFlow",
        r"Input 'y' of '(?:Mul|Sub)' Op has type float\d+ that does not match type (?P<t>u?int\d+) "
        r"of argument 'x'",
        0.8,
        "Pass tf.cast(labels, tf.float32), or use the loss for class indices.",
    ),
    Message(
        "PyTorch",
        r"tensors used as indices must be long",
        "Labels that pick a logit or a weight are floats.",
        0.8,
        "Pass y_true.long().",
    ),
    Message(
        "scikit-learn",
        r"Unknown label type: '?(?P<t>continuous(?:-multioutput)?)",
        lambda m: Says(0.9, f"Some labels are no whole numbers ({m['t']})."),
        fix="Pass y.astype(int), if rounding errors alone make them fractions. If they are "
        "probabilities, use crossent.categorical_crossentropy; if they are measured, a regressor.",
    ),
)


STRING_LABELS: Final = (
    Message(
        "TensorFlow",
        r"Cast string to (?P<t>\w+) is not supported",
        "The labels are strings.",
        0.97,
    ),
    Message(
        "Keras, NumPy",
        r"invalid literal for int\(\) with base 10: (?:np\.str_\()?'(?P<v>[^']*)'",
        lambda m: Says(0.85, f"A label is the text {m['v']!r}."),
    ),
    Message(
        "Keras on PyTorch",
        r"Invalid dtype: str\d*",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "PyTorch",
        r"can't convert np\.ndarray of type numpy\.(?:str_|object_)",
        "The labels are strings or objects.",
        0.9,
    ),
    Message(
        "PyTorch",
        r"too many dimensions 'str'",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "TensorFlow",
        r"'Tlabels' of string is not|but is a string tensor",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "JAX",
        r"Error interpreting argument to .{0,60} as a JAX value.*?type <class "
        r"'numpy\.ndarray'>",
        "An array of a type that JAX does not have was passed: labels that are strings or objects.",
        0.7,
    ),
    Message(
        "scikit-learn",
        r"Mix of label input types \(string and number\)",
        "Labels of one argument are strings, those of the other numbers.",
        0.95,
        "Map both with one table: classes, y_true = np.unique(y_true, return_inverse=True), "
        "then classes[y_pred] or y_true.",
    ),
)

WHOLE_PREDICTIONS: Final = (
    (
        "PyTorch",
        r"\"?(?:log_softmax\w*|host_softmax|softmax_lastdim\w*|log_sigmoid\w*|"
        r"binary_cross_entropy\w*|nll_loss(?!\w*index)\w*)\"? not implemented for "
        r"'(?P<t>Long|Int|Short|Char|Byte|Bool)'",
    ),
    ("PyTorch", r"Found dtype \w+ but expected (?P<t>Long|Int|Short|Char|Byte|Bool)"),
    (
        "TensorFlow",
        r"Value for attr 'T' of (?P<t>u?int\d+|bool) is not in the list of allowed values: "
        r"(?:half|bfloat16), ?(?:half|bfloat16)",
    ),
    (
        "TensorFlow",
        r"cannot compute (?:Mul|Sub) as input #1 ?\(zero-based\) was expected to be a "
        r"(?P<t>u?int\d+) tensor",
    ),
    ("TensorFlow", r"Cannot convert 0\.9999999 to EagerTensor of dtype (?P<t>u?int\d+)"),
    ("optax", r"subdtype of.*?numpy\.floating.*?got (?P<t>u?int\d+|bool)"),
)
"""Whose message says that the predictions are whole numbers, and how it reads."""


def whole_predictions(score: float, fixes: Mapping[str, str] | None = None) -> tuple[Message, ...]:
    """Return the messages, with what to do in each framework."""
    return tuple(
        Message(
            framework,
            pattern,
            lambda m: Says(
                score,
                f"The predictions are {m['t']}: labels stand in their place, or an argmax chose "
                "classes before the loss.",
            ),
            fix=(fixes or {}).get(framework, ""),
        )
        for framework, pattern in WHOLE_PREDICTIONS
    )


def _cast(name: str) -> str:
    return f"y_true.{name.lower()}()"
