"""Time log-probabilities of labels, and write docs/log-probabilities.md.

    python benchmarks/log_probs.py                  some minutes
    python benchmarks/log_probs.py --page           the page again, from what was measured
    python benchmarks/log_probs.py --check          exit with 1 if the page is not that
    python benchmarks/log_probs.py --quick --to DIR seconds; the numbers mean nothing

A contender runs in a process of its own, and all take turns in rounds. What was measured stands in
benchmarks/results/log_probs.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

import record
from log_probs_page import BUSY, TASKS, page
from speed_rounds import environment
from speed_worker import memory, timed

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "log_probs.json"
PAGE = ROOT / "docs" / "log-probabilities.md"
SHAPE, QUICK = (1_024, 32_000), (16, 300)
ROUNDS = 7
BOTH = ("log_prob", "entropy")


def tasks_of(name: str, dtype: str, shape: tuple[int, int]) -> dict[str, Callable[[], Any]]:
    """Return what a contender computes, by task; arrays are made here."""
    import torch

    import crossent as ce

    torch.set_num_threads(2)
    rng = np.random.default_rng(0)
    x = torch.from_numpy(3 * rng.standard_normal(shape, dtype=np.float32)).to(getattr(torch, dtype))
    y = torch.from_numpy(rng.integers(0, shape[1], shape[0]))
    bar = torch.from_numpy(rng.standard_normal(shape[0], dtype=np.float32))
    moving = x.clone().requires_grad_()

    def gather(x: Any) -> Any:
        return x.log_softmax(-1).gather(-1, y[:, None]).squeeze(-1)

    def gather_with_entropy(x: Any) -> Any:
        logs = x.log_softmax(-1)
        return logs.gather(-1, y[:, None]).squeeze(-1), -(logs.exp() * logs).sum(-1)

    def rows(x: Any) -> Any:
        """As code of reinforcement learning has it: a row at a time, to save memory."""
        if dtype == "float32":
            of_label = x.gather(-1, y[:, None]).squeeze(-1)
            return of_label - torch.stack([torch.logsumexp(row, -1) for row in x])
        return torch.stack([row.log_softmax(-1)[label] for row, label in zip(x, y, strict=True)])

    def ours(x: Any) -> Any:
        return ce.log_probs(y, x)

    def ours_with_entropy(x: Any) -> Any:
        return ce.log_probs(y, x, outputs=BOTH)

    forward, with_entropy = {
        "crossent": (ours, ours_with_entropy),
        "log_softmax().gather()": (gather, gather_with_entropy),
        "the same, torch.compile": (torch.compile(gather), torch.compile(gather_with_entropy)),
        "a loop over rows": (rows, None),
    }[name]

    def with_gradient(function: Callable[[Any], Any]) -> Callable[[], Any]:
        def call() -> Any:
            moving.grad = None
            result = function(moving)
            values = result if isinstance(result, tuple) else (result,)
            torch.autograd.backward(values, [bar.to(value.dtype) for value in values])
            return moving.grad

        return call

    found = {"forward": lambda: forward(x), "gradient": with_gradient(forward)}
    if with_entropy is not None:
        found["entropy"] = lambda: with_entropy(x)
        found["entropy, gradient"] = with_gradient(with_entropy)
    found["error"] = lambda: _error(forward(x), x, y)
    found["let go"] = lambda: setattr(moving, "grad", None)
    return found


def _error(found: Any, x: Any, y: Any) -> float:
    """Return the largest absolute error against float64."""
    wide = x.double()
    truth = wide.gather(-1, y[:, None]).squeeze(-1) - wide.logsumexp(-1)
    return float((found.double() - truth).abs().max())


def serve(name: str, dtype: str, shape: tuple[int, int], answers: int) -> None:
    """Answer commands, one task a line, until there are no more."""
    tasks = tasks_of(name, dtype, shape)
    for task in [*tasks]:
        tasks[task]()
    for line in sys.stdin:
        task, what = json.loads(line)
        if what == "peak":
            tasks["let go"]()
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            before = memory("VmRSS")
            kept = tasks[task]()
            reply: float = max(0, memory("VmHWM") - before)
            del kept
        else:
            reply = tasks[task]() if task == "error" else timed(tasks[task])
        os.write(answers, (json.dumps(reply) + "\n").encode())


class Worker:
    """A contender in a process of its own."""

    def __init__(self, name: str, dtype: str, shape: tuple[int, int]) -> None:
        read, write = os.pipe()
        given = [name, dtype, *map(str, shape), str(write)]
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", *given],
            env=environment(), stdin=subprocess.PIPE, pass_fds=(write,), text=True,
        )  # fmt: skip
        os.close(write)
        self.name, self.answers = name, os.fdopen(read)

    def ask(self, task: str, what: str = "time") -> float:
        pipe: Any = self.process.stdin
        pipe.write(json.dumps([task, what]) + "\n")
        pipe.flush()
        line = self.answers.readline()
        if not line:
            raise RuntimeError(f"{self.name} failed")
        return float(json.loads(line))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.answers.close()


CONTENDERS = {
    "crossent": [*TASKS],
    "log_softmax().gather()": [*TASKS],
    "the same, torch.compile": [*TASKS],
    "a loop over rows": ["forward", "gradient"],
}


def measure(dtype: str, shape: tuple[int, int], rounds: int, most_busy: float) -> dict[str, Any]:
    """Return times of every round, peaks and errors, by task and contender."""
    with ExitStack() as stack:
        running = []
        for name in CONTENDERS:
            running.append(Worker(name, dtype, shape))
            stack.callback(running[-1].close)
        errors = {worker.name: worker.ask("error") for worker in running}
        before = record.busy()
        if before > most_busy:
            raise SystemExit(f"Other work keeps {before:.0%} of the CPUs busy; or pass --busy.")
        parts = {
            task: [worker for worker in running if task in CONTENDERS[worker.name]]
            for task in TASKS
        }
        seconds: dict[str, dict[str, list[float]]] = {
            task: {worker.name: [] for worker in part} for task, part in parts.items()
        }
        for number in range(rounds):
            for task, part in parts.items():
                first = number * len(part) // rounds
                for worker in part[first:] + part[:first]:
                    seconds[task][worker.name].append(worker.ask(task))
        peaks = {
            task: {worker.name: worker.ask(task, "peak") for worker in part}
            for task, part in parts.items()
        }
        busy = [round(before, 3), round(record.busy(), 3)]
    return {
        "rows": shape[0], "classes": shape[1], "busy": busy, "seconds": seconds, "bytes": peaks,
        "errors": errors,
    }  # fmt: skip


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rows, few rounds")
    parser.add_argument("--busy", action="store_true", help="measure beside other work")
    parser.add_argument("--to", type=Path, help="write log_probs.json and the page there")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="measure and write nothing")
    given = parser.parse_args(argv)
    if given.quick and not given.to:
        parser.error("--quick measures nothing that belongs in the documentation: give --to")
    return given


def main(argv: list[str]) -> int:
    if argv[:1] == ["--serve"]:
        warnings.simplefilter("ignore")
        name, dtype, rows, classes, answers = argv[1:]
        serve(name, dtype, (int(rows), int(classes)), int(answers))
        return 0
    given = parse(argv)
    results = given.to / RESULTS.name if given.to else RESULTS
    written = given.to / PAGE.name if given.to else PAGE
    if not (given.page or given.check):
        shape, rounds = (QUICK, 2) if given.quick else (SHAPE, ROUNDS)
        for dtype in ("float32", "bfloat16"):
            found = measure(dtype, shape, rounds, 1.0 if given.busy or given.quick else BUSY)
            record.merge(results, "dtypes", dtype, found)
    text = page(record.read(results))
    if given.check:
        if written.exists() and written.read_text(encoding="utf-8") == text:
            return 0
        print(f"{written} is not what {results} gives: run python benchmarks/log_probs.py --page")
        return 1
    written.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
