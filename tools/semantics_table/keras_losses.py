"""Keras' loss classes on the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf
from numpy_by_hand import batches, one_or_several
from rows import Array, Case


def sparse(case: Case, x: object = None, w: object = None, **options: object) -> tf.Tensor:
    loss = keras.losses.SparseCategoricalCrossentropy(**{"from_logits": True, **options})
    return loss(case.y, case.x if x is None else x, sample_weight=w)


def dense(case: Case, x: object = None) -> tf.Tensor:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)
    return loss(case.y, case.x if x is None else x)


def rows(case: Case, **options: object) -> tf.Tensor:
    return sparse(case, reduction=None, **options)


def gradient(case: Case, loss: Callable[..., tf.Tensor], **options: object) -> Array:
    x = tf.constant(case.x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(case, x, **options)
    return tape.gradient(value, x).numpy()


def traced(case: Case) -> list[object]:
    @tf.function(jit_compile=True)
    def both(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = sparse(case, x, reduction=None)
        return value, tape.gradient(value, x)

    value, slope = both(tf.constant(case.x))
    return [value, slope[0]]


def mean_by_batches(case: Case, size: int) -> float:
    metric = keras.metrics.SparseCategoricalCrossentropy(from_logits=True)
    for batch in batches(case, size):
        metric.update_state(case.y[batch], case.x[batch])
    return float(metric.result())


def second(case: Case) -> tf.Tensor:
    x = tf.constant(case.x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = sparse(case, x) ** 2
        slope = inner.gradient(value, x)[0, 0]
    return outer.gradient(slope, x)[0, 0]


def by_weights(case: Case) -> tf.Tensor:
    w = tf.constant(case.w)
    with tf.GradientTape() as tape:
        tape.watch(w)
        value = sparse(case, w=w)
    return tape.gradient(value, w)


def with_dtype(case: Case) -> list[object]:
    value = rows(case, dtype="float16")
    return [value, value.dtype.name]


ANSWERS: dict[str, Callable[[Case], object]] = {
    "m01_eager": rows,
    "m01_traced": traced,
    "m02_fraction": rows,
    "m02_float16": rows,
    "m03_index_to_dense": dense,
    "m03_one_hot_to_sparse": sparse,
    "m04": dense,
    "m05_logits": lambda case: rows(case, from_logits=False),
    "m05_half": lambda case: rows(case, from_logits=False),
    "m05_softmax_twice": sparse,
    "m06": lambda case: [sparse(case, w=case.w), gradient(case, sparse, w=case.w)[1]],
    "m07": lambda case: sparse(case, w=case.w),
    "m08_kept": lambda case: sparse(case, w=case.w),
    "m08_rows": sparse,
    "m09": lambda case: [dense(case), gradient(case, dense)],
    "m10": lambda case: [rows(case), gradient(case, sparse, reduction="sum")[1]],
    "m11": rows,
    "m12": lambda case: [rows(case), gradient(case, sparse)[0, 0]],
    "m13_row": with_dtype,
    "m13_sum": lambda case: sparse(case, reduction="sum", dtype="float16"),
    "m14": partial(one_or_several, mean_by_batches),
    "m16": lambda case: [
        rows(case, from_logits=False),
        gradient(case, sparse, from_logits=False)[0, 1],
    ],
    "m17": lambda case: keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)(
        case.y[:, None], case.x[:, None]
    ),
    "m18": second,
    "m18_confident": second,
    "m19": lambda case: rows(case, axis=1),
    "m20": by_weights,
}
