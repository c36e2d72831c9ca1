"""Messages about the type of labels, as frameworks print them."""

from __future__ import annotations

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
    _labels("PyTorch", r'"?nll_loss\w*"? not implemented for \'(?P<t>\w+)\'', 0.95, _LONG),
    _labels(
        "TensorFlow",
        r"Value for attr 'Tlabels' of (?P<t>\w+) is not in the list of allowed values",
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
        r"Found dtype (?P<t>Long|Int|Short|Char|Byte|Bool) but expected (?P<e>\w+)",
        lambda m: Says(
            0.85,
            f"Labels of type {m['t']} met a loss of {m['e']} numbers (binary, mean squared).",
            f"Pass {_cast(m['e'])}. With class indices another loss is meant, cross_entropy.",
        ),
    ),
    Message(
        "scikit-learn",
        r"Unknown label type: '?(?P<t>continuous(?:-multioutput)?)",
        lambda m: Says(0.9, f"Some labels are no whole numbers ({m['t']})."),
        fix="Pass y.astype(int), if rounding errors alone make them fractions. If they are "
        "probabilities, use crossent.categorical_crossentropy; if they are measured, a regressor.",
    ),
)


def _cast(name: str) -> str:
    return f"y_true.{name.lower()}()"
