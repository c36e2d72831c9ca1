"""Locks that a forked child inherits from threads that it does not have.

A child has the locks of its parent as they were, and one thread. What another thread was importing
stays half imported, and the lock of a compiler at work stays shut; whoever waits for it waits for
ever. So a child looks once at the locks that a loss would take.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

OWN = "crossent"


def compiler_is_lost() -> bool:
    """Return whether kernels would wait for a lock that no thread holds; begin own imports anew.

    Call this first in a forked child.
    """
    lost = False
    for name in list(_half_imported()):
        if name.partition(".")[0] == OWN:
            # These are pure Python and can be run again.
            sys.modules.pop(name, None)
            _module_locks().pop(name, None)
        else:
            lost = True  # the compiler may need it
    return lost or any(_is_shut(lock) for lock in _compiler_locks())


def _module_locks() -> dict[str, Any]:
    found: dict[str, Any] = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    return found


def _half_imported() -> Iterator[str]:
    """Yield the names of modules that threads which are gone were importing."""
    mine = threading.get_ident()
    for name, reference in list(_module_locks().items()):
        lock = reference()
        if getattr(lock, "owner", None) not in (None, mine):
            yield name


def _compiler_locks() -> Iterator[Any]:
    """Yield the locks of numba and LLVM, if they have been imported."""
    numba = sys.modules.get("numba.core.compiler_lock")
    with contextlib.suppress(AttributeError):
        yield numba.global_compiler_lock._lock  # type: ignore[union-attr]
    llvm = sys.modules.get("llvmlite.binding.ffi")
    with contextlib.suppress(AttributeError):
        yield llvm.lib._lock._lock  # type: ignore[union-attr]


def _is_shut(lock: Any) -> bool:
    if not lock.acquire(blocking=False):
        return True
    lock.release()
    return False
