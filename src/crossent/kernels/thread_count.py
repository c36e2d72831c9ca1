"""How many threads the kernels may use."""

from __future__ import annotations

import functools
import os

from crossent.core.checks import warn
from crossent.core.messages import machine
from crossent.core.messages import options as messages

_threads: int | None = None


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
    number = _positive(given)
    if number:
        return number
    if given.strip():
        accepted = "a whole number of at least 1"
        warn(machine.environment_word("CROSSENT_NUM_THREADS", given, accepted))
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _quota())
    return os.cpu_count() or 1


def _positive(word: str) -> int:
    """Return a number of threads, 0 if a word is none."""
    try:
        number = int(word)
    except ValueError:
        return 0
    return max(0, number)


def _quota() -> int:
    """Return the CPUs that the control group of this process may use, rounded up."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        return max(1, -(-int(quota) // int(period)))
    except (OSError, ValueError):
        return os.cpu_count() or 1
