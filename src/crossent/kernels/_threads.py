"""Threads over blocks of rows.

The caller works too, and takes blocks as long as there are any: helpers that come late, or never
(after a fork, at exit, when other callers keep them busy), cost nothing but their share. Kernels
run without the GIL.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import count
from typing import Final

from crossent.kernels import switch

ALONE: Final = 2**17
"""Elements that one thread computes in less time than it takes to wake another."""

BLOCK: Final = 2**18
"""Elements in a block: enough to make the calls from Python cheap, few enough to share."""

_pool: ThreadPoolExecutor | None = None
_pool_size = 0


def _forget() -> None:
    """In a forked child the threads of the parent are not there."""
    global _pool, _pool_size
    _pool, _pool_size = None, 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _helpers(number: int) -> ThreadPoolExecutor:
    global _pool, _pool_size
    if _pool is None or _pool_size < number:
        _pool, _pool_size = ThreadPoolExecutor(number, "crossent"), number
    return _pool


def threads_for(rows: int, row_elements: int) -> int:
    """Return how many threads so much work is for."""
    if rows * row_elements <= ALONE:
        return 1
    blocks = -(-rows // rows_in_block(row_elements))
    return min(switch.thread_count(), blocks)


def rows_in_block(row_elements: int) -> int:
    """Return how many rows a thread takes at a time: a multiple of 16."""
    return max(16, BLOCK // max(1, row_elements) // 16 * 16)


def run_rows(
    rows: int,
    row_elements: int,
    threads: int,
    work: Callable[[int, int, int], None],
    step: int | None = None,
) -> None:
    """Call ``work(thread, first, stop)`` for blocks that cover all rows, each once."""
    if threads <= 1:
        work(0, 0, rows)
        return
    step = rows_in_block(row_elements) if step is None else step
    numbers = count()  # its next() is one step for the interpreter

    def take(thread: int) -> None:
        while (first := next(numbers) * step) < rows:
            work(thread, first, min(rows, first + step))

    started: list[Future[None]] = []
    running: list[Future[None]] = []
    try:
        pool = _helpers(threads - 1)
        for thread in range(1, threads):
            started.append(pool.submit(take, thread))
    except RuntimeError:
        pass  # the interpreter is shutting down and starts no threads any more
    try:
        take(0)
    finally:
        numbers = count(rows)  # whatever a helper has begun is its last block
        running.extend(helper for helper in started if not helper.cancel())
        wait(running)  # and raise nothing, which would take the place of an interrupt
    for helper in running:
        helper.result()
