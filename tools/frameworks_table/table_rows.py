"""The rows of the table: one call each, in the words of the contract tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contract.case import ONE_HOT, B, Call, P, Q, T, X, Y, f32, replaced

DTYPES = ("float16", "float32", "float64")


@dataclass(frozen=True)
class Row:
    """A name, what is given, and the call; its predictions are cast to every dtype."""

    name: str
    given: str
    call: Call

    def with_dtype(self, dtype: str) -> Call:
        return self.call.with_(y_pred=np.asarray(self.call.y_pred).astype(dtype))


def logits(
    name: str, given: str, function: str, y_true: object, y_pred: object, **o: object
) -> Row:
    return Row(name, given, Call(function, y_true, y_pred, {"from_logits": True, **o}))


SPOILED = replaced(X, 1, np.nan)
HIDDEN = np.array([0, -1, 1, 1])
WEIGHTS, CLASS_WEIGHTS = f32([0.25, 0, 1.75, 3]), f32([0.25, 3.125, 1.875])
IMPOSSIBLE = f32(np.where(ONE_HOT + np.roll(ONE_HOT, 1, axis=1) > 0, X, -np.inf))

ROWS = (
    logits("indices", "four rows of three logits", "sparse", Y, X),
    logits("one-hot", "the same, one-hot", "dense", ONE_HOT, X),
    logits("confident", "logits (20.3, 0.7), label 0", "sparse", np.array([0]), f32([[20.3, 0.7]])),
    logits("offset", "1024 added to every logit", "sparse", Y, X + 1024),
    logits("soft", "soft targets", "dense", Q, X),
    logits("impossible", "−∞ logits where a one-hot target is 0", "dense", ONE_HOT, IMPOSSIBLE),
    logits("sentinel", "label −1 and ignore_class=-1", "sparse", HIDDEN, X, ignore_class=-1),
    logits("spoiled", "the same, the ignored row NaN", "sparse", HIDDEN, SPOILED, ignore_class=-1),
    logits("all ignored", "every label ignored, empty=\"nan\"", "sparse", np.full(4, -1), X,
           ignore_class=-1, empty="nan"),
    logits("too large", "a label of 3 among three classes", "sparse", np.array([0, 3, 1, 1]), X),
    logits("several ones", "a row with two ones", "dense", replaced(ONE_HOT, 1, [0, 1, 1]), X),
    logits("weighted", "class weights, and sample weights with a 0", "sparse", Y, X,
           sample_weight=WEIGHTS, class_weight=CLASS_WEIGHTS),
    logits("smoothed", "label_smoothing=0.125 and class weights", "sparse", Y, X,
           label_smoothing=0.125, class_weight=CLASS_WEIGHTS),
    logits("z-loss", "z_loss=0.125", "sparse", Y, X, z_loss=0.125),
    Row("probabilities", "four rows of probabilities", Call("sparse", Y, P, {})),
    logits("binary", "binary targets, one of them 0.3", "binary", T, B),
    logits("binary ∞", "logits ∞ for 1, −∞ for 0", "binary", f32([1, 0]), f32([np.inf, -np.inf])),
)  # fmt: skip
