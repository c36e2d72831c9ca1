"""Messages about the type of labels, as frameworks print them."""

from __future__ import annotations

from typing import Final

from crossent.doctor.check import Message, Says

LABEL_DTYPE: Final = (
    Message(
        "PyTorch",
        r"expected (?:object of )?scalar type Long,? but (?:found|got) (?:scalar type )?"
        r"(?P<t>\w+)",
        lambda m: Says(
            0.9,
            f"The labels are {m['t']}. If they are whole: y_true.long(). If not, they are no "
            "class indices: another loss, or a distribution per row, is meant.",
        ),
    ),
    Message(
        "PyTorch",
        r"expected target dtype to be Long or Byte,? but got (?P<t>\w+)",
        lambda m: Says(0.95, f"The labels are {m['t']}: pass y_true.long()."),
    ),
    Message(
        "TensorFlow",
        r"Value for attr 'Tlabels' of (?P<t>\w+) is not in the list of allowed values",
        lambda m: Says(0.95, f"The labels are {m['t']}: tf.cast(labels, tf.int64) if whole."),
    ),
    Message(
        "PyTorch",
        r'"?nll_loss\w*"? not implemented for \'(?P<t>\w+)\'',
        lambda m: Says(0.95, f"The labels are {m['t']}: pass y_true.long()."),
    ),
    Message(
        "optax",
        r"subdtype of.*?numpy\.integer",
        "optax takes labels of an integer type: labels.astype(int), if they are whole.",
        0.9,
    ),
    Message(
        "TensorFlow",
        r"could not find valid device for node.*?SparseSoftmaxCrossEntropyWithLogits",
        "The labels are no int32 or int64: tf.cast(labels, tf.int64).",
        0.8,
    ),
    Message(
        "PyTorch",
        r"result type (?:Float|Double|Half|BFloat16) can't be cast to the desired output type "
        r"(?P<t>\w+)",
        lambda m: Says(0.9, f"A binary loss was given labels of type {m['t']}: y_true.float()."),
    ),
    Message(
        "PyTorch",
        r"Found dtype (?P<t>Long|Int|Short|Char|Byte|Bool) but expected (?P<e>\w+)",
        lambda m: Says(
            0.85,
            f"Labels of type {m['t']} met a loss of {m['e']} numbers (binary, mean squared): "
            "y_true.float(). With class indices another loss is meant, cross_entropy.",
        ),
    ),
)
