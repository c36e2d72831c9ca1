"""What PyTorch's messages tell of the call of a loss: made first or not, and of what."""

from __future__ import annotations

import re
from typing import Final

from crossent.doctor.printed.message import Says

_CALL: Final = re.compile(
    r"(?P<loss>(?:\w+\.)*(?:\w*Loss|\w*loss_?f\w*))\((?P<arguments>[^()=\n]+,[^()=\n]+)\)(?!\()"
)
VOCABULARY: Final = 1000
"""From this size an axis is that of a vocabulary."""


def not_made_first(match: re.Match[str]) -> Says:
    """Read a tensor that was taken for an option: the loss has to be made before it is called."""
    call = _CALL.search(match.string)
    if call is None or not call["loss"].endswith("Loss"):
        return Says(
            0.6,
            "Predictions and labels were passed to the constructor of the loss, which takes only "
            "options.",
            "Make the loss first, loss = torch.nn.CrossEntropyLoss(), then call "
            "loss(y_pred, y_true).",
        )
    return Says(
        0.95,
        f"{call['loss']}({call['arguments']}) passes predictions and labels to the constructor, "
        "which takes only the options of the loss.",
        f"Make the loss first: {call['loss']}()({call['arguments']}).",
    )


def wrapped(match: re.Match[str]) -> Says:
    """Read a loss that was given what holds the logits, and not the logits."""
    kind = match["t"].rpartition(".")[2]
    if kind == "OrderedDict":
        fix = "Pass outputs['out'] (segmentation models of torchvision), or the key of the logits."
    elif kind == "dict":
        fix = "Pass the element that holds the logits: outputs['logits']."
    else:
        fix = (
            "Pass outputs.logits (Hugging Face), or the element that holds the logits: "
            "outputs[0], outputs['logits']."
        )
    what = "list or tuple" if kind in ("list", "tuple") else kind
    article = "an" if what[0] in "AEIOUaeiou" else "a"
    return Says(
        0.92, f"The model gives {article} {what}, but the loss needs the logits in it.", fix
    )


def two_vocabularies(match: re.Match[str]) -> Says | None:
    """Read two large sizes that are nearly equal: two vocabularies."""
    a, b = int(match["a"]), int(match["b"])
    if min(a, b) < VOCABULARY or abs(a - b) > 0.1 * min(a, b):
        return None
    return Says(
        0.85,
        f"{a} and {b} are two vocabularies, {abs(a - b)} tokens apart: tokens were added to one of "
        "them, or one is padded.",
        "Call model.resize_token_embeddings(len(tokenizer)) on both models, or cut the logits to "
        f"the smaller vocabulary: logits[..., :{min(a, b)}].",
    )


def two_sizes(match: re.Match[str]) -> Says | None:
    """Read two sizes that do not fit; in a loss by hand they are rows, classes or steps."""
    if two_vocabularies(match) is not None:
        return None
    return Says(
        0.55,
        f"Two tensors have the sizes {match['a']} and {match['b']} on axis {match['d']}. In a "
        "loss these are labels and predictions of different shapes.",
        "Print both shapes before the loss.",
    )


ELSEWHERE: Final = {
    "from_logits": "PyTorch's cross_entropy always takes logits: leave it out.",
    "ignore_index": "Keras calls it ignore_class.",
    "ignore_class": "PyTorch calls it ignore_index.",
    "label_smoothing": "Class indices are not smoothed: use CategoricalCrossentropy with one-hot "
    "rows.",
    "weight": "Keras takes class_weight in fit(), and sample_weight when it is called.",
    "class_weight": "PyTorch takes weight=, a tensor with a number for each class.",
    "axis": "PyTorch takes the classes on axis 1: move them there, logits.movedim(-1, 1).",
}


def unknown_option(match: re.Match[str]) -> Says:
    """Read an option that this loss does not have, and another library's may."""
    option = match["k"]
    name = match.groupdict().get("f") or "The function"
    return Says(
        0.95,
        f"{name} has no option {option}.",
        ELSEWHERE.get(option, "help() of the loss lists its options."),
    )
