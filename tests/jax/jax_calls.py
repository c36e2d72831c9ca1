"""Losses with their options: what the tests of JAX's transformations are run for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import crossent as ce
from contract import case


@dataclass(frozen=True)
class Call(case.Call):
    """A loss with labels, predictions and options, in float64."""

    def terms(self, x: Any, reduction: str = "none", **changes: Any) -> Any:
        """The loss of predictions; `changes` replace labels or options."""
        given = {**self.options, "reduction": reduction, **changes}
        y_true = given.pop("y_true", self.y_true)
        return getattr(ce, case.FUNCTION_NAMES[self.function])(y_true, x, **given)


def curve(terms: Any, sin: Callable[[Any], Any]) -> Any:
    """A nonlinear function whose slope differs from row to row: the sum alone hides a fault."""
    flat = terms.reshape(-1)
    return ((np.arange(flat.size) * 0.37 + 0.51) * sin(3 * flat)).sum()


def softmax(x: Any) -> np.ndarray:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


X = np.array([[2.03, 0.7, -1.1], [0.2, 1.7, -0.4], [-3.3, 0.1, 2.6], [0.37, 0.61, 0.59]])
Y = np.array([0, 2, 1, 1])
Q = np.array([[0.75, 0.25, 0.0], [0.125, 0.5, 0.375], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
IDS = np.array([[0, 1], [2, 0], [1, 2], [1, 0]])
ID_PROB = np.array([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1], [0.45, 0.55]])
P = 0.8 * softmax(X) + 0.05  # away from the clip; rows sum to 0.95
B = np.array([[-2.3, 0.4], [1.1, -0.3], [0.9, 3.17]])
T = np.array([[0.0, 1.0], [1.0, 0.3], [0.0, 1.0]])
S, W = np.array([0.3, 1.7, 0.01, 2.9]), np.array([0.25, 3.1, 1.9])
LOGITS: dict[str, Any] = {"from_logits": True}
EVERYTHING = {
    **LOGITS,
    "sample_weight": S,
    "class_weight": W,
    "z_loss": 0.1,
    "label_smoothing": 0.1,
}

CALLS = {
    "index": Call("sparse", Y, X, LOGITS),
    "index-z-loss": Call("sparse", Y, X, {**LOGITS, "z_loss": 0.1}),
    "index-smoothing": Call("sparse", Y, X, {**LOGITS, "label_smoothing": 0.1}),
    "index-weights": Call("sparse", Y, X, {**LOGITS, "sample_weight": S, "class_weight": W}),
    "index-ignored": Call("sparse", np.array([0, -1, 1, 1]), X, {**LOGITS, "ignore_class": -1}),
    "index-mask": Call(
        "sparse", np.array([0, 1, 1, 0]), X, {**LOGITS, "class_mask": np.array([True, True, False])}
    ),
    "index-axis-0": Call("sparse", np.array([1, 0, 3]), X, {**LOGITS, "axis": 0}),
    "index-everything": Call("sparse", Y, X, EVERYTHING),
    "top-k": Call("sparse", IDS, X, {**LOGITS, "target_prob": ID_PROB}),
    "soft": Call("dense", Q, X, LOGITS),
    "soft-everything": Call("dense", Q, X, EVERYTHING),
    "one-hot": Call("dense", np.eye(3)[Y], X, LOGITS),
    "probabilities": Call("sparse", Y, P, {"normalize": False}),
    "probabilities-divided": Call("sparse", Y, P, {"normalize": True}),
    "probabilities-soft": Call("dense", Q, softmax(X / 3), {"label_smoothing": 0.1}),
    "probabilities-soft-divided": Call("dense", Q, P, {"normalize": True}),
    "binary": Call("binary", T, B, LOGITS),
    "binary-options": Call(
        "binary", T, B,
        {**LOGITS, "pos_weight": 2.3, "label_smoothing": 0.1, "sample_weight": S[:3]},
    ),
    "binary-probabilities": Call("binary", T, np.array([[0.3, 0.2], [0.77, 0.9], [0.5, 0.31]]), {}),
}  # fmt: skip
