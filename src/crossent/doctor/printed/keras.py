"""What Keras prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed import element_shapes, index_shapes
from crossent.doctor.printed.element_shapes import P, Y
from crossent.doctor.printed.message import Message, Says

KERAS_SPARSE: Final = (
    "Use loss='sparse_categorical_crossentropy': it takes class indices as they are."
)
PER_POSITION: Final = "Make a weight for each position: sample_weight = weight[y_true]."

MESSAGES: Final = (
    *element_shapes.differ(
        "Keras",
        r"must have the same (?:shape|rank \(ndim\))\. Received: "
        rf"target\.shape={Y}, output\.shape={P}",
    ),
    *element_shapes.that_show(
        "Keras",
        rf"Shapes {Y} and {P} (?:are incompatible|must have the same rank)",
        element_shapes.SHOWN,
        element_shapes.in_any_order,
    ),
    *index_shapes.differ(
        "Keras",
        r"must have (?:the same shape up until the last dimension|rank \(ndim\) `?target\.ndim - "
        rf"1`?).{{0,20}}target\.shape={Y}, output\.shape={P}",
        ("CE107", "CE108", "CE112", "CE302", "CE303"),
    ),
    Message(
        "CE001",
        "Keras",
        r"(?:Unknown loss function|Could not interpret loss identifier)",
        "Keras has no loss of that name.",
        0.9,
        "The names are sparse_categorical_crossentropy (class indices), "
        "categorical_crossentropy (one-hot rows) and binary_crossentropy.",
    ),
    Message(
        "CE109",
        "Keras",
        r"`?(?:target|y_true)`? and `?(?:output|y_pred)`? must have the same (?:rank|shape)"
        r"(?! up)(?!.{0,10}\. Received)",
        "The dense loss was given class indices (or labels of another length).",
        0.75,
        KERAS_SPARSE,
    ),
    Message(
        "CE110",
        "Keras on TensorFlow",
        r"Only `?axis=-1`? is (?:currently )?supported",
        "Keras on TensorFlow needs the classes last.",
        0.95,
        "Transpose the predictions: keras.ops.moveaxis(y_pred, 1, -1).",
    ),
    Message(
        "CE112",
        "Keras",
        r"Data cardinality is ambiguous.*?'?x'? sizes: (?P<a>\d+).*?'?y'? sizes: (?P<b>\d+)",
        lambda m: Says(
            0.95,
            f"x has {m['a']} rows and y has {m['b']}.",
            "Load both from the same run, and check which step dropped or repeated rows.",
        ),
    ),
    Message(
        "CE112",
        "Keras",
        r"`target` and `output` must be at least rank 1",
        "The labels are one number instead of one for each row.",
        0.85,
        "Pass an array with a label for each row of the predictions.",
    ),
    Message(
        "CE207",
        "Keras",
        r"to_categorical.*?MemoryError|MemoryError.*?to_categorical",
        "One-hot labels take memory for C numbers per row.",
        0.97,
        "Keep the labels as integers, and use loss='sparse_categorical_crossentropy'.",
    ),
    Message(
        "CE302",
        "Keras",
        r"expected `?y_pred\.shape`? to be \(batch_size, num_classes\) with num_classes > 1",
        "The model has one output.",
        0.97,
        "Use loss='binary_crossentropy' with a sigmoid, or as many outputs as classes.",
    ),
    Message(
        "CE304",
        "Keras, TensorFlow",
        r"No gradients provided for any variable",
        "The loss does not depend on the model. Either labels and predictions are swapped, or "
        "the predictions went through argmax.",
        0.7,
        "Keras calls fn(y_true, y_pred): labels come first.",
    ),
    Message(
        "CE305",
        "Keras, TensorFlow",
        r"No gradients provided for any variable",
        "Something between model and loss has no gradient, such as an argmax, a "
        "round or a cast to int.",
        0.65,
    ),
    Message(
        "CE313",
        "Keras, NumPy",
        r"invalid literal for int\(\) with base 10: (?:np\.str_\()?'(?P<v>[^']*)'",
        lambda m: Says(0.85, f"A label is the text {m['v']!r}."),
    ),
    Message(
        "CE313",
        "Keras on PyTorch",
        r"Invalid dtype: (?:str\d*|object)",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "CE314",
        "Keras",
        r"class_weight.? not supported for 3\+ dimensional targets",
        "class_weight needs one label per row.",
        0.97,
        PER_POSITION,
    ),
    Message(
        "CE314",
        "Keras",
        r"only 0-dimensional arrays can be converted to Python scalars",
        "If class_weight was given, the labels have several dimensions, and it needs one label "
        "per row.",
        0.6,
        PER_POSITION,
    ),
    Message(
        "CE314",
        "Keras",
        r"`?class_weight`? must contain all classes in the data",
        "The dict lacks a class that occurs in the labels.",
        0.97,
        "Give class_weight a number for every class; 1.0 changes nothing.",
    ),
    Message(
        "CE317",
        "Keras",
        r"received `from_logits=True`,? but the `?output`? argument was produced by a "
        r"(?:`)?(?P<a>\w+)",
        lambda m: Says(
            0.98,
            f"The last layer is a {m['a']}, but the loss expects logits: remove the {m['a']}, or "
            "pass from_logits=False. On TensorFlow the loss is still right; on PyTorch and JAX it "
            "is wrong.",
        ),
    ),
    Message(
        "CE317",
        "Keras",
        r"does not represent logits\. Was this intended\?",
        "The last layer is a softmax or sigmoid, but the loss expects logits: remove that "
        "activation, or pass from_logits=False.",
        0.95,
    ),
    Message(
        "CE407",
        "Keras, TensorFlow",
        r"No gradients provided for any variable",
        "The loss may come from keras.metrics, which has no gradient.",
        0.45,
        "Take the class of the same name from keras.losses.",
    ),
    Message(
        "CE302",
        "Keras",
        r"You are using a softmax over axis -?\d+ of a tensor of shape .{0,40}This axis has size 1",
        "The softmax runs over one output, so it is always 1.",
        0.98,
        "Use a sigmoid with binary_crossentropy, or an output for every class.",
    ),
    Message(
        "CE303",
        "Keras",
        r"Argument 'output' must be at least rank 1",
        "The predictions are one number, without a class axis.",
        0.9,
        "Keep the shape (N, C) of the predictions.",
    ),
    Message(
        "CE002",
        "Keras",
        r"Invalid dtype: (?:NoneType|\w*Output\w*)|None values not supported|Unrecognized data "
        r"type: x=",
        "The loss needs an array and got None, a list or another object.",
        0.85,
        "Pass np.array(x) and np.array(labels).",
    ),
    Message(
        "CE314",
        "Keras",
        r"You cannot `?class_weight`? and `?sample_weight`? at the same time",
        "Both kinds of weights are given.",
        0.95,
        "Multiply them: sample_weight * class_weight[y].",
    ),
    Message(
        "CE314",
        "Keras",
        r"Dimensions must be equal, but are \d+ and \d+ for '\{\{node compile_loss/[\w/]*mul",
        "The weights do not fit the losses of the rows.",
        0.75,
        "Pass a weight for each row, of shape (N,).",
    ),
    Message(
        "CE201",
        "Keras",
        r"Dimensions must be equal, but are \d+ and \d+ for '\{\{node "
        r"(?:\w*/)*(?:\w*acc\w*/)?Equal",
        "The accuracy does not fit the kind of labels and predictions.",
        0.85,
        "Name it: metrics=['sparse_categorical_accuracy'] for class indices, "
        "'categorical_accuracy' for one-hot rows.",
    ),
    Message(
        "CE001",
        "Keras",
        r"Could not interpret metric identifier",
        "Keras has no metric of that name.",
        0.95,
        "The names are sparse_categorical_accuracy (class indices), categorical_accuracy "
        "(one-hot rows) and binary_accuracy.",
    ),
    Message(
        "CE001",
        "Keras",
        r"Invalid value for argument `?reduction`?\. Expected one of",
        "Keras has no reduction of that name.",
        0.97,
        "Pass reduction='sum_over_batch_size', 'sum', 'none' or 'mean_with_sample_weight'.",
    ),
    Message(
        "CE001",
        "Keras",
        r"y_true and y_pred have different structures",
        "The number of labels is not the number of outputs.",
        0.85,
        "Pass one array of labels for each output of the model; Keras takes a list or a tuple as "
        "several outputs.",
    ),
    Message(
        "CE109",
        "Keras",
        r"FBetaScore expects 2D inputs .{0,160}y_true\.shape=(?:torch\.Size\()?[(\[]\d+,?[)\]]",
        "The labels are class indices, but the score takes one-hot rows.",
        0.95,
        "Pass keras.utils.to_categorical(y).",
    ),
    Message(
        "CE303",
        "Keras",
        r"Cannot squeeze axis=-1, because the dimension is not 1|cannot select an axis to "
        r"squeeze out which has size not equal to one",
        "Labels and predictions differ by an axis that is not of size 1: the predictions lost the "
        "class axis.",
        0.68,
        "Keep the shape (N, C) of the predictions.",
    ),
)
