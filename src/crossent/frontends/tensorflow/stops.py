"""Stop a TensorFlow graph at labels, predictions or weights that an eager call refuses (M01).

A graph finds that some row is bad with its own operations, which cost little. Only then does it
leave for Python, where :mod:`crossent.core.value_checks` says which fault it is: the rules are
written there alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from crossent.core.errors import CrossentError
from crossent.core.messages.graphs import NAMES, operation_name
from crossent.core.plan import Plan
from crossent.core.value_checks import first_error
from crossent.core.wording import in_own_words, of_layer
from crossent.frontends.callers import callers, module_of
from crossent.losses.ops import Array
from crossent.losses.targets import Inputs

try:
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    _in_xla: Any = GraphOrParentsInXlaContext
except ImportError:  # no part of TensorFlow's public names
    _in_xla = None

HostArray = npt.NDArray[Any]

MOST_FRAMES: Final = 1000
PARALLEL: Final = "tensorflow.python.ops.parallel_for"
CODES: Final = ("", *NAMES)
"""What the number of a fault stands for; 0 is none."""


def is_compiled() -> bool:
    """Whether the graph that is being made is for XLA, which can neither stop nor call back."""
    return _in_xla is None or bool(_in_xla(tf.compat.v1.get_default_graph()))


def is_vectorized() -> bool:
    """Whether ``tf.vectorized_map`` is making the graph: it has no way for a call of Python."""
    return any(module_of(frame).startswith(PARALLEL) for frame in callers(MOST_FRAMES))


def stops(plan: Plan) -> bool:
    """Whether the program that is being made stops at bad values."""
    if plan.options.validate == "off" or tf.executing_eagerly():
        return False
    return not is_compiled() and not is_vectorized()


def after_check(
    plan: Plan, inputs: Inputs, x: Array | None, bad: Array, rows: Array, of: str | None = None
) -> Array:
    """Return `rows`, which are there only after no row was found bad, in a graph that can stop.

    `x` are the predictions, None where the function `of` makes logits that nobody judges.
    Value and gradient are computed of what is returned, so that neither is there without the check.
    """
    given = {"y_pred": x, **{k: v for k, v in inputs._asdict().items() if k != "checked"}}
    given = {name: one for name, one in given.items() if one is not None}
    names, checked = tuple(given), inputs.checked  # the graph keeps the function, which keeps these

    def fault(*arrays: HostArray) -> tuple[np.int32, bytes]:
        error = first_error(plan, dict(zip(names, arrays, strict=True)), checked)
        if error is None:  # the row is NaN, as with NaN for a probability, and no fault of the call
            return np.int32(0), b""
        worded = in_own_words(plan.options.function, error) if of is None else of_layer(of, error)
        return np.int32(CODES.index(error.code)), str(worded).encode()

    def stop() -> Array:
        return _stop_at(fault, [tf.stop_gradient(one) for one in given.values()])

    seen = tf.cond(tf.reduce_any(bad), stop, lambda: tf.constant(True))
    with tf.control_dependencies([seen]):
        return tf.identity(rows)


class FirstBatch:
    """Looks at the first batch that reaches a program of XLA, in the graph around that program.

    The graph around it is not XLA's and can stop. Where nothing is to be looked at, it reads one
    boolean in each step.

    Parameters
    ----------
    look : callable
        Raises an error of crossent if the arrays that it gets are bad.
    """

    def __init__(self, look: Callable[..., None]) -> None:
        self._look = look
        with tf.init_scope():
            self._due = tf.Variable(False, trainable=False)

    def ask(self) -> None:
        """Look at the batch that comes next."""
        with tf.init_scope():
            self._due.assign(True)

    def add(self, arrays: Sequence[Any], state: Any) -> None:
        """Add the look to the graph of these tensors, before what comes to use `state` there."""
        if not all(isinstance(one, tf.Tensor) and one.dtype.is_numpy_compatible for one in arrays):
            return

        def fault(*values: HostArray) -> tuple[np.int32, bytes]:
            try:
                self._look(*values)
            except CrossentError as error:
                return np.int32(CODES.index(error.code)), str(error).encode()
            return np.int32(0), b""

        def stop() -> Array:
            self._due.assign(False)
            tf.convert_to_tensor(state)  # TensorFlow keeps the order of what uses a variable
            return _stop_at(fault, arrays)

        with arrays[0].graph.as_default():
            tf.cond(self._due.read_value(), stop, lambda: tf.constant(True))


def _stop_at(fault: Callable[..., tuple[np.int32, bytes]], arrays: Sequence[Any]) -> Array:
    """Stop the graph, at an operation that names the fault, if there is one in these arrays."""
    # Said to be stateless, so that nothing else in the graph is made to wait for it.
    number, text = tf.numpy_function(fault, arrays, (tf.int32, tf.string), stateful=False)
    number, text = tf.ensure_shape(number, ()), tf.ensure_shape(text, ())
    checks = [
        tf.raw_ops.Assert(
            condition=tf.not_equal(number, k), data=[text], name=operation_name(CODES[k])
        )
        for k in range(1, len(CODES))
    ]
    with tf.control_dependencies(checks):
        return tf.identity(tf.equal(number, 0))
