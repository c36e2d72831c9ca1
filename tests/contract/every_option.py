"""Every loss with every one of its options at work, at points where it is smooth.

What differences of values are compared with: no tie, no -inf, no probability at its clip.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from contract.case import FUNCTION_NAMES, Call, softmax

X = np.array([[2.03, 0.7, -1.1], [0.2, 1.7, -0.4], [-3.3, 0.1, 2.6], [0.37, 0.61, 0.59]])
Y = np.array([0, 2, 1, 1])
Q = np.array([[0.75, 0.25, 0.0], [0.125, 0.5, 0.375], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
P = 0.8 * softmax(X) + 0.05  # away from any clip; rows sum to 0.95
PAIR = np.array([True, True, False])  # two of three classes exist
Y_PAIR, Q_PAIR = np.array([0, 1, 1, 0]), np.array([[0.75, 0.25, 0], [0.5, 0.5, 0]] * 2)
P_PAIR = np.where(PAIR, 0.8 * softmax(X[:, :2])[:, [0, 1, 1]] + 0.1, 0.0)
B = np.array([[-2.3, 0.4], [1.1, -0.3], [0.9, 3.17]])
P_B = np.array([[0.3, 0.2], [0.77, 0.9], [0.5, 0.31]])
T = np.array([[0.0, 1.0], [1.0, 0.3], [0.0, 1.0]])
S, W = np.array([0.3, 1.7, 0.01, 2.9]), np.array([0.25, 3.1, 1.9])
LOGITS: dict[str, Any] = {"from_logits": True}

OF_ALL: dict[str, list[dict[str, Any]]] = {
    "from_logits": [{"from_logits": True}, {"from_logits": False}],
    "label_smoothing": [{"label_smoothing": 0.1}, {"label_smoothing": 1.0}],
    "reduction": [{"reduction": r} for r in ("mean", "sum", "none", "parts", "auto")],
    "normalizer": [{"normalizer": 7.3}],
    "empty": [{"empty": "nan"}],
    "validate": [{"validate": v} for v in ("first", "always", "off")],
    "epsilon": [{"epsilon": 0}, {"epsilon": 0.01}],
}
OF_CLASSES: dict[str, list[dict[str, Any]]] = {
    "axis": [{"axis": 0}, {"axis": 1}],
    "class_mask": [{"class_mask": PAIR}, {"class_mask": np.array([PAIR] * 4)}],
    "class_weight": [{"class_weight": W}, {"class_weight": W, "label_smoothing": 0.1}],
    "sample_weight": [{"sample_weight": S}, {"sample_weight": np.array([0.3, 0.0, 0.01, 2.9])}],
    "z_loss": [{"z_loss": 0.1}, {"z_loss": 0.1, "label_smoothing": 0.1, "class_weight": W}],
    "normalize": [{"normalize": True}, {"normalize": False}],
}
OPTIONS: dict[str, dict[str, list[dict[str, Any]]]] = {
    "sparse": {
        **OF_ALL,
        **OF_CLASSES,
        "ignore_class": [{"ignore_class": 1}, {"ignore_class": (0, -1)}],
        "target_prob": [
            {"target_prob": np.array([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1], [0.45, 0.55]])},
        ],
    },
    "dense": {**OF_ALL, **OF_CLASSES},
    "binary": {
        **OF_ALL,
        "sample_weight": [{"sample_weight": S[:3]}, {"sample_weight": np.array([0.3, 0.0, 2.9])}],
        "pos_weight": [{"pos_weight": 2.3}, {"pos_weight": np.array([0.4, 3.0])}],
        "ignore_class": [{"ignore_class": 1}],
    },
}
"""Option by option, the values that are tried; what has a meaning only beside it comes along."""


def calls() -> dict[str, Call]:
    """Every loss × option, of logits and of probabilities where it means something for both."""
    found = {}
    for function, options in OPTIONS.items():
        for name, values in options.items():
            for k, given in enumerate(values):
                for logits in (True, False):
                    if not _means_nothing(name, given, logits):
                        kind = "logits" if logits else "probabilities"
                        call = _call(function, given, logits)
                        found[f"{FUNCTION_NAMES[function]}-{kind}-{name}-{k}"] = call
    return found


def classes_to_step_in(call: Call) -> int:
    """How many classes differences may be taken in: no probability may go to a masked one."""
    masked = "class_mask" in call.options and not call.options["from_logits"]
    return int(PAIR.sum()) if masked else np.shape(call.y_pred)[-1]


def _means_nothing(name: str, given: dict[str, Any], logits: bool) -> bool:
    if name == "from_logits":
        return bool(given[name] != logits)
    return name in (("epsilon", "normalize") if logits else ("z_loss",))


def _call(function: str, given: dict[str, Any], logits: bool) -> Call:
    options: dict[str, Any] = {"from_logits": logits, **given}
    if function == "binary":
        return Call(function, T, B if logits else P_B, options)
    masked = "class_mask" in given
    y_true = (Q_PAIR if masked else Q) if function == "dense" else (Y_PAIR if masked else Y)
    y_pred = X if logits else P_PAIR if masked else P
    if not logits and "normalize" not in given:
        options["normalize"] = False  # differences leave the sum of 1
    if "target_prob" in given:
        y_true = np.array([[0, 1], [2, 0], [1, 2], [1, 0]])
    if given.get("axis") == 0:
        y_true, y_pred = y_true.T, y_pred.T
    return Call(function, y_true, y_pred, options)
