"""A callback of Lightning that diagnoses the batch on which training goes wrong."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from crossent.core.errors import OptionError
from crossent.core.messages import data as messages
from crossent.doctor.guards.loss_options import known_loss
from crossent.doctor.guards.outcome import DiagnosisError
from crossent.doctor.guards.sample import Batch
from crossent.doctor.guards.torch import torch_batch
from crossent.doctor.guards.watch import PATIENCE, OnError, Watch
from crossent.doctor.models.torch import looking_at
from crossent.doctor.report import Report

# Lightning is published under two names, each with a Callback of its own.
_OLD = "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules
Callback: Any = importlib.import_module(
    "pytorch_lightning" if _OLD else "lightning.pytorch"
).Callback

Arrays = Callable[[Any, Any], tuple[Any, Any]]


class LightningGuard(Callback):  # type: ignore[misc]
    """A callback that diagnoses the batch on which the training of a LightningModule goes wrong.

    The first batch is diagnosed before its step. Later a batch is diagnosed if its loss is NaN or
    infinite (before the parameters are changed by it), if the step raises an error, or if the loss
    has not fallen for `patience` steps. Nothing of the training changes, not a bit.

    Parameters
    ----------
    arrays : callable, optional
        Returns ``(labels, predictions)`` of ``(module, batch)``. By default a batch is a pair
        ``(x, y)``, and the predictions are ``module(x)``.
    on_error, patience, **options
        As in `TorchLoss`. `loss` names what `training_step` computes; by default it is the first
        cross-entropy among the submodules, else it is not known what the predictions should be.

    Attributes
    ----------
    reports : list of Report
        The diagnoses that were made: the first, and the last 99.
    reports_left_out : int
        How many of the others there were.

    Raises
    ------
    OptionError
        If an option has a bad value, or a batch is no pair and `arrays` is not given.
    DiagnosisError
        In ``Trainer.fit``, if a batch has an error.

    Notes
    -----
    For a diagnosis the module is run once more, in evaluation mode and without gradients. For the
    exact predictions of a step with dropout, make ``guards.TorchLoss`` the module's loss instead.

    Examples
    --------
    >>> from crossent.doctor import guards
    >>> trainer = lightning.Trainer(callbacks=[guards.LightningGuard()])  # doctest: +SKIP
    """

    def __init__(
        self,
        arrays: Arrays | None = None,
        *,
        on_error: OnError = "raise",
        patience: int = PATIENCE,
        **options: Any,
    ) -> None:
        super().__init__()
        self._watch = Watch(on_error, patience, options)
        self._arrays = arrays or _pair
        self._told: dict[str, Any] | None = {} if "loss" in options else None
        self._batch: Any = None

    @property
    def reports(self) -> list[Report]:
        """The diagnoses that were made: the first, and the last 99."""
        return self._watch.reports

    @property
    def reports_left_out(self) -> int:
        """How many diagnoses are no longer in `reports`."""
        return self._watch.reports_left_out

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, index: int) -> None:
        """Keep the batch; diagnose the first one."""
        self._batch = batch
        if self._watch.fresh:
            self._watch.first(lambda: self._look(trainer, module))

    def on_before_backward(self, trainer: Any, module: Any, loss: Any) -> None:
        """Look at the batch if its loss is wrong, before it changes the parameters."""
        value = loss.item()
        if module.automatic_optimization:
            value *= trainer.accumulate_grad_batches
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        if scaler is not None:
            value /= scaler.get_scale()
        if self._watch.note(value):
            self._watch.judge(lambda: self._look(trainer, module), value)

    def on_train_batch_end(self, *arguments: Any) -> None:
        """Let go of the batch."""
        self._batch = None

    def on_exception(self, trainer: Any, module: Any, exception: BaseException) -> None:
        """Look at the batch whose step raised an error."""
        ours = isinstance(exception, DiagnosisError)
        try:
            if self._batch is not None and isinstance(exception, Exception) and not ours:
                self._watch.failed(lambda: self._look(trainer, module), exception)
        finally:
            self._batch = None

    def _look(self, trainer: Any, module: Any) -> Batch | None:
        """Run the module on the batch, and leave it as it was."""
        if self._told is None:
            self._told = _criterion(module)
        with looking_at(module), trainer.precision_plugin.forward_context():
            y_true, y_pred = self._arrays(module, self._batch)
        return torch_batch(y_true, y_pred, {**self._told, **self._watch.options})


def _pair(module: Any, batch: Any) -> tuple[Any, Any]:
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise messages.option(
            f"`arrays` must be given, because the batch, of type {type(batch).__name__}, is not "
            "a pair (x, y). Pass a function of (module, batch) that returns labels and "
            "predictions."
        )
    x, y = batch
    return y, module(x)


def _criterion(module: Any) -> dict[str, Any]:
    """Return what the first cross-entropy among the submodules says."""
    for part in module.modules():
        try:
            told = known_loss(part, "torch.nn.modules.loss")
        except OptionError:  # a loss, but no cross-entropy
            continue
        if told:
            return told
    return {}
