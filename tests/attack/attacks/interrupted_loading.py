"""Exceptions that come from outside while a kernel is loaded or compiled: nothing crashes.

LLVM asks Python for its files by callbacks, and an exception that is raised in one of these is
lost, and leaves LLVM without what it asked for.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from attack.attacks.interrupts import Shots, _asynchronous, _raise
from attack.campaign import Fault, Limits

LIMITS = Limits(count=80, seconds=200)
WITHOUT_CACHE = 25
"""Of so many kernels one is compiled, which takes a second."""


def _kernels() -> list[Any]:
    """Kernels that calls have compiled."""
    import crossent as ce

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 60)).astype(np.float32), rng.integers(0, 60, 40)
    both = ce.value_and_grad(ce.sparse_categorical_crossentropy)
    both(y, x, from_logits=True)
    both(y, np.exp(x) / np.exp(x).sum(axis=1, keepdims=True))
    ce.binary_crossentropy(x > 0, x, from_logits=True)
    from crossent.kernels.regimes import binary, logits_label, probability_label

    files = (binary.ELEMENTS, probability_label.LANES_OF_CLASSES, logits_label.LANES_OF_ROWS)
    found = [one for kernels in files for one in kernels if hasattr(one, "_cache")]
    return [one for one in found if one.overloads]


class _Nothing:
    """A cache that has nothing."""

    def load_overload(self, *_: Any) -> None:
        return None

    def save_overload(self, *_: Any) -> None:
        pass


def attack(seed: int, count: int) -> dict[str, int]:
    from crossent.kernels._jit import kernel

    draw = random.Random(seed)
    signal.signal(signal.SIGTERM, _raise)
    senders: dict[str, Callable[[], None]] = {
        "SIGINT": lambda: os.kill(os.getpid(), signal.SIGINT),
        "SIGTERM": lambda: os.kill(os.getpid(), signal.SIGTERM),
        "asynchronous": _asynchronous(threading.get_ident()),
    }
    kernels = [one for one in _kernels() if one.signatures]
    assert kernels
    lost: list[str] = []  # exceptions that never came to whoever called
    sys.unraisablehook = lambda what: lost.append(f"{what.exc_type.__name__} in {what.object}")
    spans: dict[tuple[int, bool], float] = {}
    tally: Counter[str] = Counter()
    kept: list[Any] = []  # an exception that comes while one is deleted would be lost there
    for number in range(count):
        place, compiled = draw.randrange(len(kernels)), number % WITHOUT_CACHE == 0
        known = kernels[place]
        (signature, *_) = known.signatures

        def made(known: Any = known, compiled: bool = compiled) -> Any:
            new = kernel(known.py_func)
            if compiled:
                new._cache = _Nothing()
            return new

        if (place, compiled) not in spans:
            begin = time.perf_counter()
            kept.append(made())
            kept[-1].compile(signature)
            spans[place, compiled] = time.perf_counter() - begin
        new, how = made(), draw.choice([*senders])
        kept.append(new)
        shots = Shots(senders[how], draw.choice([1, 2, 3]), draw.random() * spans[place, compiled])
        seen = shots.hit(lambda new=new, signature=signature: new.compile(signature))
        new.compile(signature)
        if lost:
            raise Fault(f"kernel {number}: lost {lost[0]}")
        tally[
            f"{'compiling' if compiled else 'loading'} {'interrupted' if seen else 'in time'}"
        ] += 1
    return dict(tally)
