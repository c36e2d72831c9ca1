"""Attacks: each runs in a process of its own, with limits, and tells what it tried.

An attack is a file of ``attacks/`` with ``attack(seed, count)``, which tries `count` things drawn
from `seed` and returns how often it tried what, and ``LIMITS``. It raises :class:`Fault` at the
first thing that goes wrong; a process that crashes, hangs or outgrows its memory is a fault too.
An attack imports frameworks inside of its functions, so that it can be listed without them.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ATTACKS = HERE / "attacks"
TESTS = HERE.parent


class Fault(AssertionError):
    """Something went wrong that must not; the text repeats it."""


@dataclass(frozen=True)
class Limits:
    """What one run of an attack may take."""

    count: int
    """Things to try in the tests; longer runs repeat this with other seeds."""

    seconds: int = 120
    memory: int | None = None
    """Bytes of address space, None for no limit."""

    environment: tuple[tuple[str, str], ...] = ()


def names() -> list[str]:
    """Every attack there is."""
    return sorted(path.stem for path in ATTACKS.glob("[a-z]*.py"))


def limits_of(name: str) -> Limits:
    """What an attack declares."""
    found: Limits = importlib.import_module(f"attack.attacks.{name}").LIMITS
    return found


def run(name: str, seed: int, count: int | None = None) -> dict[str, int]:
    """Run an attack in a new process; raise :class:`Fault` with what it printed if it fails."""
    limits = limits_of(name)
    command = [sys.executable, "-X", "faulthandler", "-m", "attack.child", name, str(seed)]
    command.append(str(limits.count if count is None else count))
    paths = [str(TESTS), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "CUDA_VISIBLE_DEVICES": "-1",
        **dict(limits.environment),
    }
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            out, err = process.communicate(timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGABRT)  # at which faulthandler shows where it hangs
            out, err = process.communicate()
            raise Fault(
                f"{name} seed {seed}: not done in {limits.seconds} s\n{out[-2000:]}{err[-6000:]}"
            ) from None
    if process.returncode:
        how = process.returncode
        text = signal.Signals(-how).name if how < 0 else f"status {how}"
        raise Fault(f"{name} seed {seed}: ended by {text}\n{out[-2000:]}{err[-6000:]}")
    tally: dict[str, Any] = json.loads(out.splitlines()[-1])
    return {key: int(value) for key, value in tally.items()}
