"""The operations of tf.nn, reduced as TensorFlow programs reduce them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import tensorflow as tf
from numpy_by_hand import batches, one_or_several
from rows import Array, Case


def sparse(case: Case, x: object = None) -> tf.Tensor:
    x = case.x if x is None else x
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=case.y, logits=x)


def whole(case: Case) -> tf.Tensor:
    y = tf.cast(case.y, "int32")
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=case.x)


def dense(case: Case, x: object = None) -> tf.Tensor:
    x = case.x if x is None else x
    y = tf.cast(case.y, "float32")
    return tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=x)


def mean(case: Case, x: object = None) -> tf.Tensor:
    return tf.reduce_mean(sparse(case, x))


def weighted(case: Case, x: object = None, w: object = None) -> tf.Tensor:
    w = case.w if w is None else w
    return tf.reduce_sum(w * sparse(case, x)) / tf.reduce_sum(w)


def gradient(case: Case, loss: Callable[..., tf.Tensor]) -> Array:
    x = tf.constant(case.x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(case, x)
    return tape.gradient(value, x).numpy()


def traced(case: Case) -> list[object]:
    @tf.function(jit_compile=True)
    def both(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = sparse(case, x)
        return value, tape.gradient(value, x)

    value, slope = both(tf.constant(case.x))
    return [value, slope[0]]


def mean_by_batches(case: Case, size: int) -> float:
    terms, total = sparse(case), tf.constant(0.0)
    for batch in batches(case, size):
        total += tf.reduce_sum(terms[batch])
    return float(total / len(case.y))


def second(case: Case) -> tf.Tensor:
    x = tf.constant(case.x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = mean(case, x) ** 2
        slope = inner.gradient(value, x)[0, 0]
    return outer.gradient(slope, x)[0, 0]


def by_weights(case: Case) -> tf.Tensor:
    w = tf.constant(case.w)
    with tf.GradientTape() as tape:
        tape.watch(w)
        value = weighted(case, w=w)
    return tape.gradient(value, w)


ANSWERS: dict[str, Callable[[Case], object]] = {
    "m01_eager": sparse,
    "m01_traced": traced,
    "m02_fraction": whole,
    "m02_float16": whole,
    "m03_index_to_dense": dense,
    "m03_one_hot_to_sparse": mean,
    "m04": dense,
    "m05_softmax_twice": mean,
    "m06": lambda case: [weighted(case), gradient(case, weighted)[1]],
    "m07": weighted,
    "m08_kept": lambda case: tf.reduce_mean(tf.boolean_mask(sparse(case), case.w > 0)),
    "m08_rows": mean,
    "m09": lambda case: [dense(case), gradient(case, dense)],
    "m10": lambda case: [sparse(case), gradient(case, sparse)[1]],
    "m11": sparse,
    "m12": lambda case: [sparse(case), gradient(case, sparse)[0, 0]],
    "m13_row": lambda case: [sparse(case), sparse(case).dtype.name],
    "m13_sum": lambda case: tf.reduce_sum(sparse(case)),
    "m14": partial(one_or_several, mean_by_batches),
    "m17": lambda case: tf.nn.sigmoid_cross_entropy_with_logits(labels=case.y, logits=case.x),
    "m18": second,
    "m18_confident": second,
    "m19": sparse,
    "m20": by_weights,
}
