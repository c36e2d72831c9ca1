"""Many threads at once, forks, and processes that end: nobody waits for ever or gets other bits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import crossent as ce
from kernels.digests import losses_and_gradient, rows
from meta.source import run_python

SHAPES = ((8, 10), (20_000, 10), (2_000, 100), (70, 4_097))
"""Rows and classes: for one thread, and for several."""

CALLERS = 32


@pytest.fixture
def four_threads() -> Iterator[None]:
    before = ce.show_config()["threads"]
    ce.set_num_threads(4)
    yield
    ce.set_num_threads(before)


def arrays(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits of one caller."""
    count, classes = SHAPES[number % len(SHAPES)]
    y, x = rows(classes, np.float32 if number % 8 < 4 else np.float64, count)
    return np.roll(y, number), x


def bits(y: np.ndarray, x: np.ndarray) -> tuple[bytes, bytes, bytes]:
    """Losses, gradient and mean, on the kernel path."""
    terms, gradient = losses_and_gradient(y, x)
    mean = ce.sparse_categorical_crossentropy(y, x, from_logits=True)
    return terms.tobytes(), gradient.tobytes(), mean.tobytes()


@pytest.mark.usefixtures("four_threads")
def test_32_threads_at_once_get_the_bits_of_one() -> None:
    given = [arrays(number) for number in range(CALLERS)]
    alone = [bits(*pair) for pair in given]
    assert len(set(alone)) > CALLERS // 2
    start = threading.Barrier(CALLERS)

    def caller(first: int) -> list[bool]:
        start.wait()
        numbers = [(first + step) % CALLERS for step in range(3)]
        return [bits(*given[number]) == alone[number] for number in numbers]

    with ThreadPoolExecutor(CALLERS) as pool:
        same = list(pool.map(caller, range(CALLERS)))
    assert same == [[True] * 3] * CALLERS


PREPARED = """
import os, signal, sys, threading
import numpy as np
import crossent as ce
signal.alarm(120)  # ends this process if anything waits for ever
ce.set_num_threads(4)
rng = np.random.default_rng(3)
x = rng.normal(size=(60_000, 10)).astype(np.float32)
y = rng.integers(0, 10, len(x))
def bits(*_):
    pair = ce.value_and_grad(ce.sparse_categorical_crossentropy)(y, x, from_logits=True)
    assert ce.last_path() == "kernel"
    return pair[0].tobytes() + pair[1].tobytes()
want = bits()
"""

FORKED = """
def child_is_right():
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        os._exit(0 if bits() == want else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print([child_is_right() for _ in range(3)])
stop = False
def busy():
    while not stop:
        bits()
threads = [threading.Thread(target=busy) for _ in range(2)]
for thread in threads:
    thread.start()
print([child_is_right() for _ in range(10)])  # whatever the parent is in the middle of
stop = True
for thread in threads:
    thread.join()
print(bits() == want)
"""


def test_forked_children_compute_after_their_parent_did() -> None:
    done = run_python("-c", PREPARED + FORKED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str([0] * 3), str([0] * 10), "True"]


POOL = """
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    print([got == want for got in pool.map(bits, range(4))])
"""


def test_a_pool_of_forked_processes() -> None:
    done = run_python("-c", PREPARED + POOL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([True] * 4)


ENDING = """
import atexit
atexit.register(lambda: print(bits() == want))
threading.Thread(target=lambda: [bits() for _ in range(20)], daemon=True).start()
"""


def test_a_process_ends_while_kernels_run_and_computes_on_its_way_out() -> None:
    done = run_python("-W", "error", "-c", PREPARED + ENDING)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr
