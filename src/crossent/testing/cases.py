"""The cases that :func:`crossent.testing.check_front_end` runs: one or more for every rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SPARSE, DENSE, BINARY = (
    "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One call; predictions are given in every dtype, `error` is the code where values are seen.

    Where they are not, `bad_rows` are NaN and the others as with the labels `repaired`.
    """

    name: str
    function: str
    y_true: npt.NDArray[Any]
    y_pred: npt.ArrayLike
    options: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    bad_rows: tuple[int, ...] = ()
    repaired: npt.NDArray[Any] | None = None


def _logits(name: str, function: str, y_true: Any, y_pred: Any, **given: Any) -> Case:
    fault = {k: given.pop(k) for k in ("error", "bad_rows", "repaired") if k in given}
    options = {"from_logits": True, **given}
    return Case(name, function, np.asarray(y_true), np.asarray(y_pred), options, **fault)


def _probabilities(name: str, function: str, y_true: Any, y_pred: Any, **given: Any) -> Case:
    return Case(name, function, np.asarray(y_true), np.asarray(y_pred), given)


INF, NAN = np.inf, np.nan
# Exact in float16, so that every dtype is given the same numbers.
X = np.array([[20.3125, 0.703125, -1.125], [0.1875, 1.6875, -0.375], [-3.3125, 0.125, 2.625]])
Y = np.array([0, 2, 1])
Q = np.array([[0.75, 0.25, 0.0], [0.125, 0.5, 0.375], [0.0, 1.0, 0.0]])
P = np.array([[0.8125, 0.125, 0.0625], [0.25, 0.25, 0.5], [0.0, 0.96875, 0.03125]])
MASKED = np.array([[20.3125, -INF, -1.125], [0.1875, 1.6875, -INF], [-3.3125, 0.125, -INF]])
SPOILED = np.array([[NAN, INF, -INF], [0.1875, 1.6875, -0.375], [-3.3125, 0.125, 2.625]])
B = np.array([[-2.3125, 0.4375], [7.125, -0.3125], [0.90625, 31.6875]])
T = np.array([[0.0, 1.0], [1.0, 0.25], [0.0, 1.0]])
S, W = np.array([0.3, 1.7, 0.01]), np.array([0.25, 3.1, 1.9])
VOLUME = np.stack([X, X[::-1] - 1], axis=0).transpose(0, 2, 1)  # (2, classes, 3)

CASES: Final = (
    _logits("index", SPARSE, Y, X),
    _logits("index mean", SPARSE, Y, X, reduction="mean"),
    _logits("index sum", SPARSE, Y, X, reduction="sum"),
    _logits("label too large", SPARSE, [0, 3, 1], X, error="CE101", bad_rows=(1,), repaired=Y),
    _logits("sentinel", SPARSE, [0, -1, 1], X, error="CE103", bad_rows=(1,), repaired=Y),
    _logits("ignored", SPARSE, [-1, 2, 1], X, ignore_class=-1),
    _logits("ignored NaN row", SPARSE, [-1, 2, 1], SPOILED, ignore_class=-1),
    _logits("ignored mean", SPARSE, [-1, 2, 1], SPOILED, ignore_class=-1, reduction="mean"),
    _logits("nothing kept", SPARSE, [-1, -1, -1], X, ignore_class=-1, reduction="mean"),
    _logits("nothing kept, as NaN", SPARSE, [-1, -1, -1], X, ignore_class=-1, reduction="mean",
            empty="nan"),
    _logits("NaN row", SPARSE, Y, SPOILED),
    _logits("weight 0 on a NaN row", SPARSE, Y, SPOILED, sample_weight=np.array([0.0, 1.7, 0.3])),
    _logits("weighted mean", SPARSE, Y, X, sample_weight=S, class_weight=W, reduction="mean"),
    _logits("normalizer", SPARSE, Y, X, normalizer=7.0, reduction="mean"),
    _logits("smoothing", SPARSE, Y, X, label_smoothing=0.1, class_weight=W),
    _logits("z-loss", SPARSE, Y, X, z_loss=0.1),
    _logits("class mask", SPARSE, [0, 1, 1], X, class_mask=np.array([True, True, False])),
    _logits("large offset", SPARSE, Y, X + 1024),
    _logits("label at -inf", SPARSE, [1, 0, 1], MASKED),
    _logits("axis", SPARSE, [[0, 2, 1], [1, 1, 0]], VOLUME, axis=1),
    _logits("no rows", SPARSE, Y[:0], X[:0]),
    _logits("several right classes", SPARSE, [[0, 1], [2, 0], [1, 2]], X,
            target_prob=np.array([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1]])),
    _logits("soft", DENSE, Q, X),
    _logits("one-hot", DENSE, np.eye(3)[Y], X),
    _logits("one-hot and -inf", DENSE, np.eye(3)[[0, 1, 1]], MASKED),
    _logits("several ones", DENSE, [[1.0, 0, 0], [0, 1, 1], [0, 1, 0]], X,
            error="CE301", bad_rows=(1,), repaired=np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 0]])),
    _probabilities("probabilities", SPARSE, [0, 2, 0], P),
    _probabilities("probabilities unclipped", SPARSE, Y[:2], P[:2], epsilon=0),
    _probabilities("probabilities normalized", DENSE, Q, P / 2, normalize=True),
    _probabilities("probabilities soft", DENSE, Q, P),
    _logits("binary", BINARY, T, B),
    _logits("binary infinite", BINARY, [[1.0, 0.0]], [[INF, -INF]]),
    _logits("binary weights", BINARY, T, B, pos_weight=2.3, sample_weight=S, label_smoothing=0.1),
    _probabilities("binary probabilities", BINARY, T, [[0.25, 0.5], [0.75, 0.125], [1.0, 0.0625]]),
)  # fmt: skip
