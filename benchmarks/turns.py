"""Contenders in processes of their own, which take turns in rounds.

A script gives the tasks of a contender and is run again, by itself, for each of them. A task is
timed, or its peak of memory is read, when the pipe asks for it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import record
from speed_rounds import environment
from speed_worker import memory, timed

ERROR, LET_GO = "error", "let go"
"""Tasks that give a number, and that forget what the last call left."""


class Worker:
    """A contender in a process of its own."""

    def __init__(
        self, script: str, name: str, *given: object, more: Mapping[str, str] | None = None
    ) -> None:
        read, write = os.pipe()
        words = ["--serve", str(write), name, *map(str, given)]
        self.process = subprocess.Popen(
            [sys.executable, script, *words], env={**environment(), **(more or {})},
            stdin=subprocess.PIPE, pass_fds=(write,), text=True,
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


def serve(tasks: Mapping[str, Callable[[], Any]], answers: int) -> None:
    """Answer commands, one task a line, until there are no more."""
    for task, run in tasks.items():
        if task != ERROR:  # which may take more room than all can have at once
            run()
    for line in sys.stdin:
        task, what = json.loads(line)
        if what == "peak":
            tasks[LET_GO]()
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            before = memory("VmRSS")
            kept = tasks[task]()
            reply: float = max(0, memory("VmHWM") - before)
            del kept
        else:
            reply = tasks[task]() if task == ERROR else timed(tasks[task])
        os.write(answers, (json.dumps(reply) + "\n").encode())


def is_served(argv: list[str], tasks_of: Callable[..., Mapping[str, Callable[[], Any]]]) -> bool:
    """Serve a contender if the script was run again for one."""
    if argv[:1] != ["--serve"]:
        return False
    warnings.simplefilter("ignore")
    serve(tasks_of(*argv[2:]), int(argv[1]))
    return True


def measure(
    script: str, contenders: Mapping[str, Sequence[str]], given: Sequence[object], rounds: int,
    most_busy: float, more: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return times of every round, peaks and errors, by task and contender.

    `contenders` names the tasks that each takes part in, and `more` has what the environment of
    some holds beside.
    """
    tasks = list(dict.fromkeys(task for part in contenders.values() for task in part))
    with ExitStack() as stack:
        running = []
        for name in contenders:
            running.append(Worker(script, name, *given, more=(more or {}).get(name)))
            stack.callback(running[-1].close)
        errors = {worker.name: worker.ask(ERROR) for worker in running}
        before = record.busy()
        if before > most_busy:
            raise SystemExit(f"Other work keeps {before:.0%} of the CPUs busy; or pass --busy.")
        parts = {
            task: [worker for worker in running if task in contenders[worker.name]]
            for task in tasks
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
    return {"busy": busy, "seconds": seconds, "bytes": peaks, "errors": errors}


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with what every such script can be told."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rows, few rounds")
    parser.add_argument("--busy", action="store_true", help="measure beside other work")
    parser.add_argument("--to", type=Path, help="write the results and the page there")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="measure and write nothing")
    return parser


def parsed(parser: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """Parse the arguments; what is quick belongs nowhere but in a folder that is named."""
    given = parser.parse_args(argv)
    if given.quick and not given.to:
        parser.error("--quick measures nothing that belongs in the documentation: give --to")
    return given


def finish(script: str, given: argparse.Namespace, text: str, results: Path, written: Path) -> int:
    """Write a page, or compare it with the one that there is; return the exit status."""
    if not given.check:
        written.write_text(text, encoding="utf-8")
        return 0
    if written.exists() and written.read_text(encoding="utf-8") == text:
        return 0
    name = f"benchmarks/{Path(script).name}"
    print(f"{written} is not what {results} gives: run python {name} --page")
    return 1
