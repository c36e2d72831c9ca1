"""The loss over a linear layer in TensorFlow: second derivatives, 16 bits, graphs of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import crossent as ce

N, D, C = 20, 6, 9
RNG = np.random.default_rng(11)
HIDDEN, WEIGHT = tf.constant(RNG.normal(size=(N, D))), tf.constant(RNG.normal(size=(C, D)))
Y = RNG.integers(0, C, N)
Y[3] = -100
LABELS = tf.constant(Y)
WAYS: dict[str, dict[str, Any]] = {
    "mean": {},
    "recomputed": {"gradients": "recompute"},
    "rows": {"reduction": "none"},
}


def over_layer(h: Any, w: Any, **options: Any) -> Any:
    return ce.linear_crossentropy(LABELS, h, w, ignore_class=-100, max_memory=2_000, **options)


def of_logits(h: Any, w: Any, gradients: str = "", **options: Any) -> Any:
    x = tf.matmul(h, w, transpose_b=True)
    return ce.sparse_categorical_crossentropy(
        LABELS, x, from_logits=True, ignore_class=-100, **options
    )


def second(loss: Any, way: dict[str, Any]) -> Any:
    """A function with the first and the second derivatives of a function of the loss."""

    def derivatives(h: Any, w: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch([h, w])
            with tf.GradientTape() as tape:
                tape.watch([h, w])
                number = tf.reduce_sum(tf.sin(loss(h, w, **way)))
            first = tape.gradient(number, [h, w])
            curve = tf.reduce_sum(tf.cos(first[0])) + tf.reduce_sum(first[1] ** 2)
        return [*first, *outer.gradient(curve, [h, w])]

    return derivatives


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_second_derivatives(way: dict[str, Any], mode: str) -> None:
    ours = second(over_layer, way)
    if mode != "eager":
        ours = tf.function(ours, jit_compile=mode == "xla")
    # XLA's functions of float64 err by some more of the last bits.
    tolerance = 1e-9 if mode == "xla" else 1e-12
    for one, want in zip(ours(HIDDEN, WEIGHT), second(of_logits, way)(HIDDEN, WEIGHT), strict=True):
        np.testing.assert_allclose(one, want, tolerance, tolerance)


def test_a_graph_for_any_number_of_rows() -> None:
    def loss(y: Any, h: Any) -> Any:
        w = tf.cast(WEIGHT, h.dtype)
        return ce.linear_crossentropy(y, h, w, ignore_class=-100, max_memory=2_000)

    shape = [tf.TensorSpec([None], tf.int64), tf.TensorSpec([None, D], tf.float32)]
    program = tf.function(loss, input_signature=shape)
    for rows in (0, 1, 7, N):
        h = tf.cast(HIDDEN[:rows], tf.float32)
        np.testing.assert_allclose(program(LABELS[:rows], h), loss(LABELS[:rows], h), 1e-6, 1e-7)
    assert float(program(tf.fill([5], tf.constant(-100, tf.int64)), tf.ones([5, D]))) == 0


def test_16_bits() -> None:
    h, w = tf.cast(HIDDEN, tf.bfloat16), tf.cast(WEIGHT, tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch([h, w])
        value = over_layer(h, w)
    assert value.dtype == tf.float32
    found = tape.gradient(value, [h, w])
    exact = tf.cast(h, tf.float64), tf.cast(w, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(exact)
        want = of_logits(*exact)
    np.testing.assert_allclose(value, want, 2**-7)
    for one, other in zip(found, tape.gradient(want, exact), strict=True):
        assert one.dtype == tf.bfloat16
        # Logits of 16 bits are off by 2**-9 of their size, which is 8 at most.
        np.testing.assert_allclose(tf.cast(one, tf.float64), other, 2**-5, 2**-8)
