"""A guard around a loss of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from crossent.core.messages import data as messages
from crossent.doctor.guards.loss_options import is_own, known_loss, named_options
from crossent.doctor.guards.sample import Batch, sample
from crossent.doctor.guards.torch_async import Given, Later, can_wait, captured
from crossent.doctor.guards.watch import PATIENCE, OnError, Watch, follow
from crossent.doctor.report import Report
from crossent.frontends.torch.front_end import FRONT_END
from crossent.frontends.torch.ops import exporting, visible

IGNORED: Final = -100


class TorchLoss(torch.nn.Module):  # type: ignore[misc]
    """A loss of PyTorch that diagnoses the batch on which it goes wrong.

    It is called as the loss itself and returns what that returns, bit for bit. The first batch is
    diagnosed before its loss is computed, so that a label out of range is an error that names it
    and not an assert of the device. Later a batch is diagnosed if its loss is NaN or infinite, if
    the loss raises an error, or if the loss has not fallen for `patience` steps.

    Parameters
    ----------
    criterion : torch.nn.Module or callable
        The loss: a module or function of PyTorch, a function of your own, or a loss of crossent.
        Called with predictions and labels (losses of `crossent` itself: labels and predictions).
    on_error : {"raise", "warn"}
        What becomes of an error in a batch: `DiagnosisError` or `DiagnosisWarning`. What is only
        likely to be a fault is always a warning. The same code is warned of once.
    patience : int
        Steps with a gradient after which a loss that has not fallen below 98 % of its start is
        looked into; then after twice as many, and so on.
    **options
        Options of `crossent.diagnose`: `loss` (what a function of your own computes), `axis`,
        `ignore_class`, `ignore` (codes to leave out) and others. What the loss itself says is read
        from it.

    Attributes
    ----------
    reports : list of Report
        The diagnoses that were made: the first, which is that of the first batch, and the last 99.
    reports_left_out : int
        How many of the others there were.

    Raises
    ------
    OptionError
        If an option has a bad value, or `criterion` is a loss of PyTorch but no cross-entropy.
    DiagnosisError
        When called, if a batch has an error.

    Notes
    -----
    Between diagnoses a call reads the value of the loss. On a GPU the losses of up to 32 calls are
    read together, so that the device never waits: call `check` after the last step. Their batches
    are kept until then, as long as they have no more than 16 million predictions together; a loss
    of more is read at once, and a part of them is looked at, rows with NaN first, and all labels.
    What was written over before its loss was read is left out of the diagnosis. A label out of
    range in a later batch stops the device, and the error says what it may be.
    In a step that is compiled whole the guard breaks the graph at the loss. Into a CUDA graph the
    loss alone is captured: the steps before the capture are guarded, its replays are not. Where no
    values can be read, as in ``torch.export``, ``torch.func.vmap`` and ``torch.jit.trace``, on the
    meta device and for tensors of a subclass such as DTensor, the loss is computed and nothing is
    guarded.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> from crossent.doctor import guards
    >>> criterion = guards.TorchLoss(torch.nn.CrossEntropyLoss())  # doctest: +SKIP
    >>> criterion(torch.zeros(3, 10), torch.tensor([1, 5, 10]))  # doctest: +SKIP
    Traceback (most recent call last):
        ...
    crossent.doctor.guards.outcome.DiagnosisError: [CE101] The first batch: ...
    """

    def __init__(
        self,
        criterion: Callable[..., Any],
        /,
        *,
        on_error: OnError = "raise",
        patience: int = PATIENCE,
        **options: Any,
    ) -> None:
        super().__init__()
        if not callable(criterion):
            raise messages.option(f"`criterion` must be a loss to call; got {criterion!r}.")
        self._watch = Watch(on_error, patience, options)
        self._told = {} if "loss" in options else known_loss(criterion, "torch.nn")
        self._labels_first = is_own(criterion)
        self.loss = criterion
        self._later = Later()

    @property
    def reports(self) -> list[Report]:
        """The diagnoses that were made: the first, and the last 99."""
        return self._watch.reports

    @property
    def reports_left_out(self) -> int:
        """How many diagnoses are no longer in `reports`."""
        return self._watch.reports_left_out

    def forward(self, *arrays: Any, **named: Any) -> Any:
        """Compute the loss; look at the batch if something is wrong with it."""
        if torch.compiler.is_compiling() and not exporting():
            return torch.compiler.disable(self._guarded)(*arrays, **named)
        if unreadable((*arrays, *named.values())):
            return self.loss(*arrays, **named)
        return self._guarded(*arrays, **named)

    def check(self) -> None:
        """Look now at the losses that were left for later, as is done on a GPU.

        Raises
        ------
        DiagnosisError
            If the batch of one of them has an error.
        """
        self._later.settle(self._watch, self._batch)

    def _guarded(self, *arrays: Any, **named: Any) -> Any:
        # To ask for the attribute of a module takes as long as all else here.
        criterion = self._modules.get("loss")
        if criterion is None:
            criterion = self.__dict__["loss"]
        if captured((*arrays, *named.values())):
            return criterion(*arrays, **named)

        def compute() -> Any:
            try:
                return criterion(*arrays, **named)
            except Exception:
                self.check()  # what comes first is told first
                raise

        def known(result: Any) -> tuple[float, bool] | None:
            loss = result if isinstance(result, torch.Tensor) else loss_in(result)
            if can_wait(loss):
                given = Given(arrays, named)
                if not self._later.has_room(given):
                    self.check()
                if self._later.has_room(given):
                    self._later.keep(loss, given)
                    return None
            self.check()
            return read(loss)

        return follow(self._watch, compute, lambda: self._batch(arrays, named), known)

    def _batch(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> Batch | None:
        """Find predictions and labels among the arguments."""
        names = ("y_true", "y_pred") if self._labels_first else ("input", "target")
        given = [*arrays[:2], *(named[name] for name in names[len(arrays) :] if name in named)]
        if len(given) < 2:
            return None
        y_true, y_pred = given if self._labels_first else reversed(given)
        told = {**self._told, **named_options(named), **self._watch.options}
        return torch_batch(y_true, y_pred, told, own=self._labels_first)


def loss_in(result: Any) -> Any:
    """Find the loss in what a function of the user's own returns."""
    if isinstance(result, torch.Tensor):
        return result
    found = None
    if isinstance(result, tuple | list) and result:
        found = result[0]
    elif isinstance(result, Mapping):
        found = result.get("loss")
    if not isinstance(found, torch.Tensor):
        raise messages.option(
            "A guarded loss must return a tensor, a tuple that begins with it or a dict that has "
            f"it as 'loss'; got {type(result).__name__}."
        )
    return found


def unreadable(given: Iterable[Any]) -> bool:
    """Whether some tensor has no values to read: a program is being made, or a batch is hidden."""
    if exporting():
        return True
    return any(isinstance(one, torch.Tensor) and visible(one) is None for one in given)


def read(result: Any) -> tuple[float, bool]:
    """Return the mean of a loss, and whether it belongs to a step of training."""
    loss = loss_in(result)
    value = loss.item() if loss.numel() == 1 else loss.detach().float().mean().item()
    return value, loss.requires_grad


def torch_batch(
    y_true: Any, y_pred: Any, options: Mapping[str, Any], *, own: bool = False
) -> Batch | None:
    """Return labels and predictions as a diagnosis takes them; None if they are no tensors."""
    if not (isinstance(y_true, torch.Tensor) and isinstance(y_pred, torch.Tensor)):
        return None
    for name, one in (("y_true", y_true), ("y_pred", y_pred)):
        FRONT_END.check_memory(name, one)
    y_true, y_pred = y_true.detach(), y_pred.detach()
    told = dict(options)
    if "loss" not in told:
        told.setdefault("framework", "torch")
    if not own and "axis" not in told and y_pred.ndim > 1:
        # PyTorch's own losses have the classes on axis 1; a function of the user's may not.
        second = "loss" in told or y_true.shape == y_pred.shape[:1] + y_pred.shape[2:]
        told["axis"] = 1 if second else -1
    if "loss" not in told:
        if y_true.shape == y_pred.shape:
            told["loss"] = same_shape_loss(y_true)
        elif "ignore_class" not in told:
            told["ignore_class"] = IGNORED
    return sample(y_true, y_pred, told, finite_entries)


def same_shape_loss(y_true: Any) -> str:
    """Tell what a function of the user's own does with labels of the predictions' shape."""
    if y_true.ndim < 2 or y_true.shape[-1] < 2:
        return "binary"
    sums = y_true[:64].double().sum(-1)
    return "dense" if bool(((sums - 1).abs() < 1e-2).all()) else "binary"


def finite_entries(y_pred: Any) -> npt.NDArray[np.bool_]:
    """Tell which entries of the first axis hold finite numbers alone."""
    good: npt.NDArray[np.bool_] = torch.isfinite(y_pred.flatten(1)).all(1).cpu().numpy()
    return good
