"""Cases of M03 (label shape) and M19 (rank, axis, layout, zero rows)."""

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
    softmax,
    sparse,
)  # fmt: skip

VOLUME = draw(21, 2, 3, 4)  # the class axis is 1 unless said
LABELS = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
SQUARE = draw(22, 2, 5, 5)


def refused(name, function, y, x, *codes, **given) -> Case:
    """Shapes that do not fit: an error everywhere, traced or not."""
    given = {"from_logits": True, "error": ("ShapeError", codes), "static": True, **given}
    return function(name, "M03", y, x, **given)


M03 = [
    sparse("extra-dimension-last", "M03", Y[:, None], X, from_logits=True),
    sparse("extra-dimension-probabilities", "M03", Y[:, None], P),
    sparse("extra-dimension-last-rank-3", "M03", LABELS[..., None], VOLUME, from_logits=True, axis=1),
    sparse("extra-dimension-on-axis", "M03", LABELS[:, None], VOLUME, from_logits=True, axis=1),
    sparse("extra-dimension-ignored", "M03", np.array([[0], [-1], [1], [1]]), X, from_logits=True,
           ignore_class=-1),
    binary("binary-labels-column", "M03", f32([[1], [0.3], [0]]), f32([-2.3, 0.4, 7.1]),
           from_logits=True),
    binary("binary-predictions-column", "M03", f32([1, 0.3, 0]), f32([[-2.3], [0.4], [7.1]]),
           from_logits=True),
    binary("binary-column-weighted", "M03", f32([1, 0.3, 0]), f32([[-2.3], [0.4], [7.1]]),
           from_logits=True, sample_weight=f32([0.3, 1.1, 0.7])),
    refused("one-hot-to-sparse", sparse, ONE_HOT, X, "CE108"),
    refused("one-hot-integers-to-sparse", sparse, ONE_HOT.astype(int), X, "CE108"),
    refused("one-hot-to-sparse-axis-1", sparse, np.moveaxis(np.eye(3)[LABELS], -1, 1), VOLUME,
            "CE108", axis=1),
    refused("one-hot-flattened", sparse, ONE_HOT.reshape(-1), X, "CE108", "CE112"),
    refused("distribution-to-sparse", sparse, Q, X, "CE108"),
    refused("integers-to-dense", dense, Y, X, "CE109"),
    refused("integer-column-to-dense", dense, Y[:, None], X, "CE109"),
    refused("integers-to-dense-rank-3", dense, LABELS, VOLUME, "CE109", axis=1),
    refused("integers-to-dense-square", dense, np.array([0, 2, 1]), X[:3], "CE109"),
    refused("class-axis-first", sparse, LABELS, VOLUME, "CE110"),
    refused("class-axis-last", sparse, np.array([[0, 1, 2], [3, 1, 2]]), VOLUME, "CE110", axis=1),
    refused("dense-class-axis", dense, np.moveaxis(softmax(VOLUME, 1), 1, -1), VOLUME, "CE110",
            "CE112", axis=1),
    refused("fewer-labels", sparse, Y[:2], X, "CE112"),
    refused("more-labels", sparse, np.concatenate([Y, Y]), X, "CE112"),
    refused("labels-per-step", sparse, np.array([0, 1]), VOLUME, axis=1),
    refused("dense-other-rows", dense, Q[:3], X, "CE112"),
    refused("dense-other-classes", dense, np.eye(4, dtype=np.float32), X),
    refused("one-row-is-not-broadcast", dense, Q[:1], X),
    refused("several-labels-a-row", sparse, np.array([[0, 1], [1, 2], [0, 2], [1, 0]]), X, "CE301"),
    refused("one-class", sparse, np.zeros(4, int), X[:, :1], "CE302"),
    refused("one-class-column", sparse, np.zeros((4, 1), int), X[:, :1], "CE302"),
    refused("one-class-dense", dense, np.ones((4, 1), np.float32), X[:, :1], "CE302"),
    refused("one-class-probabilities", sparse, np.zeros(4, int), np.ones((4, 1), np.float32), "CE302",
            from_logits=False),
    refused("swapped", sparse, X, Y, "CE304", error=("CrossentError", ("CE304",))),
    refused("swapped-probabilities", sparse, P, Y, error=("CrossentError", ("CE304",)),
            from_logits=False),
    refused("predictions-without-classes", sparse, np.array(1), np.float32(0.3)),
    refused("binary-shapes", binary, f32([1, 0, 1]), B),
    refused("binary-never-broadcasts", binary, T[:1], B),
    refused("binary-column-against-matrix", binary, f32([[1], [0], [1]]), B),
    refused("binary-column-against-row", binary, f32([[1], [0], [1]]), f32([[0.3, 0.2, 1.7]])),
    refused("top-k-shapes-differ", sparse, np.zeros((4, 2), int), X, target_prob=Q,
            error=("CrossentError", ())),
    refused("top-k-other-rows", sparse, np.zeros((3, 2), int), X,
            target_prob=np.full((3, 2), 0.5, np.float32)),
    refused("top-k-without-its-axis", sparse, Y, X, target_prob=f32([1, 1, 1, 1]),
            error=("CrossentError", ())),
    refused("mask-shape", sparse, Y, X, class_mask=np.array([True, False]),
            error=("CrossentError", ())),
    refused("mask-of-more-axes", sparse, Y, X, class_mask=np.ones((1, 1, 3), bool),
            error=("ShapeError", ())),
    refused("pos-weight-of-more-axes", binary, T, B, pos_weight=np.ones((1, 1, *np.shape(B))),
            error=("WeightError", ())),
]  # fmt: skip


def unwritable(array: np.ndarray) -> np.ndarray:
    """A read-only copy."""
    out = array.copy()
    out.setflags(write=False)
    return out


def shifted(array: np.ndarray) -> np.ndarray:
    """A copy that starts at an odd multiple of the item size and so at no vector boundary."""
    store = np.empty(array.size + 1, array.dtype)[1:]
    out = store.reshape(array.shape)
    out[...] = array
    return out


def unaligned(array: np.ndarray) -> np.ndarray:
    """A copy at an address that is no multiple of the item size."""
    store = np.zeros(array.nbytes + 1, np.uint8)[1:]
    out = store.view(array.dtype).reshape(array.shape)
    out[...] = array
    return out


WIDE = draw(23, 4, 6)
LAYOUTS = {
    "fortran": np.asfortranarray(X),
    "byte-swapped": X.astype(">f4"),
    "byte-swapped-float64": X.astype(">f8"),
    "read-only": unwritable(X),
    "every-second-class": WIDE[:, ::2],
    "every-second-row": draw(24, 8, 3)[::2],
    "backwards": X[::-1, ::-1],
    "transposed": draw(25, 3, 4).T,
    "shifted": shifted(X),
    "unaligned": unaligned(X),
    "rows-repeated-without-memory": np.broadcast_to(X[1], X.shape),
}


def rank(name, y, x, function=sparse, **given) -> Case:
    """Logits of some rank, class axis and number of rows."""
    return function(name, "M19", y, x, **{"from_logits": True, **given})


FOUR = draw(26, 2, 3, 2, 4)
FOUR_LABELS = np.random.default_rng(27).integers(0, 3, (2, 2, 4))

M19 = [
    *(rank(f"layout-{k}", unwritable(Y), v, only="numpy") for k, v in LAYOUTS.items()),
    *(rank(f"layout-dense-{k}", np.asfortranarray(Q), v, dense, only="numpy")
      for k, v in LAYOUTS.items()),
    rank("layout-probabilities", Y, np.asfortranarray(P).astype(">f4"), only="numpy",
         from_logits=False),
    rank("layout-dense-byte-swapped-targets", Q.astype(">f8"), X, dense, only="numpy"),
    rank("layout-binary", T.astype(">f4").T, B[::-1].T, binary, only="numpy"),
    rank("rank-1", np.array(1), X[0]),
    rank("rank-1-probabilities", np.array(1), P[1], from_logits=False),
    rank("rank-1-dense", Q[0], X[0], dense),
    rank("rank-1-weighted", np.array(1), X[0], sample_weight=np.float32(0.3), class_weight=f32([1, 3, 2])),
    rank("rank-3-axis-0", np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]]), VOLUME, axis=0),
    rank("rank-3-axis-1", LABELS, VOLUME, axis=1),
    rank("rank-3-axis-2", np.array([[3, 1, 0], [2, 2, 1]]), VOLUME, axis=2),
    rank("rank-3-axis-minus-2", LABELS, VOLUME, axis=-2),
    rank("rank-3-square", np.array([[4, 1, 0, 2, 2], [3, 3, 1, 0, 4]]), SQUARE, axis=1),
    rank("rank-3-probabilities", LABELS, f32(softmax(VOLUME, 1)), axis=1, from_logits=False),
    rank("rank-3-dense", f32(softmax(draw(28, 2, 3, 4), 1)), VOLUME, dense, axis=1),
    rank("rank-4-axis-1", FOUR_LABELS, FOUR, axis=1),
    rank("rank-4-dense-axis-1", f32(softmax(draw(29, 2, 3, 2, 4), 1)), FOUR, dense, axis=1),
    rank("rank-4-top-k", np.stack([FOUR_LABELS, (FOUR_LABELS + 1) % 3], 1), FOUR, axis=1,
         target_prob=np.stack([np.full((2, 2, 4), 0.7), np.full((2, 2, 4), 0.2)], 1)),
    rank("rank-3-top-k-axis-0", np.array([[[0, 1, 1, 0]] * 3]), VOLUME, axis=0,
         target_prob=np.ones((1, 3, 4), np.float32)),
    rank("rank-3-mask-on-axis", np.minimum(LABELS, 1), VOLUME, axis=1,
         class_mask=np.array([True, True, False])),
    rank("rank-3-mask-broadcast", np.minimum(LABELS, 1), VOLUME, axis=1,
         class_mask=np.array([True, True, False]).reshape(1, 3, 1)),
    rank("rank-3-class-weight", LABELS, VOLUME, axis=1, class_weight=f32([0.3, 2.2, 1.4]),
         label_smoothing=0.2),
    rank("rank-1-binary", f32([1, 0.3, 0]), f32([-2.3, 0.4, 7.1]), binary),
    rank("rank-3-binary", f32(softmax(draw(30, 2, 3, 4))), VOLUME, binary),
    rank("one-row", Y[:1], X[:1]),
    rank("zero-rows", np.zeros(0, int), X[:0]),
    rank("zero-rows-probabilities", np.zeros(0, int), P[:0], from_logits=False),
    rank("zero-rows-dense", Q[:0], X[:0], dense),
    rank("zero-rows-rank-3", np.zeros((2, 0), int), np.zeros((2, 3, 0), np.float32), axis=1),
    rank("zero-rows-binary", T[:0], B[:0], binary),
    rank("zero-rows-float64", np.zeros(0, np.int8), X[:0].astype(float), z_loss=1e-3),
]  # fmt: skip

CASES = [*M03, *M19]
