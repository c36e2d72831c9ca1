"""Kernels are compiled in a thread of their own: what is raised elsewhere does not end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from queue import SimpleQueue

import pytest

from crossent.kernels import _apart, _threads
from crossent.kernels._apart import apart


def test_it_returns_what_the_work_returns() -> None:
    assert apart(lambda a, b: (a, b), 3, "b") == (3, "b")
    assert apart(threading.get_ident) != threading.get_ident()


def test_it_raises_what_the_work_raises() -> None:
    def fail() -> None:
        raise ZeroDivisionError("of the work")

    with pytest.raises(ZeroDivisionError, match="of the work"):
        apart(fail)
    assert apart(int) == 0  # and the thread lives on


def test_an_interrupt_ends_the_wait_and_not_the_work() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        time.sleep(0.2)
        ended.set()

    def interrupt() -> None:
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            apart(work)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert not ended.is_set()
    assert apart(ended.is_set)  # which waits for its turn


def test_a_helper_that_is_not_wanted_any_more_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    class Call:
        abandoned = True

    monkeypatch.setattr(_threads._helping, "call", Call, raising=False)
    begin = time.perf_counter()
    with pytest.raises(_threads.Abandoned):
        apart(time.sleep, 1.0)
    assert time.perf_counter() - begin < 0.5


def test_without_a_thread_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_apart, "_life", _apart._nobody)
    monkeypatch.setattr(_apart._thread, "start_new_thread", refuse)
    assert apart(threading.get_ident) == threading.get_ident()


def test_a_thread_that_ended_before_it_began_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    start, tried = _apart._thread.start_new_thread, []

    def first_in_vain(*arguments: object) -> int:
        tried.append(arguments[0])
        return 0 if len(tried) == 1 else start(*arguments)

    monkeypatch.setattr(_apart, "_life", _apart._nobody)
    monkeypatch.setattr(_apart, "_tasks", SimpleQueue())  # which the thread of now does not serve
    monkeypatch.setattr(_apart._thread, "start_new_thread", first_in_vain)
    assert apart(int, "7") == 7
    assert len(tried) == 2


def test_a_forked_child_has_a_thread_of_its_own() -> None:
    program = """
import os
from crossent.kernels._apart import apart
apart(int)
pid = os.fork()
if not pid:
    os._exit(apart(int, "7"))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["7"]


def test_a_process_ends_when_the_work_has() -> None:
    program = """
import os, signal, threading, time
from crossent.kernels._apart import apart
signal.signal(signal.SIGINT, signal.default_int_handler)
def work():
    threading.Timer(0, os.kill, (os.getpid(), signal.SIGINT)).start()
    time.sleep(0.5)
    print("done", flush=True)
try:
    apart(work)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["interrupted", "done"]
