"""Calls of which some rows are left out, holding NaN, infinities and labels that are no class.

Rows 0, 2 and 5 are kept; what the others hold must not matter to any gradient (M06, M20).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.case import Call, softmax

KEPT = np.array([0, 2, 5])
LEFT = np.array([1, 3, 4, 6])
ROWS = len(KEPT) + len(LEFT)
POISON = np.array([np.nan, np.inf, -np.inf, 0.0])  # one a row that is left out
NO_CLASS = 77

X = np.array([[2.03, 0.7, -1.1], [0.2, 1.7, -0.4], [-0.3, 0.1, 0.6]])
P = 0.8 * softmax(X) + 0.05  # no probability near a clip; rows sum to 0.95
Y = np.array([0, 1, 1])
Q = np.array([[0.75, 0.25, 0.0], [0.125, 0.5, 0.375], [0.0, 1.0, 0.0]])
IDS, ID_PROB = np.array([[0, 1], [1, 0], [1, 0]]), np.array([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1]])
B, P_B, T = np.array([-2.3, 1.4, 0.9]), np.array([0.3, 0.77, 0.5]), np.array([0.0, 1.0, 0.3])
S, W = np.array([0.3, 1.7, 2.9]), np.array([0.25, 3.1, 1.9])
MASK = np.array([True, True, False])
LATER = np.array([False, True, True])  # the first class, which stands for labels that are none
Y_LATER = np.array([1, 2, 1])
ROW_MASK = np.array([[True, True, False], [True, True, True], [False, True, True]])
Q_MASKED = np.array([[0.75, 0.25, 0.0], [0.125, 0.875, 0.0], [0.0, 1.0, 0.0]])
Q_ROW_MASKED = np.array([[0.75, 0.25, 0.0], [0.125, 0.5, 0.375], [0.0, 0.7, 0.3]])

LOGITS: dict[str, Any] = {"from_logits": True}
EXACT: dict[str, Any] = {"epsilon": 0, "normalize": True}
SMOOTH: dict[str, Any] = {"label_smoothing": 0.1, "class_weight": W}
EVERYTHING: dict[str, Any] = {**LOGITS, **SMOOTH, "z_loss": 0.1}
POSITIVE: dict[str, Any] = {"pos_weight": np.array([0.4, 3.0, 1.3])}


@dataclass(frozen=True)
class LeftOut:
    """A call, and the same without its rows that are left out."""

    call: Call
    kept: Call
    rows: np.ndarray  # those that are kept
    ignored: np.ndarray | None = None  # where a probability of a row that is kept is of no class


def spread(array: np.ndarray, fill: Any) -> np.ndarray:
    """The rows that are kept, with `fill` in those that are left out."""
    array = np.asarray(array)
    out = np.empty((ROWS, *array.shape[1:]), array.dtype)
    out[KEPT] = array
    out[LEFT] = np.reshape(fill, (-1, *[1] * (array.ndim - 1)))
    return out


def without_class(mask: np.ndarray) -> np.ndarray:
    """A mask of rows in which those that are left out have no class at all."""
    return spread(mask, False)


def left_out(call: Call, how: str) -> LeftOut:
    """Add rows that are left out: "ignored", of weight 0 ("weights"), or of "both" kinds."""
    sample = {} if how == "ignored" else {"sample_weight": S}
    kept = call.with_(**sample)
    options = dict(kept.options)
    several = "target_prob" in options
    ignored = {"ignored": LEFT, "weights": LEFT[:0], "both": LEFT[:2]}[how]
    y_true = spread(call.y_true, NO_CLASS if call.function == "sparse" else POISON)
    if len(ignored):
        y_true[ignored] = -1
        options["ignore_class"] = -1
    if sample:
        options["sample_weight"] = spread(S, 0.0)
        options["sample_weight"][ignored] = 0.9
    for name in ("target_prob", "pos_weight"):
        if name in options:
            options[name] = spread(options[name], POISON if several else 0.7)
    if np.ndim(options.get("class_mask")) == 2:
        options["class_mask"] = without_class(options["class_mask"])
    y_pred = spread(call.y_pred, POISON)
    return LeftOut(Call(call.function, y_true, y_pred, options), kept, KEPT)


def sparse(x: np.ndarray, y: np.ndarray = Y, **options: Any) -> Call:
    return Call("sparse", y, x, options)


def top_k(x: np.ndarray, **options: Any) -> Call:
    return Call("sparse", IDS, x, {"target_prob": ID_PROB, **options})


def dense(x: np.ndarray, q: np.ndarray = Q, **options: Any) -> Call:
    return Call("dense", q, x, options)


def binary(x: np.ndarray, **options: Any) -> Call:
    return Call("binary", T, x, options)


def masked(x: np.ndarray, mask: np.ndarray = MASK) -> np.ndarray:
    """Probabilities of the classes that exist."""
    return np.where(mask, x, 0.0)


CALLS: dict[str, Call] = {
    "index": sparse(X, **LOGITS),
    "index-weights": sparse(X, **LOGITS, class_weight=W),
    "index-smoothing": sparse(X, **LOGITS, **SMOOTH),
    "index-z-loss": sparse(X, **LOGITS, class_weight=W, z_loss=0.1),
    "index-mask": sparse(X, **LOGITS, **SMOOTH, class_mask=MASK),
    "index-mask-of-rows": sparse(X, **EVERYTHING, class_mask=ROW_MASK),
    "index-later-classes": sparse(X, y=Y_LATER, **LOGITS, class_weight=W, class_mask=LATER),
    "index-later-classes-smoothing": sparse(X, y=Y_LATER, **EVERYTHING, class_mask=LATER),
    "index-everything": sparse(X, **EVERYTHING),
    "index-normalizer": sparse(X, **EVERYTHING, normalizer=7.3),
    "index-empty": sparse(X, **EVERYTHING, empty="nan"),
    "top-k": top_k(X, **LOGITS),
    "top-k-everything": top_k(X, **EVERYTHING),
    "top-k-mask": top_k(X, **EVERYTHING, class_mask=MASK),
    "soft": dense(X, **LOGITS),
    "soft-everything": dense(X, **EVERYTHING),
    "soft-mask": dense(X, Q_MASKED, **EVERYTHING, class_mask=MASK),
    "soft-mask-of-rows": dense(X, Q_ROW_MASKED, **EVERYTHING, class_mask=ROW_MASK),
    "binary": binary(B, **LOGITS),
    "binary-everything": binary(B, **LOGITS, **POSITIVE, label_smoothing=0.1),
    "probabilities": sparse(softmax(X), class_weight=W),
    "probabilities-as-they-are": sparse(P, normalize=False, class_weight=W),
    "probabilities-divided": sparse(P, normalize=True, class_weight=W),
    "probabilities-divided-exact": sparse(P, **EXACT, class_weight=W),
    "probabilities-exact": sparse(P, epsilon=0, normalize=False, class_weight=W),
    "probabilities-smoothing": sparse(P, **EXACT, **SMOOTH),
    "probabilities-mask": sparse(masked(P), **EXACT, **SMOOTH, class_mask=MASK),
    "probabilities-later-classes": sparse(masked(P, LATER), y=Y_LATER, **EXACT, class_weight=W, class_mask=LATER),
    "probabilities-mask-of-rows": sparse(masked(P, ROW_MASK), **EXACT, **SMOOTH, class_mask=ROW_MASK),
    "probabilities-top-k": top_k(P, **EXACT, class_weight=W),
    "probabilities-top-k-mask": top_k(masked(P), normalize=True, **SMOOTH, class_mask=MASK),
    "probabilities-soft": dense(P, normalize=False),
    "probabilities-soft-exact": dense(P, **EXACT, **SMOOTH),
    "probabilities-soft-mask": dense(masked(P), Q_MASKED, normalize=True, **SMOOTH, class_mask=MASK),
    "probabilities-soft-mask-of-rows": dense(masked(P, ROW_MASK), Q_ROW_MASKED, **EXACT, class_mask=ROW_MASK),
    "binary-probabilities": binary(P_B),
    "binary-probabilities-exact": binary(P_B, epsilon=0, label_smoothing=0.1, **POSITIVE),
}  # fmt: skip
EVERY_WAY = (
    "index-weights", "top-k-everything", "binary-everything", "probabilities-divided-exact",
    "probabilities-top-k", "binary-probabilities-exact",
)  # fmt: skip


def of_float32(call: Call) -> Call:
    """The call with every float array in float32."""

    def narrow(value: Any) -> Any:
        wide = isinstance(value, np.ndarray) and value.dtype == np.float64
        return value.astype(np.float32) if wide else value

    options = {name: narrow(value) for name, value in call.options.items()}
    return Call(call.function, narrow(call.y_true), narrow(call.y_pred), options)


def of_one_weight(weight: np.ndarray, rows: np.ndarray, **shapes: Any) -> LeftOut:
    """Rows left out by a weight of fewer dimensions: all of them, or along the leading one."""
    x = np.stack([X, np.full_like(X, np.nan)])
    ids = np.stack([IDS, np.full_like(IDS, NO_CLASS)])
    prob = np.stack([ID_PROB, np.full_like(ID_PROB, np.nan)])
    options = {**EVERYTHING, "target_prob": prob, "sample_weight": weight}
    kept = Call("sparse", ids[rows], x[rows], {**options, "target_prob": prob[rows], **shapes})
    return LeftOut(Call("sparse", ids, x, options), kept, rows)


def one_class_ignored() -> LeftOut:
    """Rows of which one class of two is ignored, and the last one of which both are."""
    ids, oracles_ids = np.array([[0, 1], [1, -1], [1, 0]]), np.array([[0, 1], [1, 0], [1, 0]])
    prob = np.array([[0.7, 0.3], [0.6, 0.0], [0.9, 0.1]])
    given = np.array([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1]])
    kept = Call("sparse", oracles_ids, P, {**EXACT, "class_weight": W, "target_prob": prob})
    added = left_out(kept, "ignored")
    options = {**added.call.options, "target_prob": spread(given, POISON)}
    call = Call("sparse", spread(ids, -1), added.call.y_pred, options)
    return LeftOut(call, kept, KEPT, ignored=ids == -1)


CASES: dict[str, LeftOut] = {
    **{
        name: left_out(call, "weights" if call.function == "dense" else "both")
        for name, call in CALLS.items()
    },
    **{f"{name}-{how}": left_out(CALLS[name], how) for name in EVERY_WAY for how in ("ignored", "weights")},
    **{
        f"{name}-float32": left_out(of_float32(CALLS[name]), "weights")
        for name in ("top-k-mask", "soft-everything", "probabilities-smoothing")
    },
    "class-weight-zero": left_out(sparse(X, **{**EVERYTHING, "class_weight": W * [1, 0, 1]}), "both"),
    "class-weight-zero-probabilities": left_out(sparse(P, **EXACT, class_weight=W * [1, 0, 1]), "both"),
    "weight-of-all": of_one_weight(np.array(0.0), np.arange(0), sample_weight=np.array(1.0)),
    "weight-of-a-prefix": of_one_weight(np.array([1.7, 0.0]), np.arange(1), sample_weight=np.array([1.7])),
    "one-class-ignored": one_class_ignored(),
}  # fmt: skip
