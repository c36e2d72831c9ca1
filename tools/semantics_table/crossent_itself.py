"""crossent: on NumPy arrays, and on TensorFlow tensors where a line needs what only they have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import tensorflow as tf
from numpy_by_hand import batches, one_or_several
from rows import Array, Case

import crossent as ce
from crossent.evaluate.evaluator import Evaluator


def sparse(case: Case, **options: object) -> Array:
    return ce.sparse_categorical_crossentropy(case.y, case.x, **{"from_logits": True, **options})


def rows(case: Case, **options: object) -> Array:
    return sparse(case, reduction="none", **options)


def dense(case: Case, **options: object) -> Array:
    return ce.categorical_crossentropy(
        case.y, case.x, from_logits=True, reduction="none", **options
    )


def gradient(case: Case, **options: object) -> Array:
    options = {"from_logits": True, **options}
    return ce.value_and_grad(ce.sparse_categorical_crossentropy)(case.y, case.x, **options)[1]


def dense_gradient(case: Case) -> Array:
    return ce.value_and_grad(ce.categorical_crossentropy)(case.y, case.x, from_logits=True)[1]


def traced(case: Case) -> list[object]:
    @tf.function(jit_compile=True)
    def both(y: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = ce.sparse_categorical_crossentropy(y, x, from_logits=True, reduction="none")
        return value, tape.gradient(value, x)

    value, slope = both(tf.constant(case.y), tf.constant(case.x))
    return [value, slope[0]]


def mean_by_batches(case: Case, size: int) -> float:
    evaluator = Evaluator("sparse", from_logits=True)
    for batch in batches(case, size):
        evaluator.update(case.y[batch], case.x[batch])
    return evaluator.compute().loss


def in_place(case: Case) -> str:
    x = case.x.copy()
    try:
        ce.value_and_grad(ce.sparse_categorical_crossentropy)(
            case.y, x, from_logits=True, inplace=True
        )
    except ce.LabelRangeError:
        return "unchanged" if np.array_equal(x, case.x) else "overwritten"
    return "written"


def second(case: Case) -> tf.Tensor:
    x = tf.constant(case.x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = ce.sparse_categorical_crossentropy(case.y, x, from_logits=True) ** 2
        slope = inner.gradient(value, x)[0, 0]
    return outer.gradient(slope, x)[0, 0]


def by_weights(case: Case) -> tf.Tensor:
    x, w = tf.constant(case.x), tf.constant(case.w)
    with tf.GradientTape() as tape:
        tape.watch(w)
        value = ce.sparse_categorical_crossentropy(case.y, x, from_logits=True, sample_weight=w)
    return tape.gradient(value, w)


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
    "m06": lambda case: [
        sparse(case, sample_weight=case.w),
        gradient(case, sample_weight=case.w)[1],
    ],
    "m07": lambda case: sparse(case, sample_weight=case.w),
    "m08_kept": lambda case: sparse(case, sample_weight=case.w),
    "m08_rows": sparse,
    "m09": lambda case: [dense(case), dense_gradient(case)],
    "m10": lambda case: [rows(case), gradient(case, reduction="sum")[1]],
    "m11": rows,
    "m12": lambda case: [rows(case), gradient(case)[0, 0]],
    "m13_row": lambda case: [rows(case), str(rows(case).dtype)],
    "m13_sum": lambda case: sparse(case, reduction="sum"),
    "m14": partial(one_or_several, mean_by_batches),
    "m15": in_place,
    "m16": lambda case: [
        rows(case, from_logits=False),
        gradient(case, from_logits=False)[0, 1],
    ],
    "m17": lambda case: ce.binary_crossentropy(case.y, case.x, from_logits=True, reduction="none"),
    "m18": second,
    "m18_confident": second,
    "m19": lambda case: rows(case, axis=1),
    "m20": by_weights,
}
