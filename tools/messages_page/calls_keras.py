"""Losses, metrics and training of Keras, called wrongly, on the backend of KERAS_BACKEND."""

from __future__ import annotations

import os
import re
from typing import Any

import keras
import numpy as np

IGNORED = re.compile(
    r"deprecat|input_shape|ran out of data|will be truncated|Failed to convert a NumPy.*dict|"
    r"GPU|not writable", re.IGNORECASE,
)  # fmt: skip
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch", "numpy": "NumPy"}


class Output:
    """What a model may return in place of logits."""

    def __init__(self, logits: object) -> None:
        self.logits = logits


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return f"Keras on {BACKENDS[os.environ['KERAS_BACKEND']]}", "keras"


def fit(y: Any, outputs: int, loss: Any, activation: Any = "softmax", **options: Any) -> object:
    """Train a model of one layer on four inputs; `fit` gives labels to it."""
    weights = options.pop("class_weight", None)
    samples = options.pop("sample_weight", None)
    validation = options.pop("validation_data", None)
    inputs = options.pop("x", np.random.default_rng(0).normal(size=(6, 3)).astype("f4"))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(outputs, activation)])
    model.compile("sgd", loss, **options)
    return model.fit(inputs, y, batch_size=6, verbose=0, class_weight=weights,
                     sample_weight=samples, validation_data=validation)  # fmt: skip


def steps(y: Any, loss: Any) -> object:
    """Train a recurrent model that gives one output a step."""
    layers = [keras.Input((5, 3)), keras.layers.Dense(4, "softmax")]
    model = keras.Sequential(layers)
    model.compile("sgd", loss)
    return model.fit(np.zeros((6, 5, 3), "f4"), y, batch_size=6, verbose=0)


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    return {
        "keras": keras, "losses": keras.losses, "metrics": keras.metrics, "ops": keras.ops,
        "t": keras.ops.convert_to_tensor, "Output": Output, "fit": fit, "steps": steps,
    }  # fmt: skip


_SPARSE, _DENSE, _BINARY = (
    "'sparse_categorical_crossentropy'", "'categorical_crossentropy'", "'binary_crossentropy'",
)  # fmt: skip
GRID = {
    "indices": [
        "losses.SparseCategoricalCrossentropy(from_logits=True)({y}, {p})",
        "losses.sparse_categorical_crossentropy({y}, {p})",
        "ops.sparse_categorical_crossentropy({y}, {p}, from_logits=True)",
        "metrics.SparseCategoricalAccuracy()({y}, {p})",
        "metrics.SparseTopKCategoricalAccuracy(2)({y}, {p})",
        "ops.one_hot({y}, 4) * {p}",
    ],
    "rows": [
        "losses.CategoricalCrossentropy(from_logits=True)({y}, {p})",
        "losses.categorical_crossentropy({y}, {p})",
        "losses.CategoricalFocalCrossentropy()({y}, {p})",
        "losses.KLDivergence()({y}, {p})",
        "metrics.CategoricalAccuracy()({y}, {p})",
        "ops.categorical_crossentropy({y}, {p})",
    ],
    "yes_no": [
        "losses.BinaryCrossentropy()({y}, {p})",
        "losses.binary_crossentropy({y}, {p})",
        "losses.BinaryFocalCrossentropy()({y}, {p})",
        "metrics.BinaryAccuracy()({y}, {p})",
        "metrics.AUC()({y}, {p})",
        "ops.binary_crossentropy({y}, {p})",
    ],
}
_TRAINED = [
    (f"fit(Y + 1, 4, {_SPARSE})", "labels count from 1", "CE104 CE101"),
    (f"fit(np.where(Y == 3, -1, Y), 4, {_SPARSE})", "a label -1", "CE103"),
    (f"fit(np.where(Y == 3, 17, Y), 4, {_SPARSE})", "a label 17", "CE101"),
    (f"fit(np.where(Y == 3, 255, Y), 4, {_SPARSE})", "a label 255", "CE103 CE210"),
    (f"fit(Y, 1, {_SPARSE})", "one output", "CE302 CE101"),
    (f"fit(B, 1, {_SPARSE})", "one output", "CE302"),
    (f"fit(H, 4, {_SPARSE})", "one-hot rows", "CE108"),
    (f"fit(Y[:5], 4, {_SPARSE})", "a row too few", "CE112"),
    (f"fit(Y * np.nan, 4, {_SPARSE})", "labels NaN", "CE312 CE111"),
    (f"fit(np.array(list('abcdab')), 4, {_SPARSE})", "text as labels", "CE313"),
    (f"fit(list('abcdab'), 4, {_SPARSE})", "a list of text as labels", "CE313"),
    (f"fit([0, 1, 2, 3, 1, 2], 4, {_SPARSE})", "a list as labels", "CE002"),
    (f"fit(np.array([0, 1, 2, None, 1, 2], object), 4, {_SPARSE})", "None as a label",
     "CE312 CE313"),
    (f"fit(None, 4, {_SPARSE})", "no labels", "CE002"),
    (f"fit(np.tile(Y[:, None], (1, 5)), 4, {_SPARSE})", "a label a step", "CE112 CE108"),
    (f"steps(Y, {_SPARSE})", "a label a row for a sequence", "CE112"),
    (f"steps(H, {_DENSE})", "a one-hot row for a sequence", "CE112"),
    (f"fit(Y, 4, {_DENSE})", "class indices", "CE109"),
    (f"fit(Y[:, None], 4, {_DENSE})", "class indices of shape (N, 1)", "CE109"),
    (f"fit(np.eye(7)[Y], 4, {_DENSE})", "rows of 7 classes", "CE101"),
    (f"fit(np.eye(3)[Y % 3], 4, {_DENSE})", "rows of 3 classes", "CE211"),
    (f"fit(B, 1, {_DENSE})", "one output", "CE302 CE109 CE107"),
    (f"fit(B[:, None], 1, {_DENSE})", "one output", "CE302"),
    (f"fit(H, 1, {_DENSE})", "one output", "CE101 CE302"),
    (f"fit(Y, 4, {_BINARY}, 'sigmoid')", "class indices", "CE109"),
    (f"fit(H, 1, {_BINARY}, 'sigmoid')", "one-hot rows for one output", "CE101"),
    (f"fit(np.eye(7)[Y], 4, {_BINARY}, 'sigmoid')", "rows of 7 classes", "CE101"),
    (f"fit(np.array(list('yynnyn')), 1, {_BINARY}, 'sigmoid')", "text as labels", "CE313"),
    (f"fit(B[:5], 1, {_BINARY}, 'sigmoid')", "a row too few", "CE112"),
    (f"fit(B, 1, {_BINARY}, 'softmax')", "a softmax over one output", "CE302"),
    ("fit(Y, 4, 'sparse_crossentropy')", "a loss that there is not", "CE001"),
    ("fit(Y, 4, 'cross_entropy')", "a loss that there is not", "CE001"),
    ("fit(Y, 4, keras.metrics.SparseCategoricalCrossentropy())", "a metric as loss", "CE407"),
    ("fit(Y, 4, 'sparse_categorical_accuracy')", "an accuracy as loss", "CE407 CE305 CE001"),
    ("fit(Y, 4, keras.losses.SparseCategoricalCrossentropy)", "the class, not an object of it",
     "CE001"),
    ("fit(Y, 4, keras.losses.SparseCategoricalCrossentropy(from_logits=True))",
     "a softmax before logits", "CE317"),
    ("fit(H, 4, keras.losses.CategoricalCrossentropy(from_logits=True))",
     "a softmax before logits", "CE317"),
    ("fit(B, 1, keras.losses.BinaryCrossentropy(from_logits=True), 'sigmoid')",
     "a sigmoid before logits", "CE317"),
    ("fit(Y, 4, lambda p, y: ops.sparse_categorical_crossentropy(y, p))",
     "labels and predictions swapped", "CE304"),
    ("fit(Y, 4, lambda y, p: ops.mean(ops.cast(ops.argmax(p, -1), 'float32')))", "an argmax",
     "CE305"),
    (f"fit(Y, 4, {_SPARSE}, class_weight={{0: 1.0}})", "a weight of one class", "CE314"),
    (f"fit(Y, 4, {_SPARSE}, class_weight=[1.0] * 4)", "weights in a list", "CE314"),
    (f"fit(Y, 4, {_SPARSE}, sample_weight=np.ones(3))", "three weights", "CE112 CE314"),
    (f"fit(Y, 4, {_SPARSE}, sample_weight=np.ones((6, 4)))", "a weight for each class",
     "CE314"),
    (f"fit(np.tile(H[:, None], (1, 5, 1)), 4, {_DENSE}, class_weight={{0: 1.0}})",
     "weights of classes for a sequence", "CE314 CE112"),
    (f"fit(Y, 4, {_SPARSE}, class_weight={{0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}}, "
     "sample_weight=np.ones(6))", "two kinds of weights", "CE314 CE001"),
    (f"fit(Y, 4, {_SPARSE}, metrics=['sparse_accuracy'])", "a metric that there is not", "CE001"),
    (f"fit(Y, 4, {_SPARSE}, metrics=['categorical_accuracy'])", "a metric for one-hot rows",
     "CE201 CE109"),
    (f"fit(H, 4, {_DENSE}, metrics=['sparse_categorical_accuracy'])",
     "a metric for class indices", "CE201 CE108"),
    (f"fit(Y, 4, [{_SPARSE}, {_SPARSE}])", "two losses for one output", "CE001 CE112"),
    (f"fit(Y, 4, {{'out': {_SPARSE}}})", "a loss for an output that there is not", "CE001"),
    (f"fit((Y, Y), 4, {_SPARSE})", "two labels for one output", "CE112 CE001 CE301"),
    (f"fit({{'a': Y}}, 4, {_SPARSE})", "labels in a dict", "CE002 CE001"),
    (f"fit(Y, 4, {_SPARSE}, validation_data=(np.zeros((6, 3)), Y + 1))",
     "labels of the validation count from 1", "CE104 CE101"),
    (f"fit(Y, 4, {_SPARSE}, x=np.zeros((6, 5)))", "inputs of another width", "CE112"),
]  # fmt: skip
MORE = [
    *(_TRAINED if os.environ.get("KERAS_BACKEND") != "numpy" else []),
    ("losses.get('sparse_crossentropy')", "a loss that there is not", "CE001"),
    ("losses.SparseCategoricalCrossentropy(reduction='avg')", "a reduction that there is not",
     "CE001"),
    ("losses.CategoricalCrossentropy(label_smoothing=2)(H, P)", "too much smoothing", "CE001"),
    ("losses.SparseCategoricalCrossentropy(label_smoothing=0.1)", "smoothing of class indices",
     "CE001"),
    ("losses.SparseCategoricalCrossentropy(ignore_index=-1)", "an option of PyTorch", "CE001"),
    ("losses.SparseCategoricalCrossentropy(ignore_class='pad')(Y, P)", "a text as ignored class",
     "CE001 CE316"),
    ("losses.SparseCategoricalCrossentropy(axis=0)(Y, S)", "another axis", "CE110"),
    ("losses.CategoricalCrossentropy(axis=0)(H, S)", "another axis", "CE110"),
    ("losses.SparseCategoricalCrossentropy(axis=1)(M, I)", "another axis", "CE110"),
    ("losses.CategoricalCrossentropy()(B[:, None], S[:, :1])", "one output", "CE302"),
    ("losses.SparseCategoricalCrossentropy()(Y, S, sample_weight=np.ones(3))", "three weights",
     "CE314 CE112"),
    ("losses.CategoricalCrossentropy()(H, S, sample_weight=np.ones((6, 4)))",
     "a weight for each class", "CE314"),
    ("metrics.MeanIoU(4)(Y + 1, Y)", "labels count from 1", "CE104 CE101"),
    ("metrics.MeanIoU(4)(Y, S)", "probabilities", "CE201 CE305 CE112 CE304"),
    ("metrics.F1Score()(Y, S)", "class indices", "CE109"),
    ("metrics.F1Score()(H, S[:, :2])", "another number of classes", "CE101 CE112"),
    ("metrics.Precision()(H, X)", "logits", "CE106"),
    ("metrics.AUC()(B, X[:, 1])", "logits", "CE106"),
    ("metrics.AUC(multi_label=True)(Y, S)", "class indices", "CE109 CE112"),
    ("keras.utils.to_categorical([0, 1, 4], 4)", "a label 4", "CE104 CE101"),
    ("keras.utils.to_categorical([0, -1, 9], 4)", "a label 9", "CE101 CE103"),
    ("keras.utils.to_categorical(['cat', 'dog'])", "text as labels", "CE313"),
    ("keras.utils.to_categorical([0, np.nan])", "a label NaN", "CE312"),
    ("keras.utils.to_categorical(np.arange(3), 10**13)", "many classes", "CE207"),
    ("keras.activations.softmax(t(P[:, :1]))", "a softmax over one output", "CE302"),
    ("keras.layers.Softmax(axis=0)(t(P[:1]))", "a softmax over one output", "CE302 CE309"),
    ("ops.softmax(t(P[:, :1]))", "a softmax over one output", "CE302"),
    ("ops.softmax(t(P), axis=2)", "an axis that there is not", "CE309 CE110 CE303"),
    ("keras.layers.Embedding(6, 4)(t(np.array([0, 9])))", "an id outside of the table", "CE101"),
    ("ops.ctc_loss(t(Y[None]), t(P[None]), t([6]), t([9]))", "CTC, too many steps", "CE112"),
]  # fmt: skip
