"""Whether kernels run, and which path the last call took."""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import threading
from typing import Any

from crossent.core.checks import warn
from crossent.core.messages import machine
from crossent.core.messages import options as messages
from crossent.kernels import _forks
from crossent.kernels.thread_count import thread_count

_OFF = ("0", "false", "no", "off")
_ON = ("1", "true", "yes", "on")
_given = os.environ.get("CROSSENT_KERNELS", "")
_enabled = _given.strip().lower() not in _OFF
_FORKED = "this process was forked while another thread imported or compiled something"
_UNEXPECTED = ("numba cannot be imported", "NUMBA_CPU_FEATURES", _FORKED)
_lost = False
_triton = "no tensor of a GPU has come yet"
_last = threading.local()


def use_kernels(enabled: bool) -> None:
    """Turn the compiled kernels on or off, for all threads of this process.

    Parameters
    ----------
    enabled : bool
        False: every loss is computed by the operations of its framework, as on an accelerator.
        The environment variable ``CROSSENT_KERNELS`` does the same from the start: 0, false, no
        or off.

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
        "kernel", "triton" (the kernels for GPUs) or "operations"; None if no loss was computed yet.

    Examples
    --------
    >>> import crossent as ce
    >>> loss = ce.binary_crossentropy([1, 0], [0.9, 0.2])
    >>> ce.last_path() in ("kernel", "operations")
    True
    """
    return getattr(_last, "path", None)


def note_path(path: str) -> None:
    """Remember the path that a call took."""
    _last.path = path


@functools.cache
def installed() -> bool:
    """Return whether there is a compiler, without importing it."""
    return importlib.util.find_spec("numba") is not None


@functools.cache
def _usable() -> bool:
    """Return whether kernels can run here; warn if one would expect that they do."""
    if _given.strip().lower() not in ("", *_OFF, *_ON):
        accepted = f"one of {', '.join(_ON)}, or one of {', '.join(_OFF)}"
        warn(machine.environment_word("CROSSENT_KERNELS", _given, accepted))
    why = _obstacle()
    if why.startswith(_UNEXPECTED):
        warn(machine.no_kernels(why))
    return not why


@functools.cache
def _obstacle() -> str:
    """Return why there are no kernels, or an empty text."""
    if not installed():
        return "numba is not installed"
    if _lost:
        return _FORKED
    try:
        from crossent.kernels import _jit
    except Exception as error:  # another package may raise anything
        return f"{_UNEXPECTED[0]} ({type(error).__name__}: {error})"
    return _jit.obstacle()


def _look_at_locks() -> None:
    """In a forked child, do without the kernels if their compiler was at work in another thread."""
    global _lost
    if _forks.compiler_is_lost():
        _lost = True
    if _lost:
        _obstacle.cache_clear()
        _usable.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_look_at_locks)


def enabled() -> bool:
    """Return whether kernels are used wherever one exists."""
    return _enabled and _usable()


def asked() -> bool:
    """Return whether the user wants kernels, whatever this machine can compile."""
    return _enabled


def note_triton(state: str) -> None:
    """Remember whether there are kernels for GPUs: "on", or why not."""
    global _triton
    _triton = state


def show_config() -> dict[str, Any]:
    """Return what decides the speed of the losses on this machine.

    Returns
    -------
    dict
        "kernels": "on", "off", or why there are none; "threads": how many the kernels may use;
        "triton": the same of the kernels for GPUs, once a tensor of one has come; "numba": the
        version of the compiler or None; "numpy" and "python": theirs.

    Examples
    --------
    >>> import crossent as ce
    >>> sorted(ce.show_config())
    ['kernels', 'numba', 'numpy', 'python', 'threads', 'triton']
    """
    from importlib.metadata import version  # slow to import

    kernels = _obstacle() or ("on" if _enabled else "off")
    return {
        "kernels": kernels,
        "threads": thread_count(),
        "triton": _triton if _enabled else "off",
        "numba": version("numba") if installed() else None,
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }
