"""Run the contenders: a process each, interleaved in rounds.

In a round every contender is timed once, in an order that starts elsewhere each time, so that a
slow moment of the machine falls on all of them. Ratios are taken within a round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import record
from baselines import SPEED, Contender
from speed_cases import MODES, Shape, modes_of

HERE = Path(__file__).resolve().parent
PROBE = "memory"
"""The process that reads and copies the array, and is no contender."""

MEMORY_MODES = ["read", "copy"]
SLOW = 0.5
"""Seconds: who is slower than this takes part in the first rounds only."""

SLOW_ROUNDS = 3
BUSY = 0.1
"""Share of the CPUs: with more work of others beside it a time says little. Threads that wait for
each other then wait for the scheduler, tens of milliseconds at a time."""


class Worker:
    """The other end of ``speed_worker.py``."""

    def __init__(self, name: str) -> None:
        self.name, self.path = name, ""
        self.modes: list[str] = []
        contender = SPEED.get(name)
        self.errors = TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "speed_worker.py"), name, str(write)],
            env={**environment(), **(contender.environment() if contender else {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            pass_fds=(write,),
            text=True,
        )
        os.close(write)
        self.answers = os.fdopen(read)

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for the answer; a dead process is an error of its own words."""
        pipe: Any = self.process.stdin
        with suppress(BrokenPipeError):
            pipe.write(json.dumps(command) + "\n")
            pipe.flush()
        line = self.answers.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"{self.name} failed:\n{self.errors.read()}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def load(self, shape: Shape) -> None:
        """Let the process make the arrays and call every mode once."""
        contender = SPEED.get(self.name)
        self.modes = MEMORY_MODES if contender is None else modes_of(contender, shape.size)
        self.path = self.ask(load=[shape.rows, shape.classes], modes=self.modes).get("path", "")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.answers.close()
        self.errors.close()


def environment() -> dict[str, str]:
    """Return the environment of every process: this source, two threads, no accelerator."""
    paths = [str(HERE.parent / "src"), str(HERE), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OMP_NUM_THREADS": "2",
        "CROSSENT_NUM_THREADS": "2",
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


@contextmanager
def workers(names: list[str]) -> Iterator[list[Worker]]:
    """Start the processes, and end them whatever happens."""
    with ExitStack() as stack:
        started = []
        for name in names:
            started.append(Worker(name))
            stack.callback(started[-1].close)
        yield started


def load(running: list[Worker], shape: Shape) -> None:
    """Let every process make its arrays and its programs, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.load(shape), running))


def measure(
    running: list[Worker], shape: Shape, rounds: int, most_busy: float = BUSY
) -> dict[str, Any]:
    """Return the times of every round, by mode and contender; None where one was left out.

    Nothing is measured while other work takes more than `most_busy` of the CPUs.
    """
    load(running, shape)
    before = record.busy()  # every process of ours waits
    if before > most_busy:
        raise SystemExit(
            f"Other work keeps {before:.0%} of the CPUs busy: times would mean nothing. Wait for a "
            "quiet machine, or pass --busy to measure all the same; the page will say so."
        )
    seconds: dict[str, dict[str, list[float | None]]] = {}
    for mode in (*MEMORY_MODES, *MODES):
        part = [worker for worker in running if mode in worker.modes]
        if part:
            seconds[mode] = _rounds(part, mode, rounds)
    return {
        "rows": shape.rows,
        "classes": shape.classes,
        "size": shape.size,
        "busy": [round(before, 3), round(record.busy(), 3)],
        "paths": {worker.name: worker.path for worker in running if worker.path},
        "seconds": seconds,
    }


def _rounds(part: list[Worker], mode: str, rounds: int) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {worker.name: [] for worker in part}
    for number in range(rounds):
        first = number * len(part) // rounds
        for worker in part[first:] + part[:first]:
            times = found[worker.name]
            if number >= SLOW_ROUNDS and times[0] is not None and times[0] > SLOW:
                times.append(None)
            else:
                times.append(worker.ask(time=mode)["seconds"])
    return found


def peaks(shape: Shape, contenders: list[Contender]) -> dict[str, Any]:
    """Return the memory that a call adds at its highest point, each call in a fresh process."""

    def of_one(contender: Contender) -> dict[str, int]:
        found = {}
        for mode in ("forward", "fresh"):
            with workers([contender.name]) as (worker,):
                answer = worker.ask(peak=mode, of=[shape.rows, shape.classes])
            found[mode] = answer["bytes"]
        return found

    # With memory kept the peak is whatever is kept.
    part = [contender for contender in contenders if not contender.kept]
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip([c.name for c in part], pool.map(of_one, part), strict=True))
    return {"rows": shape.rows, "classes": shape.classes, "bytes": found}
