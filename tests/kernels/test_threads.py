"""Kernels called from many threads, after a fork, and at the end of a process."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

import crossent as ce
from crossent.kernels import _threads, config
from kernels.conftest import python
from kernels.digests import losses_and_gradient, rows

LOSS = ce.sparse_categorical_crossentropy

FORKED = """
import os, sys
import numpy as np
import crossent as ce

def mean():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 100)).astype(np.float32)
    return ce.sparse_categorical_crossentropy(rng.integers(0, 100, 20_000), x, from_logits=True)

ce.set_num_threads(3)
before = mean()
assert ce.last_path() == "kernel"
child = os.fork()
if child == 0:
    os._exit(0 if mean() == before and ce.last_path() == "kernel" else 1)
_, status = os.waitpid(child, 0)
assert mean() == before
print(os.waitstatus_to_exitcode(status))
"""

AT_EXIT = """
import atexit
import numpy as np
import crossent as ce

def last():
    x = np.zeros((20_000, 100), np.float32)
    x[0, 0] = 2
    print(ce.sparse_categorical_crossentropy(np.zeros(20_000, int), x, from_logits=True))

ce.set_num_threads(3)
atexit.register(last)
last()
"""


def test_thirty_two_threads_at_once_get_their_own_results() -> None:
    ce.set_num_threads(2)
    calls = [rows(100, np.float32, 3_000 + i) for i in range(32)]
    want = [losses_and_gradient(*call) for call in calls]
    with ThreadPoolExecutor(32) as pool:
        got = list(pool.map(lambda call: losses_and_gradient(*call), calls * 3))
    for i, (terms, gradient) in enumerate(got):
        assert terms.tobytes() == want[i % 32][0].tobytes()
        assert gradient.tobytes() == want[i % 32][1].tobytes()


def test_a_forked_child_computes_like_its_parent() -> None:
    # Python says of every fork beside threads that it may deadlock; this shows that it does not.
    printed = python("-W", "ignore::DeprecationWarning", "-c", FORKED)
    assert printed.strip() == "0"


def test_a_process_that_ends_can_still_compute() -> None:
    first, second = python("-c", AT_EXIT).split()
    assert first == second


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("number", [0, 1, 15, 16, 17, 100_000])
def test_every_row_is_computed_once(number: int, threads: int) -> None:
    seen = np.zeros(number, int)

    def work(thread: int, first: int, stop: int) -> None:
        assert 0 <= thread < threads
        seen[first:stop] += 1

    _threads.run_rows(number, 1_000, threads, work, seen)
    assert (seen == 1).all()


@pytest.mark.parametrize("at", [0, 5_000])
def test_what_a_thread_raises_reaches_the_caller(at: int) -> None:
    def work(thread: int, first: int, stop: int) -> None:
        if first <= at < stop:
            raise KeyError(at)

    with pytest.raises(KeyError):
        _threads.run_rows(10_000, 1_000, 3, work, ())


@pytest.mark.parametrize("threads", [2, 3])
def test_no_more_threads_are_started_than_are_asked_for(threads: int) -> None:
    printed = python(
        "-c",
        "import sys, time\n"
        "import numpy as np\n"
        "import crossent as ce\n"
        f"ce.set_num_threads({threads})\n"
        "ce.categorical_crossentropy(np.eye(4)[np.zeros(500_000, int)], np.ones((500_000, 4)),"
        " from_logits=True)\n"
        "time.sleep(0.2)  # until they wait for more\n"
        "frames = [frame.f_code for frame in sys._current_frames().values()]\n"
        "helpers = [c for c in frames if c.co_filename.endswith('_threads.py')]\n"
        "print(ce.last_path(), len(helpers))\n",
    )
    assert printed.split() == ["kernel", str(threads - 1)]


def test_small_inputs_stay_in_the_thread_of_the_caller() -> None:
    assert _threads.threads_for(1_000, 100) == 1
    ce.set_num_threads(2)
    assert _threads.threads_for(100_000, 100) == 2


@pytest.mark.parametrize("number", [0, -1, 1.0, True, "2", None])
def test_a_number_of_threads_is_a_whole_number(number: Any) -> None:
    with pytest.raises(ce.OptionError, match="set_num_threads"):
        ce.set_num_threads(number)


@pytest.mark.parametrize(("given", "threads"), [("3", 3), ("1", 1)])
def test_the_environment_sets_the_number_of_threads(given: str, threads: int) -> None:
    code = "import crossent as ce; print(ce.show_config()['threads'])"
    assert int(python("-c", code, CROSSENT_NUM_THREADS=given)) == threads


def test_by_default_threads_are_the_cpus_of_this_process() -> None:
    allowed = len(os.sched_getaffinity(0))
    code = "import crossent as ce; print(ce.show_config()['threads'])"
    assert 1 <= int(python("-c", code, CROSSENT_NUM_THREADS="")) <= allowed
    pinned = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}}); {code}"
    assert int(python("-c", pinned, CROSSENT_NUM_THREADS="")) == 1


def test_kernels_can_be_turned_off_and_on() -> None:
    y, x = rows(10, np.float32)
    assert ce.show_config()["kernels"] == "on"
    ce.use_kernels(False)
    try:
        LOSS(y, x, from_logits=True)
        assert ce.last_path() == "operations"
        assert ce.show_config()["kernels"] == "off"
    finally:
        ce.use_kernels(True)
    LOSS(y, x, from_logits=True)
    assert ce.last_path() == "kernel"


@pytest.mark.parametrize("word", [1, 0, None, "off"])
def test_kernels_are_on_or_off(word: Any) -> None:
    with pytest.raises(ce.OptionError, match="use_kernels"):
        ce.use_kernels(word)
    assert config.enabled()


def test_the_path_is_that_of_the_own_thread() -> None:
    LOSS([0], [[1.0, 2.0]], from_logits=True)
    assert ce.last_path() == "kernel"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ce.last_path).result() is None
        masked = partial(ce.categorical_crossentropy, class_mask=[True, True, False])
        pool.submit(masked, [[1, 0, 0]], [[0.5, 0.5, 0]]).result()
        assert pool.submit(ce.last_path).result() == "operations"
    assert ce.last_path() == "kernel"
