"""Forks at random times while threads make first calls: no child hangs, each number is right."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections import Counter

from attack.campaign import Fault, Limits

LIMITS = Limits(count=16, seconds=400)
CHILDREN = 8
"""Forks of one process: a first call takes seconds, and is made once in a process."""

SECONDS = 120
"""For a child; a machine that has other things to do needs a part of it."""

PROCESS = """
import faulthandler, os, random, signal, sys, threading, time, warnings
import numpy as np
import crossent as ce

warnings.simplefilter("ignore")
faulthandler.register(signal.SIGALRM, chain=True)  # where a child hangs, and its end
draw = random.Random(int(sys.argv[1]))
x = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)
y, p = np.array([0, 1]), np.array([[0.5, 0.5], [0.25, 0.75]], np.float32)
calls = [
    (lambda: ce.sparse_categorical_crossentropy(y, x, from_logits=True), 0.18092452),
    (lambda: ce.sparse_categorical_crossentropy(y, p), 0.49041462),
    (lambda: ce.value_and_grad(ce.sparse_categorical_crossentropy)(y, x, from_logits=True)[0],
     0.18092452),
]

def several(numbers):
    for number in numbers:
        call, right = calls[number]
        if abs(call() - right) > 1e-6:  # float32
            return 1
    return 0

def fork(depth):
    pid = os.fork()
    if pid == 0:
        signal.alarm(int(sys.argv[3]))
        status = several([draw.randrange(len(calls))])
        if depth:
            status = status or fork(depth - 1)
        os._exit(10 if not status and ce.last_path() == "kernel" else status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 10

threads = [threading.Thread(target=several, args=(draw.sample(range(len(calls)), 2),))
           for _ in range(2)]
for thread in threads:
    thread.start()
for _ in range(int(sys.argv[2])):
    time.sleep(draw.expovariate(8))
    status = fork(draw.choice([0, 0, 1]))
    print("alive" if any(t.is_alive() for t in threads) else "done", status, flush=True)
for thread in threads:
    thread.join()
print("ended", several(range(len(calls))))
"""


def attack(seed: int, count: int) -> dict[str, int]:
    draw, tally = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as warm, tempfile.TemporaryDirectory() as cold:
        for first in range(0, count, CHILDREN):
            cache = warm if first // CHILDREN % 2 else f"{cold}/{first}"
            number = min(CHILDREN, count - first)
            words = [str(draw.randrange(2**32)), str(number), str(SECONDS)]
            done = subprocess.run(
                [sys.executable, "-c", PROCESS, *words],
                env={**os.environ, "CROSSENT_CACHE_DIR": cache}, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            lines = done.stdout.splitlines()
            wrong = [line for line in lines if not line.endswith(" 0")]
            if done.returncode or wrong or len(lines) != number + 1:
                raise Fault(f"seed {seed}, from {first}: {lines}\n{done.stderr[-4000:]}")
            tally.update(line.split()[0] for line in lines)
    return dict(tally)
