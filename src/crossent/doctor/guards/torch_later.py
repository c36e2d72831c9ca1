"""Losses on a GPU that are read one step later, so that no step waits for the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from crossent.doctor.guards.sample import MOST, Batch
from crossent.doctor.guards.watch import Watch


class Later:
    """Keeps the last loss on a GPU, and what it was computed of, until the next one.

    The value is copied to the host behind the work that makes it. It is waited for when the work of
    the next step has been handed to the device, which so is never idle.
    """

    def __init__(self) -> None:
        self._kept: tuple[Copy, bool, Given] | None = None

    def __getstate__(self) -> dict[str, None]:
        return {"_kept": None}  # a copy of the guard has seen no step

    def keep(self, loss: Any, arrays: tuple[Any, ...], named: dict[str, Any]) -> bool:
        """Keep a loss for later; False if it is to be read at once."""
        if not can_wait(loss, [*arrays, *named.values()]):
            return False
        self._kept = Copy(loss), loss.requires_grad, Given(arrays, named)
        return True

    def settle(self, watch: Watch, find: Callable[..., Batch | None]) -> None:
        """Tell of the loss that is kept; `find` makes a batch of what it was called with."""
        if self._kept is None:
            return
        copy, training, given = self._kept
        self._kept = None
        watch.follow_up(copy.value(), training, lambda: given.batch(find))


class Copy:
    """The value of a loss on its way to the host."""

    def __init__(self, loss: Any) -> None:
        self._host = torch.empty((), dtype=loss.dtype, pin_memory=True)
        self._host.copy_(loss.detach(), non_blocking=True)
        self._done = torch.cuda.Event()
        self._done.record(torch.cuda.current_stream(loss.device))

    def value(self) -> float:
        """Wait for the value."""
        self._done.synchronize()
        return float(self._host)


class Given:
    """What a loss was called with, without the graph that leads to it."""

    def __init__(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._arrays = [_detached(one) for one in arrays]
        self._named = {name: _detached(one) for name, one in named.items()}
        self._versions = self._now()

    def batch(self, find: Callable[..., Batch | None]) -> Batch | None:
        """Return labels and predictions; the labels alone if anything was written over since."""
        found = find(tuple(self._arrays), self._named)
        if found is None or self._now() == self._versions:
            return found
        labels = found.y_true if found.labels is None else found.labels
        told = dict(found.options)
        axis = told.pop("axis", -1)
        if labels.ndim < found.y_pred.ndim:
            told.setdefault("num_classes", found.y_pred.shape[axis])
        return Batch(labels, None, told)

    def _now(self) -> list[int]:
        tensors = [
            one for one in (*self._arrays, *self._named.values()) if isinstance(one, torch.Tensor)
        ]
        # Those of torch.inference_mode count no writes.
        return [0 if one.is_inference() else one._version for one in tensors]


def can_wait(loss: Any, given: list[Any]) -> bool:
    """Whether a loss may be read later.

    Predictions that are many are not kept: the next step may need the memory, and a step of so many
    is long enough to wait in.
    """
    if not loss.is_cuda or loss.ndim or torch.cuda.is_current_stream_capturing():
        return False
    return all(one.numel() <= MOST for one in given if isinstance(one, torch.Tensor))


def _detached(given: Any) -> Any:
    return given.detach() if isinstance(given, torch.Tensor) else given
