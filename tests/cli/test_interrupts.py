"""Ctrl-C in `crossent evaluate`, wherever it comes: a quiet end and the status of a shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from meta.source import run_python

# A process that the signal itself ended is 130 to a shell too: CPython chooses that way out where
# the interrupt has passed through exec(), as in the compiler.
INTERRUPTED = (130, -signal.SIGINT)


def listens_to_ctrl_c() -> None:
    """What a shell starts in the background ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0])
def test_while_the_kernels_are_imported_and_compiled(tmp_path: Path, seconds: float) -> None:
    rows, classes = 2**12, 2**12
    with (tmp_path / "huge.npy").open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, classes)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 4 * rows * classes)
    np.save(tmp_path / "zeros.npy", np.zeros(rows, np.uint8))
    command = [sys.executable, "-m", "crossent", "evaluate", "zeros.npy", "huge.npy", "--logits"]
    # Without a cache the kernels are compiled for longer than any of these times.
    cold = {**os.environ, "CROSSENT_KERNELS": "1", "CROSSENT_CACHE_DIR": str(tmp_path / "cache")}
    with subprocess.Popen(
        command, cwd=tmp_path, env=cold, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=listens_to_ctrl_c,
    ) as process:  # fmt: skip
        maps = Path(f"/proc/{process.pid}/maps")
        while "libllvmlite" not in maps.read_text() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(seconds)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode in INTERRUPTED, err
    assert out == ""
    assert "Traceback" not in err


LOST = """
import ctypes, signal, time
import crossent.cli.__main__ as command

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it

def compile_something():
    callback()  # from C, which cannot hand on an exception
    time.sleep(60)
    print("went on")

callback = ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGINT))
command.app = lambda prog_name: compile_something()
command.main()
"""


def test_in_a_call_from_c() -> None:
    start = time.monotonic()
    done = run_python("-c", LOST)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert time.monotonic() - start < 30, "it waited for the end of what was interrupted"


FAILING_HELPER = """
import threading
from crossent.kernels import _threads

begun = threading.Event()

def work(thread, first, stop):
    if thread:
        begun.set()
        raise ValueError("what an interrupted compiler leaves behind")
    begun.wait(10)
    raise KeyboardInterrupt

try:
    _threads.run_rows(64, 1, 2, work, (), step=1)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_is_no_other_error_where_a_thread_fails_too() -> None:
    done = run_python("-c", FAILING_HELPER)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def test_other_exceptions_in_calls_from_c_are_told() -> None:
    done = run_python("-c", LOST.replace("signal.raise_signal(signal.SIGINT)", "1 / 0").replace(
        "time.sleep(60)", ""
    ))  # fmt: skip
    assert done.returncode == 0
    assert done.stdout == "went on\n"
    assert "ZeroDivisionError" in done.stderr
