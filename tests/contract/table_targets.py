"""Cases of M04 (dense targets), M05 (predictions) and M16 (probabilities)."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from contract.case import (
    ONE_HOT,
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
    softmax,
    sparse,
)  # fmt: skip

NAN = np.nan
WIDE = np.eye(40, dtype=np.float32)[[3, 0, 39, 7]]
WIDE_BAD = replaced(WIDE, (1, 5), 1)
IDS = np.array([[0, 1], [2, 0], [1, 2], [1, 0]])
HALVES = np.full((4, 2), 0.5, np.float32)


def target(name, y, **given) -> Case:
    """Dense targets of X."""
    return dense(name, "M04", y, X, **{"from_logits": True, **given})


def bad_target(name, y, rows, *codes, **given) -> Case:
    """Dense targets that are no distributions; Q holds good ones for the same rows."""
    given = {"good": {"y_true": replaced(y, list(rows), Q[list(rows)])}, **given}
    return target(name, y, error=("TargetError", codes), traced_nan_rows=rows, **given)


M04 = [
    target("soft-float32", Q),
    target("soft-float64", Q.astype(float)),
    target("soft-not-dyadic", f32(softmax(draw(41, 4, 3)))),
    target("soft-float16", softmax(draw(42, 4, 3)).astype(np.float16)),
    target("soft-bfloat16", softmax(draw(43, 4, 3)).astype(ml_dtypes.bfloat16)),
    target("soft-three-decimals", f32(np.full((4, 3), 0.333))),
    # 3 x 0.33: within the precision of two decimals, which 0.005 would not be
    target("soft-two-decimals", np.full((4, 3), 0.33)),
    target("soft-two-decimals-float32", f32(np.full((4, 3), 0.33))),
    target("one-hot", ONE_HOT),
    target("one-hot-integers", ONE_HOT.astype(np.int64)),
    target("one-hot-uint8", ONE_HOT.astype(np.uint8)),
    target("one-hot-bool", ONE_HOT.astype(bool)),
    dense("soft-probabilities", "M04", Q, P),
    dense("one-hot-probabilities", "M04", ONE_HOT, P),
    dense("soft-float16-predictions", "M04", Q, X.astype(np.float16), from_logits=True),
    bad_target("several-ones", replaced(ONE_HOT, 1, [1, 0, 1]), (1,), "CE301"),
    # integers are decimals too, but no precision explains a row that misses 1 by 1
    dense("several-ones-of-many", "M04", WIDE_BAD, draw(46, 4, 40), from_logits=True,
          error=("TargetError", ("CE301",)), traced_nan_rows=(1,), good={"y_true": WIDE}),
    dense("halves-of-many", "M04", replaced(WIDE, (slice(2, 3), slice(0, 9)), 0.5), draw(46, 4, 40),
          from_logits=True, error=("TargetError", ()), traced_nan_rows=(2,), good={"y_true": WIDE}),
    bad_target("several-ones-everywhere", f32([[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 0, 1]]),
               (0, 1, 2, 3), "CE301"),
    bad_target("counts", f32([[3, 1, 0], [2, 2, 4], [0, 5, 0], [1, 0, 7]]), (0, 1, 2, 3), "CE308"),
    bad_target("logits-as-targets", draw(44, 4, 3), (0, 1, 2, 3), "CE308"),
    bad_target("percent", 100 * Q, (0, 1, 2, 3), "CE308"),
    bad_target("all-zero-row", replaced(Q, 2, 0.0), (2,)),
    bad_target("sum-too-small", replaced(Q, 1, [0.11, 0.5, 0.2]), (1,), "CE308"),
    bad_target("sum-off-by-a-hundredth", replaced(Q, 1, [0.1234567, 0.5, 0.3665433]), (1,), "CE308"),
    bad_target("negative", replaced(Q, 1, [-0.25, 0.75, 0.5]), (1,), "CE308"),
    bad_target("nan", replaced(Q, 1, [NAN, 0.5, 0.5]), (1,)),
    bad_target("sum-too-small-smoothed", replaced(Q, 1, [0.11, 0.5, 0.2]), (1,), "CE308",
               label_smoothing=0.1, z_loss=1e-3),
    dense("sum-too-small-probabilities", "M04", replaced(Q, 1, [0.11, 0.5, 0.2]), P,
          error=("TargetError", ("CE308",)), traced_nan_rows=(1,), good={"y_true": Q}),
    sparse("top-k-missing-mass", "M04", IDS, X, from_logits=True,
           target_prob=f32([[0.7, 0.3], [0.6, 0.1], [0.9, 0.0], [0.31, 0.55]])),
    sparse("top-k-no-mass-in-a-row", "M04", IDS, X, from_logits=True, target_prob=replaced(HALVES, 1, 0.0)),
    sparse("top-k-same-class-twice", "M04", np.array([[1, 1], [0, 0], [2, 1], [1, 1]]), X,
           from_logits=True, target_prob=f32([[0.7, 0.3], [0.6, 0.4], [0.9, 0.1], [0.31, 0.55]])),
    sparse("top-k-probabilities", "M04", IDS, P, target_prob=f32([[0.7, 0.3], [0.6, 0.1], [1, 0], [0, 1]])),
    sparse("top-k-negative", "M04", IDS, X, from_logits=True, target_prob=replaced(HALVES, 1, [-0.5, 0.7]),
           error=("CrossentError", ()), traced_nan_rows=(1,), good={"target_prob": HALVES}),
    sparse("top-k-too-much", "M04", IDS, X, from_logits=True, target_prob=replaced(HALVES, 1, [0.9, 0.7]),
           error=("CrossentError", ()), traced_nan_rows=(1,), good={"target_prob": HALVES}),
    sparse("top-k-nan", "M04", IDS, X, from_logits=True, target_prob=replaced(HALVES, 1, [NAN, 0.7]),
           error=("CrossentError", ()), traced_nan_rows=(1,), good={"target_prob": HALVES}),
    binary("binary-target-above-one", "M04", replaced(T, (1, 0), 1.5), draw(45, 3, 2), from_logits=True,
           error=("TargetError", ()), traced_nan_rows=(2,), good={"y_true": T}),
    binary("binary-target-negative", "M04", replaced(T, (1, 1), -0.25), draw(45, 3, 2), from_logits=True,
           error=("TargetError", ()), traced_nan_rows=(3,), good={"y_true": T}),
    binary("binary-target-integers-of-two-classes", "M04", np.array([0, 1, 2]), f32([0.3, 0.2, 0.7]),
           error=("TargetError", ()), traced_nan_rows=(2,), good={"y_true": np.array([0, 1, 1])}),
]  # fmt: skip

# Softmax of many classes rounded to 16 bits sums to 1 only within the precision of the values.
SOFT = softmax(draw(51, 6, 40, scale=2.0))
LABELS = np.array([0, 7, 39, 12, 12, 3])
BRAIN_SOFT = (0.992 * SOFT).astype(ml_dtypes.bfloat16)
NEAR = softmax(draw(52, 4, 3))
MISSING = f32(NEAR * np.array([[1], [0.99], [1], [1]]))
FAR = f32(NEAR * np.array([[1], [0.7], [1], [1]]))
BELOW = replaced(P, 1, [-0.5, 0.75, 0.75])
ABOVE = replaced(P, 2, [0.1, 1.75, 0.2])
SUMS = ("CE406",)


def judged(name, y, x, function=sparse, **given) -> Case:
    """Probabilities whose rows are looked at."""
    return function(name, "M05", y, x, **given)


def outside(name, x, rows, function=sparse, y=Y, good=P, **given) -> Case:
    """Probabilities outside [0, 1]."""
    return function(name, "M05", y, x, error=("PredictionError", ("CE106",)), traced_nan_rows=rows,
                    good={"y_pred": good}, **given)  # fmt: skip


M05 = [
    judged("sums-float32", LABELS, f32(SOFT)),
    judged("sums-float64", LABELS, SOFT),
    judged("sums-float16", LABELS, SOFT.astype(np.float16)),
    judged("sums-bfloat16", LABELS, SOFT.astype(ml_dtypes.bfloat16)),
    judged("sums-float16-in-float32", LABELS, SOFT.astype(np.float16).astype(np.float32)),
    judged("sums-bfloat16-in-float32", LABELS, SOFT.astype(ml_dtypes.bfloat16).astype(np.float32)),
    judged("sums-bfloat16-in-float64", LABELS, SOFT.astype(ml_dtypes.bfloat16).astype(np.float64)),
    # a softmax computed in bfloat16 is further off than the rounding of its values
    judged("sums-computed-in-bfloat16", LABELS, BRAIN_SOFT),
    judged("sums-computed-in-bfloat16-as-float32", LABELS, BRAIN_SOFT.astype(np.float32)),
    judged("sums-computed-in-bfloat16-as-targets", BRAIN_SOFT.astype(np.float32), f32(SOFT), dense),
    judged("sums-three-decimals", Y, f32([[0.333] * 3, [0.667, 0.167, 0.167], [0.111, 0.222, 0.666],
                                          [0.1, 0.2, 0.7]])),
    judged("sums-two-decimals-float64", LABELS, np.round(SOFT, 2), normalize=False),
    judged("sums-off-by-a-hundredth", Y, MISSING, warns=("ProbabilityWarning", "CE406")),
    judged("sums-off-by-a-hundredth-dense", Q, MISSING, dense, warns=("ProbabilityWarning", "CE406")),
    judged("sums-off-by-a-hundredth-float64", Y, NEAR * 1.01, warns=("ProbabilityWarning", "CE406")),
    judged("sums-off-by-a-hundredth-unchecked", Y, MISSING, normalize=False),
    judged("sums-off-by-a-hundredth-divided", Y, MISSING, normalize=True),
    judged("sums-off-by-a-hundredth-ignored", np.array([0, -1, 1, 1]), MISSING, ignore_class=-1),
    judged("sums-far-off", Y, FAR, error=("PredictionError", SUMS), unchecked=True),
    judged("sums-far-off-dense", Q, FAR, dense, error=("PredictionError", SUMS), unchecked=True),
    judged("sums-far-off-unchecked", Y, FAR, normalize=False),
    judged("sums-far-off-divided", Y, FAR, normalize=True),
    judged("sums-far-off-weight-zero", Y, FAR, sample_weight=f32([1, 0, 0.3, 1])),
    judged("sums-sigmoid-heads", Y, f32([[0.9, 0.81, 0.13]] * 4), error=("PredictionError", SUMS),
           unchecked=True),
    judged("sums-under-a-mask", np.array([0, 1, 1, 0]), f32([[0.25, 0.75, 0], [0.5, 0.5, 0], [1, 0, 0],
                                                             [0.125, 0.875, 0]]),
           class_mask=np.array([True, True, False])),
    judged("masked-probability-not-zero", np.array([0, 1, 1, 0]), P,
           class_mask=np.array([True, True, False]), error=("PredictionError", ()),
           only="numpy", static=True),  # what a traced call makes of them is not said
    outside("logits-as-probabilities", X, (0, 1, 2), good=replaced(X, [0, 1, 2], P[:3])),
    outside("probability-below-zero", BELOW, (1,)),
    outside("probability-above-one", ABOVE, (2,)),
    outside("probability-above-one-dense", ABOVE, (2,), dense, y=Q),
    outside("probability-above-one-normalize-false", ABOVE, (2,), normalize=False),
    outside("binary-logits", f32([0.3, -2.3, 0.7]), (1,), binary, y=np.array([0, 1, 1]),
            good=f32([0.3, 0.23, 0.7])),
    outside("binary-above-one", f32([0.3, 0.2, 1.7]), (2,), binary, y=f32([0, 1, 1]),
            good=f32([0.3, 0.2, 0.7])),
    judged("softmax-twice", np.arange(9) % 3, f32(softmax(draw(53, 9, 3))), from_logits=True,
           warns=("DoubleSoftmaxWarning", "CE105")),
    judged("softmax-twice-dense", np.tile(Q, (2, 1)), f32(softmax(draw(54, 8, 3))), dense,
           from_logits=True, warns=("DoubleSoftmaxWarning", "CE105")),
    judged("softmax-twice-axis-1", np.arange(8).reshape(2, 4) % 3, f32(softmax(draw(55, 2, 3, 4), 1)),
           from_logits=True, axis=1, warns=("DoubleSoftmaxWarning", "CE105")),
    judged("softmax-twice-too-few-rows", np.arange(7) % 3, f32(softmax(draw(56, 7, 3))),
           from_logits=True),
    judged("softmax-twice-but-one-row", np.arange(40) % 3,
           replaced(softmax(draw(57, 40, 3)), 39, [0.3, 0.2, 1.4]), from_logits=True),
    judged("logits-in-the-unit-interval", np.arange(9) % 3,
           f32(np.random.default_rng(58).uniform(size=(9, 3))), from_logits=True),
]  # fmt: skip

HARD = f32([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]])
NEVER = f32([[0.4, 0, 0.3], [0.25, 0.5, 0], [0.7, 0.1, 0], [0, 0.35, 0.35]])
NEVER_Y, NEVER_Q = (
    np.array([1, 2, 0, 1]),
    f32([[0, 1, 0], [0.5, 0.25, 0.25], [0, 0, 1], [0, 0.5, 0.5]]),
)
PAIR = np.array([True, True, False])
NEVER_PAIR = f32([[0.4, 0, 0], [0, 0.5, 0], [0.7, 0.1, 0], [0.35, 0.35, 0]])
EXACT = {"epsilon": 0.0, "normalize": True}
SMALL = np.float64([[1 - 1e-9, 1e-9, 0], [3e-8, 1 - 3e-8, 0], [1e-300, 0, 1], [0.3, 0.6, 0.1]])


def clipped(name, y, x, function=sparse, **given) -> Case:
    """Probabilities at or near the clip."""
    return function(name, "M16", y, x, **given)


# What is taken from 1 is rounded away; in float32 the epsilon itself is 0.
TOO_SMALL = {
    "smallest": 5e-324,
    "beyond-float32": 1e-60,
    "half-a-step": 2.0**-54,
    "a-step": 2.0**-53,
}

M16 = [
    *(clipped(f"epsilon-{name}", Y, HARD, epsilon=e) for name, e in TOO_SMALL.items()),
    *(clipped(f"epsilon-{name}-dense", Q, HARD, dense, epsilon=e) for name, e in TOO_SMALL.items()),
    *(clipped(f"epsilon-{name}-binary", f32([0, 1, 1, 0, 0.3]), f32([0, 0, 1, 1, 0.3]), binary, epsilon=e)
      for name, e in TOO_SMALL.items()),
    clipped("inside", Y, P),
    clipped("article-16.118", np.array([1]), HARD[:1], want=("16.11809565095831",)),
    clipped("exactly-one", np.array([0]), HARD[:1]),
    clipped("hard-rows", Y, HARD),
    clipped("hard-rows-dense", Q, HARD, dense),
    clipped("hard-rows-epsilon-zero", Y, HARD, epsilon=0.0),
    clipped("hard-rows-dense-epsilon-zero", Q, HARD, dense, epsilon=0),
    clipped("near-the-clip", np.array([0, 1, 0, 1]), SMALL),
    clipped("near-the-clip-epsilon-zero", np.array([0, 1, 0, 1]), SMALL, epsilon=0.0),
    clipped("near-the-clip-float32", np.array([1, 0, 0, 1]), f32(SMALL), epsilon=1e-12),
    clipped("wide-clip", Y, P, epsilon=0.3),
    clipped("smoothing", Y, P, label_smoothing=0.1),
    clipped("smoothing-clipped", Y, HARD, label_smoothing=0.1),
    clipped("normalize", Y, f32(0.7 * P), normalize=True),
    clipped("normalize-dense", Q, f32(0.7 * P), dense, normalize=True, label_smoothing=0.07),
    clipped("normalize-top-k", IDS, f32(0.7 * P), target_prob=HALVES, normalize=True),
    clipped("never", NEVER_Y, NEVER, epsilon=0.0, normalize=False),
    clipped("never-divided", NEVER_Y, NEVER, **EXACT),
    clipped("never-divided-dense", NEVER_Q, NEVER, dense, **EXACT),
    clipped("never-divided-smoothing", NEVER_Y, NEVER, **EXACT, label_smoothing=0.1),
    clipped("never-divided-top-k", IDS, NEVER, target_prob=HALVES, **EXACT),
    clipped("never-divided-mask", np.array([1, 0, 0, 1]), NEVER_PAIR, class_mask=PAIR, **EXACT),
    clipped("never-divided-mask-dense", f32([[0, 1, 0], [1, 0, 0], [0.5, 0.5, 0], [0.25, 0.75, 0]]),
            NEVER_PAIR, dense, class_mask=PAIR, **EXACT),
    clipped("never-divided-weights", NEVER_Y, NEVER, class_weight=f32([0.3, 0, 0.9]), **EXACT),
    clipped("normalize-float64", np.array([1, 0, 2, 1]), 0.9 * NEAR, normalize=True),
    clipped("class-weight", Y, P, class_weight=f32([0.3, 1.7, 0.9]), sample_weight=f32([1, 0.3, 2, 0.1])),
    clipped("float16", Y, P.astype(np.float16), normalize=False),
    clipped("bfloat16", Y, P.astype(ml_dtypes.bfloat16), normalize=False),
    clipped("many-classes", LABELS, f32(SOFT), label_smoothing=0.3),
    clipped("binary", T, f32(softmax(draw(59, 3, 2))), binary),
    clipped("binary-clipped", f32([0, 1, 1, 0.3]), f32([0, 0, 1, 1]), binary),
    clipped("binary-clipped-float64", f32([0, 1, 1, 0.3]), np.float64([0, 0, 1, 1]), binary),
    clipped("binary-epsilon-zero", f32([0, 1, 1, 0]), f32([0, 0, 1, 1]), binary, epsilon=0.0),
    clipped("binary-tiny-epsilon-zero", np.float64([0, 1, 0]), np.float64([1e-30, 1e-30, 1e-17]), binary,
            epsilon=0.0),
    clipped("binary-options", f32([0, 1, 1, 0.3]), f32([0.1, 0.97, 0.3, 0.6]), binary, label_smoothing=0.1,
            pos_weight=3.7, sample_weight=f32([1, 0.3, 2, 0.1])),
]  # fmt: skip

CASES = [*M04, *M05, *M16]
