"""How a guard follows the losses of a TensorFlow graph, and leaves it when something is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from crossent.core.messages import data as messages
from crossent.doctor.guards.sample import Batch
from crossent.doctor.guards.watch import Watch
from crossent.frontends.tensorflow.stops import is_compiled


class GraphWatch:
    """Follows the losses in variables, so that a sound step never leaves the graph.

    A step adds to a count and to a sum. The graph is left with the first batch, with a loss that is
    not finite, and once in `watch.width` steps, for a point of the history.

    Parameters
    ----------
    watch : Watch
        What decides about a batch, outside of the graph.
    batch : function
        Makes a batch of its arrays.
    """

    def __init__(self, watch: Watch, batch: Callable[..., Batch]) -> None:
        self._watch, self._batch = watch, batch
        self._before = watch.steps  # steps before those that are counted in the graph
        with tf.init_scope(), tf.device("CPU"):
            # -1 makes the first step the one of number 0.
            start = -1 if watch.fresh else 0
            self._count = tf.Variable(start, trainable=False, dtype=tf.int32)
            self._sum = tf.Variable(0.0, trainable=False)

    def run(self, compute: Callable[[], Any], arrays: list[Any]) -> Any:
        """Compute the loss, and look at its arrays if something is wrong."""
        if is_compiled():
            raise messages.option(
                "`jit_compile` must be False for a guarded loss on TensorFlow, because a program "
                "of XLA cannot call back: model.compile(..., jit_compile=False)."
            )
        count = self._count.assign_add(1)
        first = tf.cond(tf.equal(count, 0), lambda: self._call(self._see_first, arrays), _nothing)
        # An operation may raise an error of its own: the first batch is looked at before it.
        with tf.control_dependencies([first]):
            loss = compute()
        value = loss if loss.shape.rank == 0 else tf.reduce_mean(loss)
        value = tf.cast(value, tf.float32)
        added = self._sum.assign_add(value, read_value=False)
        sound = tf.logical_and(tf.math.is_finite(value), tf.less(count, self._watch.width))
        with tf.control_dependencies([added]):
            seen = tf.cond(sound, _nothing, lambda: self._call(self._see, [count, value, *arrays]))
        with tf.control_dependencies([seen]):
            return tf.identity(loss)

    @staticmethod
    def _call(function: Callable[..., bool], arrays: list[Any]) -> Any:
        # Said to be stateless, since the graph would make its other operations wait for one that is
        # not. It is not left out: the loss depends on it.
        given = [tf.stop_gradient(array) for array in arrays]
        return tf.numpy_function(function, given, tf.bool, stateful=False)

    def _see_first(self, *arrays: Any) -> bool:
        self._count.assign(-1)  # so that after an error the next batch is the first again
        self._watch.first(lambda: self._batch(*arrays))
        self._count.assign(1)
        return True

    def _see(self, count: Any, value: Any, *arrays: Any) -> bool:
        watch, loss = self._watch, float(value)
        watch.steps = self._before + int(count)
        look = not math.isfinite(loss)
        if count >= watch.width:
            mean = float(self._sum.numpy()) / int(count)
            self._before = watch.steps
            self._count.assign(0)
            self._sum.assign(0.0)
            look |= watch.note_mean(mean, loss)
        if look:
            watch.judge(lambda: self._batch(*arrays), loss)
        return True


def _nothing() -> Any:
    return tf.constant(True)
