"""Messages that name the type of labels or predictions."""

from __future__ import annotations

import re
from typing import Final

from crossent.doctor.printed.message import Message, Says

SWAP: Final = {
    "PyTorch": "PyTorch takes (logits, labels), in this order: F.cross_entropy(logits, labels).",
    "TensorFlow": "TensorFlow and Keras take labels first. If the logits are whole numbers, pass "
    "tf.cast(logits, tf.float32).",
    "optax": "Pass (logits, labels), in this order; if the logits are whole numbers, pass "
    "logits.astype(float).",
}
"""The order of each framework."""


def of_labels(code: str, framework: str, pattern: str, score: float, fix: str) -> Message:
    """Return a message that names the type of the labels as `t`."""

    def says(match: re.Match[str]) -> Says:
        named = [match[name] for name in match.re.groupindex if match[name]]
        return Says(score, f"The labels are {named[0]}.")

    return Message(code, framework, pattern, says, fix=fix)


def whole_predictions(framework: str, pattern: str) -> tuple[Message, ...]:
    """Return a message that names the whole numbers among the predictions as `t`."""
    text = (
        "The predictions are {}: either labels were passed as predictions, or an argmax was "
        "applied before the loss."
    )
    return (
        Message(
            "CE304", framework, pattern, lambda m: Says(0.9, text.format(m["t"])),
            fix=SWAP[framework],
        ),
        Message("CE305", framework, pattern, lambda m: Says(0.6, text.format(m["t"]))),
    )  # fmt: skip


def as_type(name: str) -> str:
    """Return how labels of PyTorch get the type of predictions."""
    return f"y_true.{name.lower()}()"
