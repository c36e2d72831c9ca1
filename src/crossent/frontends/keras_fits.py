"""Look at the labels of Keras's `fit` on the host, where a compiled program computes the loss.

A program of XLA, of `jax.jit` or of `torch.compile` cannot stop at a bad label: its row is NaN
(rule M01), and so are the parameters after the first step. But Keras calls a loss in plain Python
before there is a program, with made-up arrays or to trace it, and the data wait in the frame of
`fit` meanwhile. From then on the tracker of the loss, which Keras resets at the start of every
epoch, leads to the frame of each later `fit`. Data that the frame does not hold as arrays (a
dataset, a generator) are looked at as they come: the first batch on its way into the step. From the
second batch on a step is what it was; on TensorFlow it reads one boolean more.

Keras has no public place for it. Where its own names differ, nothing is looked at.
"""

from __future__ import annotations

import math
import warnings
import weakref
from collections.abc import Callable
from itertools import chain
from types import FrameType
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from keras.src.backend.common.symbolic_scope import in_symbolic_scope
from keras.src.trainers.data_adapters.data_adapter_utils import unpack_x_y_sample_weight

from crossent.core.messages import keras as messages
from crossent.core.plan import Plan
from crossent.core.value_checks import first_error
from crossent.frontends.callers import callers, module_of

HostArray = npt.NDArray[Any]

MOST: Final = 2**24
"""Numbers of labels that are looked at: the first ones, in the time of a few steps."""

WATCHED: Final[weakref.WeakKeyDictionary[Any, FitWatch]] = weakref.WeakKeyDictionary()
"""Trackers of losses that are watched, and what looks."""

OUTER: Final = ("fit", "evaluate", "train_on_batch", "test_on_batch")
"""Methods whose frames hold the data."""


class FitWatch:
    """Looks at the labels of one model, for a loss of this plan.

    Parameters
    ----------
    plan : Plan
        Of the loss, with the shapes of a batch.
    checked : frozenset of str
        Arguments that are not to be looked at.
    """

    def __init__(self, plan: Plan, checked: frozenset[str]) -> None:
        self.plan, self.checked = plan, checked | {"sample_weight"}
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()  # what was looked at
        self._in_graph: Any = None  # looks at a first batch where TensorFlow computes

    def look(self, y: Any, sample_weight: Any) -> None:
        """Raise what an eager call of the loss would say of these labels."""
        labels, plan = _host(y), self.plan
        if labels is None or plan.kind == "top_k" or "y_true" in self.checked:
            return
        if plan.kind == "dense" and (plan.axis != plan.rank - 1 or labels.ndim != plan.rank):
            return
        seen = {"y_true": labels, **self._weighing(labels, sample_weight)}
        if sample_weight is not None and len(seen) == 1:
            return  # which rows count cannot be told
        error = first_error(self.plan, seen, self.checked)
        if error is not None:
            raise error

    def _weighing(self, labels: HostArray, sample_weight: Any) -> dict[str, HostArray]:
        """Return which rows have a weight, in the shape of the rows, or nothing."""
        weight = None if sample_weight is None else _host(sample_weight)
        if weight is None:
            return {}
        rows = labels.shape[:-1] if self.plan.kind == "dense" else labels.shape
        if weight.ndim > len(rows) or weight.shape != rows[: weight.ndim]:
            return {}
        weight = weight.reshape(weight.shape + (1,) * (len(rows) - weight.ndim))
        return {"sample_weight": np.broadcast_to(weight != 0, rows).astype(np.float32)}

    def begin(self, model: Any, frame: FrameType) -> None:
        """Look at the labels of a call of `fit` once, and ask to be told of its epochs."""
        given = frame.f_locals
        data = given.get("epoch_iterator", model)  # a model that takes single batches: the first
        if data in self._seen:
            return
        self._seen.add(data)
        if _gives_labels(model):
            y, epochs = given.get("y"), given.get("epoch_iterator")
            if epochs is None or (_is_array(y) and given.get("class_weight") is None):
                self.look(y, given.get("sample_weight"))
            else:
                self._look_later(epochs)
        called = getattr(given.get("callbacks"), "callbacks", None)  # of a CallbackList
        if isinstance(called, list) and not any(isinstance(one, NaNWatch) for one in called):
            called.append(NaNWatch(alone=frame.f_code.co_name == "evaluate"))

    def _look_later(self, epochs: Any) -> None:
        """Look at the first batch of the iterator that `fit` made, as soon as it is there."""
        if keras.config.backend() == "tensorflow":
            self._graph_look().ask()
            return
        own = epochs._get_iterator

        def peeking() -> Any:
            epochs._get_iterator = own
            batches = iter(own())
            for batch in batches:  # before Keras takes the parameters out of the model, as on JAX
                self.look(*labels_of(batch))
                return chain([batch], batches)
            return batches

        epochs._get_iterator = peeking

    def add_look(self, batch: Any, state: Any) -> None:
        """Add a look at the first batch to the graph around a program of XLA that is being made."""
        y, sample_weight = labels_of(batch)
        arrays = [y] if sample_weight is None else [y, sample_weight]
        self._graph_look().add(arrays, state)

    def _graph_look(self) -> Any:
        if self._in_graph is None:
            from crossent.frontends.tensorflow.stops import FirstBatch

            self._in_graph = FirstBatch(lambda y, sample_weight=None: self.look(y, sample_weight))
        return self._in_graph


class NaNWatch(keras.callbacks.Callback):  # type: ignore[misc]
    """Names a loss that is NaN at the end of an epoch, or of an evaluation alone, once."""

    def __init__(self, *, alone: bool) -> None:
        super().__init__()
        self._alone, self._told = alone, False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the loss that Keras shows of the epoch."""
        self._tell(f"epoch {epoch + 1}", logs)

    def on_test_end(self, logs: Any = None) -> None:
        """Look at the loss of an evaluation."""
        if self._alone:
            self._tell("the evaluation", logs)

    def _tell(self, of: str, logs: Any) -> None:
        losses = [(logs or {}).get(name, 0.0) for name in ("loss", "val_loss")]
        if self._told or not any(math.isnan(float(loss)) for loss in losses):
            return
        self._told = True
        warnings.warn(messages.nan_loss(of), stacklevel=_user_level())


def is_building() -> bool:
    """Whether Keras calls a loss with made-up arrays."""
    return bool(in_symbolic_scope())


def watch_fit(plan: Plan, checked: frozenset[str]) -> None:
    """Watch the model that is calling this loss to make a compiled program of it.

    Raises
    ------
    LabelRangeError, LabelTypeError, TargetError
        If the first labels are bad, where they can be seen.
    """
    frame = _frame(_builds) or _frame(_holds_data)
    if frame is None:
        return
    model: Any = frame.f_locals.get("self")
    if not getattr(model, "jit_compile", False) or getattr(model, "run_eagerly", True):
        return
    tracker = getattr(model, "_loss_tracker", None)
    if tracker is None or len(keras.tree.flatten(model.loss)) != 1:
        return
    watch = WATCHED.get(tracker)
    if watch is None:
        WATCHED[tracker] = watch = FitWatch(plan, checked)
        tracker.reset_state = _resetting(model, tracker, watch)
        if _holds_data(frame):
            watch.begin(model, frame)
    around = _frame(_calls_program)
    if around is not None and not _is_spread(model):
        watch.add_look(around.f_locals["converted_data"], tracker.variables[0].value)


def _resetting(model: Any, tracker: Any, watch: FitWatch) -> Callable[[], None]:
    """Return what resets a tracker as before, and begins to watch."""
    own = type(tracker).reset_state
    whose, tracked = weakref.ref(model), weakref.ref(tracker)

    def reset_state() -> None:
        own(tracked())
        frame = _frame(_holds_data)
        if frame is not None:
            watch.begin(whose(), frame)

    return reset_state


def _builds(frame: FrameType) -> bool:
    return frame.f_code.co_name == "_symbolic_build"


def _calls_program(frame: FrameType) -> bool:
    """Whether TensorFlow's graph calls a program of a step here, which is being made."""
    return "converted_data" in frame.f_code.co_varnames and _root(frame) == "keras"


def _holds_data(frame: FrameType) -> bool:
    return frame.f_code.co_name in OUTER and _root(frame) == "keras"


def _frame(wanted: Callable[[FrameType], bool]) -> FrameType | None:
    """Return the nearest frame of this kind, but none outside of a guard, which looks by itself."""
    for frame in callers():
        if module_of(frame).startswith("crossent.doctor"):
            return None
        if wanted(frame):
            return frame
    return None


def _gives_labels(model: Any) -> bool:
    """Whether the labels that a model is given are those that its loss sees, in every row.

    A step of the user's own may change them; a layer may leave a mask, whose rows hold anything.
    """
    kind, own = type(model), keras.Model
    for name in ("train_step", "test_step", "compute_loss", "_compute_loss"):
        if getattr(kind, name, None) is not getattr(own, name, None):
            return False
    base = keras.layers.Layer.compute_mask
    flatten = getattr(model, "_flatten_layers", None)
    layers = [] if flatten is None else list(flatten())
    plain = [layer for layer in layers if not isinstance(layer, keras.Model)]
    return bool(plain) and all(type(layer).compute_mask is base for layer in plain)


def labels_of(batch: Any) -> tuple[Any, Any]:
    """Return the labels and the weights of a batch; None for labels of several outputs."""
    _, y, sample_weight = unpack_x_y_sample_weight(batch)
    flat = keras.tree.flatten(y)
    return (flat[0] if len(flat) == 1 else None), sample_weight


def _is_spread(model: Any) -> bool:
    """Whether TensorFlow spreads the batches over devices: their values are not at hand."""
    strategy = getattr(model, "distribute_strategy", None)
    return getattr(strategy, "num_replicas_in_sync", 1) != 1


def _is_array(given: Any) -> bool:
    return hasattr(given, "shape") and hasattr(given, "dtype") and len(given.shape) > 0


def _host(array: Any) -> HostArray | None:
    """Return the values of one array, as many as are looked at; None if it is something else."""
    if not _is_array(array):
        return None
    size = math.prod(array.shape)
    if size > MOST:
        array = array[: max(1, MOST * array.shape[0] // size)]
    try:
        host: HostArray = np.asarray(keras.ops.convert_to_numpy(array))
    except (TypeError, ValueError, RuntimeError):
        return None
    return host if host.dtype.kind in "iufb" else None


def _root(frame: FrameType) -> str:
    return module_of(frame).partition(".")[0]


def _user_level() -> int:
    """Return how far up the line of the user is, beyond crossent and Keras."""
    roots = (_root(frame) for frame in callers())
    return next((n for n, root in enumerate(roots) if root not in ("crossent", "keras")), 1)
