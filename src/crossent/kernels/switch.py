"""Whether kernels run, with how many threads, and which way the last call took."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import os
import platform
import threading
from typing import Any

from crossent.messages import options as messages

_enabled = os.environ.get("CROSSENT_KERNELS", "1") != "0"
_threads: int | None = None
_last = threading.local()


def use_kernels(enabled: bool) -> None:
    """Turn the compiled kernels on or off, for all threads of this process.

    Parameters
    ----------
    enabled : bool
        False: every loss is computed by the operations of its framework, as on an accelerator.
        The environment variable ``CROSSENT_KERNELS=0`` does the same from the start.

    Returns
    -------
    None
        Nothing; :func:`show_config` tells whether there are kernels.

    Raises
    ------
    OptionError
        If `enabled` is neither True nor False.

    Notes
    -----
    The rules of meaning are the same; the last digits may differ.

    Examples
    --------
    >>> import crossent as ce
    >>> ce.use_kernels(False)
    >>> loss = ce.sparse_categorical_crossentropy([0], [[2.0, 1.0]], from_logits=True)
    >>> ce.last_path()
    'operations'
    >>> ce.use_kernels(True)
    """
    global _enabled
    given: object = enabled
    if not isinstance(given, bool):
        raise messages.option_value("use_kernels", "True or False", given)
    _enabled = given


def last_path() -> str | None:
    """Return how the last loss of this thread was computed.

    Returns
    -------
    str or None
        "kernel" or "operations"; None if no loss was computed yet.

    Examples
    --------
    >>> import crossent as ce
    >>> loss = ce.binary_crossentropy([1, 0], [0.9, 0.2])
    >>> ce.last_path() in ("kernel", "operations")
    True
    """
    return getattr(_last, "path", None)


def note_path(path: str) -> None:
    """Remember the way that a call took."""
    _last.path = path


def set_num_threads(number: int) -> None:
    """Set how many threads the kernels of this process may use.

    Parameters
    ----------
    number : int
        At least 1. By default the value of the environment variable ``CROSSENT_NUM_THREADS``,
        else the number of CPUs that this process may use.

    Returns
    -------
    None
        Nothing; :func:`show_config` tells the number.

    Raises
    ------
    OptionError
        If `number` is no integer of at least 1.

    Notes
    -----
    The result has the same bits for every number of threads. Small inputs take one thread.

    Examples
    --------
    >>> import crossent as ce
    >>> ce.set_num_threads(2)
    """
    global _threads
    given: object = number
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise messages.option_value("set_num_threads", "an integer of at least 1", given)
    _threads = given


def thread_count() -> int:
    """Return how many threads the kernels may use."""
    return _default_threads() if _threads is None else _threads


@functools.cache
def _default_threads() -> int:
    given = os.environ.get("CROSSENT_NUM_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _quota())
    return os.cpu_count() or 1


def _quota() -> int:
    """Return the CPUs that the control group of this process may use, rounded up."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return max(1, -(-int(quota) // int(period)))
    except (OSError, ValueError):
        return os.cpu_count() or 1


@functools.cache
def installed() -> bool:
    """Return whether there is a compiler, without importing it."""
    return importlib.util.find_spec("numba") is not None


@functools.cache
def _usable() -> bool:
    """Return whether kernels can run here: a compiler, and a CPU with fused multiply-add."""
    if not installed():
        return False
    from crossent.kernels import _jit

    return _jit.has_fma()


def enabled() -> bool:
    """Return whether kernels are to be used where there is one."""
    return _enabled and _usable()


def show_config() -> dict[str, Any]:
    """Return what decides about the speed of the losses on this machine.

    Returns
    -------
    dict
        "kernels": "on", "off", or why there are none; "threads": how many the kernels may use;
        "numba": the version of the compiler or None; "numpy" and "python": theirs.

    Examples
    --------
    >>> import crossent as ce
    >>> sorted(ce.show_config())
    ['kernels', 'numba', 'numpy', 'python', 'threads']
    """
    if _usable():
        kernels = "on" if _enabled else "off"
    else:
        kernels = "this CPU has no fused multiply-add" if installed() else "numba is not installed"
    return {
        "kernels": kernels,
        "threads": thread_count(),
        "numba": importlib.metadata.version("numba") if installed() else None,
        "numpy": importlib.metadata.version("numpy"),
        "python": platform.python_version(),
    }
