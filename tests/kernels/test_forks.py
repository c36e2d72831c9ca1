"""Forks while another thread makes the first call: children compute, and wait for no lost lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from meta.source import run_python

# A child tells by its status: 0 kernels, 1 operations and one warning, anything else is wrong.
FORKS = """
import faulthandler, os, sys, threading, time, warnings
import numpy as np
import crossent as ce

x = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)

def call():
    return ce.sparse_categorical_crossentropy([0, 1], x, from_logits=True)

def status():
    faulthandler.dump_traceback_later(100, exit=True)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        values = [call() for _ in range(3)]
    if max(abs(value - 0.1809245) for value in values) > 1e-6:  # float32
        return 2
    told = [str(one.message) for one in told if "compiled kernels" in str(one.message)]
    if ce.last_path() == "kernel":
        return 3 if told else 0
    return 1 if len(told) == 1 and "forked" in ce.show_config()["kernels"] else 4

def fork(inside):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        pid = os.fork()
    if pid == 0:
        sys.exit(inside())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""

WHILE = """
first = threading.Thread(target=call)
first.start()
seen = set()
while first.is_alive():
    seen.add(fork(status))
    if len(seen) == 2:
        break
first.join()
assert seen and seen <= {0, 1}, seen  # which of them depends on when the forks come
call()
print(fork(status), ce.last_path())
"""


def test_forks_while_a_thread_imports_and_compiles(tmp_path: Path) -> None:
    assert _run(FORKS + WHILE, tmp_path) == "0 kernel"


NESTED = """
begun = threading.Event()

def hold():
    from numba.core.compiler_lock import global_compiler_lock
    with global_compiler_lock:
        begun.set()
        time.sleep(600)

call()
threading.Thread(target=hold, daemon=True).start()
begun.wait()
print(fork(lambda: 10 * fork(status) + status()), ce.last_path(), flush=True)
"""


def test_a_child_of_such_a_child() -> None:
    assert _run(FORKS + NESTED) == "11 kernel"


POOL = """
import multiprocessing
begun = threading.Event()

def hold():
    import importlib._bootstrap as bootstrap
    with bootstrap._ModuleLockManager("numba"):
        begun.set()
        time.sleep(600)

threading.Thread(target=hold, daemon=True).start()
begun.wait()
with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
    print(*pool.starmap(status, [()] * 2, 1))
"""


def test_a_pool_of_children() -> None:
    assert _run(FORKS + POOL) == "1 1"


OWN = """
begun, names = threading.Event(), ("crossent.frontends.numpy.front_end", "crossent.losses.terms")

def hold():
    import importlib._bootstrap as bootstrap
    with bootstrap._ModuleLockManager(names[0]), bootstrap._ModuleLockManager(names[1]):
        begun.set()
        time.sleep(600)

threading.Thread(target=hold, daemon=True).start()
begun.wait()
print(fork(status))
"""


def test_modules_of_the_package_are_imported_anew() -> None:
    assert _run(FORKS + OWN) == "0"


def _run(code: str, cache: Path | None = None) -> str:
    with pytest.MonkeyPatch.context() as patch:
        if cache is not None:
            patch.setenv("CROSSENT_CACHE_DIR", str(cache))
        done = run_python("-W", "ignore::DeprecationWarning", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_fork_within_a_call_is_told() -> None:
    code = """
import os, sys, threading, time
from crossent.kernels import _threads
main, begun = threading.main_thread(), threading.Event()

def work(thread, first, stop):
    if thread:
        begun.set()
        time.sleep(1)
    elif not first:
        begun.wait()
        pids.append(os.fork())

pids = []
try:
    _threads.run_rows(2, 1, 2, work, (), step=1)
    print(os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]))
except RuntimeError as error:
    os._exit(7 if "forked within a call" in str(error) and not pids[0] else 8)
"""
    assert _run(code) == "7"
