"""Exceptions that come from outside while threads compute: Ctrl-C, SIGTERM and asynchronous ones.

One to three of them hit each call. No memory may be freed that a thread still writes, and nothing
may be written once the call has been left.
"""

from __future__ import annotations

import ctypes
import gc
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from attack.campaign import Fault, Limits

LIMITS = Limits(count=120, seconds=300)
ROWS, CLASSES = 6_000, 400
"""9.6 MB as float32: memory that goes back to the system when it is freed."""


class Raised(BaseException):
    """What handlers of signals raise, and what is raised in a thread from another one."""


def _raise(*_: object) -> None:
    raise Raised


def _asynchronous(main: int) -> Callable[[], None]:
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    return lambda: raise_in(ctypes.c_ulong(main), ctypes.py_object(Raised))


def _numpy_calls(rng: np.random.Generator) -> dict[str, Callable[[], Any]]:
    import crossent as ce

    x = rng.normal(size=(ROWS, CLASSES)).astype(np.float32)
    y = rng.integers(0, CLASSES, ROWS)
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    q = rng.dirichlet(np.ones(CLASSES), ROWS).astype(np.float32)
    bits = (x > 0).astype(np.float32)
    mask = np.arange(CLASSES) != CLASSES - 1
    sparse, dense = ce.sparse_categorical_crossentropy, ce.categorical_crossentropy
    gradient, of_dense = ce.value_and_grad(sparse), ce.value_and_grad(dense)
    of_binary = ce.value_and_grad(ce.binary_crossentropy)
    half, y_inside = x.astype(np.float16), np.minimum(y, CLASSES - 2)
    return {
        "value": lambda: sparse(y, x, from_logits=True),
        "rows": lambda: sparse(y, x, from_logits=True, reduction="none"),
        "gradient": lambda: gradient(y, x, from_logits=True),
        "in place": lambda: gradient(y, x.copy(), from_logits=True, inplace=True),
        "probabilities": lambda: gradient(y, p),
        "smoothed": lambda: gradient(y, p, label_smoothing=0.1),
        "distributions": lambda: of_dense(q, x, from_logits=True),
        "targets": lambda: of_dense(q, p),
        "binary": lambda: of_binary(bits, x, from_logits=True),
        "float16": lambda: gradient(y, half, from_logits=True),
        "masked": lambda: gradient(y_inside, x, from_logits=True, class_mask=mask),
    }


def _torch_call(rng: np.random.Generator) -> Callable[[], Any]:
    import torch

    import crossent as ce

    torch.set_num_threads(1)
    logits = torch.from_numpy(rng.normal(size=(ROWS, CLASSES)).astype(np.float32))
    labels = torch.from_numpy(rng.integers(0, CLASSES, ROWS))

    def call() -> None:
        x = logits.detach().requires_grad_()
        ce.sparse_categorical_crossentropy(labels, x, from_logits=True).backward()

    return call


class Shots:
    """Exceptions sent to the main thread while it runs a call."""

    def __init__(self, send: Callable[[], None], times: int, after: float) -> None:
        self._send, self._times, self._after = send, times, after
        self._over = False

    def hit(self, call: Callable[[], Any]) -> int:
        """Run the call and return how many exceptions were seen."""
        seen, thread = 0, threading.Thread(target=self._shoot)
        try:
            thread.start()
            call()
        except (Raised, KeyboardInterrupt):
            seen += 1
        while True:  # those that came late
            try:
                self._over = True
                thread.join()
                time.sleep(0)
                return seen
            except (Raised, KeyboardInterrupt):
                seen += 1

    def _shoot(self) -> None:
        time.sleep(self._after)
        for _ in range(self._times):
            if self._over:
                return
            self._send()
            time.sleep(0.0005)


def attack(seed: int, count: int) -> dict[str, int]:
    import crossent as ce

    draw, rng = random.Random(seed), np.random.default_rng(seed)
    signal.signal(signal.SIGTERM, _raise)
    senders = {
        "SIGINT": lambda: os.kill(os.getpid(), signal.SIGINT),
        "SIGTERM": lambda: os.kill(os.getpid(), signal.SIGTERM),
        "asynchronous": _asynchronous(threading.get_ident()),
    }
    calls = {**_numpy_calls(rng), "torch": _torch_call(rng)}
    spans = {}
    for name, call in calls.items():
        call()  # which compiles it
        begin = time.perf_counter()
        call()
        spans[name] = time.perf_counter() - begin
    out, logits = np.empty((ROWS, CLASSES), np.float32), np.zeros((ROWS, CLASSES), np.float32)
    labels = np.zeros(ROWS, int)
    with_out = ce.value_and_grad(ce.sparse_categorical_crossentropy)
    calls["out"] = lambda: with_out(labels, logits, from_logits=True, out=out)
    spans["out"] = spans["gradient"]
    tally: Counter[str] = Counter()
    for number in range(count):
        ce.set_num_threads(draw.choice([2, 4]))
        name = "out" if number % 4 == 0 else draw.choice([*calls])
        how, times = draw.choice([*senders]), draw.choice([1, 2, 2, 3])
        shots = Shots(senders[how], times, draw.uniform(0, 1.1) * spans[name])
        seen = shots.hit(calls[name])
        tally[f"{name} interrupted" if seen else f"{name} in time"] += 1
        if name == "out":
            left = out.copy()
            time.sleep(0.01)
            if left.tobytes() != out.tobytes():  # whose bits may be those of a NaN
                raise Fault(f"call {number}: written after {times} {how} ended the call")
        gc.collect(0)
    return dict(tally)
