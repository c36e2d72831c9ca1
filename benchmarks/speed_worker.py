"""One contender in a process of its own: it reads commands, one a line, and answers each.

The commands are JSON: ``{"load": [rows, classes], "modes": [...]}`` and then ``{"time": mode}``; or
``{"peak": mode, "of": [rows, classes]}``, once in a fresh process.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from baselines import SPEED, Contender
from speed_cases import UPSTREAM, Shape

ENOUGH = 0.1
"""Seconds: a timing repeats a short call for as long as this and gives the median."""

MOST_CALLS = 2000


class Memory:
    """No contender: the time of reading the array once, and of copying it, with two threads."""

    def load(self, y: Any, x: Any) -> None:
        flat = x.reshape(-1)
        self.halves = flat[: flat.size // 2], flat[flat.size // 2 :]
        self.copies = [half.copy() for half in self.halves]
        self.pool = ThreadPoolExecutor(2)

    def read(self) -> None:
        # NumPy's fastest reduction: its sums of floats are not bound by memory on every machine.
        words = [half[: half.size // 2 * 2].view(np.uint64) for half in self.halves]
        list(self.pool.map(np.bitwise_or.reduce, words))

    def copy(self) -> None:
        list(self.pool.map(np.copyto, self.copies, self.halves))


def calls_of(form: Any, kept: bool) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by mode."""
    if isinstance(form, Memory):
        return {"read": form.read, "copy": form.copy}
    calls = {
        "forward": form.forward,
        "fresh": lambda: form.value_and_gradient(1),
        "upstream": lambda: form.value_and_gradient(UPSTREAM),
    }
    if hasattr(form, "kept"):
        calls["kept"] = form.kept
    elif kept:
        calls["kept"] = calls["fresh"]
    return calls


def timed(call: Callable[[], Any]) -> float:
    """Return the median time of a call, repeated while it is short."""
    found: list[float] = []
    start = time.perf_counter()
    while not found or (time.perf_counter() - start < ENOUGH and len(found) < MOST_CALLS):
        before = time.perf_counter()
        call()
        found.append(time.perf_counter() - before)
    return float(np.median(found))


def peak(contender: Contender, mode: str, shape: Shape) -> int:
    """Return by how many bytes one call raises the memory of this process at its highest point."""
    form = contender.load()
    call = calls_of(form, contender.kept)[mode]
    y, x = shape.arrays()
    for rows in (8, 16):  # a compiler makes code for any number of rows at the second
        form.load(y[:rows], x[:rows].copy())
        call()
    form.load(y, x)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the old peak
    before = memory("VmRSS")
    result = call()
    highest = memory("VmHWM")
    del result
    return max(0, highest - before)


def memory(field: str) -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(rf"{field}:\s+(\d+) kB", text)
    return 1024 * int(found[1]) if found else 0


def serve(name: str, answers: int) -> None:
    """Answer commands until there are no more."""
    contender = SPEED.get(name)
    form: Any = None
    calls: dict[str, Callable[[], Any]] = {}
    for line in sys.stdin:
        command = json.loads(line)
        reply: dict[str, Any] = {}
        if "load" in command:
            calls, form = {}, None  # the arrays of the last shape, before there are new ones
            form = Memory() if contender is None else contender.load()
            form.load(*Shape(*command["load"], "").arrays())
            calls = calls_of(form, contender is not None and contender.kept)
            for mode in command["modes"]:
                calls[mode]()
            if contender is not None and contender.ours:
                reply["path"] = form.path()
        elif "time" in command:
            reply["seconds"] = timed(calls[command["time"]])
        else:
            reply["bytes"] = peak(SPEED[name], command["peak"], Shape(*command["of"], ""))
        os.write(answers, (json.dumps(reply) + "\n").encode())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    serve(sys.argv[1], int(sys.argv[2]))
