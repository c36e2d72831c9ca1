"""Cases of M09 to M13 (logits and dtypes) and M17 (binary)."""

from __future__ import annotations

import ml_dtypes
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
    softmax,
    sparse,
)  # fmt: skip

NAN, INF = np.nan, np.inf
HOLES = X.copy()  # each row has one class that cannot be; never the label's
HOLES[[0, 1, 2, 3], [1, 0, 0, 2]] = -INF
ONE_LEFT = np.where(ONE_HOT == 1, X, -INF).astype(X.dtype)  # no class but the label can be
IDS = np.array([[0, 1], [2, 0], [1, 2], [1, 0]])
ID_PROB = f32([[0.7, 0.3], [0.6, 0.3], [0.9, 0.1], [0.45, 0.55]])
BLOCK = draw(61, 3, 150)
BLOCK[:, :130] = -INF  # a leading block of impossible classes
BLOCK_MASK = np.arange(150) >= 130
NO_MASS_IN_HOLES = f32([[0.75, 0, 0.25], [0, 0.5, 0.5], [0, 1, 0], [0.125, 0.875, 0]])


def logits(rule):
    """Builders of cases on logits."""

    def build(name, y, x, function=sparse, **given) -> Case:
        return function(name, rule, y, x, **{"from_logits": True, **given})

    return build


m09 = logits("M09")
M09 = [
    m09("hole-index", Y, HOLES),
    m09("hole-one-hot", ONE_HOT, HOLES, dense),
    m09("hole-soft", NO_MASS_IN_HOLES, HOLES, dense),
    m09("hole-top-k", np.array([[0, 1], [2, 0], [1, 0], [1, 2]]), HOLES,
        target_prob=f32([[1, 0], [0.8, 0], [0.7, 0], [1, 0]])),
    m09("hole-z-loss", Y, HOLES, z_loss=1e-2),
    m09("one-class-left-z-loss", Y, ONE_LEFT, z_loss=1e-2),
    m09("one-class-left-z-loss-one-hot", ONE_HOT, ONE_LEFT, dense, z_loss=1e-2),
    m09("hole-masked-smoothing", Y, HOLES, class_mask=np.isfinite(HOLES), label_smoothing=0.2),
    m09("hole-masked-smoothing-dense", NO_MASS_IN_HOLES, HOLES, dense, class_mask=np.isfinite(HOLES),
        label_smoothing=0.2),
    m09("hole-zero-class-weight", np.array([0, 0, 2, 1]), replaced(X, (1, 0), -INF),
        class_weight=f32([0, 1.3, 0.7])),
    m09("hole-at-label", np.array([1, 2, 1, 1]), HOLES),
    m09("hole-at-label-weighted", np.array([1, 2, 1, 1]), HOLES, sample_weight=f32([0.3, 1, 2, 1]),
        class_weight=f32([0.7, 1.2, 3])),
    m09("hole-with-mass", Q, HOLES, dense),
    m09("hole-with-smoothing", Y, HOLES, label_smoothing=0.1),
    m09("hole-top-k-with-mass", IDS, HOLES, target_prob=ID_PROB),
    m09("only-the-label-is-possible", np.array([1, 0]), f32([[-INF, 0.3, -INF], [2.7, -INF, -INF]])),
    m09("only-the-label-is-possible-dense", f32([[0, 1, 0], [1, 0, 0]]),
        f32([[-INF, 0.3, -INF], [2.7, -INF, -INF]]), dense),
    m09("leading-block", np.array([130, 149, 141]), BLOCK),
    m09("leading-block-masked", np.array([130, 149, 141]), draw(61, 3, 150), class_mask=BLOCK_MASK),
    m09("leading-block-dense", np.eye(150, dtype=np.float32)[[130, 149, 141]], BLOCK, dense),
    m09("leading-block-float16", np.array([130, 149, 141]), BLOCK.astype(np.float16)),
    m09("leading-block-float64", np.array([130, 149, 141]), BLOCK.astype(np.float64)),
]  # fmt: skip


def no_number(name, y, row, function=sparse, rows=(1,), **given) -> Case:
    """X with row 1 spoiled."""
    repair = {"y_pred": given.pop("repaired", X)}
    given = {"from_logits": True, "nan_rows": rows, "good": repair, **given}
    return function(name, "M10", y, replaced(given.pop("x", X), 1, row), **given)


FEW = [0.3, NAN, 1.7]
M10 = [
    no_number("nan-beside-label", Y, FEW),
    no_number("nan-at-label", Y, [0.3, 1.1, NAN]),
    no_number("nan-first", Y, [NAN, 1.1, 0.2]),
    no_number("all-nan", Y, NAN),
    no_number("plus-inf-beside-label", Y, [INF, 1.1, 0.2]),
    no_number("plus-inf-at-label", Y, [0.2, 1.1, INF]),
    no_number("plus-and-minus-inf", Y, [INF, -INF, 0.2]),
    no_number("all-minus-inf", Y, -INF),
    no_number("nan-and-minus-inf", Y, [NAN, -INF, -INF]),
    no_number("nan-float16", Y, FEW, x=X.astype(np.float16), repaired=X.astype(np.float16)),
    no_number("nan-float64", Y, FEW, x=X.astype(np.float64), repaired=X.astype(np.float64)),
    no_number("all-minus-inf-float64", Y, -INF, x=X.astype(float), repaired=X.astype(float)),
    no_number("nan-one-hot", ONE_HOT, FEW, dense),
    no_number("nan-soft", Q, FEW, dense),
    no_number("plus-inf-soft", Q, [INF, 1.1, 0.2], dense),
    no_number("all-minus-inf-soft", Q, -INF, dense),
    no_number("nan-top-k", IDS, FEW, target_prob=ID_PROB),
    no_number("plus-inf-top-k", IDS, [INF, 1.1, 0.2], target_prob=ID_PROB),
    no_number("nan-smoothing", Y, FEW, label_smoothing=0.1),
    no_number("nan-z-loss", Y, FEW, z_loss=1e-3),
    no_number("all-minus-inf-smoothing", Y, -INF, label_smoothing=0.1, z_loss=1e-3),
    no_number("unmasked-all-minus-inf", np.array([0, 1, 1, 1]), [-INF, -INF, 0.3],
              class_mask=np.array([True, True, False])),
    no_number("nan-binary", T, NAN, binary, rows=(2, 3), x=B, repaired=B),
    no_number("nan-binary-smoothing", T, NAN, binary, rows=(2, 3), x=B, repaired=B,
              label_smoothing=0.1, pos_weight=2.3),
    sparse("nan-in-masked-class", "M10", np.array([0, 1, 1, 1]), replaced(X, (1, 2), NAN),
           from_logits=True, class_mask=np.array([True, True, False])),
    sparse("plus-inf-in-masked-class", "M10", np.array([0, 1, 1, 1]), replaced(X, (1, 2), INF),
           from_logits=True, class_mask=np.array([True, True, False])),
]  # fmt: skip

m11 = logits("M11")
M11 = [
    m11("offset-1e6", Y, X + np.float32(1e6)),
    m11("offset-minus-1e6", Y, X - np.float32(1e6)),
    m11("offset-differs-by-row", Y, X + f32([[1e6], [-3e5], [77777.7], [-1e6]])),
    m11("offset-1e6-one-hot", ONE_HOT, X + np.float32(1e6), dense),
    m11("offset-1e6-soft", Q, X + np.float32(1e6), dense),
    m11("offset-1e6-smoothing", Y, X + np.float32(1e6), label_smoothing=0.1),
    m11("offset-1e6-top-k", IDS, X + np.float32(1e6), target_prob=ID_PROB),
    m11("offset-1e15-float64", Y, X.astype(float) + 1e15),
    m11("offset-float16", Y, X.astype(np.float16) + np.float16(300)),
    m11("offset-bfloat16", Y, X.astype(ml_dtypes.bfloat16) + ml_dtypes.bfloat16(300)),
    m11("offset-1e6-many-classes", np.array([0, 399]), draw(62, 2, 400) + np.float32(1e6)),
    m11("differences-overflow-nothing", np.array([0, 1]), f32([[1.5e38, -1.5e38, 0], [1.5e38, 1.4e38, 0]])),
]  # fmt: skip

m12 = logits("M12")
SURE = f32([[69.43, 0.37, -1.3], [0.21, -1.7, 41.9], [-90.3, 11.7, -12.3], [3.1, 88.7, 9.9]])
SURE_Y = np.array([0, 2, 1, 1])
M12 = [
    m12("article-20-0", np.array([0]), f32([[20.0, 0.0]]),
        want=("2.0611536203143807032389827988779152356026698753876e-9",)),
    m12("confident-20.3-0.7", np.array([0, 1]), f32([[20.3, 0.7], [0.7, 20.3]])),
    m12("confident-float16", np.array([0, 1]), np.float16([[17.3, 0.7], [0.7, 20.3]])),
    m12("confident-bfloat16", np.array([0, 1]), np.array([[17.3, 0.7], [0.7, 20.3]], ml_dtypes.bfloat16)),
    m12("confident-float64", np.array([0, 1]), np.float64([[20.3, 0.7], [0.7, 36.9]])),
    m12("loss-1e-30", SURE_Y, SURE),
    m12("loss-1e-30-one-hot", np.eye(3, dtype=np.float32)[SURE_Y], SURE, dense),
    m12("loss-1e-30-top-k", SURE_Y[:, None], SURE, target_prob=np.ones((4, 1), np.float32)),
    m12("loss-1e-30-float64", SURE_Y, SURE.astype(np.float64)),
    m12("loss-1e-300-float64", np.array([0, 2]), np.float64([[691.3, 0.37, -3.1], [-700.1, 2.7, 701.9]])),
    m12("loss-1e-300-one-hot", np.float64([[1, 0, 0], [0, 0, 1]]),
        np.float64([[691.3, 0.37, -3.1], [-320.1, 2.7, 701.9]]), dense),
    m12("confident-and-wrong", np.array([1, 0, 2, 2]), SURE),
    m12("confident-soft", f32([[0.9, 0.05, 0.05]] * 4), SURE, dense),
    m12("confident-tiny-mass-elsewhere", np.float64([[1 - 1e-12, 1e-12, 0], [1e-20, 0, 1]]), SURE[:2],
        dense),
    m12("confident-many-classes", np.array([77, 0]),
        replaced(replaced(draw(63, 2, 500), (0, 77), 43.21), (1, 0), 39.7)),
    m12("confident-class-weight", SURE_Y, SURE, class_weight=f32([0.3, 2.7, 1.1])),
    m12("ties", np.array([0, 1, 2]), f32([[1.3, 1.3, 1.3], [0.7, 0.7, -2.2], [-1.1, 9.3, 9.3]])),
    m12("ties-one-hot", np.eye(3, dtype=np.float32), f32([[1.3, 1.3, 1.3], [0.7, 0.7, -2.2],
                                                         [-1.1, 9.3, 9.3]]), dense),
    m12("ties-soft", Q[:3], f32([[1.3, 1.3, 1.3], [0.7, 0.7, -2.2], [-1.1, 9.3, 9.3]]), dense),
    m12("nearly-tied", np.array([0, 1]), f32([[1.3, 1.3000001, -7.7], [9.999999, 10.0, 10.000001]])),
    m12("random", np.random.default_rng(64).integers(0, 37, 20), draw(65, 20, 37)),
    m12("random-soft", f32(softmax(draw(66, 20, 37))), draw(67, 20, 37), dense),
    m12("random-float64", np.random.default_rng(68).integers(0, 37, 20), draw(69, 20, 37, dtype=float)),
    m12("random-soft-float64", softmax(draw(70, 9, 37)), draw(71, 9, 37, dtype=float), dense),
    # p of a class is far from 1 - p: neither may be made from the other
    m12("flat-float64", np.array([3, 77, 199]), draw(84, 3, 200, scale=0.1, dtype=float)),
    m12("flat-soft", f32(softmax(draw(82, 3, 200))), draw(83, 3, 200, scale=0.1), dense),
    m12("flat-soft-float64", softmax(draw(82, 3, 200)), draw(83, 3, 200, scale=0.1, dtype=float), dense),
    m12("random-wide", np.random.default_rng(72).integers(0, 9, 20), draw(73, 20, 9, scale=40)),
    m12("two-classes", np.random.default_rng(74).integers(0, 2, 30), draw(75, 30, 2, scale=9)),
    m12("huge-c", np.array([2999]), draw(76, 1, 3000)),
    m12("huge-c-soft", f32(softmax(draw(77, 1, 1500))), draw(78, 1, 1500), dense),
    m12("huge-c-smoothing", np.array([4]), draw(79, 1, 1500), label_smoothing=0.1),
]  # fmt: skip

HALF, BRAIN = np.float16, ml_dtypes.bfloat16
m13 = logits("M13")
M13 = [
    *(m13(f"{kind}-{np.dtype(d).name}", y, X.astype(d), f, **o)
      for d in (HALF, BRAIN, np.float32, np.float64)
      for kind, f, y, o in [
          ("index", sparse, Y, {}), ("soft", dense, Q, {}), ("one-hot", dense, ONE_HOT, {}),
          ("options", sparse, Y, {"label_smoothing": 0.1, "z_loss": 0.03}),
          ("top-k", sparse, IDS, {"target_prob": ID_PROB}),
      ]),
    *(m13(f"binary-{np.dtype(d).name}", T, B.astype(d), binary, label_smoothing=0.1)
      for d in (HALF, BRAIN, np.float32, np.float64)),
    *(m13(f"probabilities-{np.dtype(d).name}", Y, P.astype(d), from_logits=False, normalize=False)
      for d in (HALF, BRAIN, np.float32, np.float64)),
    # p/D rounds to 0 in float16 alone and to a number after the divisor is applied
    m13("float16-gradient-rounded-once", np.array([0]), HALF([[17.3, 0.7]]), normalizer=2.0**-12),
    m13("float16-gradient-rounded-once-soft", f32([[1, 0]]), HALF([[17.3, 0.7]]), dense,
        normalizer=2.0**-12),
    m13("float16-logits-near-its-maximum", np.array([0, 1]), HALF([[65504, 65472], [65472, 65504]])),
    m13("bfloat16-huge", np.array([0, 1]), np.array([[1e30, 3e30], [1e30, 3e30]], BRAIN)),
    m13("predictions-int", Y, np.arange(12).reshape(4, 3), error=("PredictionError", ("CE305",)),
        static=True),
    m13("predictions-int-probabilities", Y, np.eye(3, dtype=np.int32)[Y], from_logits=False,
        error=("PredictionError", ("CE305",)), static=True),
    m13("predictions-bool", Y, np.eye(3, dtype=bool)[Y], error=("PredictionError", ("CE305",)),
        static=True),
    # float targets and integer predictions may also be told as swapped arguments
    m13("predictions-uint8-dense", Q, np.uint8([[1, 2, 3]] * 4), dense,
        error=("CrossentError", ("CE305", "CE304")), static=True),
    m13("predictions-int-binary", f32([0, 1]), np.array([3, -2]), binary,
        error=("CrossentError", ("CE305", "CE304")), static=True),
    m13("predictions-int-binary-labels-int", np.array([0, 1]), np.array([3, -2]), binary,
        error=("PredictionError", ("CE305",)), static=True),
]  # fmt: skip

ENDS = f32([INF, -INF, INF, -INF, 88.7, -88.7, 700.3, -0.37])
m17 = logits("M17")
M17 = [
    m17("binary", T, B, binary),
    m17("binary-float64", T, B.astype(float), binary),
    m17("binary-saturated", f32([1, 0, 1, 0, 0.3]), f32([90.3, -87.2, -90.3, 103.7, 41.9]), binary),
    m17("binary-tiny-loss", f32([1, 0]), f32([69.7, -69.7]), binary),
    m17("binary-tiny-loss-float64", f32([1, 0]), np.float64([691.7, -691.7]), binary),
    m17("binary-inf-agrees", f32([1, 0, 1, 0, 1, 0, 1, 0.3]), ENDS, binary),
    m17("binary-inf-disagrees", f32([0, 1, 0.5, 0.5, 1, 0, 1, 0.3]), ENDS, binary),
    m17("binary-inf-agrees-float64", f32([1, 0, 1, 0, 1, 0, 1, 0.3]), ENDS.astype(float), binary),
    m17("binary-inf-pos-weight", f32([1, 0, 0, 1, 1, 0, 1, 0.3]), ENDS, binary, pos_weight=3.7),
    m17("binary-inf-pos-weight-zero", f32([1, 0, 1, 1, 1, 0, 1, 0.3]), ENDS, binary, pos_weight=0.0),
    m17("binary-pos-weight", T, B, binary, pos_weight=3.7),
    m17("binary-pos-weight-integer", T, B, binary, pos_weight=3),
    m17("binary-smoothing", T, B, binary, label_smoothing=0.1),
    m17("binary-smoothing-float64", T.astype(float), B.astype(float), binary, label_smoothing=0.1),
    m17("binary-smoothing-half", T, B, binary, label_smoothing=1.0),
    m17("binary-all-options", f32([[0, 1], [-1, 0.3], [0, 1]]), B, binary, label_smoothing=0.13,
        pos_weight=2.3, sample_weight=f32([0.3, 1.9, 1.1]), ignore_class=-1),
    m17("binary-labels-int", T.round().astype(int), B, binary),
    m17("binary-labels-bool", T > 0.5, B, binary),
    m17("binary-labels-float64", T.astype(float), B, binary),
    m17("binary-zero", f32([0, 1, 0.5]), f32([0.0, -0.0, 0.0]), binary),
    m17("binary-random", f32(np.random.default_rng(80).uniform(size=50)), draw(81, 50, scale=20), binary),
]  # fmt: skip

CASES = [*M09, *M10, *M11, *M12, *M13, *M17]
