"""Damage to compiled code on disk: no damaged file is used, and the next process has mended it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from attack.campaign import Fault, Limits

LIMITS = Limits(count=2_000, seconds=300)
FILES_A_PROCESS = 1_000
"""Processes take seconds: most damage is only read."""

CALL = """
import numpy as np
import crossent as ce
x = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)
print(ce.sparse_categorical_crossentropy([0, 1], x, from_logits=True), ce.last_path())
"""
RIGHT = "0.18092452 kernel"  # (softplus(-1) + softplus(-3)) / 2


def child(cache: Path) -> tuple[str, list[str]]:
    """What a process prints that makes one call, and its warnings."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", CALL],
        env={**os.environ, "CROSSENT_CACHE_DIR": str(cache), "TMPDIR": str(cache)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Fault(f"status {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout.strip(), [line for line in done.stderr.splitlines() if "Warning" in line]


def damaged(draw: random.Random, data: bytes) -> bytes:
    """The bytes of a file after something happened to it."""
    how = draw.randrange(6)
    at = draw.randrange(len(data))
    if how == 0:
        return data[:at]
    if how == 1:
        return b""
    if how == 2:
        return data + draw.randbytes(draw.randint(1, 100))
    if how == 3:
        return data[:at] + draw.randbytes(min(4096, len(data) - at)) + data[at + 4096 :]
    changed = bytearray(data)
    for _ in range(1 if how == 4 else draw.randint(2, 50)):
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def attack(seed: int, count: int) -> dict[str, int]:
    from crossent.kernels import _store

    draw, tally = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder) / "warm"
        if child(warm) != (RIGHT, []):
            raise Fault("a new cache is not silent")
        (file,) = warm.rglob("*.nbc")
        data, payload = file.read_bytes(), _store._read(file)
        trial = Path(folder) / "trial.nbc"
        for number in range(count):
            changed = damaged(draw, data)
            if changed == data:
                continue
            if number % FILES_A_PROCESS == 0:
                cache = Path(folder) / "cache"
                shutil.copytree(warm, cache)
                (victim,) = cache.rglob("*.nbc")
                victim.write_bytes(changed)
                printed, told = child(cache)
                if printed != RIGHT or len(told) != 1 or str(victim) not in told[0]:
                    raise Fault(f"file {number} of seed {seed}: {printed!r} {told}")
                if child(cache) != (RIGHT, []) or _store._read(victim) is None:
                    raise Fault(f"file {number} of seed {seed} has not been mended")
                shutil.rmtree(cache)
                tally["mended"] += 1
            trial.write_bytes(changed)
            trial.chmod(0o600)
            try:
                found = _store._read(trial)
            except OSError:
                tally["refused"] += 1
                continue
            raise Fault(f"file {number} of seed {seed} was read: {found == payload}")
    tally["unchanged"] += count - tally["refused"]
    return dict(tally)
