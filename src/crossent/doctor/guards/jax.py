"""A guard around a training step of JAX, and the way out of a program that XLA has compiled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from crossent.doctor.guards.known import is_own
from crossent.doctor.guards.sample import Batch, sample
from crossent.doctor.guards.watch import PATIENCE, OnError, Watch
from crossent.doctor.report import Report
from crossent.evaluate import messages


class JaxStep:
    """A training step of JAX that diagnoses the batch on which it goes wrong.

    It is called as the step itself and returns what that returns, bit for bit. The first batch is
    diagnosed before its step. Later the loss of a step is read when the next one has been started,
    so that the device never waits; if it is NaN or infinite, or has not fallen for `patience`
    steps, the batch is diagnosed with the parameters that it met.

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
        Every diagnosis that was made.

    Raises
    ------
    OptionError
        If an option has a bad value, no loss is found in what the step returns, or the guarded
        step is traced: guard the jitted step, do not jit the guarded one.
    DiagnosisError
        When called, if a batch has an error.

    Notes
    -----
    The arguments of a step are kept until the next one. If they were donated, the predictions
    cannot be made again, and the labels alone are diagnosed. Call `check` after the last step.

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
        self._last: tuple[tuple[Any, ...], dict[str, Any], Any] | None = None
        functools.update_wrapper(self, step, updated=())

    @property
    def reports(self) -> list[Report]:
        """Every diagnosis that was made."""
        return self._watch.reports

    def __call__(self, *arrays: Any, **named: Any) -> Any:
        """Take a step, then look at the loss of the one before."""
        if self._watch.fresh:
            _refuse_traced(jax.tree.leaves((arrays, named)))
            self._watch.first(lambda: self._batch(arrays, named))
        result = self._step(*arrays, **named)
        self.check()
        loss = self._result(result)
        _refuse_traced([loss])
        self._last = arrays, named, loss
        return result

    def check(self) -> None:
        """Look at the loss of the last step now.

        Raises
        ------
        DiagnosisError
            If its batch has an error.
        """
        if self._last is None:
            return
        arrays, named, loss = self._last
        self._last = None
        value = float(np.asarray(loss))  # float(loss) takes longer
        if self._watch.note(value):
            self._watch.judge(lambda: self._batch(arrays, named), value)

    def _batch(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> Batch:
        options = self._watch.options
        y_true = self._labels(*arrays, **named)
        if any(_gone(leaf) for leaf in jax.tree.leaves((arrays, named))):
            return Batch(y_true, None, {"num_classes": self._classes, **options})
        y_pred = self._predictions(*arrays, **named)
        batch = jax_batch(y_true, y_pred, options)
        self._classes = y_pred.shape[batch.options.get("axis", -1)] if y_pred.ndim else None
        return batch


class ProgramWatch:
    """Leaves a compiled program when its loss is not finite or a label is no class.

    The program keeps nothing between its steps, so there is no first batch and no history.

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
        self._watch.judge(lambda: self._batch(*arrays), float(loss.mean()))
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
            "`result` must be given, because no loss is found in what the step returns: it is "
            "neither a number, nor the 'loss' of a dict, nor the last entry of a tuple."
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


def _gone(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and leaf.is_deleted()
