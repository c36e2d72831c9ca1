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
        r"logits`? and `?labels`? must (?:be (?:broadcastable|same size): logits_size=|have the "
        r"same shape,? "
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
        "TensorFlow", r"Cannot convert 0\.9999999 to EagerTensor of dtype (?P<t>u?int\d+|bool)"
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
        r"Value for attr '(?:Tlabels|Tindices|TI)' of (?P<t>(?!string)\w+) is not in the list "
        r"of allowed "
        r"values|Value for attr 'T' of (?P<u>(?!string)\w+) is not in the list of allowed "
        r"values: int32, "
        r"int64",
        0.95,
        "Pass tf.cast(labels, tf.int64), if they are whole.",
    ),
    Message(
        "CE111",
        "TensorFlow",
        r"could not find valid device for node.*?SparseSoftmaxCrossEntropyWithLogits",
        "The labels are neither int32 nor int64.",
        0.8,
        "Pass tf.cast(labels, tf.int64).",
    ),
    of_labels(
        "CE111",
        "TensorFlow",
        r"cannot compute (?:Mul|Sub) as input #1 ?\(zero-based\) was expected to be a "
        r"(?:float|double|half|bfloat16) tensor but is a (?P<t>(?!string|complex)\w+) tensor",
        0.85,
        "Pass tf.cast(labels, logits.dtype).",
    ),
    of_labels(
        "CE111",
        "TensorFlow",
        r"Input 'y' of '(?:Mul|Sub)' Op has type (?:float\d+ that does not match type "
        r"(?P<t>u?int\d+) "
        r"of argument 'x'|(?P<u>(?!string)\w+) that does not match type float\d+ of argument 'x')",
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
            f"{m['a']} values do not fill a shape of {m['b']}. In a loss, labels or predictions "
            "do not have the shape that it needs.",
            "Print both shapes before the loss, and check the reshape: a fixed batch size does "
            "not fit a last batch that is smaller.",
        ),
    ),
    Message(
        "CE206",
        "TensorFlow",
        r"OOM when allocating tensor with shape ?\[(?P<s>[\d,]+)\]",
        lambda m: Says(
            0.6,
            f"A tensor of shape [{m['s']}] does not fit in memory: if its last number is the "
            "vocabulary, the loss asked for it.",
            "Compute the loss in chunks of tokens; select the rows with a label first.",
        ),
    ),
    Message(
        "CE217",
        "TensorFlow",
        r"Tensor had (?:NaN|Inf)(?: and (?:NaN|Inf))? values",
        "The check of numerics found NaN or infinity before the loss.",
        0.85,
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"Cast string to (?P<t>\w+) is not supported|Cast \w+ to string is not supported",
        "The labels are strings.",
        0.97,
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"'(?:Tlabels|Tindices|TI|T)' of string is not|but is a string tensor",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "CE401",
        "TensorFlow",
        r"Please use `?tf\.keras\.losses\.Reduction\.SUM`? or",
        "Under a distribution strategy the loss does not know the size of the whole batch.",
        0.98,
        AVERAGE,
    ),
    Message(
        "CE401",
        "TensorFlow",
        r"loss reduction when losses are used with `?tf\.distribute\.Strategy",
        "Under a distribution strategy the loss does not know the size of the whole batch.",
        0.95,
        AVERAGE,
    ),
    *whole_predictions(
        "TensorFlow",
        r"cannot compute InTopKV2 as input #0 ?\(zero-based\) was expected to be a float tensor "
        r"but is "
        r"a (?P<t>u?int\d+|bool)",
    ),
    of_labels(
        "CE111",
        "TensorFlow",
        r"Value passed to parameter '(?:labels|indices|targets)' has DataType "
        r"(?P<t>(?!string)\w+) not in "
        r"list of allowed values",
        0.95,
        "Pass tf.cast(labels, tf.int64), if they are whole.",
    ),
    of_labels(
        "CE111",
        "TensorFlow",
        r"Cannot convert 1(?:\.0)? to EagerTensor of dtype (?P<t>u?int\d+|bool)",
        0.8,
        "Pass tf.cast(labels, logits.dtype).",
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"Failed to convert a NumPy array to a Tensor \(Unsupported object type",
        "The labels are objects: text, None or lists of different lengths.",
        0.85,
        "Map labels to 0..K-1: np.unique(y, return_inverse=True)[1], and leave out rows with None.",
    ),
    Message(
        "CE312",
        "TensorFlow",
        r"Failed to convert a NumPy array to a Tensor \(Unsupported object type "
        r"(?:NoneType|int|float)",
        "A label may be None.",
        0.6,
        "Leave out the rows without a label.",
    ),
    Message(
        "CE002",
        "TensorFlow",
        r"Both 'labels' and 'logits' must be provided",
        "Labels or logits are None.",
        0.93,
        "Pass both by name: labels=y_true, logits=y_pred.",
    ),
    Message(
        "CE002",
        "TensorFlow",
        r"Attempt to convert a value \(.{0,400}?\) with an unsupported type \(<class "
        r"'(?:NoneType|dict|[\w.]*Output\w*|collections\.OrderedDict)'>\)",
        "The loss needs a tensor and got None, a dict or an output object.",
        0.85,
        "Pass the labels, and the element of the outputs that holds the logits.",
    ),
    Message(
        "CE002",
        "TensorFlow",
        r"Argument '(?:labels|logits|onehot_labels|multi_class_labels|predictions)' must not be "
        r"None",
        "Labels or predictions are None.",
        0.93,
        "Pass both.",
    ),
    Message(
        "CE303",
        "TensorFlow",
        r"'logits' cannot be a scalar|logits must have >= 1 dimension|Expected dimension in the "
        r"range \[0, 0\), but got -1|Expected batch_dims in the range \[0, 0\]|Shape must be at "
        r"least "
        r"rank 2 but is rank 1",
        "The predictions are one number, without a class axis.",
        0.85,
        "Keep the shape (N, C) of the logits.",
    ),
    Message(
        "CE002",
        "TensorFlow",
        r"Value for attr 'T' of complex\d+ is not in the list of allowed values: "
        r"(?:half|bfloat16|float)|but is a complex\d+ tensor",
        "The predictions are complex numbers, which no loss takes.",
        0.9,
        "Pass tf.math.real(y_pred), or tf.abs(y_pred).",
    ),
    Message(
        "CE111",
        "TensorFlow",
        r"Value for attr 'T' of bool is not in the list of allowed values: float, double",
        "The labels are bool, but the loss multiplies them as numbers.",
        0.8,
        "Pass tf.cast(labels, tf.float32).",
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"Condition x == y did not hold element-wise.{0,300}SoftmaxCrossEntropyWithLogits",
        "Labels and logits have different sizes.",
        0.9,
        "Give one label for each row of logits: print both shapes.",
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"Cannot convert \[*'.{0,300} to EagerTensor of dtype (?:float|double|half|u?int)|to "
        r"EagerTensor of dtype string",
        "The loss needs numbers and got text.",
        0.85,
        "Map labels to 0..K-1: np.unique(labels, return_inverse=True)[1].",
    ),
    Message(
        "CE107",
        "TensorFlow",
        r"targets must be 1-dimensional|(?:labels must be 1-D, but|targets must be == 1-D,) got "
        r"shape \[\d+, ?1\]",
        "The labels have two axes, but the shape (N,) is needed.",
        0.85,
        "For (N, 1) pass tf.squeeze(labels, -1); one-hot rows need tf.argmax(labels, -1).",
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"First dimension of predictions \d+ must match length of targets \d+|targets must have "
        r"same elements as predictions rows|Expected \d+ example labels but got \d+",
        "Labels and predictions have different numbers of rows.",
        0.93,
    ),
    Message(
        "CE104",
        "TensorFlow",
        r"'(?:labels|predictions)' out of bound",
        "If the smallest label is 1, the labels count from 1.",
        0.7,
    ),
    Message(
        "CE101",
        "TensorFlow",
        r"'(?:labels|predictions)' out of bound",
        "A label is at least num_classes.",
        0.85,
        "Pass num_classes=max(labels) + 1, or map the labels to 0..K-1.",
    ),
    Message(
        "CE103",
        "TensorFlow",
        r"'(?:labels|predictions)' contains negative values|All labels must be nonnegative "
        r"integers, batch: \d+",
        "A label is negative, such as -1 for a missing one.",
        0.9,
        "Leave those rows out: tf.boolean_mask(labels, labels >= 0).",
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"Shapes of all inputs must match: values\[0\]\.shape",
        "Labels and predictions have different numbers of rows.",
        0.6,
    ),
    Message(
        "CE101",
        "TensorFlow",
        r"does not index into (?:param )?shape",
        "A label or an id that is used as an index is out of range.",
        0.85,
        "Compare the labels with 0..C-1.",
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"StringToNumberOp could not correctly convert string",
        "A label is text that is not a number.",
        0.93,
    ),
    Message(
        "CE312",
        "TensorFlow",
        r"Can't convert Python sequence with mixed types to Tensor",
        "A label is None, or text among numbers.",
        0.75,
        "Leave out the rows without a label.",
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"Can't convert Python sequence with mixed types to Tensor",
        "Some labels are text and others are numbers.",
        0.65,
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"Can't convert non-rectangular Python sequence to Tensor",
        "The rows of a list have different lengths.",
        0.75,
        "Pad them to one length and leave the padding out of the loss, or use tf.ragged.",
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"Input to reshape is a tensor with \d+ values, but the requested shape requires a "
        r"multiple of",
        "The numbers do not fill that shape. In a loss the usual cause is a reshape with a wrong "
        "number of classes.",
        0.55,
        "Print the shape before the reshape, and use tf.reshape(x, [-1, C]).",
    ),
    Message(
        "CE314",
        "TensorFlow",
        r"weights can not be broadcast to values",
        "The loss needs one weight for each row.",
        0.95,
        "Pass weights of shape (N,): tf.gather(class_weight, labels).",
    ),
    *whole_predictions(
        "TensorFlow",
        r"Value passed to parameter '(?:features|logits|x)' has DataType (?P<t>u?int\d+|bool) "
        r"not in list of "
        r"allowed values: (?:float|bfloat|half)",
    ),
    Message(
        "CE002",
        "TensorFlow",
        r"Value passed to parameter '\w+' has DataType complex\d+ not in list",
        "The predictions are complex numbers.",
        0.9,
        "Pass tf.math.real(y_pred), or tf.abs(y_pred).",
    ),
    Message(
        "CE313",
        "TensorFlow",
        r"Value passed to parameter '\w+' has DataType string not in list|Op has type string "
        r"that does not match",
        "The loss needs numbers and got text.",
        0.93,
    ),
    Message(
        "CE112",
        "TensorFlow",
        r"params\.shape\[0\]: \d+ should be equal to indices\.shape\[0\]: \d+",
        "Labels and predictions have different numbers of rows.",
        0.85,
    ),
    Message(
        "CE303",
        "TensorFlow",
        r"predictions must be (?:2-dimensional|== 2-D)|logits (?:must be 2-D, but|should be a "
        r"matrix,) got shape \[\d+\]",
        "The predictions have no class axis, or one axis too many.",
        0.85,
        "Pass predictions of shape (N, C).",
    ),
)
