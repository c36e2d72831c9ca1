"""Cases in which options meet: several classes a row, masks, weights and rows that are left out."""

from __future__ import annotations

import numpy as np

from contract.case import Case, P, Q, X, binary, dense, f32, replaced, sparse

NAN = np.nan
IDS = np.array([[0, 1], [2, 0], [1, 2], [1, 0]])
ID_PROB = f32([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1], [0.45, 0.55]])
S = f32([0.3, 0.0, 1.7, 2.9])
MASK = np.array([True, True, False])
ROW_MASK = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1]], dtype=bool)
# No mass where a row has no such class, but for the row of weight 0.
MASKED_P = f32([[0.25, 0, 0.75], [0.2, 0.3, 0.5], [0, 0.6, 0.4], [0.7, 0.1, 0.2]])
MASKED_Q = f32([[0.75, 0, 0.25], [0.25, 0.5, 0.25], [0, 1, 0], [0.25, 0.25, 0.5]])
ROW_LABELS = np.array([0, 2, 1, 1])


def met(name, rule, y, x, function=sparse, **given) -> Case:
    """Logits, unless told otherwise."""
    return function(name, rule, y, x, **{"from_logits": True, **given})


M06 = [
    met("top-k-one-of-two-ignored", "M06", replaced(IDS, (slice(0, 2), 1), -1), X,
        target_prob=ID_PROB, ignore_class=-1),
    met("top-k-first-of-two-ignored", "M06", replaced(IDS, (1, 0), 255), X, target_prob=ID_PROB,
        ignore_class=(-1, 255)),
    met("top-k-all-ignored-in-a-row", "M06", replaced(IDS, 2, -1), replaced(X, 2, NAN),
        target_prob=ID_PROB, ignore_class=-1),
    met("top-k-all-ignored-by-two-sentinels", "M06", replaced(IDS, 2, [-1, 255]), X,
        target_prob=ID_PROB, ignore_class=(-1, 255)),
    met("top-k-ignored-probabilities", "M06", replaced(IDS, (slice(0, 2), 1), -1), P,
        from_logits=False, target_prob=ID_PROB, ignore_class=-1),
    met("top-k-ignored-weighted", "M06", replaced(IDS, (slice(1, 3), 1), -1), X,
        target_prob=ID_PROB, ignore_class=-1, class_weight=f32([0.25, 3.1, 1.9]),
        sample_weight=f32([1, 0.3, 2, 0.7]), label_smoothing=0.1),
    met("mask-of-rows-probabilities-weight-zero", "M06", ROW_LABELS, MASKED_P, from_logits=False,
        class_mask=ROW_MASK, sample_weight=S),
    met("mask-of-rows-probabilities-ignored", "M06", replaced(ROW_LABELS, 1, -1), MASKED_P,
        from_logits=False, class_mask=ROW_MASK, ignore_class=-1),
    met("mask-of-rows-targets-weight-zero", "M06", MASKED_Q, X, dense, class_mask=ROW_MASK,
        sample_weight=S),
    met("mask-targets-weight-zero", "M06", replaced(MASKED_Q, slice(0, 1), [0.5, 0.5, 0])[[0, 1]],
        X[:2], dense, class_mask=MASK, sample_weight=S[:2]),
    met("mask-label-weight-zero", "M06", np.array([0, 2, 1, 1]), X, class_mask=MASK,
        sample_weight=S),
]  # fmt: skip

M07 = [
    met("class-weight-dict-missing-smoothed", "M07", np.array([0, 2, 2, 0]), X,
        class_weight={0: 0.25, 2: 1.9}, label_smoothing=0.1,
        error=("WeightError", ()), traced_nan_rows=(0, 1, 2, 3),
        good={"class_weight": {0: 0.25, 1: 1.0, 2: 1.9}}),
    met("class-weight-dict-missing-soft-smoothed", "M07", replaced(Q, slice(None), [0.25, 0, 0.75]),
        X, dense, class_weight={0: 0.25, 2: 1.9}, label_smoothing=0.1,
        error=("WeightError", ()), traced_nan_rows=(0, 1, 2, 3),
        good={"class_weight": {0: 0.25, 1: 1.0, 2: 1.9}}),
    # a class of probability 0 has no part in its row, whatever its weight
    met("class-weight-nan-top-k", "M07", IDS, X, class_weight=f32([0.25, 3.1, NAN]),
        target_prob=replaced(ID_PROB, 2, [1.0, 0.0]),
        error=("WeightError", ("CE314",)), traced_nan_rows=(1,),
        good={"class_weight": f32([0.25, 3.1, 1.9])}),
    met("mask-of-more-rows-than-predictions", "M03", np.array([1]), X[:1],
        class_mask=np.ones((3, 3), bool), error=("ShapeError", ()), static=True),
    met("mask-of-more-rows-than-predictions-soft", "M03", Q[:1], X[:1], dense,
        class_mask=np.ones((3, 3), bool), error=("ShapeError", ()), static=True),
    met("pos-weight-of-more-rows-than-predictions", "M03", f32([[0, 1]]), f32([[0.3, -1.1]]),
        binary, pos_weight=f32([[1, 2], [3, 4]]), error=("WeightError", ()), static=True),
    met("pos-weight-of-more-columns-than-predictions", "M03", f32([[0], [1]]), f32([[0.3], [-1.1]]),
        binary, pos_weight=f32([1, 2]), error=("WeightError", ()), static=True),
]  # fmt: skip

M05 = [
    met("masked-class-has-probability", "M05", np.array([0, 1, 1, 0]), P, from_logits=False,
        class_mask=MASK, normalize=False, error=("PredictionError", ()),
        traced_nan_rows=tuple(np.flatnonzero(P[:, 2])),
        good={"y_pred": P * f32([1, 1, 0])}),
    met("masked-class-of-one-row-has-probability", "M05", ROW_LABELS,
        replaced(MASKED_P, 1, [0.5, 0.5, 0]) + f32([[0, 0, 0], [0, 0, 0], [0.01, 0, 0], [0, 0, 0]]),
        from_logits=False, class_mask=replaced(ROW_MASK, 1, [True, False, True]), normalize=False,
        error=("PredictionError", ()), traced_nan_rows=(1, 2),
        good={"y_pred": replaced(MASKED_P, 1, [0.5, 0, 0.5])}),
]  # fmt: skip

CASES = [*M05, *M06, *M07]
