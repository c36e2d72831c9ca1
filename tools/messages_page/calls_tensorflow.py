"""Losses of TensorFlow, called wrongly, at once and in graphs."""

from __future__ import annotations

import re
from typing import Any

import tensorflow as tf

IGNORED = re.compile(r"deprecat|is not a leaf|retracing", re.IGNORECASE)


class Output:
    """What a model may return in place of logits."""

    def __init__(self, logits: object) -> None:
        self.logits = logits


def named() -> tuple[str, str]:
    """Return the framework as people call it, and its package."""
    return "TensorFlow", "tensorflow_cpu"


def graph(loss: Any, y: Any, p: Any) -> object:
    """Call a loss in a graph whose sizes are not known."""
    y, p = tf.convert_to_tensor(y), tf.convert_to_tensor(p)
    specs = [tf.TensorSpec([None] * len(x.shape), x.dtype) for x in (y, p)]
    return tf.function(lambda a, b: loss(labels=a, logits=b), input_signature=specs)(y, p)


def given() -> dict[str, Any]:
    """Return the names of the calls."""
    logits = tf.random.stateless_normal((6, 4), (1, 2))
    return {
        "tf": tf, "nn": tf.nn, "v1": tf.compat.v1, "t": tf.convert_to_tensor, "Output": Output,
        "graph": graph, "Z": logits, "T": tf.constant([0, 1, 2, 3, 1, 2]),
    }  # fmt: skip


_SPARSE = "nn.sparse_softmax_cross_entropy_with_logits"
_DENSE = "nn.softmax_cross_entropy_with_logits"
_BINARY = "nn.sigmoid_cross_entropy_with_logits"
GRID = {
    "indices": [
        f"{_SPARSE}(labels={{y}}, logits={{p}})",
        f"graph({_SPARSE}, {{y}}, {{p}})",
        "v1.losses.sparse_softmax_cross_entropy({y}, {p})",
        "tf.gather(nn.log_softmax({p}), {y}, batch_dims=1)",
        "tf.one_hot({y}, 4) * {p}",
        "tf.math.in_top_k({y}, {p}, 1)",
    ],
    "rows": [
        f"{_DENSE}(labels={{y}}, logits={{p}})",
        f"graph({_DENSE}, {{y}}, {{p}})",
        "v1.losses.softmax_cross_entropy({y}, {p})",
        "-tf.reduce_sum({y} * nn.log_softmax({p}))",
    ],
    "yes_no": [
        f"{_BINARY}(labels={{y}}, logits={{p}})",
        f"graph({_BINARY}, {{y}}, {{p}})",
        "nn.weighted_cross_entropy_with_logits({y}, {p}, 2.0)",
        "v1.losses.sigmoid_cross_entropy({y}, {p})",
        "v1.losses.log_loss({y}, {p})",
    ],
}
MORE = [
    ("v1.nn.softmax_cross_entropy_with_logits(Z, T)", "arguments without names", "CE304"),
    ("v1.nn.sparse_softmax_cross_entropy_with_logits(Z, T)", "arguments without names", "CE304"),
    ("v1.nn.sigmoid_cross_entropy_with_logits(Z, T)", "arguments without names", "CE304"),
    ("v1.nn.sparse_softmax_cross_entropy_with_logits(logits=Z)", "no labels", "CE001 CE304 CE002"),
    ("nn.softmax_cross_entropy_with_logits(Z, T, from_logits=True)", "an option of Keras", "CE001"),
    ("tf.debugging.check_numerics(Z * float('nan'), 'loss')", "NaN logits", "CE217"),
    ("tf.debugging.check_numerics(Z * float('inf'), 'loss')", "infinite logits", "CE217"),
    ("tf.debugging.assert_all_finite(Z * float('nan'), 'logits')", "NaN logits", "CE217"),
    ("tf.math.confusion_matrix([0, 4], [0, 1], 4)", "a label 4", "CE104 CE101"),
    ("tf.math.confusion_matrix([0, -1], [0, 1], 4)", "a label -1", "CE103"),
    ("tf.math.confusion_matrix([0, 1, 1], [0, 1], 4)", "a row too few", "CE112"),
    ("tf.gather(Z, [9])", "an id outside of the table", "CE101"),
    ("tf.nn.embedding_lookup(Z, [-1])", "an id -1", "CE101 CE103"),
    ("tf.gather_nd(Z, [[0, 4]])", "a label 4", "CE101 CE104"),
    ("tf.cast(tf.constant(['cat']), tf.int32)", "text as labels", "CE313"),
    ("tf.strings.to_number(tf.constant(['cat']))", "text as labels", "CE313"),
    ("tf.one_hot([0.0, 1.0], 4)", "float labels", "CE111"),
    ("tf.one_hot(['cat'], 4)", "text as labels", "CE313"),
    ("tf.constant([0, None])", "None as a label", "CE312 CE313"),
    ("tf.constant([[0, 1], [2]])", "rows of different length", "CE112"),
    ("tf.reshape(Z, [-1, 5])", "a reshape with another number of classes", "CE112"),
    ("tf.reshape(Z, [6, 5])", "a reshape with another number of classes", "CE112"),
    ("v1.losses.sparse_softmax_cross_entropy(T, Z, weights=[1.0, 2.0])", "two weights", "CE314"),
    ("v1.losses.softmax_cross_entropy(tf.one_hot(T, 4), Z, weights=[1.0, 2.0])", "two weights",
     "CE314"),
    ("v1.losses.sparse_softmax_cross_entropy(T, None)", "no logits", "CE002"),
    ("v1.losses.sparse_softmax_cross_entropy(None, Z)", "no labels", "CE002"),
    ("nn.ctc_loss(tf.constant([[1, 9]]), Z[:, None], [2], [6], blank_index=0)", "CTC, a label 9",
     "CE101"),
    ("tf.GradientTape().gradient(Z, Z)", "nothing recorded", "CE305"),
    ("tf.keras.optimizers.SGD().apply_gradients([(None, tf.Variable(1.0))])", "no gradient",
     "CE304 CE305 CE407"),
]  # fmt: skip
