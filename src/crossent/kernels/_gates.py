"""A lock that is waited for even if an exception is raised meanwhile.

A lock of Python lets the exception of a signal handler end the wait. These are the locks that
Python's own are made of; a call of C is not interrupted, and an exception waits for its end.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final
from weakref import WeakSet

_python: Final[Any] = ctypes.pythonapi
_releasing_the_gil: Final[Any] = ctypes.CDLL(None, handle=_python._handle)


def _function(library: Any, name: str, result: Any, *arguments: Any) -> Any:
    found = library[name]  # its own copy, so that no other code changes its argument types
    found.restype, found.argtypes = result, arguments
    return found


_new = _function(_python, "PyThread_allocate_lock", ctypes.c_void_p)
_free = _function(_python, "PyThread_free_lock", None, ctypes.c_void_p)
_try = _function(_python, "PyThread_acquire_lock", ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_release = _function(_python, "PyThread_release_lock", None, ctypes.c_void_p)
wait = _function(
    _releasing_the_gil, "PyThread_acquire_lock", ctypes.c_int, ctypes.c_void_p, ctypes.c_int
)
"""``wait(gate.lock, 1)`` returns when the gate has been shut."""


class Gate:
    """A gate that a helper thread enters once to begin its work, and that its caller shuts.

    While the helper works the gate cannot be shut; a helper that comes to a shut gate goes away.
    """

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock: int = _new()
        _gates.add(self)

    def __del__(self) -> None:
        _free(self.lock)

    def enter(self) -> bool:
        """Return whether the helper may begin; :meth:`leave` has to follow."""
        return bool(_try(self.lock, 0))

    def leave(self) -> None:
        """Let the caller go on."""
        _release(self.lock)


_gates: Final[WeakSet[Gate]] = WeakSet()


def open_all() -> None:
    """Open every gate in a forked child: the threads that would open them are gone."""
    for gate in list(_gates):
        _try(gate.lock, 0)
        _release(gate.lock)
