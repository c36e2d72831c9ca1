"""Calls from many threads at once, of every loss and many shapes: the bits of calls one by one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

import crossent as ce
from attack.campaign import Fault, Limits

LIMITS = Limits(count=128, seconds=120)
CALLS = 16
CALLERS = (2, 16)
"""Two leave the helpers of each other room; 16 make them wait."""

SHAPES = ((8, 10), (40_000, 10), (3_000, 100), (150, 4_097))


def drawn(rng: np.random.Generator, number: int) -> Callable[[], bytes]:
    """A call of a loss on random data, which returns the bits of its results."""
    rows, classes = SHAPES[number % len(SHAPES)]
    dtype = rng.choice([np.float32, np.float64, np.float16])
    logits = rng.normal(size=(rows, classes), scale=3).astype(dtype)
    exps = np.exp(logits.astype(np.float64))
    p = (exps / exps.sum(axis=1, keepdims=True)).astype(dtype)
    labels = rng.integers(0, classes, rows)
    from_logits = bool(rng.integers(4))
    options: dict[str, Any] = {"from_logits": from_logits}
    if rng.integers(2):
        options["sample_weight"] = rng.uniform(0.1, 2, rows)
    kind = (0, 0, 1, 2)[number // 4 % 4]
    y: Any = labels
    loss: Any = ce.sparse_categorical_crossentropy
    if kind == 1:
        y, loss = np.eye(classes, dtype=np.float32)[labels], ce.categorical_crossentropy
    elif kind == 2:
        y, loss = rng.integers(0, 2, (rows, classes)), ce.binary_crossentropy
        options.pop("sample_weight", None)
    x = logits if from_logits else p
    gradient = ce.value_and_grad(loss)

    def call() -> bytes:
        value, slope = gradient(y, x, **options)
        terms = loss(y, x, reduction="none", **options)
        return bytes(value.tobytes() + slope.tobytes() + terms.tobytes())

    return call


def attack(seed: int, count: int) -> dict[str, int]:
    """Run `count` calls in threads that start together and switch often."""
    rng = np.random.default_rng(seed)
    ce.set_num_threads(int(rng.integers(2, 5)))
    calls = [drawn(rng, number) for number in range(CALLS)]
    alone = [call() for call in calls]
    sys.setswitchinterval(10 ** rng.uniform(-5, -3))
    done = 0
    for callers in CALLERS:
        start = threading.Barrier(callers)
        turns = -(-count // (callers * len(CALLERS)))

        def caller(first: int, start: threading.Barrier = start, turns: int = turns) -> None:
            start.wait()
            for turn in range(turns):
                which = (first + turn) % CALLS
                if calls[which]() != alone[which]:
                    raise Fault(f"call {which} of seed {seed} has other bits among threads")

        with ThreadPoolExecutor(callers) as pool:
            list(pool.map(caller, range(0, CALLS, CALLS // callers)))
        done += turns * callers
    return {"contended calls": done}
