"""What messages about shapes and dtypes have to tell: sizes, and what would fit."""

from __future__ import annotations

import numpy as np

import crossent as ce
from unit.said import Said, binary, dense, logits, shares, sparse

SHAPES: dict[str, Said] = {
    "swapped dtypes": Said(
        lambda: sparse(np.array([0.5, 1.5]), np.array([[0, 1], [1, 0]])),
        ce.PredictionError, "CE304", "y_pred y_true", "",
        ("sparse_categorical_crossentropy(y_true, y_pred)", "holds int64", "holds float64"),
    ),
    "predicted classes": Said(
        lambda: sparse(np.array([3, 1]), np.array([5, 7])),
        ce.PredictionError, "CE305", "y_pred", "2", ("before the argmax", "got int64 of"),
    ),
    "labels lost in a float": Said(
        lambda: sparse(np.float16([1, 2]), np.zeros((2, 2050), np.float32)),
        ce.LabelTypeError, "CE310", "y_true", "2048 2050",
        ("Create the labels as integers", "is float16,"),
    ),
    "no class axis": Said(
        lambda: sparse(0, 0.5),
        ce.ShapeError, "CE112", "y_pred", "", ("binary_crossentropy", "a class axis"),
    ),
    "no class axis, labels with one": Said(
        lambda: sparse([0.5, 1.5], 0.25),
        ce.ShapeError, "CE112", "y_pred", "", ("labels come first", "binary_crossentropy"),
    ),
    "one row, shifted": Said(
        lambda: ce.log_probs(1, [0.5, 0.25], shift=True),
        ce.ShapeError, "CE112", "shift=True logits shift", "2", ("Leave `shift` out",),
    ),
    "a layer: no features": Said(
        lambda: ce.linear_crossentropy(0, 0.5, np.eye(2)),
        ce.ShapeError, "CE112", "hidden", "", ("last axis",),
    ),
    "a layer: the weight turned round": Said(
        lambda: ce.linear_crossentropy([0, 1], np.ones((2, 3)), np.ones((3, 5))),
        ce.ShapeError, "CE112", "linear_weight linear_weight.T", "3 3 5",
        ("It lies the other way round",),
    ),
    "a layer: another weight": Said(
        lambda: ce.linear_log_probs([0, 1], np.ones((2, 3)), np.ones((4, 5))),
        ce.ShapeError, "CE112", "linear_weight hidden", "3 4 5 2 3", ("a row of features",),
    ),
    "a layer: another bias": Said(
        lambda: ce.linear_crossentropy([0, 1], np.ones((2, 3)), np.ones((4, 3)), linear_bias=[0.0]),
        ce.ShapeError, "CE112", "linear_bias linear_weight", "4 1", ("a number for each row",),
    ),
    "a layer: two dtypes": Said(
        lambda: ce.linear_crossentropy([0, 1], np.ones((2, 3)), np.ones((4, 3), np.float32)),
        ce.ArrayKindError, "CE002", "linear_weight hidden", "", ("Cast one", "is float32,"),
    ),
    "a layer: labels that are no class": Said(
        lambda: ce.linear_crossentropy([0, 4, 1, 2, 3, 1], np.ones((6, 3)), np.ones((4, 3))),
        ce.LabelRangeError, "CE101", "y_true hidden @ linear_weight.T",
        "0 3 4 1 6 4 1 5 4 0 1 1", ("the last layer",),
    ),
    "a layer: labels of other rows": Said(
        lambda: ce.linear_crossentropy([0, 1, 2], np.ones((2, 3)), np.ones((4, 3))),
        ce.ShapeError, "CE112", "y_true hidden @ linear_weight.T", "3 2 4 2 2 3 2 3",
        ("linear_crossentropy takes one label",),
    ),
    "a layer: integers": Said(
        lambda: ce.linear_crossentropy([0, 1], [[1, 2], [3, 4]], np.ones((4, 2))),
        ce.ArrayKindError, "CE002", "hidden linear_weight", "", ("is int64",),
    ),
    "one class": Said(
        lambda: sparse([[0, 0, 0], [0, 0, 0]], logits(2, 1, 3), axis=1),
        ce.ShapeError, "CE302", "y_pred", "1 1 2 1 3 1",
        ("binary_crossentropy", "1 class on axis 1"),
    ),
    "no classes": Said(
        lambda: sparse([0, 0], np.zeros((2, 0))),
        ce.ShapeError, "CE302", "y_pred", "0 1 2 0 1",
        ("binary_crossentropy", "0 classes on axis 1"),
    ),
    "one-hot": Said(
        lambda: sparse(np.eye(5)[[0, 2, 1]], logits(3, 5)),
        ce.ShapeError, "CE108", "y_true y_pred", "3 5 3 5 3 -1",
        ("categorical_crossentropy", "np.argmax(y_true, axis=-1)",
         "but sparse_categorical_crossentropy takes"),
    ),
    "another axis": Said(
        lambda: sparse(np.zeros((2, 5), int), logits(2, 3, 5)),
        ce.ShapeError, "CE110", "y_true y_pred", "2 5 2 3 5 2 2 3 1 1",
        ("axis=1", "classes on axis 2", "are on axis 1"),
    ),
    "flattened": Said(
        lambda: sparse(np.eye(4)[:3].reshape(-1), logits(3, 4)),
        ce.ShapeError, "CE108", "y_true y_pred", "12 3 4 3 4 -1",
        ("y_true.reshape(3, 4).argmax(axis=-1)",),
    ),
    "swapped": Said(
        lambda: sparse(logits(3, 2, 5), np.zeros((3, 2))),
        ce.ShapeError, "CE304", "y_true y_pred", "3 2 5 3 2",
        ("sparse_categorical_crossentropy(y_true, y_pred)",),
    ),
    "several labels a row": Said(
        lambda: sparse(np.zeros((4, 2), int), logits(4, 7)),
        ce.ShapeError, "CE301", "y_true y_pred", "4 2 4 7 2 4 0 1",
        ("binary_crossentropy", "target_prob", "but sparse_categorical_crossentropy takes"),
    ),
    "predictions for every label": Said(
        lambda: sparse(np.zeros(3, int), logits(12, 7)),
        ce.ShapeError, "CE112", "y_true y_pred", "3 12 7 12 4",
        ("sparse_categorical_crossentropy takes",),
    ),
    "labels for every prediction": Said(
        lambda: sparse(np.zeros(15, int), logits(3, 7)),
        ce.ShapeError, "CE112", "y_true y_pred", "15 3 7 3 5",
    ),
    "another number of rows": Said(
        lambda: sparse(np.zeros(6, int), logits(9, 7)),
        ce.ShapeError, "CE112", "y_true y_pred", "6 9 7 9 9 6 3 2",
    ),
    "no rows": Said(
        lambda: sparse(np.zeros(0, int), logits(9, 7)),
        ce.ShapeError, "CE112", "y_true y_pred", "0 9 7 9",
    ),
    "indices where distributions are meant": Said(
        lambda: dense(np.zeros(3, int), logits(3, 5)),
        ce.ShapeError, "CE109", "y_true y_pred", "3 3 5",
        ("sparse_categorical_crossentropy", "but categorical_crossentropy takes"),
    ),
    "a column of indices": Said(
        lambda: dense(np.zeros((3, 1), int), logits(3, 5)),
        ce.ShapeError, "CE109", "y_true y_pred", "3 1 3 5", ("sparse_categorical_crossentropy",),
    ),
    "transposed": Said(
        lambda: dense(shares(5, 3), logits(3, 5)),
        ce.ShapeError, "CE110", "y_true y_pred axis", "5 3 3 5", ("axis",),
    ),
    "distributions of other shapes": Said(
        lambda: dense(shares(4, 6), logits(3, 5)),
        ce.ShapeError, "CE112", "y_true y_pred", "4 6 3 5", ("categorical_crossentropy takes",),
    ),
    "outputs of one label": Said(
        lambda: binary([0, 1, 1], logits(3, 5)),
        ce.ShapeError, "CE112", "y_true y_pred", "3 3 5 5 5 0 1",
        ("sparse_categorical_crossentropy",),
    ),
    "binary of other shapes": Said(
        lambda: binary([0, 1, 1, 0], logits(3)),
        ce.ShapeError, "CE112", "y_true y_pred", "4 3 1", ("binary_crossentropy takes",),
    ),
    "several labels of another shape": Said(
        lambda: sparse([0, 1, 2], logits(3, 5), target_prob=[[0.5, 0.5]]),
        ce.ShapeError, "CE112", "target_prob y_true", "1 3 3", ("target_prob", "on axis 1"),
    ),
    "target_prob of another shape": Said(
        lambda: sparse([[0, 1], [2, 3], [1, 4]], logits(3, 5), target_prob=np.zeros((3, 4))),
        ce.ShapeError, "CE112", "target_prob y_true", "3 2 3 4", ("target_prob",),
    ),
    "target_prob of integers": Said(
        lambda: sparse([[0, 1], [2, 3], [1, 4]], logits(3, 5), target_prob=np.zeros((3, 2),
            np.int32)),
        ce.LabelTypeError, "CE111", "target_prob", "", ("got int32",),
    ),
    "weights of another shape": Said(
        lambda: sparse(np.zeros((3, 4), int), logits(3, 4, 5), sample_weight=np.ones(7)),
        ce.WeightError, "CE314", "sample_weight", "3 4 7",
    ),
    "class weights of another shape": Said(
        lambda: sparse([0, 1, 2], logits(3, 5), class_weight=np.ones((2, 7))),
        ce.WeightError, "CE314", "class_weight", "5 5 2 7",
    ),
    "class weight of a class that is not": Said(
        lambda: sparse([0, 1, 2], logits(3, 5), class_weight={0: 1.0, 8: 2.0}),
        ce.WeightError, "CE314", "class_weight", "8 0 4",
    ),
    "class weight of a name": Said(
        lambda: sparse([0, 1, 2], logits(3, 5), class_weight={"7": 1.0}),
        ce.WeightError, "CE314", "class_weight", "7 0 4",
    ),
    "class weight by a word": Said(
        lambda: sparse([0, 1, 2], logits(3, 5), class_weight="balanced"),
        ce.OptionError, "CE314", "class_weight", "",
        ("sklearn.utils.class_weight.compute_class_weight", "'balanced'"),
    ),
    "a mask of another shape": Said(
        lambda: sparse([0, 1, 2], logits(3, 5), class_mask=np.ones(7, bool)),
        ce.ShapeError, "CE112", "class_mask", "5 3 5 7",
    ),
    "a mask of another shape and rank": Said(
        lambda: dense(shares(3, 5), logits(3, 5), class_mask=np.ones((2, 7), bool)),
        ce.ShapeError, "CE112", "class_mask", "5 3 5 2 7",
    ),
    "a mask of numbers": Said(
        lambda: sparse([0, 1, 2], logits(3, 5), class_mask=np.ones(5, np.int16)),
        ce.ArrayKindError, "CE002", "class_mask", "", ("True", "got int16"),
    ),
    "pos_weight of another shape": Said(
        lambda: binary(np.zeros((3, 2)), logits(3, 2), pos_weight=np.ones(5)),
        ce.WeightError, "CE314", "pos_weight", "3 2 5",
    ),
    "a column of indices, classes in the middle": Said(
        lambda: dense(np.zeros((2, 5), int), logits(2, 3, 5), axis=1),
        ce.ShapeError, "CE109", "y_true y_pred", "2 5 2 3 5", ("sparse_categorical_crossentropy",),
    ),
    "several labels a row, classes in the middle": Said(
        lambda: sparse(np.zeros((2, 4, 5), int), logits(2, 3, 5), axis=1),
        ce.ShapeError, "CE301", "y_true y_pred", "2 4 5 2 3 5 4 2 5 0 1",
        ("binary_crossentropy", "target_prob"),
    ),
}  # fmt: skip
