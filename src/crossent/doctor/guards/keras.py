"""Guards of Keras: a check before `fit`, and a loss that diagnoses the batch it goes wrong on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
from keras.src.backend.common.symbolic_scope import in_symbolic_scope
from keras.src.losses.losses import LossFunctionWrapper  # what `compile` makes of a function

from crossent.compat.keras import Loss as KerasOwnLoss
from crossent.core.errors import CrossentWarning
from crossent.core.messages import data as messages
from crossent.doctor import diagnose
from crossent.doctor.guards.loss_options import known_loss
from crossent.doctor.guards.sample import Batch, sample
from crossent.doctor.guards.watch import PATIENCE, OnError, Watch, follow, user_level
from crossent.doctor.known_losses import read_loss
from crossent.doctor.report import Report
from crossent.objects import Loss as CoreLoss
from crossent.stream.host import to_host


class Way(Protocol):
    """How a backend follows a loss that it may have compiled."""

    def run(self, compute: Callable[[], Any], arrays: list[Any]) -> Any:
        """Compute the loss, and look at its arrays if something is wrong."""
        ...


@keras.saving.register_keras_serializable(package="crossent")
class KerasLoss(keras.losses.Loss):  # type: ignore[misc]
    """A loss of Keras that diagnoses the batch on which it goes wrong.

    ``model.compile(loss=guards.KerasLoss(...))`` trains as with the loss itself, bit for bit. The
    first batch is diagnosed before its loss is computed. Later a batch is diagnosed if its loss is
    NaN or infinite, or has not fallen for `patience` steps. A callback could not do so: Keras does
    not show it the batch.

    Parameters
    ----------
    source : str, keras.losses.Loss, callable or loss object of crossent
        What `compile` takes.
    on_error, patience, **options
        As in `TorchLoss`.
    name : str, optional
        Name of the loss in Keras's history.

    Attributes
    ----------
    reports : list of Report
        The diagnoses that were made: the first, and the last 99.
    reports_left_out : int
        How many of the others there were.

    Raises
    ------
    OptionError
        If an option has a bad value, or `source` is a loss of Keras but no cross-entropy. In `fit`,
        if the model is compiled with ``jit_compile=True`` on TensorFlow.
    DiagnosisError
        In `fit`, if a batch has an error. TensorFlow and JAX wrap it into an error of their own,
        with its text; `reports` has the diagnosis.

    Notes
    -----
    PyTorch backend: as `TorchLoss`. TensorFlow backend: losses are followed in the graph, which is
    left only for a diagnosis; XLA cannot do that. JAX backend: a compiled program keeps nothing
    between steps, so losses that are not finite and labels out of range are seen, but neither the
    first batch nor a loss that stays; a warning says so at the first step, unless `fit_check` has
    looked at the data of the model.

    Examples
    --------
    >>> from crossent.doctor import guards
    >>> model.compile(  # doctest: +SKIP
    ...     "adam", loss=guards.KerasLoss("sparse_categorical_crossentropy"), jit_compile=False
    ... )
    """

    def __init__(
        self,
        source: Any,
        /,
        *,
        on_error: OnError = "raise",
        patience: int | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        inner = KerasOwnLoss(source) if isinstance(source, CoreLoss) else keras.losses.get(source)
        known = inner.loss if isinstance(inner, KerasOwnLoss) else inner
        if not isinstance(inner, keras.losses.Loss):
            inner = LossFunctionWrapper(inner)
        super().__init__(name=name or inner.name, reduction=None)
        self.loss = inner
        self._patience = patience
        self._watch = Watch(on_error, PATIENCE if patience is None else patience, options)
        self._told = {} if "loss" in options else known_loss(known, "keras.")
        self._way: Way | None = None

    @property
    def reports(self) -> list[Report]:
        """The diagnoses that were made: the first, and the last 99."""
        return self._watch.reports

    @property
    def reports_left_out(self) -> int:
        """How many diagnoses are no longer in `reports`."""
        return self._watch.reports_left_out

    @property
    def diagnosed_as(self) -> Any:
        """What a diagnosis is told that the loss is."""
        return self._watch.options.get("loss", self._told.get("loss", "auto"))

    def note_check(self, report: Report) -> None:
        """Keep the report of `fit_check`; on JAX it is that of the first batch."""
        self._watch.keep(report)
        if keras.config.backend() == "jax":
            self._watch.fresh = False

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Compute the loss; look at the batch if something is wrong with it."""
        arrays = [y_true, y_pred, *([] if sample_weight is None else [sample_weight])]

        def compute() -> Any:
            return self.loss(y_true, y_pred, sample_weight)

        if in_symbolic_scope():  # Keras asks for shapes, with made-up arrays
            return compute()
        if keras.config.backend() == "torch":
            from crossent.doctor.guards.torch import unreadable

            if unreadable(arrays):
                return compute()
        elif _is_traced(y_pred):
            if self._way is None:
                self._way = self._make_way()
            return self._way.run(compute, arrays)
        return follow(self._watch, compute, lambda: self._batch(*arrays), _read)

    def _make_way(self) -> Way:
        """Load what the backend needs."""
        if keras.config.backend() == "jax":
            from crossent.doctor.guards.jax import ProgramWatch

            self._say_what_is_not_seen()
            return ProgramWatch(self._watch, self._batch, self._ignored())
        from crossent.doctor.guards.tensorflow import GraphWatch

        return GraphWatch(self._watch, self._batch)

    def _say_what_is_not_seen(self) -> None:
        unseen = []
        if self._watch.fresh:
            unseen.append(
                "the first batch (call guards.fit_check(model, x, y) before fit to check it; "
                "this warning then disappears)"
            )
        if self._patience is not None:
            unseen.append("a loss that does not fall (leave out `patience`)")
        if unseen:
            text = (
                "A guarded loss on JAX sees losses that are not finite and labels out of range. "
                f"It does not see {', nor '.join(unseen)}, because a compiled program keeps "
                "nothing between its steps."
            )
            warnings.warn(CrossentWarning("CE001", text), stacklevel=user_level())

    def _ignored(self) -> tuple[Any, ...]:
        given = self._watch.options.get("ignore_class")
        if given is None:
            return read_loss(self._told.get("loss", "auto")).ignore
        return tuple(given) if isinstance(given, tuple | list) else (given,)

    def _batch(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Batch:
        told = dict(self._told)
        if sample_weight is not None:
            told["sample_weight"] = _numpy("sample_weight", sample_weight)
        told.update(self._watch.options)
        y_true, y_pred = _numpy("y_true", y_true), _numpy("y_pred", y_pred)
        return sample(y_true, y_pred, told, finite_entries)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the same guarded loss; options that are arrays are not kept."""
        return {
            "source": keras.losses.serialize(self.loss),
            "name": self.name,
            "on_error": self._watch.on_error,
            "patience": self._patience,
            **self._watch.options,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> KerasLoss:
        """Make the loss that `get_config` describes."""
        options = dict(config)
        return cls(keras.losses.deserialize(options.pop("source")), **options)


def fit_check(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    on_error: OnError = "raise",
    **options: Any,
) -> Report:
    """Diagnose a compiled model and its data before `fit`.

    All labels are checked, 32 rows of `x` are run, and the loss, the last activation and the
    metrics of the model are compared with them.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    x : array or dataset
        What `fit` takes. Of a dataset the first batch is looked at.
    y : array, optional
        The labels, unless `x` is a dataset.
    on_error : {"raise", "warn"}
        What becomes of an error: `DiagnosisError` or `DiagnosisWarning`. What is only likely to be
        a fault is always a warning.
    **options
        Options of `crossent.diagnose`.

    Returns
    -------
    Report
        The diagnosis.

    Raises
    ------
    OptionError
        If an option has a bad value, the model is not compiled, or `x` is a generator, which would
        lose its first batch.
    DiagnosisError
        If an error is found.

    Examples
    --------
    >>> from crossent.doctor import guards
    >>> guards.fit_check(model, x, y)  # doctest: +SKIP
    >>> model.fit(x, y)  # doctest: +SKIP
    """
    watch = Watch(on_error, PATIENCE, options)
    if not getattr(model, "compiled", False):
        raise messages.option(
            "`model` must be compiled, because its loss is checked: call model.compile first."
        )
    if y is None:
        x, y = _first_batch(x)
    report = diagnose(y, model=model, x=x, **watch.options)
    watch.tell("Before fit", report)
    for loss in keras.tree.flatten(model.loss):
        if isinstance(loss, KerasLoss):
            loss.note_check(report)
    return report


def _first_batch(data: Any) -> tuple[Any, Any]:
    if isinstance(data, keras.utils.PyDataset):
        batch = data[0]
    elif isinstance(data, Iterator) or not hasattr(data, "__iter__"):
        raise messages.option(
            "`y` must be given, unless `x` is a dataset. A generator would lose its first "
            "batch: take that batch yourself, and pass its x and y."
        )
    else:
        batch = next(iter(data))
    if not isinstance(batch, tuple | list) or len(batch) < 2:
        raise messages.option("`x` must give pairs (x, y), or pass `y`.")
    return batch[0], batch[1]


def _read(loss: Any) -> tuple[float, bool]:
    """Return the mean of a loss, and whether it belongs to a step of training."""
    value = float(_numpy("loss", loss).mean())
    # Only PyTorch tells an evaluation from a step.
    return value, bool(getattr(loss, "requires_grad", True))


def _numpy(name: str, array: Any) -> npt.NDArray[Any]:
    if keras.config.backend() == "torch":
        return to_host(name, array)  # Keras's own way pins the storage of a tensor
    host: npt.NDArray[Any] = keras.ops.convert_to_numpy(array)
    return host


def finite_entries(y_pred: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Tell which entries of the first axis hold finite numbers alone."""
    good: npt.NDArray[np.bool_] = np.isfinite(y_pred).reshape(len(y_pred), -1).all(axis=1)
    return good


def _is_traced(array: Any) -> bool:
    """Whether an array has no values, because a program is being made."""
    try:
        np.asarray(array[:0])
    except Exception:
        return True
    return False
