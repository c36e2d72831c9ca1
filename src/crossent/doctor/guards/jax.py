"""A guard around a training step of JAX, and the way out of a program that XLA has compiled."""

from __future__ import annotations

import functools
import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from crossent.core.messages import data as messages
from crossent.doctor.guards.loss_options import is_own
from crossent.doctor.guards.outcome import DiagnosisError
from crossent.doctor.guards.sample import Batch, sample
from crossent.doctor.guards.watch import PATIENCE, OnError, Watch
from crossent.doctor.report import Report

AHEAD: Final = 32
"""Steps that JAX on a CPU starts before it waits for the first: a guard need not wait for fewer."""

KEPT: Final = 2**28
"""Bytes of the arguments of steps that are kept until their losses are known, if one fits in."""


class JaxStep:
    """A training step of JAX that diagnoses the batch on which it goes wrong.

    It is called as the step itself and returns what that returns, bit for bit. The first batch is
    diagnosed before its step. Later the loss of a step is read when it is known and another one has
    been started, so that neither the loop nor the device waits; if it is NaN or infinite, or has
    not fallen for `patience` steps, the batch is diagnosed with the parameters that it met.

    Parameters
    ----------
    step : callable
        The step, with its `jax.jit`, of any arguments.
    labels : callable
        Returns the labels of the arguments of a step.
    predictions : callable
        Returns the logits or probabilities of the arguments of a step, as its loss sees them.
    result : callable, optional
        Returns the loss of what a step returns. By default that is the loss itself, or the
        ``"loss"`` of a dict, or the last entry of a tuple.
    on_error, patience, **options
        As in `TorchLoss`. `loss` says what the step computes, such as
        ``optax.softmax_cross_entropy_with_integer_labels``; without it, it is not known what the
        predictions should be.

    Attributes
    ----------
    reports : list of Report
        The diagnoses that were made: the first, and the last 99.
    reports_left_out : int
        How many of the others there were.

    Raises
    ------
    OptionError
        If an option has a bad value, no loss is found in what the step returns, or the guarded
        step is traced: guard the jitted step, do not jit the guarded one.
    DiagnosisError
        When called, if a batch has an error.

    Notes
    -----
    The arguments of a step are kept until its loss is read: of as many steps like the first as fit
    into 256 MB, at most 32, and of one in any case. On a CPU it is read as soon as it is known, on
    a GPU that of so many steps at once. In a run of several processes, which have to stop at the
    same step, it is read when the next one has been started. If arguments were donated, the
    predictions cannot be made again, and the labels alone are diagnosed, if they are still there.
    An array of NumPy that is written over before its loss is read is diagnosed as it is then. Call
    `check` after the last step.

    Examples
    --------
    >>> from crossent.doctor import guards
    >>> step = guards.JaxStep(  # doctest: +SKIP
    ...     jax.jit(step),
    ...     labels=lambda params, state, x, y: y,
    ...     predictions=lambda params, state, x, y: model.apply(params, x),
    ...     loss=optax.softmax_cross_entropy_with_integer_labels,
    ... )
    >>> for x, y in batches:  # doctest: +SKIP
    ...     params, state, loss = step(params, state, x, y)
    >>> step.check()  # doctest: +SKIP
    """

    def __init__(
        self,
        step: Callable[..., Any],
        *,
        labels: Callable[..., Any],
        predictions: Callable[..., Any],
        result: Callable[[Any], Any] | None = None,
        on_error: OnError = "raise",
        patience: int = PATIENCE,
        **options: Any,
    ) -> None:
        for name, given in (("step", step), ("labels", labels), ("predictions", predictions)):
            if not callable(given):
                raise messages.option(f"`{name}` must be a function; got {given!r}.")
        self._watch = Watch(on_error, patience, options)
        self._step = step
        self._labels = labels
        self._predictions = predictions
        self._result = result or loss_of
        self._classes: int | None = None
        self._waiting: deque[tuple[tuple[Any, ...], dict[str, Any], Any]] = deque()
        self._ahead = 1
        self._polls: bool | None = None
        self._stacked: Any = None
        functools.update_wrapper(self, step, updated=())

    @property
    def reports(self) -> list[Report]:
        """The diagnoses that were made: the first, and the last 99."""
        return self._watch.reports

    @property
    def reports_left_out(self) -> int:
        """How many diagnoses are no longer in `reports`."""
        return self._watch.reports_left_out

    def __call__(self, *arrays: Any, **named: Any) -> Any:
        """Take a step, then look at losses of those before."""
        if self._watch.fresh:
            leaves = jax.tree.leaves((arrays, named))
            _refuse_traced(leaves)
            self._ahead = _ahead(leaves)
            self._watch.first(lambda: self._batch(arrays, named))
        try:
            result = self._step(*arrays, **named)
        except Exception:
            self.check()  # what comes first is told first
            raise
        self._look()
        loss = self._result(result)
        _refuse_traced([loss])
        if self._polls is None:
            _refuse_many(loss)
            self._polls = self._ahead > 1 and _on_cpu(loss)
        self._waiting.append((arrays, named, loss))
        if not self._polls and 1 < self._ahead == len(self._waiting):
            # To read one number of a GPU takes as long as to start several steps.
            self._stacked = _stack([loss for _, _, loss in self._waiting])
            self._stacked.copy_to_host_async()
        return result

    def check(self) -> None:
        """Look at the losses of all steps now, and wait for them.

        Raises
        ------
        DiagnosisError
            If the batch of one of them has an error.
        """
        self._stacked = None
        while self._waiting:
            self._note()

    def _look(self) -> None:
        """Look at losses that can be read in less time than a step takes."""
        if not self._watch.steps and self._waiting and _gone(self._waiting[-1][-1]):
            raise messages.option(
                "`result` must return a loss that the next step does not donate, because the "
                "guard reads it later. Let the step return the loss once more, such as (state, "
                "state.loss)."
            )
        if self._stacked is not None:
            values = np.asarray(self._stacked).tolist()
            self._stacked = None
            for value in values:
                self._note(value)
        elif self._polls or self._ahead == 1:
            while self._waiting and (len(self._waiting) >= self._ahead or self._known()):
                self._note()

    def _known(self) -> bool:
        """Tell whether the loss of the first step that is kept can be read without waiting."""
        loss = self._waiting[0][-1]
        return not isinstance(loss, jax.Array) or loss.is_ready()

    def _note(self, value: float | None = None) -> None:
        """Note the loss of the first step that is kept, and look at its batch if it is wrong."""
        arrays, named, loss = self._waiting.popleft()
        if value is None:
            value = float(np.asarray(loss))  # float(loss) takes longer
        if self._watch.note(value):
            try:
                self._watch.judge(lambda: self._batch(arrays, named), value)
            except DiagnosisError:
                self._watch.cut(len(self._waiting))
                raise

    def _batch(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> Batch:
        options = self._watch.options
        if any(_gone(leaf) for leaf in jax.tree.leaves((arrays, named))):
            try:
                y_true = self._labels(*arrays, **named)
            except RuntimeError:  # they are made of what is gone
                return Batch(None, None)
            if any(_gone(leaf) for leaf in jax.tree.leaves(y_true)):
                return Batch(None, None)
            return Batch(y_true, None, {"num_classes": self._classes, **options})
        y_true = self._labels(*arrays, **named)
        y_pred = self._predictions(*arrays, **named)
        batch = jax_batch(y_true, y_pred, options)
        self._classes = y_pred.shape[batch.options.get("axis", -1)] if y_pred.ndim else None
        return batch


class ProgramWatch:
    """Leaves a compiled program when its loss is not finite or a label is no class.

    The program keeps nothing between its steps, so there is no first batch and no history. Where
    the watch only warns, the first, second, fourth, eighth and so on of the losses that are not
    finite are looked at, and the same of the others: parameters that are NaN stay so.

    Parameters
    ----------
    watch : Watch
        What decides about a batch, outside of the program.
    batch : function
        Makes a batch of its arrays.
    ignored : tuple of number
        Labels that are no class on purpose.
    """

    def __init__(
        self, watch: Watch, batch: Callable[..., Batch], ignored: tuple[Any, ...] = ()
    ) -> None:
        self._watch, self._batch, self._ignored = watch, batch, ignored
        self._seen = {True: 0, False: 0}

    def run(self, compute: Callable[[], Any], arrays: list[Any]) -> Any:
        """Compute the loss, and look at its arrays if it is wrong."""
        # The loss goes through the call and comes back. A call for its effect alone would have
        # each step of a healthy run dispatched by Python, which takes longer than many a step.
        looked_at = jax.custom_jvp(self._look)

        def tangent(primals: Any, tangents: Any) -> Any:
            return looked_at(*primals), tangents[0]

        looked_at.defjvp(tangent)
        return looked_at(compute(), *jax.lax.stop_gradient(arrays))

    def _look(self, loss: Any, *arrays: Any) -> Any:
        sound = jnp.isfinite(loss).all() & ~self._outside(*arrays[:2])
        return jax.lax.cond(sound, lambda loss, *arrays: loss, self._leave, loss, *arrays)

    def _leave(self, *given: Any) -> Any:
        loss = given[0]
        kind = jax.ShapeDtypeStruct(loss.shape, loss.dtype)
        return jax.pure_callback(self._see, kind, *given, vmap_method="sequential")

    def _see(self, loss: Any, *arrays: Any) -> Any:
        loss = np.asarray(loss)
        value = float(loss.mean())
        finite = math.isfinite(value)
        self._seen[finite] += 1
        if self._watch.on_error == "raise" or self._seen[finite].bit_count() == 1:
            self._watch.judge(lambda: self._batch(*arrays), value)
        return loss

    def _outside(self, y_true: Any, y_pred: Any) -> Any:
        """Tell whether a class index is out of range: JAX gives such a row a loss of 0."""
        if not jnp.issubdtype(y_true.dtype, jnp.integer) or y_true.shape == y_pred.shape:
            return jnp.zeros((), bool)
        wrong = (y_true < 0) | (y_true >= y_pred.shape[-1])
        for value in self._ignored:
            wrong &= y_true != value
        return wrong.any()


def loss_of(result: Any) -> Any:
    """Find the loss in what a step returns."""
    found = result
    if isinstance(found, Mapping):
        found = found.get("loss")
    elif isinstance(found, tuple | list) and found:
        found = found[-1]
        if isinstance(found, Mapping):
            found = found.get("loss")
    if getattr(found, "shape", None) != ():
        raise messages.option(
            "`result` must be given, because the step returns no loss: neither a number, nor a "
            "dict with 'loss', nor a tuple that ends with it. Pass a function that returns the "
            "loss."
        )
    return found


def jax_batch(y_true: Any, y_pred: Any, options: Mapping[str, Any]) -> Batch:
    """Return labels and predictions as a diagnosis takes them."""
    told = dict(options)
    if not is_own(told.get("loss")):
        told.setdefault("framework", "jax")
    return sample(y_true, y_pred, told, finite_entries)


def finite_entries(y_pred: Any) -> npt.NDArray[np.bool_]:
    """Tell which entries of the first axis hold finite numbers alone."""
    return np.asarray(jnp.isfinite(y_pred).reshape(len(y_pred), -1).all(axis=1))


def _refuse_traced(leaves: list[Any]) -> None:
    if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
        raise messages.option(
            "`step` must not be traced: guard the jitted step, JaxStep(jax.jit(step)), instead of "
            "jitting the guarded one."
        )


def _refuse_many(loss: Any) -> None:
    if np.shape(loss):
        raise messages.option(
            "`result` must return a loss that is one number, such as its mean; got shape "
            f"{np.shape(loss)}."
        )


_stack: Any = jax.jit(jnp.stack)


def _on_cpu(loss: Any) -> bool:
    return not isinstance(loss, jax.Array) or all(one.platform == "cpu" for one in loss.devices())


def _ahead(leaves: list[Any]) -> int:
    """Return how many steps like one with these arguments may be kept."""
    if jax.process_count() > 1:
        return 1
    size = sum(leaf.nbytes for leaf in leaves if isinstance(leaf, jax.Array | np.ndarray))
    return max(1, min(AHEAD, KEPT // max(1, size)))


def _gone(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and leaf.is_deleted()
