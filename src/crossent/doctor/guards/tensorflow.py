"""How a guard follows the losses of a TensorFlow graph, and leaves it when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

from crossent.doctor.guards.sample import Batch
from crossent.doctor.guards.watch import Watch
from crossent.evaluate import messages


class GraphWatch:
    """Counts steps and keeps losses in variables, so that a sound step never leaves the graph.

    Parameters
    ----------
    watch : Watch
        What decides about a batch, outside of the graph.
    batch : function
        Makes a batch of its arrays.
    """

    def __init__(self, watch: Watch, batch: Callable[..., Batch]) -> None:
        self._watch, self._batch = watch, batch
        with tf.init_scope(), tf.device("CPU"):
            self._fresh = tf.Variable(watch.fresh, trainable=False)
            self._steps = tf.Variable(0, trainable=False, dtype=tf.int64)
            self._look_at = tf.Variable(watch.look_at, trainable=False, dtype=tf.int64)
            self._losses = tf.Variable(tf.zeros(watch.patience), trainable=False)

    def run(self, compute: Callable[[], Any], arrays: list[Any]) -> Any:
        """Compute the loss, and look at its arrays if something is wrong."""
        if GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()):
            raise messages.option(
                "`jit_compile` must be False for a guarded loss on TensorFlow, because a program "
                "of XLA cannot call back: model.compile(..., jit_compile=False)."
            )
        first = tf.cond(self._fresh, lambda: self._call(self._see_first, arrays), _nothing)
        # An operation may raise an error of its own: the first batch is looked at before it.
        with tf.control_dependencies([first]):
            loss = compute()
        value = tf.reduce_mean(tf.cast(loss, tf.float32))
        step = self._steps.assign_add(1)
        place = tf.math.floormod(step - 1, self._watch.patience)
        self._losses.scatter_nd_update([[place]], [value])
        look = tf.logical_or(~tf.math.is_finite(value), tf.equal(step, self._look_at))
        tf.cond(look, lambda: self._call(self._see, [value, *arrays]), _nothing)
        return loss

    @staticmethod
    def _call(function: Callable[..., bool], arrays: list[Any]) -> Any:
        return tf.numpy_function(function, [tf.stop_gradient(a) for a in arrays], tf.bool)

    def _see_first(self, *arrays: Any) -> bool:
        self._fresh.assign(False)
        self._watch.first(lambda: self._batch(*arrays))
        return True

    def _see(self, value: Any, *arrays: Any) -> bool:
        self._watch.resume(int(self._steps.numpy()), self._losses.numpy().tolist())
        self._watch.judge(lambda: self._batch(*arrays), float(value))
        self._look_at.assign(self._watch.look_at)
        return True


def _nothing() -> Any:
    return tf.constant(True)
