"""Metrics of torchmetrics, called wrongly."""

from __future__ import annotations

import re
from typing import Any

import torch
import torchmetrics.functional.classification as tm
from torchmetrics.text import Perplexity

IGNORED = re.compile(r"deprecat|not writable", re.IGNORECASE)


class Output:
    """What a model may return in place of logits."""

    def __init__(self, logits: object) -> None:
        self.logits = logits


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "torchmetrics", "torchmetrics"


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    return {"torch": torch, "tm": tm, "t": torch.as_tensor, "Output": Output,
            "Perplexity": Perplexity}  # fmt: skip


GRID = {
    "indices": [
        "tm.multiclass_accuracy({p}, {y}, num_classes=4)",
        "tm.multiclass_auroc({p}, {y}, num_classes=4)",
        "tm.multiclass_calibration_error({p}, {y}, num_classes=4)",
    ],
    "rows": ["tm.multilabel_accuracy({p}, {y}, num_labels=4)"],
    "yes_no": ["tm.binary_accuracy({p}, {y})", "tm.binary_auroc({p}, {y})"],
}
MORE = [
    ("tm.multiclass_accuracy(t(Y), t(Y + 1), num_classes=4)", "labels count from 1",
     "CE104 CE101"),
    ("tm.multiclass_accuracy(t(Y + 1), t(Y), num_classes=4)", "predictions count from 1",
     "CE104 CE101"),
    ("tm.accuracy(t(P), t(Y))", "no task", "CE001"),
    ("tm.multiclass_accuracy(t(P), t(Y), num_classes=1)", "one class", "CE302 CE001"),
    ("tm.multiclass_accuracy(t(P), t(Y), num_classes=7)", "another number of classes",
     "CE211 CE101"),
    ("Perplexity()(t(L), t(np.full((6, 5), 9)))", "a label 9", "CE101"),
    ("Perplexity()(t(P), t(Y))", "no axis of steps", "CE112 CE303"),
    ("Perplexity(ignore_index=-100)(t(L), t(np.full((6, 7), 1)))", "another length", "CE112"),
    ("Perplexity()(t(L), t(np.ones((6, 5))))", "float labels", "CE111"),
]  # fmt: skip
