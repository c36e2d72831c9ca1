"""Threads over blocks of rows.

The caller works too, and takes blocks as long as there are any: helpers that come late, or never
(after a fork, at exit, when other callers keep them busy), cost nothing but their share. Kernels
run without the GIL.

Memory is handed to kernels as addresses. So each helper owns the arrays behind them, and a call is
left, by an exception too, when its helpers have ended the blocks that they were at.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
from collections.abc import Callable
from itertools import count, repeat
from queue import SimpleQueue
from typing import Any, Final

from crossent.kernels import _gates
from crossent.kernels.thread_count import thread_count

ALONE: Final = 2**17
"""Elements that one thread computes in less time than it takes to wake another."""

BLOCK: Final = 2**18
"""Elements in a block: enough to make the calls from Python cheap, few enough to share."""

_tasks: SimpleQueue[tuple[int, _Call, _gates.Gate]] = SimpleQueue()
_started = 0
_forks = 0
_helping = threading.local()


class Abandoned(Exception):
    """The caller of a helper has been interrupted and no longer needs its work."""


class _Call:
    """A call whose blocks of rows are shared."""

    __slots__ = ("abandoned", "failures", "keep", "numbers", "rows", "step", "work")

    def __init__(
        self, rows: int, step: int, work: Callable[[int, int, int], None], keep: object
    ) -> None:
        self.rows, self.step, self.work, self.keep = rows, step, work, keep
        self.numbers = count()  # its next() is one step for the interpreter
        self.failures: list[BaseException] = []
        self.abandoned = False


def _forget() -> None:
    """Forget the parent's threads in a forked child, which does not have them."""
    global _tasks, _started, _forks
    _tasks, _started, _forks = SimpleQueue(), 0, _forks + 1
    _gates.open_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def threads_for(rows: int, row_elements: int) -> int:
    """Return how many threads are worth waking for this much work."""
    if rows * row_elements <= ALONE:
        return 1
    blocks = -(-rows // rows_in_block(row_elements))
    return min(thread_count(), blocks)


def rows_in_block(row_elements: int) -> int:
    """Return how many rows a thread takes at a time: a multiple of 16."""
    return max(16, BLOCK // max(1, row_elements) // 16 * 16)


def go_on() -> None:
    """Raise :class:`Abandoned` in a helper whose caller has been interrupted."""
    call: _Call | None = getattr(_helping, "call", None)
    if call is not None and call.abandoned:
        raise Abandoned


def run_rows(
    rows: int,
    row_elements: int,
    threads: int,
    work: Callable[[int, int, int], None],
    keep: object,
    step: int | None = None,
) -> None:
    """Call ``work(thread, first, stop)`` for blocks that cover all rows, each once.

    `keep` holds every array whose address `work` knows: its memory lives as long as a helper works.
    """
    if threads <= 1:
        work(0, 0, rows)
        return
    call = _Call(rows, rows_in_block(row_elements) if step is None else step, work, keep)
    gates = [_gates.Gate() for _ in range(1, threads)]
    ended, forks = count(rows), _forks
    shutting: Any = map(_gates.wait, [gate.lock for gate in gates], repeat(1))
    try:
        try:
            _start(call, gates)
            _take(0, call, work, keep)
        except BaseException:
            call.abandoned = True
            raise
    finally:
        # An exception of a signal handler, or of another thread, is raised after a call or a jump.
        # There is one call here, and it ends when every helper has.
        call.numbers = ended  # the block that a helper is working on is its last
        list(shutting)
        del call.work, call.keep  # a helper that comes late needs no memory
    if forks != _forks:
        raise RuntimeError(
            "This process was forked within a call, whose other threads are gone. Call it again."
        )
    if call.failures:
        raise call.failures[0]


def _start(call: _Call, gates: list[_gates.Gate]) -> None:
    global _started
    if sys.is_finalizing():
        return  # the interpreter is ending: threads that need it stop for ever
    try:
        while _started < len(gates):
            # Thread.start() waits for the thread, and an interrupt there would lose it.
            _thread.start_new_thread(_serve, (_tasks,))
            _started += 1
    except RuntimeError:
        pass  # the process can start no more threads
    for thread, gate in enumerate(gates, 1):
        _tasks.put((thread, call, gate))


def _serve(tasks: SimpleQueue[tuple[int, _Call, _gates.Gate]]) -> None:
    while True:
        _help(*tasks.get())


def _help(thread: int, call: _Call, gate: _gates.Gate) -> None:
    if not gate.enter():
        return
    try:
        _helping.call = call
        _take(thread, call, call.work, call.keep)
    except BaseException as error:  # the caller raises it
        call.failures.append(error)
    finally:
        _helping.call = None
        gate.leave()


def _take(thread: int, call: _Call, work: Callable[[int, int, int], None], keep: object) -> None:
    """Compute blocks as long as there are any; `keep` is the caller's own until then."""
    rows, step = call.rows, call.step
    while (first := next(call.numbers) * step) < rows:
        work(thread, first, min(rows, first + step))
