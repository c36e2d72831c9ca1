"""Exceptions from outside while threads compute: nothing is freed, no call is left early."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.kernels import _gates, _threads
from crossent.kernels import call as kernel_call
from crossent.kernels import rows as kernel_rows
from meta.source import run_python

# In a process of its own: pytest has handlers of its own. Helpers take half a second; exceptions
# come in each tenth, from the first on.
WAITING = """
import ctypes, os, signal, sys, threading, time
from crossent.kernels import _threads

class Raised(BaseException):
    pass

def raise_it(*_):
    raise Raised

signal.signal(signal.SIGTERM, raise_it)
signal.signal(signal.SIGINT, signal.default_int_handler)
main, ended, begun = threading.get_ident(), [], threading.Barrier({threads})
at_work = threading.Event()  # what comes while a thread begins may be lost there

def send():
    if "{how}" == "asynchronous":
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main), ctypes.py_object(Raised))
    else:
        os.kill(os.getpid(), getattr(signal, "{how}"))

def shoot():
    at_work.wait()
    for _ in range({times}):
        time.sleep(0.1)
        send()

def work(thread, first, stop):
    begun.wait()
    at_work.set()
    if thread:
        time.sleep(0.7)
        ended.append(thread)
    else:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.001)

try:
    threading.Thread(target=shoot).start()
    _threads.run_rows({threads}, 1, {threads}, work, (), step=1)
except (Raised, KeyboardInterrupt):
    print(sorted(ended) == [*range(1, {threads})])
"""


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "asynchronous"])
@pytest.mark.parametrize(("times", "threads"), [(1, 2), (2, 2), (5, 2), (2, 4)])
def test_a_call_is_left_after_its_helpers(how: str, times: int, threads: int) -> None:
    done = run_python("-c", WAITING.format(how=how, times=times, threads=threads))
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_helper_that_comes_late_goes_away() -> None:
    gate = _gates.Gate()
    assert _gates.wait(gate.lock, 1) == 1
    assert not gate.enter()
    other = _gates.Gate()
    assert other.enter()
    threading.Timer(0.05, other.leave).start()
    begin = time.perf_counter()
    _gates.wait(other.lock, 1)
    assert time.perf_counter() - begin > 0.04


def test_nothing_is_freed_that_a_helper_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    # The call is left at once, as if there were a way past the wait.
    monkeypatch.setattr(_gates, "wait", lambda lock, flag: 1)
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    array = np.zeros(10)
    alive = weakref.ref(array)

    def work(thread: int, first: int, stop: int) -> None:
        if not thread:
            begun.wait(10)
            raise KeyboardInterrupt
        begun.set()
        go_on.wait(10)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        _threads.run_rows(2, 1, 2, work, array, step=1)
    del array
    gc.collect()
    assert alive() is not None
    go_on.set()
    assert ended.wait(10)
    for _ in range(100):
        if alive() is None:
            return
        time.sleep(0.01)
    pytest.fail("a helper that is done still owns the arrays of its call")


def test_a_call_that_is_over_keeps_no_array() -> None:
    ce.set_num_threads(4)
    x, y = np.zeros((20_000, 50), np.float32), np.zeros(20_000, int)
    alive = weakref.ref(x)
    ce.sparse_categorical_crossentropy(y, x, from_logits=True)
    del x
    assert alive() is None


ROWS, CLASSES = 3_000, 100


def calls() -> dict[str, Callable[[], Any]]:
    """One call of each kind of rows, with weights and every array that can be written."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, CLASSES)).astype(np.float32)
    y, w, c = rng.integers(0, CLASSES, ROWS), rng.uniform(size=ROWS), rng.uniform(size=CLASSES)
    q = rng.dirichlet(np.ones(CLASSES), ROWS).astype(np.float32)
    wide = q.astype(np.float64)
    wide /= wide.sum(axis=1, keepdims=True)
    mask = np.ones(CLASSES, bool)
    sparse, dense, binary = (
        ce.sparse_categorical_crossentropy,
        ce.categorical_crossentropy,
        ce.binary_crossentropy,
    )
    of_sparse, of_dense, of_binary = (ce.value_and_grad(f) for f in (sparse, dense, binary))
    weights: dict[str, Any] = {"sample_weight": w, "class_weight": c, "ignore_class": 3}
    logits: dict[str, Any] = {"from_logits": True}
    return {
        "rows": lambda: sparse(y, x, reduction="none", **weights, **logits),
        "labels": lambda: of_sparse(y, x, **weights, **logits),
        "smoothed": lambda: of_sparse(y, x, label_smoothing=0.1, **weights, **logits),
        "float16": lambda: of_sparse(y, x.astype(np.float16), **weights, **logits),
        "mask": lambda: of_sparse(y, x, class_mask=mask, **weights, **logits),
        "probabilities": lambda: of_sparse(y, q, **weights),
        "rows of probabilities": lambda: sparse(y, q, reduction="none", **weights),
        "smoothed probabilities": lambda: of_sparse(y, q, label_smoothing=0.1, **weights),
        "distributions": lambda: of_dense(q, x, sample_weight=w, class_weight=c, **logits),
        "other dtype": lambda: of_dense(wide, x, sample_weight=w, **logits),
        "targets": lambda: of_dense(q, q, sample_weight=w, class_weight=c),
        "rows of targets": lambda: dense(q, q, sample_weight=w, reduction="none"),
        "binary": lambda: of_binary(q > 0.5, x, sample_weight=np.ones_like(x), **logits),
    }


def held(keep: object) -> Iterator[int]:
    """The ids of all that an object owns."""
    seen: set[int] = set()
    left = [keep]
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type) or callable(one) or type(one) is type(gc):
            continue
        seen.add(id(one))
        yield id(one)
        left.extend(gc.get_referents(one))
        if isinstance(one, np.ndarray) and one.base is not None:
            left.append(one.base)


@pytest.mark.parametrize("name", calls())
def test_every_array_whose_address_is_known_is_kept(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    addressed: list[np.ndarray] = []
    checked: list[int] = []
    address, run_rows = kernel_call.address, _threads.run_rows

    def noted(array: np.ndarray) -> int:
        addressed.append(array)
        return address(array)

    def run(rows: int, elements: int, threads: int, work: Any, keep: Any, step: Any = None) -> None:
        if threads > 1:
            kept = set(held(keep))
            missing = [len(a) for a in addressed if id(a) not in kept]
            assert missing == []
            checked.append(len(addressed))
        run_rows(rows, elements, threads, work, keep, step)

    def forgetting(method: Callable[..., Any]) -> Callable[..., Any]:
        """Forget what one run alone has when it is over."""

        def run_one(*given: Any, **options: Any) -> Any:
            before = len(addressed)
            found = method(*given, **options)
            del addressed[before:]
            return found

        return run_one

    for module in (kernel_call, kernel_rows):
        monkeypatch.setattr(module, "address", noted)
    for name_of in ("_run", "looks_like_probabilities"):
        method = forgetting(getattr(kernel_rows.Rows, name_of))
        monkeypatch.setattr(kernel_rows.Rows, name_of, method)
    monkeypatch.setattr(_threads, "run_rows", run)
    ce.set_num_threads(2)
    calls()[name]()
    assert ce.last_path() == "kernel"
    assert checked
