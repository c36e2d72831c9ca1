"""Work in a separate thread, so that no exception from outside ends it half-way.

Signal handlers run in the main thread, and asynchronous exceptions are raised in threads that
somebody knows. LLVM asks Python for its files by callbacks: an exception raised in one of these is
lost, and LLVM goes on without what it asked for, until the process crashes.
"""

from __future__ import annotations

import _thread
import atexit
import os
import sys
import weakref
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final

from crossent.kernels import _threads

MOMENT: Final = 0.05
"""Seconds between two looks of a waiting thread: is it still wanted, is its worker alive?"""


class _Task:
    """A piece of work and its result."""

    __slots__ = ("arguments", "ended", "work")

    def __init__(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.work, self.arguments = work, arguments
        self.ended: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()


class _Life:
    """An object that only the thread holds, so that it lives as long as the thread."""

    __slots__ = ("__weakref__",)


def _nobody() -> None:
    """No thread."""


_tasks: SimpleQueue[_Task] = SimpleQueue()
_life: Callable[[], _Life | None] = _nobody


def _forget() -> None:
    """Forget the thread in a forked child, which does not have it."""
    global _tasks, _life
    _tasks, _life = SimpleQueue(), _nobody


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what ``work(*arguments)`` returns, or raise what it raises.

    An exception from outside ends the wait; the work itself goes on to its end.
    """
    task = _Task(work, arguments)
    if not _is_served():
        return work(*arguments)
    _tasks.put(task)
    while True:
        try:
            result, error = task.ended.get(timeout=MOMENT)
            break
        except Empty:
            _threads.go_on()
            if _life() is None:
                # While a thread begins, Python takes it for the one that has started it: an
                # asynchronous exception may have been raised there.
                return apart(work, *arguments)
    if error is not None:
        raise error
    return result


def _is_served() -> bool:
    """Start the thread if there is none; return whether there is one now."""
    global _life
    if _life() is not None:
        return True
    if sys.is_finalizing():
        return False
    life = _Life()
    _life = weakref.ref(life)
    try:
        _thread.start_new_thread(_serve, (life, _tasks))
    except RuntimeError:
        return False  # the process can start no more threads
    return True


def _serve(life: _Life, tasks: SimpleQueue[_Task]) -> None:
    while True:
        task = tasks.get()
        try:
            task.ended.put((task.work(*task.arguments), None))
        except BaseException as error:
            task.ended.put((None, error))
        del task  # and what it has returned


def _finish() -> None:
    """Wait for abandoned work before the process ends; LLVM would crash otherwise."""
    if _life() is not None:
        apart(_nobody)


atexit.register(_finish)
