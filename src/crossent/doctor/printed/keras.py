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
    *element_shapes.differ("Keras", rf"Shapes {Y} and {P} are incompatible"),
    *index_shapes.differ(
        "Keras",
        r"must have (?:the same shape up until the last dimension|rank \(ndim\) `?target\.ndim - "
        rf"1`?).{{0,20}}target\.shape={Y}, output\.shape={P}",
        ("CE108", "CE112", "CE302", "CE303"),
    ),
    Message(
        "CE001",
        "Keras",
        r"(?:Unknown loss function|Could not interpret loss identifier)",
        "Keras knows no loss of that name.",
        0.9,
        "The names are sparse_categorical_crossentropy (class indices), "
        "categorical_crossentropy (one-hot rows) and binary_crossentropy.",
    ),
    Message(
        "CE109",
        "Keras",
        r"You are passing a target array of shape \((?P<s>[\d, ]+)\) while using as loss "
        r"`?categorical_crossentropy`?",
        lambda m: Says(
            0.97,
            f"Labels of shape ({m['s']}) are class indices.",
            KERAS_SPARSE,
        ),
    ),
    Message(
        "CE109",
        "Keras",
        r"expected \S+ to have shape \((?:None, )?(?P<c>\d+),?\) but got array with shape "
        r"\((?:\d+, )?1,?\)",
        lambda m: Says(
            0.85,
            f"The last layer has {m['c']} outputs and the labels have one number a row: class "
            "indices.",
            KERAS_SPARSE,
        ),
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
        "Keras on TensorFlow wants the classes last.",
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
            "Load both from the same run, and see which step dropped or repeated rows.",
        ),
    ),
    Message(
        "CE112",
        "Keras",
        r"`target` and `output` must be at least rank 1",
        "The labels are one number, not one for each row.",
        0.85,
        "Pass an array with a label for each row of the predictions.",
    ),
    Message(
        "CE112",
        "Keras",
        r"A target array with shape \((?P<y>[\d, ]+)\) was passed for an output of shape "
        r"\((?P<p>[\w, ]+)\)",
        lambda m: Says(
            0.85,
            f"Labels ({m['y']}) meet an output ({m['p']}).",
            "With a time axis in the output set return_sequences=False in the last recurrent "
            "layer, or give a label for each step.",
        ),
    ),
    Message(
        "CE207",
        "Keras",
        r"to_categorical.*?MemoryError|MemoryError.*?to_categorical",
        "One-hot labels take C numbers a row.",
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
        "Between model and loss stands something without a gradient, such as an argmax, a "
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
        r"Invalid dtype: str\d*",
        "The labels are strings.",
        0.95,
    ),
    Message(
        "CE314",
        "Keras",
        r"class_weight.? not supported for 3\+ dimensional targets",
        "class_weight takes one label a row.",
        0.97,
        PER_POSITION,
    ),
    Message(
        "CE314",
        "Keras",
        r"only 0-dimensional arrays can be converted to Python scalars",
        "With class_weight: the labels have several dimensions.",
        0.6,
        PER_POSITION,
    ),
    Message(
        "CE314",
        "Keras",
        r"`?class_weight`? must contain all classes in the data",
        "The dict misses a class that occurs.",
        0.97,
        "Give class_weight a number for every class, 1.0 where nothing shall change.",
    ),
    Message(
        "CE317",
        "Keras",
        r"received `from_logits=True`,? but the `?output`? argument was produced by a "
        r"(?:`)?(?P<a>\w+)",
        lambda m: Says(
            0.98,
            f"The last layer is a {m['a']} and the loss takes logits: keep one of them. On "
            "TensorFlow the loss is right all the same, on PyTorch and JAX it is not.",
        ),
    ),
    Message(
        "CE317",
        "Keras",
        r"does not represent logits\. Was this intended\?",
        "The last layer is a softmax or sigmoid and the loss takes logits: keep one of them.",
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
)
