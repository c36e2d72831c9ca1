"""TensorFlow: sparse_softmax_cross_entropy_with_logits in a tf.function, also compiled."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Array = Any
tf.config.threading.set_intra_op_parallelism_threads(2)
tf.config.threading.set_inter_op_parallelism_threads(2)


def rows(y: Any, x: Any) -> Any:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x)


def mean(y: Any, x: Any) -> Any:
    return tf.reduce_mean(rows(y, x))


def total(y: Any, x: Any) -> Any:
    return tf.reduce_sum(rows(y, x))


def gradient_of(loss: Any, y: Any, x: Any, upstream: Any) -> tuple[Any, Any]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(y, x)
        scaled = value if upstream is None else value * upstream
    return value, tape.gradient(scaled, x)


def values_and_slopes(loss: Any, q: Any, x: Any) -> tuple[Any, Any]:
    """Return the values of a loss for every row and the gradient of their sum."""

    def total(q: Any, x: Any) -> Any:
        return tf.reduce_sum(loss(q, x))

    q, x = tf.constant(q), tf.constant(x)
    slopes = tf.function(lambda q, x: gradient_of(total, q, x, None)[1])
    return tf.function(loss)(q, x).numpy(), slopes(q, x).numpy()


class Function:
    jit_compile = False

    def __init__(self) -> None:
        self.program = self.new(mean)
        self.with_gradient = self.new(lambda y, x: gradient_of(mean, y, x, None))
        self.scaled = self.new(lambda y, x, upstream: gradient_of(mean, y, x, upstream))

    def new(self, function: Any) -> Any:
        return tf.function(function, jit_compile=self.jit_compile)

    def losses(self, y: Array, x: Array) -> Array:
        return self.new(rows)(tf.constant(y), tf.constant(x)).numpy()

    def gradient(self, y: Array, x: Array) -> Array:
        program = self.new(lambda y, x: gradient_of(total, y, x, None)[1])
        return program(tf.constant(y), tf.constant(x)).numpy()

    def of_targets(self, q: Array, x: Array) -> tuple[Array, Array]:
        return values_and_slopes(tf.nn.softmax_cross_entropy_with_logits, q, x)

    def load(self, y: Array, x: Array) -> None:
        self.y, self.x = tf.constant(y), tf.constant(x)

    def forward(self) -> Any:
        return self.program(self.y, self.x).numpy()

    def value_and_gradient(self, upstream: float) -> Any:
        if upstream == 1:
            value, gradient = self.with_gradient(self.y, self.x)
        else:
            value, gradient = self.scaled(self.y, self.x, tf.constant(upstream, self.x.dtype))
        return value.numpy(), gradient


class JitCompile(Function):
    jit_compile = True


FORMS = {"function": Function, "jit_compile": JitCompile}
