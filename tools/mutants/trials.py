"""Run the tests of one mutant, in a copy of the project, until one of them fails."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from mutants.lines import LEGS, Lines
from mutants.sites import ROOT, Mutant

SECONDS = 60.0  # of tests of a mutant, as they took unchanged: each leg has half of what is left,
LEAST = 4.0  # or so many where that is less, since legs come by the dozen
PATIENCE = 4.0  # times as long as that before a trial is doubted, and
START = 90.0  # seconds more, for the start and kernels compiled anew
LATE = "took too long"
SEEN, UNSEEN, UNTESTED = "seen", "unseen", "no test"


@dataclass(frozen=True)
class Trial:
    """What came of one mutant."""

    verdict: str
    by: str  # the test that failed, or what else ended it
    tests: int  # how many were chosen
    legs: int = 0  # of so many legs


class Bench:
    """A copy of the project that mutants are written into."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mutants-")
        self.root = Path(self._folder.name)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, self.root / name)

    def close(self) -> None:
        self._folder.cleanup()

    def run(self, leg: str, tests: list[str], limit: float) -> str:
        """Run some tests of a leg for so many seconds; return what failed, or nothing."""
        names = self.root / "chosen-tests.txt"
        names.write_text("".join(f"{test}\n" for test in tests))
        command = [
            *(sys.executable, "tools/test.py", leg, "--only", str(names)),
            *("--", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"),
        ]
        process = subprocess.Popen(
            command, cwd=self.root, env=_environment(self.root), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True,
        )  # fmt: skip
        try:
            printed, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _end(process)
            return LATE
        if not process.returncode:
            return ""
        if "ERROR: not found: " in printed:
            raise LookupError(printed[-1000:])  # no test failed
        failed = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", printed, re.MULTILINE)
        return failed[0] if failed else f"the leg {leg} ended: {printed.strip()[-300:]}"

    def try_one(self, mutant: Mutant, lines: Lines, legs: int) -> Trial:
        """Write a mutant, run its tests in so many legs at most, and put the file back."""
        tests = lines.tests_of(ROOT / mutant.path, mutant.line)
        chosen, left = {}, SECONDS
        for leg in [one for one in LEGS if one in tests][:legs]:
            chosen[leg] = choose(tests[leg], lines.seconds(leg), max(LEAST, left / 2))
            left -= sum(lines.seconds(leg)[name] for name in chosen[leg])
        count = sum(map(len, chosen.values()))
        if not count:
            return Trial(UNTESTED, "", 0)
        for leg, names in chosen.items():
            limit = PATIENCE * sum(lines.seconds(leg)[name] for name in names) + START
            failed = self._with(mutant, leg, names, limit)
            if failed == LATE:
                # So may the machine be, with other work: it is slower without the mutant, too.
                start = time.monotonic()
                failed = ""
                if not self.run(leg, names, 10 * limit):
                    failed = self._with(mutant, leg, names, 3 * (time.monotonic() - start) + START)
            if failed:
                return Trial(SEEN, failed, count, len(chosen))
        return Trial(UNSEEN, "", count, len(chosen))

    def _with(self, mutant: Mutant, leg: str, tests: list[str], limit: float) -> str:
        target = self.root / mutant.path
        target.write_text(mutant.text())
        try:
            return self.run(leg, tests, limit)
        finally:
            shutil.copyfile(ROOT / mutant.path, target)


def _environment(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and those that it has started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def choose(tests: set[str], seconds: dict[str, float], limit: float) -> list[str]:
    """The quick ones first, of every function in turn, up to a limit of time."""
    by_function: dict[str, list[str]] = defaultdict(list)
    order = random.Random(0)
    # Those that can be named again: in one line, and without an address.
    for test in sorted(x for x in tests if len(x.splitlines()) == 1 and " at 0x" not in x):
        by_function[test.partition("[")[0]].append(test)
    for same in by_function.values():
        order.shuffle(same)
    turns = sorted(
        (place, seconds[test], test)
        for same in by_function.values()
        for place, test in enumerate(same)
    )
    chosen, spent = [], 0.0
    for _, cost, test in turns:
        if spent + cost <= limit or not chosen:
            chosen.append(test)
            spent += cost
    return chosen
