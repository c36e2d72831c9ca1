"""A cross-entropy by hand in NumPy, called wrongly."""

from __future__ import annotations

import re
from typing import Any

IGNORED = re.compile(r"deprecat", re.IGNORECASE)


class Output:
    """What a model may return in place of logits."""

    def __init__(self, logits: object) -> None:
        self.logits = logits


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "NumPy", "numpy"


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    return {"t": lambda x: x, "Output": Output}


GRID = {
    "indices": ["-np.log({p}[np.arange(6), {y}])", "np.eye(4)[{y}] * {p}", "np.bincount({y})"],
    "rows": ["-({y} * np.log({p})).sum(1).mean()"],
    "yes_no": ["-({y} * np.log({p}) + (1 - {y}) * np.log(1 - {p})).mean()"],
}
MORE = [
    ("np.log(np.zeros(2))", "a probability of 0", "CE214"),
    ("np.zeros(2) * np.log(np.zeros(2))", "0 times the logarithm of 0", "CE214"),
    ("np.exp(np.float32([800.0]))", "a softmax by hand", "CE216 CE217"),
    ("np.float32([np.inf]) - np.float32([np.inf])", "infinite logits", "CE217"),
    ("np.float32([0.0]) / np.float32([0.0])", "0 divided by 0", "CE202 CE217"),
    ("np.array([np.nan]).astype(int)", "NaN cast to an integer", "CE312"),
    ("np.array(['cat']).astype(int)", "text as labels", "CE313"),
    ("np.array(['cat']).astype(float)", "text as labels", "CE313"),
    ("np.array([300], np.uint8)", "a class too large for the type", "CE311"),
    ("np.array([-1], np.uint8)", "a mark in an unsigned type", "CE311"),
    ("np.average([1.0], weights=[0.0])", "weights that are all 0", "CE202"),
    ("np.mean([])", "no rows", "CE202"),
    ("np.zeros((3_000_000, 10**9))", "one-hot rows of many classes", "CE207"),
    ("np.zeros((6, 4)).reshape(-1, 5)", "a reshape with another number of classes", "CE112"),
    ("np.array([[0, 1], [2]])", "rows of different length", "CE112"),
    ("bool(np.array([0, 1]) == np.array([0, 1]))", "an array as a condition", "CE001"),
    ("np.random.choice(3, p=[0.5, 0.6, 0.1])", "probabilities that do not sum to 1", "CE406"),
    ("np.random.choice(3, p=[0.5, np.nan, 0.1])", "NaN probabilities", "CE217"),
    ("np.random.choice(3, p=[0.5, 0.7, -0.2])", "negative probabilities", "CE106 CE406"),
    ("np.random.multinomial(1, [0.9, 0.9])", "probabilities that do not sum to 1", "CE406"),
]  # fmt: skip
