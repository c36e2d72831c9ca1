"""What TensorFlow prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.checks.class_axis import ratio_says
from crossent.doctor.printed import element_shapes, index_shapes, label_values
from crossent.doctor.printed.element_shapes import A, B, P, Y
from crossent.doctor.printed.label_types import of_labels, whole_predictions
from crossent.doctor.printed.message import Message, Says

AVERAGE: Final = (
    "Pass reduction='none' to the loss, and divide the sum by the global batch size: "
    "tf.nn.compute_average_loss(losses, global_batch_size=N)."
)

MESSAGES: Final = (
    *label_values.out_of_range(
        "TensorFlow, Keras",
        r"Received a label value of (?P<value>-?\d+) which is outside the valid range of "
        r"\[0, (?P<classes>\d+)\)",
    ),
    *element_shapes.differ(
        "TensorFlow",
        r"logits`? and `?labels`? must (?:be broadcastable: logits_size=|have the same shape,? "
        rf"(?:received )?\(){P}(?: labels_size=| vs ){Y}",
    ),
    *element_shapes.differ(
        "TensorFlow", rf"Incompatible shapes: {A} vs\. {B}", ("CE107", "CE109", "CE112")
    ),
    *index_shapes.differ(
        "TensorFlow",
        r"labels\.shape(?:\.rank)?`? must equal `?logits\.shape(?:\.rank - 1)?`?.{0,40}Received: "
        rf"labels\.shape={Y}.*?logits\.shape={P}",
        ("CE107", "CE108", "CE112", "CE302", "CE303"),
    ),
    *whole_predictions(
        "TensorFlow",
        r"Value for attr 'T' of (?P<t>u?int\d+|bool) is not in the list of allowed values: "
        r"(?:half|bfloat16), ?(?:half|bfloat16)",
    ),
    *whole_predictions(
        "TensorFlow",
        r"cannot compute (?:Mul|Sub) as input #1 ?\(zero-based\) was expected to be a "
        r"(?P<t>u?int\d+) tensor",
    ),
    *whole_predictions(
        "TensorFlow", r"Cannot convert 0\.9999999 to EagerTensor of dtype (?P<t>u?int\d+)"
    ),
    Message(
        "CE101",
        "TensorFlow",
        r"indices\[[\d, ]+\] = (?P<value>-?\d+) is not in \[0, (?P<classes>\d+)\)",
        label_values.looked_up,
    ),
    Message(
        "CE107",
        "TensorFlow",
        r"labels\.shape\.rank`? must equal `?logits\.shape\.rank - 1`?"
        r"(?!.{0,10}Received: labels\.shape=.*logits)",
        "The labels have a dimension too many for the logits.",
        0.9,
        "Pass tf.squeeze(labels, -1); or tf.argmax(labels, -1), if they are one-hot.",
    ),
    Message(
        "CE108",
        "TensorFlow, Keras",
        r"logits and labels must have the same first dimension, got logits shape "
        r"\[(?P<n>\d+),\s*(?P<c>\d+)\] and labels shape \[(?P<l>\d+)\]",
        lambda m: (
            Says(
                0.97,
                f"{m['l']} = {m['n']} × {m['c']}: the labels are one-hot rows that were flattened.",
                "Take np.argmax(y_true, axis=-1), or use loss='categorical_crossentropy' "
                "(CategoricalCrossentropy).",
            )
            if int(m["n"]) * int(m["c"]) == int(m["l"])
            else None
        ),
    ),
    of_labels(
        "CE111",
        "TensorFlow",
        r"Value for attr 'Tlabels' of (?P<t>(?!string)\w+) is not in the list of allowed values",
        0.95,
        "Pass tf.cast(labels, tf.int64), if they are whole.",
    ),
    Message(
        "CE111",
        "TensorFlow",
        r"could not find valid device for node.*?SparseSoftmaxCrossEntropyWithLogits",
        "The labels are no int32 or int64.",
        0.8,
        "Pass tf.cast(labels, tf.int64).",
    ),
    of_labels(
        "CE111",
        "TensorFlow",
        r"cannot compute (?:Mul|Sub) as input #1 ?\(zero-based\) was expected to be a "
        r"(?:float|double|half|bfloat16) tensor but is a (?P<t>(?!string)\w+) tensor",
        0.85,
        "Pass tf.cast(labels, logits.dtype).",
    ),
    of_labels(
        "CE111",
        "TensorFlow",
        r"Input 'y' of '(?:Mul|Sub)' Op has type float\d+ that does not match type (?P<t>u?int\d+) "
        r"of argument 'x'",
        0.8,
        "Pass tf.cast(labels, tf.float32), or use the loss for class indices.",
    ),
    Message(
        "CE112",
        "TensorFlow, Keras",
        r"logits and labels must have the same first dimension, got logits shape "
        r"\[(?P<a>\d+),\s*(?P<c>\d+)\] and labels shape \[(?P<b>\d+)\]",
        lambda m: Says(0.8, ratio_says(int(m["a"]), int(m["b"]))),
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"Input to reshape is a tensor with (?P<a>\d+) values, but the requested shape has "
        r"(?P<b>\d+)",
        lambda m: Says(
            0.55,
            f"{m['a']} values do not fill a shape of {m['b']}. In a loss: labels and "
            "predictions have other shapes than it takes.",
            "Print both shapes before the loss, and look at the reshape (a batch size that is "
            "written into it, a last batch that is smaller).",
        ),
    ),
    Message(
        "CE206",
        "TensorFlow",
        r"OOM when allocating tensor with shape ?\[(?P<s>[\d,]+)\]",
        lambda m: Says(
            0.6,
            f"A tensor [{m['s']}]: if its last number is the vocabulary, it is the loss.",
            "Compute the loss in chunks of tokens; select the rows with a label first.",
        ),
    ),
    Message(
        "CE217",
        "TensorFlow",
        r"Tensor had (?:NaN|Inf)(?: and (?:NaN|Inf))? values",
        "The check of numerics found NaN or infinity upstream of the loss.",
        0.85,
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"Cast string to (?P<t>\w+) is not supported",
        "The labels are strings.",
        0.97,
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"'Tlabels' of string is not|but is a string tensor",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "CE401",
        "TensorFlow",
        r"Please use `?tf\.keras\.losses\.Reduction\.SUM`? or",
        "Under a strategy only you know the size of the whole batch.",
        0.98,
        AVERAGE,
    ),
    Message(
        "CE401",
        "TensorFlow",
        r"loss reduction when losses are used with `?tf\.distribute\.Strategy",
        "Under a strategy only you know the size of the whole batch.",
        0.95,
        AVERAGE,
    ),
)
