"""Losses on a GPU that are read some steps later, so that few steps wait for the device."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import torch

from crossent.doctor.guards.outcome import DiagnosisError
from crossent.doctor.guards.sample import MOST, Batch
from crossent.doctor.guards.watch import Watch

STEPS: Final = 32
"""Losses that are read together: to read one takes as long as to start many kernels."""


class Later:
    """Keeps losses on a GPU, and what they were computed of, until some of them are read at once.

    They are waited for when the forward pass of the next step has been handed to the device, which
    so is never idle. Together they keep no more numbers than are looked at of one batch.
    """

    def __init__(self) -> None:
        self._kept: deque[tuple[Any, bool, Given]] = deque()
        self._size = 0
        self._done: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(Later())  # a copy of the guard has seen no step

    def has_room(self, given: Given) -> bool:
        """Whether one more loss, of what is given, can be kept."""
        return len(self._kept) < STEPS and self._size + given.size <= MOST

    def keep(self, loss: Any, given: Given) -> None:
        """Keep a loss, and what it was computed of."""
        self._kept.append((loss.detach(), loss.requires_grad, given))
        self._size += given.size
        self._done = None
        if loss.is_cuda and not self.has_room(given):
            self._done = torch.cuda.Event()
            self._done.record(torch.cuda.current_stream(loss.device))

    def settle(self, watch: Watch, find: Callable[..., Batch | None]) -> None:
        """Tell of the losses that are kept; `find` makes a batch of what they were computed of."""
        if not self._kept:
            return
        try:
            values = self._values()
        except RuntimeError as error:
            self._kept.clear()
            self._size = 0
            watch.lost(error)
            raise
        for value in values:
            _, training, given = self._kept.popleft()
            self._size -= given.size
            try:
                watch.follow_up(value, training, partial(given.batch, find))
            except DiagnosisError:
                watch.cut(sum(training for _, training, _ in self._kept))
                raise

    def _values(self) -> list[float]:
        """Wait for the losses, and if no more can be kept not for what follows them."""
        first = self._kept[0][0]
        beside = None if self._done is None else torch.cuda.Stream(first.device)
        with torch.cuda.stream(beside):
            if beside is not None:
                beside.wait_event(self._done)
            losses = torch.stack([loss.to(first.device) for loss, _, _ in self._kept])
            values: list[float] = losses.tolist()
        return values


class Given:
    """What a loss was called with, without the graph that leads to it."""

    def __init__(self, arrays: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._arrays = [_detached(one) for one in arrays]
        self._named = {name: _detached(one) for name, one in named.items()}
        self._tensors = [
            one for one in (*self._arrays, *self._named.values()) if isinstance(one, torch.Tensor)
        ]
        self._versions = [_version(one) for one in self._tensors]
        self.size = sum(one.numel() for one in self._tensors)

    def batch(self, find: Callable[..., Batch | None]) -> Batch | None:
        """Return labels and predictions, without those that were written over since."""
        written = [
            one.data_ptr()
            for one, version in zip(self._tensors, self._versions, strict=True)
            if _version(one) != version
        ]
        found = find(tuple(self._arrays), self._named)
        if found is None or not written:
            return found
        labels = found.y_true if found.labels is None else found.labels
        if labels.data_ptr() in written:
            return Batch(None, None)
        told = dict(found.options)
        axis = told.pop("axis", -1)
        if labels.ndim < found.y_pred.ndim:
            told.setdefault("num_classes", found.y_pred.shape[axis])
        return Batch(labels, None, told)


def can_wait(loss: Any) -> bool:
    """Whether a loss may be read later."""
    return bool(loss.is_cuda) and not loss.ndim


def captured(given: tuple[Any, ...]) -> bool:
    """Whether a CUDA graph is being captured, in which nothing can be read."""
    on_gpu = any(one.is_cuda for one in given if isinstance(one, torch.Tensor))
    return on_gpu and bool(torch.cuda.is_current_stream_capturing())


def _version(tensor: Any) -> int:
    # Those of torch.inference_mode count no writes.
    return 0 if tensor.is_inference() else int(tensor._version)


def _detached(given: Any) -> Any:
    if isinstance(given, torch.Tensor):
        return given.detach()
    # A container would keep the graph of each tensor in it, and of no diagnosis is it a part.
    return given if isinstance(given, int | float | str) else None
