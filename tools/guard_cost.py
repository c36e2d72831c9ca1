"""Write the tables of docs/guards.md: what a guard adds to a step of training on this machine.

python tools/guard_cost.py            measure each framework in a process of its own, and write
python tools/guard_cost.py --gpu      the same on the GPU of this machine
python tools/guard_cost.py torch      measure one, and print it
python tools/guard_cost.py --busy     measure beside other work; the page will say so

The steps are those of guard_steps.py. Guarded and plain ones take turns in short rounds, which of
them is first by turns too. Each round gives the ratio of the two; the median of the ratios counts,
with the bounds between which the true one lies (95 %).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guard_steps import PAIRS, Run

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))
import record  # noqa: E402

PAGE = ROOT / "docs" / "guards.md"
BEGIN = "<!-- {0}: begin (written by tools/guard_cost.py) -->\n"
END = "<!-- {0}: end -->\n"
CPU = {
    "torch": "`TorchLoss`",
    "lightning": "`LightningGuard`",
    "hf": "`hf`, a language model of 2 layers",
    "jax": "`JaxStep`",
    "keras-tensorflow": "`KerasLoss`, TensorFlow",
    "keras-torch": "`KerasLoss`, PyTorch",
    "keras-jax": "`KerasLoss`, JAX",
}
GPU = {
    "torch_gpu": "`TorchLoss`",
    "torch_gpu_large": "`TorchLoss`, large network",
    "lightning_gpu": "`LightningGuard`",
    "hf_gpu": "`hf`, a language model of 2 layers",
    "jax_gpu": "`JaxStep`",
    "jax_gpu_large": "`JaxStep`, large network",
}
NAMES = CPU | GPU
FRAMEWORKS = ("torch", "jax", "tensorflow-cpu", "tensorflow", "keras")
SECONDS, FEWEST = 20.0, 30  # of rounds; of their number
BUSY = 0.1
"""Share of the CPUs: with more work of others beside it a time says little."""


def rounds(plain: Run, guarded: Run, seconds: float) -> list[tuple[float, float]]:
    """Return the seconds of a step, plain and guarded, in every round."""
    for _ in range(2):  # until everything is compiled
        plain(), guarded()
    found: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(found) < FEWEST:
        if len(found) % 2:
            second = guarded()
            found.append((plain(), second))
        else:
            found.append((plain(), guarded()))
    return found


def bounds(values: list[float]) -> tuple[float, float]:
    """Return between which of the values their true median lies, in 95 of 100 cases.

    The number of values below it is binomial, whatever they are distributed like.

    >>> bounds([float(i) for i in range(101)])
    (40.0, 60.0)
    """
    ordered = sorted(values)
    low = max(0, math.floor((len(ordered) - 1.96 * math.sqrt(len(ordered))) / 2))
    return ordered[low], ordered[-1 - low]


def measured(part: str, seconds: float) -> dict[str, Any]:
    """Measure one part in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the frameworks
        found = rounds(*PAIRS[part.partition("-")[0]](), seconds)
    ratios = [guarded / plain - 1 for plain, guarded in found]
    return {
        "rounds": len(found),
        "plain": statistics.median(plain for plain, _ in found),
        "added": statistics.median(ratios),
        "bounds": bounds(ratios),
    }


def in_own_process(part: str, seconds: float) -> dict[str, Any]:
    environment = {
        **os.environ,
        "KERAS_BACKEND": part.partition("-")[2] or "torch",
        "OMP_NUM_THREADS": "1",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, __file__, part, "--here", "--seconds", str(seconds)],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{part} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(part: str, found: dict[str, Any]) -> str:
    """Return the line of the table.

    >>> row("torch", {"plain": 2e-3, "added": 0.0031, "bounds": [-0.001, 0.0052], "rounds": 90})
    '| `TorchLoss` | 2.00 ms | 0.3 % (-0.1 to 0.5) | 6.2 µs |'
    """
    low, high = found["bounds"]
    micros = 1e6 * found["plain"] * found["added"]
    return (
        f"| {NAMES[part]} | {1e3 * found['plain']:.2f} ms | {100 * found['added']:.1f} % "
        f"({100 * low:.1f} to {100 * high:.1f}) | {micros:.1f} µs |"
    )


def table(given: argparse.Namespace, parts: Mapping[str, str]) -> str:
    """Measure some parts, and write the rows."""
    lines = [
        "",
        "| Guard | Plain step | Added to it | That is |",
        "| --- | --- | --- | --- |",
    ]
    most = 0.0
    for part in parts:
        most = max(most, look(given))
        lines.append(row(part, in_own_process(part, given.seconds)))
        print(lines[-1], flush=True)
    most = max(most, record.busy())
    machine, versions = record.machine(), record.versions()
    shown = [f"{name} {versions[name]}" for name in FRAMEWORKS if name in versions]
    where = gpu() if given.gpu else f"{machine['cpu']}, PyTorch on one thread of it"
    lines += [
        "",
        f"Medians of interleaved rounds, with 95 % bounds. {where}, {record.today()}; "
        f"{', '.join(shown)}.",
    ]
    if most > BUSY:
        lines += ["", f"**Other work kept up to {most:.0%} of the CPUs busy: this says little.**"]
    return "\n".join([*lines, "", ""])


def gpu() -> str:
    """Return the name of the GPU, which its driver knows without a framework."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True)  # fmt: skip
    return done.stdout.splitlines()[0].strip()


def look(given: argparse.Namespace) -> float:
    """Return how busy the machine is; refuse to measure if it is."""
    busy = record.busy()
    if busy > BUSY and not given.busy:
        raise SystemExit(
            f"Other work keeps {busy:.0%} of the CPUs busy: times would mean nothing. Wait for a "
            "quiet machine, or pass --busy to measure all the same; the page will say so."
        )
    return busy


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=list(NAMES))
    parser.add_argument("--gpu", action="store_true", help="measure on the GPU")
    parser.add_argument("--busy", action="store_true", help="measure beside other work")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each part (20)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.here:
        print(json.dumps(measured(given.part, given.seconds)))
    elif given.part:
        look(given)
        print(row(given.part, in_own_process(given.part, given.seconds)))
    else:
        name = "gpu" if given.gpu else "table"
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = PAGE.read_text(encoding="utf-8").split(begin)
        rows = table(given, GPU if given.gpu else CPU)
        PAGE.write_text(f"{before}{begin}{rows}{end}{rest.split(end)[1]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
