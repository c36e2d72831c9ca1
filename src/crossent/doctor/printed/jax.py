"""What JAX prints, and which cause it shows."""

from __future__ import annotations

from typing import Final

from crossent.doctor.printed.message import Message, Says

MESSAGES: Final = (
    Message(
        "CE206",
        "JAX",
        r"RESOURCE_EXHAUSTED: Out of memory",
        "If the program holds logits of shape (batch, length, vocabulary), they probably fill the "
        "memory.",
        0.55,
        "Compute the loss in chunks: jax.lax.map over tokens with jax.checkpoint.",
    ),
    Message(
        "CE217",
        "JAX",
        r"invalid value \(nan\) encountered in",
        "A function gave NaN: the traceback names the first one.",
        0.85,
    ),
    Message(
        "CE305",
        "JAX",
        r"grad requires real-(?: or complex-)?valued (?:inputs|outputs).*?got "
        r"(?P<t>u?int\d+|bool)",
        lambda m: Says(
            0.85,
            f"The loss was computed from {m['t']} numbers: there is an argmax before the loss.",
        ),
    ),
    Message(
        "CE313",
        "JAX",
        r"Error interpreting argument to .{0,80} as (?:a JAX value|an abstract array).*?type "
        r"<class "
        r"'(?:numpy\.ndarray|str)'>",
        "JAX got an array of a type that it does not support: labels that are strings or objects.",
        0.7,
    ),
    Message(
        "CE002",
        "JAX",
        r"Cannot determine dtype of [(\[]+(?!')",
        "The loss needs an array and got a list or a tuple.",
        0.85,
        "Pass jnp.asarray(values); if the model has several outputs, pass the one that holds the "
        "logits.",
    ),
    Message(
        "CE313",
        "JAX",
        r"Cannot determine dtype of [(\[]+'",
        "The loss needs numbers and got a list of text.",
        0.9,
    ),
    Message(
        "CE002",
        "JAX",
        r"requires ndarray or scalar arguments, got <class '(?:list|tuple|dict|NoneType)'>",
        "The loss needs an array and got a list, a tuple, a dict or None.",
        0.85,
        "Pass jnp.asarray(values), or the element of the outputs that holds the logits.",
    ),
    Message(
        "CE002",
        "JAX",
        r"Error interpreting argument to .{0,80} as an abstract array.*?type <class '(?!str|numpy)",
        "The loss got an object that is not an array, such as the output object of a model.",
        0.75,
        "Pass outputs.logits, or the element that holds the logits.",
    ),
    Message(
        "CE002",
        "JAX",
        r"None is not a valid value for jnp\.array|Expected an instance of list, got|Structures "
        r"don't have the same nested structure",
        "Labels and predictions are not one array each: one of them is None or a list.",
        0.85,
        "Pass np.array(labels) and one array of predictions.",
    ),
    Message(
        "CE312",
        "JAX",
        r"None is not a valid value for jnp\.array",
        "At least one label is None.",
        0.75,
        "Leave out the rows without a label.",
    ),
    Message(
        "CE002",
        "JAX",
        r"(?:take_along_axis|log|exp|max|sub|mul|add|gt|lt) does not accept dtype complex",
        "The predictions are complex numbers, which no loss takes.",
        0.85,
        "Pass y_pred.real, or jnp.abs(y_pred).",
    ),
    Message(
        "CE002",
        "JAX",
        r"Clip received a complex value",
        "The predictions are complex numbers, which no loss takes.",
        0.85,
        "Pass y_pred.real, or jnp.abs(y_pred).",
    ),
    Message(
        "CE111",
        "JAX",
        r"iota does not accept dtype bool",
        "The labels are bool, but the loss needs class indices.",
        0.85,
        "Pass labels.astype(int).",
    ),
    Message(
        "CE111",
        "JAX",
        r"take_along_axis indices must be of integer type, got (?!str)",
        "The labels that pick a logit are not whole numbers.",
        0.9,
        "Pass labels.astype(int), if they are whole; one-hot rows need labels.argmax(-1).",
    ),
    Message(
        "CE305",
        "JAX",
        r"(?:sub|max|exp|neg) does not accept dtype bool at position 0",
        "The predictions are bool, the result of a comparison before the loss.",
        0.75,
        "Pass the output of the model before the comparison.",
    ),
    Message(
        "CE304",
        "JAX",
        r"(?:sub|max|exp|neg) does not accept dtype bool at position 0",
        "Labels may have been passed as predictions.",
        0.65,
        "Pass (logits, labels), in this order.",
    ),
    Message(
        "CE313",
        "JAX",
        r"with dtype <U\d+ is not a valid JAX array type|of type <class 'str'> is not a valid "
        r"JAX type",
        "The labels are text.",
        0.93,
    ),
    Message(
        "CE001",
        "JAX",
        r"Gradient only defined for scalar-output functions",
        "The loss has one number for each row, but jax.grad needs a single number.",
        0.8,
        "Take the mean: jax.grad(lambda p: loss(p, y).mean()).",
    ),
    Message(
        "CE303",
        "JAX",
        r"axis (?:0|1|-1) is out of bounds for array of dimension [01]\b",
        "The predictions lost the class axis (squeeze, ravel, an index), or the labels are one "
        "number.",
        0.65,
        "Keep the shape (N, C) of the logits, and pass labels of shape (N,).",
    ),
    Message(
        "CE303",
        "JAX",
        r"\btuple index out of range",
        "The predictions are one number, without a class axis.",
        0.5,
        "Keep the shape (N, C) of the logits.",
    ),
    Message(
        "CE112",
        "JAX",
        r"Too many indices: array is 0-dimensional",
        "The labels are one number instead of one for each row.",
        0.65,
        "Pass a label for each row.",
    ),
    Message(
        "CE112",
        "JAX",
        r"`?segment_ids`? and `?data`? should have same leading dimension",
        "Labels and predictions have different numbers of rows.",
        0.9,
    ),
)
