"""Wrong labels and predictions, as Python expressions on NumPy arrays, and what is wrong in each.

`P` are logits of 6 rows and 4 classes, `S` their softmax, `Y` right labels, `H` their one-hot rows.
What begins with ``raw:`` is handed over as it is; all else as an array of the framework.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np


class Fault(NamedTuple):
    """Labels and predictions that do not fit, and the codes that may be named for them."""

    name: str
    y: str
    p: str
    codes: str


def names() -> dict[str, Any]:
    """Return the arrays that the expressions are made of."""
    random = np.random.default_rng(5)
    logits = random.normal(size=(6, 4)).astype(np.float32)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([0, 1, 2, 3, 1, 2])
    hot = np.eye(4, dtype=np.float32)[labels]
    masks = random.integers(0, 4, (2, 8, 8))
    steps = random.normal(size=(6, 5, 4)).astype(np.float32)
    images = random.normal(size=(2, 4, 8, 8)).astype(np.float32)
    yes = np.array([0, 1, 1, 0, 1, 0])
    return {
        "np": np, "P": logits, "S": probabilities, "Y": labels, "H": hot, "M": masks, "L": steps,
        "I": images, "B": yes, "Q": probabilities[:, 1], "X": logits * 3,
    }  # fmt: skip


INDICES: Final = (
    Fault("labels count from 1", "Y + 1", "P", "CE104 CE101"),
    Fault("a label 17 of 4 classes", "np.where(Y == 3, 17, Y)", "P", "CE101"),
    Fault("labels 0..9 of 4 classes", "np.array([0, 9, 2, 5, 7, 1])", "P", "CE101"),
    Fault("a label -1", "np.where(Y == 3, -1, Y)", "P", "CE103"),
    Fault("a label -100", "np.where(Y == 3, -100, Y)", "P", "CE103"),
    Fault("a label 255", "np.where(Y == 3, 255, Y)", "P", "CE103 CE210"),
    Fault("a grey level 128", "np.where(Y == 3, 128, Y)", "P", "CE101 CE210"),
    Fault("a label -7", "np.where(Y == 3, -7, Y)", "P", "CE101 CE103"),
    Fault("a label NaN", "np.where(Y == 3, np.nan, Y).astype('f4')", "P", "CE312 CE111"),
    Fault("NaN cast to int64", "np.where(Y == 3, -2**63, Y)", "P", "CE312"),
    Fault("NaN cast to int32", "np.where(Y == 3, -2**31, Y)", "P", "CE312"),
    Fault("float32 labels", "Y.astype('f4')", "P", "CE111"),
    Fault("float64 labels", "Y.astype('f8')", "P", "CE111"),
    Fault("fractions as labels", "Y * 0.3", "P", "CE111"),
    Fault("int32 labels", "Y.astype('i4')", "P", "CE111"),
    Fault("int16 labels", "Y.astype('i2')", "P", "CE111"),
    Fault("int8 labels", "Y.astype('i1')", "P", "CE111"),
    Fault("uint8 labels on images", "M.astype('u1')", "I", "CE111 CE112 CE110"),
    Fault("bool labels", "Y > 1", "P", "CE111"),
    Fault("complex labels", "Y.astype('c8')", "P", "CE111 CE002"),
    Fault("text as labels", "np.array(list('abcdab'))", "P", "CE313"),
    Fault("a list of text as labels", "raw:list('abcdab')", "P", "CE313 CE002"),
    Fault("objects as labels", "np.array([0, 1, 2, 3, 'a', 2], object)", "P", "CE313"),
    Fault("None among the labels", "np.array([0, 1, 2, 3, None, 2], object)", "P", "CE313 CE312"),
    Fault("labels of shape (N, 1)", "Y[:, None]", "P", "CE107"),
    Fault("labels of shape (1, N)", "Y[None]", "P", "CE107 CE112"),
    Fault("labels of shape (N, 1, 1)", "Y[:, None, None]", "P", "CE107 CE112"),
    Fault("one-hot rows of int64", "H.astype('i8')", "P", "CE108"),
    Fault("one-hot rows of float32", "H", "P", "CE108 CE111"),
    Fault("one-hot rows, flattened", "H.astype('i8').ravel()", "P", "CE108"),
    Fault("one-hot rows, flattened, as floats", "H.ravel()", "P", "CE108 CE112"),
    Fault("one-hot rows of 7 classes", "np.eye(7, dtype='i8')[Y]", "P", "CE108 CE101 CE112"),
    Fault("two labels a row", "np.stack([Y, Y], 1)", "P", "CE301 CE112 CE108"),
    Fault("a row too few", "Y[:5]", "P", "CE112"),
    Fault("5 predictions for every label", "Y", "np.repeat(P, 5, 0)", "CE112"),
    Fault("2 labels for every prediction", "np.repeat(Y, 2)", "P", "CE112"),
    Fault("a label alone", "np.array(1)", "P", "CE112 CE303"),
    Fault("a list as labels", "raw:[0, 1, 2, 3, 1, 2]", "P", "CE002"),
    Fault("NumPy labels", "raw:Y", "P", "CE002"),
    Fault("None as labels", "raw:None", "P", "CE002"),
    Fault("a list as predictions", "Y", "raw:P.tolist()", "CE002"),
    Fault("a tuple as predictions", "Y", "raw:(P, P)", "CE002"),
    Fault("a dict as predictions", "Y", "raw:{'logits': P}", "CE002"),
    Fault("NumPy predictions", "Y", "raw:P", "CE002"),
    Fault("None as predictions", "Y", "raw:None", "CE002"),
    Fault("a model's output object as predictions", "Y", "raw:Output(P)", "CE002"),
    Fault("labels and predictions swapped", "P", "Y", "CE304"),
    Fault("classes as predictions", "Y", "P.argmax(1)", "CE305 CE304 CE303"),
    Fault("classes as predictions, in floats", "Y", "P.argmax(1).astype('f4')", "CE303 CE305"),
    Fault("one output for two classes", "B", "P[:, :1]", "CE302"),
    Fault("one output for four classes", "Y", "P[:, :1]", "CE302 CE101"),
    Fault("one output, squeezed", "B", "P[:, 0]", "CE303 CE302"),
    Fault("one row, squeezed", "Y[:1]", "P[0]", "CE303"),
    Fault("a number alone as prediction", "Y", "P[0, 0]", "CE303 CE112"),
    Fault("int64 predictions", "Y", "(P * 3).astype('i8')", "CE304 CE305"),
    Fault("int32 predictions", "Y", "(P * 3).astype('i4')", "CE304 CE305"),
    Fault("bool predictions", "Y", "P > 0", "CE304 CE305"),
    Fault("complex predictions", "Y", "P.astype('c8')", "CE002"),
    Fault("text as predictions", "Y", "raw:[list('abcd')] * 6", "CE313 CE002"),
    Fault("NaN predictions", "Y", "np.where(P > 1, np.nan, P)", "CE217"),
    Fault("classes last in a sequence", "np.tile(Y[:, None], (1, 5))", "L", "CE110 CE112"),
    Fault("a label a row for a sequence", "Y", "L", "CE112"),
    Fault("a label a step for one output a row", "np.tile(Y[:, None], (1, 5))", "P", "CE112"),
    Fault("steps of another number", "np.tile(Y[:, None], (1, 7))", "L", "CE112"),
    Fault("masks of shape (N, 1, H, W)", "M[:, None]", "I", "CE107"),
    Fault("masks of shape (N, H, W, 1)", "M[..., None]", "I", "CE107 CE112"),
    Fault("masks in colour", "np.stack([M] * 3, -1)", "I", "CE210 CE107"),
    Fault("masks of half the size", "M[:, ::2, ::2]", "I", "CE112"),
    Fault("images with the classes last", "M", "np.moveaxis(I, 1, -1)", "CE110"),
    Fault("no rows", "Y[:0]", "P[:0]", "CE202"),
)  # fmt: skip

ROWS: Final = (
    Fault("class indices", "Y", "P", "CE109"),
    Fault("class indices of shape (N, 1)", "Y[:, None]", "P", "CE109"),
    Fault("class indices in floats", "Y.astype('f4')", "P", "CE109"),
    Fault("rows of 7 classes", "np.eye(7, dtype='f4')[Y]", "P", "CE101"),
    Fault("rows of 3 classes", "np.eye(3, dtype='f4')[Y % 3]", "P", "CE211"),
    Fault("a row too few", "H[:5]", "P", "CE112"),
    Fault("rows of int64", "H.astype('i8')", "P", "CE111 CE108"),
    Fault("rows of bool", "H > 0", "P", "CE111 CE108"),
    Fault("rows of float64", "H.astype('f8')", "P", "CE111"),
    Fault("text as rows", "np.array([list('abcd')] * 6)", "P", "CE313"),
    Fault("rows, flattened", "H.ravel()", "P", "CE108 CE112 CE109"),
    Fault("a list as rows", "raw:H.tolist()", "P", "CE002"),
    Fault("None as rows", "raw:None", "P", "CE002"),
    Fault("a list as predictions", "H", "raw:P.tolist()", "CE002"),
    Fault("a tuple as predictions", "H", "raw:(P, P)", "CE002"),
    Fault("None as predictions", "H", "raw:None", "CE002"),
    Fault("one output for one-hot rows", "H", "P[:, :1]", "CE101 CE302"),
    Fault("one output, squeezed", "H", "P[:, 0]", "CE101 CE303"),
    Fault("one column on both sides", "B[:, None].astype('f4')", "P[:, :1]", "CE302"),
    Fault("rows with an axis too many", "H[:, None]", "P", "CE112"),
    Fault("predictions of a sequence", "H", "L", "CE112"),
    Fault("classes as predictions", "H", "P.argmax(1)", "CE305 CE304 CE303 CE101"),
    Fault("int64 predictions", "H", "(P * 3).astype('i8')", "CE304 CE305"),
    Fault("negative targets", "H - 0.5", "P", "CE308"),
    Fault("NaN in targets", "np.where(H > 0, np.nan, H)", "P", "CE312"),
    Fault("NaN predictions", "H", "np.where(P > 1, np.nan, P)", "CE217"),
)  # fmt: skip

YES_NO: Final = (
    Fault("labels (N,), predictions (N, 1)", "B.astype('f4')", "Q[:, None]", "CE107"),
    Fault("labels (N, 1), predictions (N,)", "B[:, None].astype('f4')", "Q", "CE107"),
    Fault("labels (1, N), predictions (N,)", "B[None].astype('f4')", "Q", "CE107"),
    Fault("a row too few", "B[:5].astype('f4')", "Q", "CE112"),
    Fault("int64 labels", "B", "Q", "CE111"),
    Fault("int32 labels", "B.astype('i4')", "Q", "CE111"),
    Fault("uint8 labels", "B.astype('u1')", "Q", "CE111"),
    Fault("bool labels", "B > 0", "Q", "CE111"),
    Fault("float64 labels", "B.astype('f8')", "Q", "CE111"),
    Fault("text as labels", "np.array(list('yynnyn'))", "Q", "CE313"),
    Fault("a list as labels", "raw:[0, 1, 1, 0, 1, 0]", "Q", "CE002"),
    Fault("None as labels", "raw:None", "Q", "CE002"),
    Fault("a list as predictions", "B.astype('f4')", "raw:Q.tolist()", "CE002"),
    Fault("a tuple as predictions", "B.astype('f4')", "raw:(Q, Q)", "CE002"),
    Fault("a dict as predictions", "B.astype('f4')", "raw:{'logits': Q}", "CE002"),
    Fault("labels 1 and 2", "B.astype('f4') + 1", "Q", "CE308 CE104"),
    Fault("labels -1 and 1", "2 * B.astype('f4') - 1", "Q", "CE308 CE103"),
    Fault("labels of a mask, 0 and 255", "B.astype('f4') * 255", "Q", "CE308 CE210"),
    Fault("a label NaN", "np.where(B > 0, np.nan, 0).astype('f4')", "Q", "CE312 CE308"),
    Fault("logits as predictions", "B.astype('f4')", "X[:, 1]", "CE106"),
    Fault("NaN predictions", "B.astype('f4')", "np.where(Q > .3, np.nan, Q)", "CE217 CE106"),
    Fault("class indices for four outputs", "Y.astype('f4')", "S", "CE109"),
    Fault("class indices (N, 1) for four outputs", "Y[:, None].astype('f4')", "S", "CE109"),
    Fault("one-hot rows for one output", "H", "Q[:, None]", "CE101"),
    Fault("one-hot rows for one output, squeezed", "H", "Q", "CE101"),
    Fault("rows of 7 for four outputs", "np.eye(7, dtype='f4')[Y]", "S", "CE101"),
    Fault("rows of 3 for four outputs", "np.eye(3, dtype='f4')[Y % 3]", "S", "CE211"),
    Fault("labels and predictions swapped", "Q", "B", "CE304"),
    Fault("classes as predictions", "B.astype('f4')", "(Q > .3).astype('i8')", "CE304 CE305"),
    Fault("masks of shape (N, H, W), one channel", "(M > 1) * np.float32(1)",
          "1 / (1 + np.exp(-I[:, :1]))", "CE107 CE112"),
    Fault("a label alone", "np.float32(1)", "Q[:, None]", "CE112 CE107"),
)  # fmt: skip

KINDS: Final = {"indices": INDICES, "rows": ROWS, "yes_no": YES_NO}
