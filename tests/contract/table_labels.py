"""Cases of M01 (label range), M02 (label type) and M06 (ignored rows)."""

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
    sparse,
)

NAN, INF = np.nan, np.inf
OUT, SENTINEL, ONE_BASED = ("CE101",), ("CE103",), ("CE104",)


def out_of_range(name, y, rows, codes, good, **given) -> Case:
    """Labels `y` of X with bad `rows`; `good` are the repaired labels."""
    return sparse(
        name,
        "M01",
        y,
        given.pop("y_pred", X),
        error=given.pop("error", ("LabelRangeError", codes)),
        traced_nan_rows=rows,
        good={"y_true": good, **given.pop("repair", {})},
        **{"from_logits": True, **given},
    )


BIG = draw(11, 2, 3, 4)  # class axis 1
MASK = np.array([True, True, False])
IDS = np.array([[0, 1], [2, 0], [1, 2], [1, 0]])
ID_PROB = f32([[0.7, 0.3], [0.6, 0.3], [1.0, 0.0], [0.45, 0.55]])

M01 = [
    out_of_range("label-too-large", np.array([0, 7, 1, 1]), (1,), OUT, Y),
    out_of_range("labels-too-large", np.array([0, 7, 9, 1]), (1, 2), OUT, Y),
    out_of_range("label-equal-to-c", np.array([0, 3, 1, 1]), (1,), OUT + SENTINEL, Y),
    out_of_range("label-minus-one", np.array([0, -1, 1, 1]), (1,), SENTINEL, Y),
    out_of_range("label-minus-c", np.array([0, -3, 1, 1]), (1,), SENTINEL, Y),
    out_of_range("label-minus-100", np.array([0, -100, -100, 1]), (1, 2), SENTINEL, Y),
    out_of_range("label-255-uint8", np.uint8([0, 255, 1, 1]), (1,), SENTINEL, np.uint8(Y)),
    out_of_range("label-minus-128-int8", np.int8([0, -128, 1, 1]), (1,), SENTINEL, np.int8(Y)),
    out_of_range("labels-one-based", np.array([1, 3, 2, 2]), (1,), ONE_BASED, np.array([1, 2, 2, 2])),
    out_of_range("label-two-to-the-32", np.array([0, 2**32 + 1, 1, 1]), (1,), OUT, Y),
    out_of_range("label-float", f32([0, 5, 1, 1]), (1,), OUT, f32(Y)),
    out_of_range(
        "label-uint64-two-to-the-63",
        np.array([0, 2**63 + 1, 1, 1], np.uint64), (1,), OUT, Y.astype(np.uint64),
    ),
    out_of_range(
        "label-uint64-is-not-minus-one", np.array([0, 2**64 - 1, 1, 1], np.uint64), (1,), (),
        Y.astype(np.uint64), ignore_class=-1, error=("CrossentError", ()),
    ),
    out_of_range(
        "label-probabilities", np.array([0, 7, 1, 1]), (1,), OUT, Y, y_pred=P, from_logits=False
    ),
    out_of_range(
        "label-normalized", np.array([0, 7, 1, 1]), (1,), OUT, Y,
        y_pred=P, from_logits=False, normalize=True,
    ),
    out_of_range("label-smoothing", np.array([0, 7, 1, 1]), (1,), OUT, Y, label_smoothing=0.1),
    out_of_range("label-z-loss", np.array([0, 2, 1, -7]), (3,), SENTINEL, Y, z_loss=1e-2),
    out_of_range(
        "label-axis-1",
        np.array([[0, 2, 1, 3], [2, 2, 0, 1]]), (3,), OUT + SENTINEL,
        np.array([[0, 2, 1, 1], [2, 2, 0, 1]]), y_pred=BIG, axis=1,
    ),
    # the bad row enters D with weight 1, so its good twin has the weight 1
    out_of_range(
        "label-weighted", np.array([0, 7, 1, 1]), (1,), OUT, Y,
        sample_weight=f32([0.3, 1.0, 2.5, 0.7]),
    ),
    out_of_range(
        "label-class-weight", np.array([0, 7, 1, 1]), (1,), OUT, Y,
        class_weight=f32([0.7, 2.3, 1.0]),
    ),
    out_of_range(
        "top-k-id", replaced(IDS, (1, 1), 3), (1,), OUT + SENTINEL, IDS, target_prob=ID_PROB
    ),
    out_of_range("top-k-id-negative", replaced(IDS, (2, 0), -1), (2,), SENTINEL, IDS,
                 target_prob=ID_PROB),
    out_of_range("label-beside-ignored", np.array([0, 9, 1, -1]), (1,), OUT,
                 np.array([0, 1, 1, -1]), ignore_class=-1),
    sparse(
        "label-masked", "M01", np.array([0, 2, 1, 1]), X, from_logits=True, class_mask=MASK,
        error=("CrossentError", ()), traced_nan_rows=(1,), good={"y_true": np.array([0, 1, 1, 1])},
    ),
    dense(
        "mass-on-masked-class", "M01", f32([[1, 0, 0], [0, 0.5, 0.5]]), X[:2], from_logits=True,
        class_mask=MASK, error=("CrossentError", ()), traced_nan_rows=(1,),
        good={"y_true": f32([[1, 0, 0], [0, 1, 0]])},
    ),
    sparse("c-equals-sentinel", "M01", np.array([255, 3]), draw(3, 2, 256), from_logits=True),
]  # fmt: skip

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64", ml_dtypes.bfloat16)


def label_type(name, y, code, rows=(), **given) -> Case:
    """A label dtype or value that is no index."""
    given = {"static": not rows, **given}
    error = (given.pop("kind", "LabelTypeError"), code)
    return sparse(name, "M02", y, given.pop("y_pred", X), from_logits=True, error=error,
                  traced_nan_rows=rows, **given)  # fmt: skip


M02 = [
    *(sparse(f"labels-{d}", "M02", Y.astype(d), X, from_logits=True) for d in INTEGERS),
    *(sparse(f"labels-{np.dtype(d).name}", "M02", Y.astype(d), X, from_logits=True) for d in FLOATS),
    sparse("labels-bool", "M02", np.array([True, False, True, True]), X, from_logits=True),
    sparse("labels-bool-two-classes", "M02", np.array([True, False]), P[:2, :2], normalize=False),
    sparse("labels-list", "M02", Y.tolist(), X, from_logits=True, only="numpy"),
    sparse("labels-byte-swapped", "M02", Y.astype(">i4"), X, from_logits=True, only="numpy"),
    sparse("labels-strided", "M02", np.repeat(Y, 2)[::2], X, from_logits=True, only="numpy"),
    sparse("labels-exact-2048-float16", "M02", np.float16([2047.0]), draw(5, 1, 2048, scale=0.1),
           from_logits=True),
    sparse("labels-not-through-float", "M02", np.array([2049]), draw(6, 1, 2100, scale=0.1),
           from_logits=True),
    label_type("label-fraction", f32([0, 1.7, 1, 1]), ("CE111",), (1,), good={"y_true": f32(Y)}),
    label_type("label-half", np.float64([0, 0.5, 1, 1]), ("CE111",), (1,),
               good={"y_true": np.float64(Y)}),
    label_type("label-nan", f32([0, NAN, 1, 1]), ("CE312",), (1,), good={"y_true": f32(Y)}),
    label_type("label-inf", f32([0, INF, 1, 1]), (), (1,), good={"y_true": f32(Y)},
               kind="CrossentError"),
    label_type("label-int32-min", np.int32([0, -(2**31), 1, 1]), ("CE312", "CE101", "CE103"), (1,),
               good={"y_true": np.int32(Y)}, kind="CrossentError"),
    label_type("label-int64-min", np.int64([0, -(2**63), 1, 1]), ("CE312", "CE101", "CE103"), (1,),
               good={"y_true": Y}, kind="CrossentError"),
    label_type("label-uint64-max", np.array([0, 2**64 - 1, 1, 1], np.uint64),
               ("CE312", "CE101", "CE103"), (1,), good={"y_true": Y.astype(np.uint64)},
               kind="CrossentError"),
    label_type("label-fraction-bfloat16", np.array([0, 1.5, 1, 1], ml_dtypes.bfloat16), ("CE111",),
               (1,), good={"y_true": Y.astype(ml_dtypes.bfloat16)}),
    label_type("label-nan-bfloat16", np.array([0, NAN, 1, 1], ml_dtypes.bfloat16), ("CE312",), (1,),
               good={"y_true": Y.astype(ml_dtypes.bfloat16)}),
    label_type("label-wrapped-in-int8", np.int8([0, -56, 1, 1]), ("CE311",), (1,),
               y_pred=draw(7, 4, 200), good={"y_true": np.int8(Y)}, kind="LabelRangeError"),
    label_type("label-wrapped-in-int16", np.int16([0, -2, 1, 1]), ("CE311",), (1,),
               y_pred=draw(8, 4, 2**15 + 7), good={"y_true": np.int16(Y)}, kind="LabelRangeError"),
    label_type("label-inf-is-no-sentinel", np.float16([0, INF, 1, 1]), ("CE312",), (1,),
               good={"y_true": np.float16(Y)}, ignore_class=99999),
    label_type("label-is-no-rounded-sentinel", np.float16([0, 2048, 1, 1]), ("CE101",), (1,),
               y_pred=draw(9, 4, 2048), good={"y_true": np.float16(Y)}, ignore_class=2049,
               kind="LabelRangeError"),
    label_type("labels-float16-too-narrow", np.float16([1.0]), ("CE310",),
               y_pred=np.zeros((1, 2049), np.float16)),
    label_type("labels-bfloat16-too-narrow", np.array([1.0], ml_dtypes.bfloat16), ("CE310",),
               y_pred=np.zeros((1, 257), np.float32)),
    label_type("labels-float32-too-narrow", f32([1.0]), ("CE310",), only="numpy",
               y_pred=np.broadcast_to(np.float32(0), (1, 2**24 + 1))),
    label_type("labels-strings", np.array(["cat", "dog", "cat", "bird"]), ("CE313",)),
]  # fmt: skip

PLANTED = X.copy()
PLANTED[1] = [NAN, INF, -INF]
PLANTED[3] = INF
WRONG_P = P.copy()
WRONG_P[1] = [NAN, 7.0, -3.0]
SKIP_1_3 = f32([0.7, 0.0, 1.3, 0.0])


def left_out(name, y, x, function=sparse, **given) -> Case:
    """Rows that must not count, whatever they hold."""
    return function(name, "M06", y, x, **{"from_logits": True, **given})


M06 = [
    left_out("ignored-nan", np.array([0, -1, 1, -1]), PLANTED, ignore_class=-1),
    left_out("ignored-nan-z", np.array([0, -1, 1, -1]), PLANTED, ignore_class=-1, z_loss=1e-3,
             label_smoothing=0.1),
    left_out("ignored-nan-probabilities", np.array([0, -1, 1, 1]), WRONG_P, ignore_class=-1,
             from_logits=False),
    left_out("ignored-nan-normalized", np.array([0, -1, 1, 1]), WRONG_P, ignore_class=-1,
             from_logits=False, normalize=True),
    left_out("ignored-tuple", np.array([0, -1, 1, 255]), PLANTED, ignore_class=(-1, 255)),
    left_out("ignored-list-of-one", np.array([0, -1, 1, 1]), X, ignore_class=(-1,)),
    left_out("ignored-real-class", np.array([0, 2, 1, 0]), X, ignore_class=0),
    left_out("ignored-uint8", np.uint8([0, 255, 1, 255]), PLANTED, ignore_class=255),
    left_out("ignored-float-labels", f32([0, -1, 1, -1]), PLANTED, ignore_class=-1),
    left_out("ignored-absent", Y, X, ignore_class=-100),
    left_out("ignored-class-weight", np.array([0, -1, 1, 1]), X, ignore_class=-1,
             class_weight=f32([0.3, 2.1, 0.9])),
    left_out("ignored-class-weight-dict", np.array([0, -1, 1, 1]), X, ignore_class=-1,
             class_weight={0: 0.3, 1: 2.1}),
    left_out("weight-zero-nan", Y, PLANTED, sample_weight=SKIP_1_3),
    left_out("weight-zero-bad-label", np.array([0, 99, 1, -5]), PLANTED, sample_weight=SKIP_1_3),
    left_out("weight-zero-nan-label", f32([0, NAN, 1, 0.5]), PLANTED, sample_weight=SKIP_1_3),
    left_out("weight-zero-bad-probabilities", Y, WRONG_P, from_logits=False,
             sample_weight=f32([0.7, 0.0, 1.3, 0.4])),
    left_out("weight-zero-dense", replaced(Q, 1, [NAN, 4.0, -1.0]), PLANTED, dense,
             sample_weight=SKIP_1_3),
    left_out("weight-zero-dense-all-zero-target", replaced(Q, 1, 0.0), X, dense,
             sample_weight=SKIP_1_3),
    left_out("weight-zero-one-hot", replaced(ONE_HOT, 1, 9.0), PLANTED, dense,
             sample_weight=SKIP_1_3),
    left_out("weight-zero-top-k", replaced(IDS, 1, -7), PLANTED, target_prob=replaced(ID_PROB, 1, 5.0),
             sample_weight=SKIP_1_3),
    left_out("ignored-binary", replaced(T, 1, -1.0), replaced(B, 1, NAN), binary, ignore_class=-1),
    left_out("ignored-binary-integers", np.array([[0, 1], [-1, 1], [0, 2]]), B, binary,
             ignore_class=(-1, 2)),
    left_out("ignored-binary-probabilities", f32([0.0, 2.0, 1.0]), f32([0.3, NAN, 0.61]), binary,
             ignore_class=2, from_logits=False),
    left_out("weight-zero-binary", replaced(T, (1, 0), NAN), replaced(B, (1, 0), NAN), binary,
             sample_weight=f32([[0.4, 1.0], [0.0, 2.0], [1.5, 1.0]])),
    left_out("weight-zero-binary-row", replaced(T, 1, 7.0), replaced(B, 1, -INF), binary,
             sample_weight=f32([0.4, 0.0, 1.5])),
]  # fmt: skip

CASES = [*M01, *M02, *M06]
