"""Cases of M07 (weights and the mean) and M08 (nothing kept)."""

from __future__ import annotations

import numpy as np

from contract.case import (
    ONE_HOT,
    B,
    Case,
    P,
    Q,
    T,
    X,
    Y,
    binary,
    dense,
    draw,
    f32,
    replaced,
    sparse,
)

NAN, INF = np.nan, np.inf
S = f32([0.3, 1.7, 0.01, 2.9])
W = f32([0.25, 3.1, 1.9])
IDS = np.array([[0, 1], [2, 0], [1, 2], [1, 0]])
ID_PROB = f32([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1], [0.45, 0.55]])
MASK = np.array([True, True, False])
ROW_MASK = np.array([[1, 0, 1], [1, 1, 1], [0, 1, 1], [1, 1, 0]], dtype=bool)
VOLUME = draw(31, 2, 3, 4)
LABELS = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])


def weighted(name, y, x, function=sparse, **given) -> Case:
    """A case of M07."""
    return function(name, "M07", y, x, **{"from_logits": True, **given})


EVERYTHING = {"class_weight": W, "sample_weight": S, "label_smoothing": 0.13, "z_loss": 0.037}


def bad_weight(name, rows, good, y=Y, x=X, function=sparse, **given) -> Case:
    """Weights that are negative or not finite."""
    return weighted(name, y, x, function, error=("WeightError", ("CE314",)), traced_nan_rows=rows,
                    good=good, **given)  # fmt: skip


def wrong_weight(name, y, x, function=sparse, **given) -> Case:
    """Weights whose shape alone is wrong."""
    given = {"error": ("CrossentError", ()), **given}
    return weighted(name, y, x, function, static=True, **given)


M07 = [
    weighted("plain", Y, X),
    weighted("sample-weight", Y, X, sample_weight=S),
    weighted("sample-weight-float64", Y, X, sample_weight=S.astype(float)),
    weighted("sample-weight-integers", Y, X, sample_weight=np.array([3, 0, 7, 1])),
    weighted("sample-weight-bool", Y, X, sample_weight=np.array([True, False, True, True])),
    weighted("sample-weight-list", Y, X, sample_weight=S.tolist(), only="numpy"),
    weighted("sample-weight-number", Y, X, sample_weight=0.37),
    weighted("sample-weight-number-array", Y, X, sample_weight=np.float32(2.3)),
    weighted("sample-weight-prefix", LABELS, VOLUME, axis=1, sample_weight=f32([0.3, 1.9])),
    weighted("sample-weight-full", LABELS, VOLUME, axis=1,
             sample_weight=f32([[1, 0.3, 2, 0.7], [0.1, 1.1, 0, 3]])),
    # with as many rows as steps a trailing broadcast would also fit: the leading axis counts
    weighted("sample-weight-prefix-square", LABELS[:, :2], VOLUME[..., :2], axis=1,
             sample_weight=f32([0.3, 1.9])),
    weighted("sample-weight-huge", Y, X, sample_weight=f32([1e30, 1e-30, 3e29, 1])),
    weighted("class-weight", Y, X, class_weight=W),
    weighted("class-weight-dict", Y, X, class_weight={0: 0.25, 1: 3.1, 2: 1.9}),
    weighted("class-weight-dict-only-used", np.array([0, 2, 2, 0]), X, class_weight={0: 0.25, 2: 1.9}),
    weighted("class-weight-list", Y, X, class_weight=[0.25, 3.1, 1.9], only="numpy"),
    weighted("class-weight-zero", Y, X, class_weight=f32([0.0, 3.1, 1.9])),
    weighted("class-weight-one-hot", ONE_HOT, X, dense, class_weight=W),
    weighted("class-weight-soft", Q, X, dense, class_weight=W),
    weighted("class-weight-top-k", IDS, X, target_prob=ID_PROB, class_weight=W),
    weighted("class-weight-axis-1", LABELS, VOLUME, axis=1, class_weight=W),
    weighted("smoothing", Y, X, label_smoothing=0.1),
    weighted("smoothing-all", Y, X, label_smoothing=1.0),
    weighted("smoothing-integer", Y, X, label_smoothing=1),
    weighted("smoothing-soft", Q, X, dense, label_smoothing=0.1),
    weighted("smoothing-one-hot", ONE_HOT, X, dense, label_smoothing=0.1),
    weighted("smoothing-top-k", IDS, X, target_prob=ID_PROB, label_smoothing=0.1),
    weighted("smoothing-class-weight", Y, X, label_smoothing=0.1, class_weight=W),
    weighted("smoothing-mask", np.array([0, 1, 1, 0]), X, label_smoothing=0.1, class_mask=MASK),
    weighted("mask", np.array([0, 1, 1, 0]), X, class_mask=MASK),
    weighted("mask-of-rows", np.array([0, 2, 1, 1]), X, class_mask=ROW_MASK),
    weighted("mask-of-rows-smoothing", np.array([0, 2, 1, 1]), X, class_mask=ROW_MASK, label_smoothing=0.3),
    weighted("mask-one-class-left", np.array([0, 2]), X[:2],
             class_mask=np.array([[True, False, False], [True, True, True]])),
    weighted("mask-soft", f32([[0.5, 0.5, 0], [0, 1, 0]]), X[:2], dense, class_mask=MASK),
    weighted("z-loss", Y, X, z_loss=1e-4),
    weighted("z-loss-large", Y, X, z_loss=1.7),
    weighted("z-loss-soft", Q, X, dense, z_loss=0.03),
    weighted("z-loss-top-k", IDS, X, target_prob=ID_PROB, z_loss=0.03),
    weighted("z-loss-mask", np.array([0, 1, 1, 0]), X, z_loss=0.03, class_mask=MASK),
    weighted("everything-index", Y, X, **EVERYTHING),
    weighted("everything-one-hot", ONE_HOT, X, dense, **EVERYTHING),
    weighted("everything-soft", Q, X, dense, **EVERYTHING),
    weighted("everything-top-k", IDS, X, target_prob=ID_PROB, **EVERYTHING),
    weighted("everything-ignored", np.array([0, -1, 1, 1]), X, ignore_class=-1, **EVERYTHING),
    weighted("everything-float64", Y, X.astype(float), **EVERYTHING),
    weighted("everything-probabilities", Y, P, from_logits=False, class_weight=W, sample_weight=S,
             label_smoothing=0.13, normalize=True),
    weighted("normalizer", Y, X, sample_weight=S, normalizer=7.3),
    weighted("normalizer-integer", Y, X, normalizer=128),
    weighted("normalizer-array", Y, X, normalizer=np.float32(0.3)),
    weighted("normalizer-float64", Y, X.astype(float), sample_weight=S, normalizer=7.3),
    weighted("normalizer-array-float64", Y, X.astype(float), normalizer=np.float64(0.3)),
    weighted("normalizer-nothing-kept", np.array([-1] * 4), X, ignore_class=-1, normalizer=3.0),
    weighted("binary", T, B, binary, sample_weight=f32([[0.3, 1], [0, 2.7], [0.1, 0.9]])),
    weighted("binary-prefix", T, B, binary, sample_weight=f32([0.3, 1.7, 0.01])),
    weighted("binary-pos-weight", T, B, binary, pos_weight=3.7, sample_weight=f32([0.3, 1.7, 0.01])),
    weighted("binary-normalizer", T, B, binary, normalizer=11),
    bad_weight("sample-weight-negative", (1,), {"sample_weight": S}, sample_weight=replaced(S, 1, -1)),
    bad_weight("sample-weight-nan", (1,), {"sample_weight": S}, sample_weight=replaced(S, 1, NAN)),
    bad_weight("sample-weight-inf", (1,), {"sample_weight": S}, sample_weight=replaced(S, 1, INF)),
    bad_weight("sample-weight-negative-dense", (1,), {"sample_weight": S}, y=Q, function=dense,
               sample_weight=replaced(S, 1, -1)),
    bad_weight("sample-weight-negative-binary", (2, 3), {"sample_weight": S[:3]}, y=T, x=B,
               function=binary, sample_weight=replaced(S[:3], 1, -1)),
    bad_weight("class-weight-negative", (2, 3), {"class_weight": W}, class_weight=replaced(W, 1, -3.1)),
    bad_weight("class-weight-nan", (2, 3), {"class_weight": W}, class_weight=replaced(W, 1, NAN)),
    bad_weight("class-weight-inf", (2, 3), {"class_weight": W}, class_weight=replaced(W, 1, INF)),
    bad_weight("class-weight-dict-missing", (2, 3), {"class_weight": {0: 0.25, 1: 3.1, 2: 1.9}},
               class_weight={0: 0.25, 2: 1.9}),
    bad_weight("pos-weight-array-negative", (1, 3, 5), {"pos_weight": f32([0.4, 3])}, y=T, x=B,
               function=binary, pos_weight=f32([0.4, -3])),
    bad_weight("pos-weight-array-nan", (0, 2, 4), {"pos_weight": f32([0.4, 3])}, y=T, x=B,
               function=binary, pos_weight=f32([NAN, 3])),
    bad_weight("pos-weight-array-inf", (0, 2, 4), {"pos_weight": f32([0.4, 3])}, y=T, x=B,
               function=binary, pos_weight=f32([INF, 3])),
    wrong_weight("class-weight-dict-negative", Y, X, class_weight={0: 0.25, 1: -3.1, 2: 1.9}, only="numpy"),
    wrong_weight("class-weight-too-long", Y, X, class_weight=f32([1, 2, 3, 4])),
    wrong_weight("class-weight-too-short", Y, X, class_weight=f32([1, 2])),
    wrong_weight("class-weight-number", Y, X, class_weight=2.0),
    wrong_weight("class-weight-balanced", Y, X, class_weight="balanced"),
    wrong_weight("sample-weight-wrong-length", Y, X, sample_weight=S[:3]),
    wrong_weight("sample-weight-trailing", LABELS, VOLUME, axis=1, sample_weight=f32([1, 2, 3, 4])),
    wrong_weight("sample-weight-per-class", Y, X, sample_weight=np.ones((4, 3), np.float32)),
    wrong_weight("sample-weight-row", Y, X, sample_weight=S[None]),
    wrong_weight("pos-weight-negative", T, B, binary, pos_weight=-1.0),
    wrong_weight("pos-weight-nan", T, B, binary, pos_weight=NAN),
]  # fmt: skip

NONE_LEFT = np.full(4, -1)


def empty(name, y=NONE_LEFT, x=X, function=sparse, word="zero", **given) -> Case:
    """Nothing kept, under each value of `empty`."""
    if word == "raise":
        # what cannot be seen cannot be raised: NaN in the mean, checked by the rule's own test
        given = {"error": ("EmptyError", ("CE202",)), "unchecked": True, **given}
    return function(f"{name}-{word}", "M08", y, x, **{"from_logits": True, "empty": word, **given})


M08 = [
    case
    for word in ("zero", "nan", "raise")
    for case in [
        empty("all-ignored", word=word, ignore_class=-1),
        empty("all-ignored-nan", x=np.full_like(X, NAN), word=word, ignore_class=-1),
        empty("all-ignored-float64", x=X.astype(float), word=word, ignore_class=-1),
        empty("all-weights-zero", Y, word=word, sample_weight=f32([0, 0, 0, 0])),
        empty("weight-number-zero", Y, word=word, sample_weight=0.0),
        empty("class-weights-zero", np.zeros(4, int), word=word, class_weight=f32([0, 1, 1])),
        empty("no-rows", NONE_LEFT[:0], X[:0], word=word),
        empty("no-rows-probabilities", NONE_LEFT[:0], P[:0], word=word, from_logits=False),
        empty("dense-no-rows", Q[:0], X[:0], dense, word=word),
        empty("dense-weights-zero", Q, X, dense, word=word, sample_weight=f32([0, 0, 0, 0])),
        empty("dense-no-rows-axis-1", np.zeros((0, 3, 4)), VOLUME[:0], dense, word=word, axis=1),
        empty("binary-all-ignored", np.full((3, 2), -1), B, binary, word=word, ignore_class=-1),
        empty("binary-no-rows", T[:0], B[:0], binary, word=word),
    ]
]  # fmt: skip

CASES = [*M07, *M08]
