"""Change the package in one small place at a time and see whether a test fails.

    python tools/mutate.py --map                 measure which test runs which line (once, long)
    python tools/mutate.py --count 300           300 places drawn over the whole package
    python tools/mutate.py --area kernels        40 places of one area
    python tools/mutate.py --count 300 --first 5 with the tests of five legs at most, which is quick
    python tools/mutate.py --again               those that no test saw, with the tests of today
    python tools/mutate.py --same ID --why TEXT  this one changes nothing: it counts as seen
    python tools/mutate.py --report              the score of what was tried so far

It needs ``pip install -e '.[mutate]'``. What came of each mutant is a line of JSON under
build/mutants/, in a folder for the package as it is: a run that is stopped goes on where it was.
The tests of a mutant are those that ran its line when the lines were measured; they stop at the
first that fails.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mutants import score
from mutants.lines import LEGS, Lines, digest
from mutants.sites import ROOT, Mutant, areas, draw
from mutants.trials import UNSEEN, UNTESTED, Bench

FOLDER = ROOT / "build" / "mutants"


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--area", choices=sorted(areas()), help="of the package (all)")
    parser.add_argument("--count", type=int, default=40, help="how many mutants (40)")
    parser.add_argument("--seed", type=int, default=1, help="which ones are drawn (1)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (2)")
    parser.add_argument("--map", action="store_true", help="measure the lines of each test")
    parser.add_argument("--legs", nargs="+", choices=LEGS, default=LEGS, help="to measure (all)")
    parser.add_argument("--first", type=int, default=99, help="legs for a mutant at most (all)")
    parser.add_argument("--again", action="store_true", help="try those again that were unseen")
    parser.add_argument("--same", metavar="ID", help="a mutant that changes nothing")
    parser.add_argument("--why", default="", help="the reason of --same")
    parser.add_argument("--report", action="store_true", help="show the score and stop")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"({FOLDER})")
    given = parser.parse_args(argv)
    if min(given.count, given.jobs, given.first) < 1:
        parser.error("--count, --jobs and --first must be at least 1")
    if bool(given.same) != bool(given.why):
        parser.error("--same and --why come together")
    return given


class Results:
    """The file of what came of each mutant; the last line of one is what holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        text = path.read_text() if path.is_file() else ""
        self.known = {one["id"]: one for one in map(json.loads, text.splitlines())}

    def add(self, result: dict[str, Any]) -> None:
        with self._lock, self.path.open("a") as out:
            out.write(json.dumps(result) + "\n")
            self.known[result["id"]] = result


def name_of(mutant: Mutant) -> str:
    """What stands for a mutant of a package that stays as it is."""
    kind = mutant.operator.rpartition("/")[2]
    return f"{mutant.path.removeprefix('src/crossent/')}:{mutant.line}:{kind}:{mutant.occurrence}"


def measure(lines: Lines, legs: list[str], jobs: int) -> None:
    """Measure the legs that are not measured yet."""
    with ThreadPoolExecutor(jobs) as pool:
        missing = [leg for leg in legs if leg not in lines.measured()]
        for printed in pool.map(lines.measure, missing):
            print(printed, flush=True)


def run(mutants: list[Mutant], lines: Lines, results: Results, jobs: int, legs: int) -> None:
    """Try every mutant, several at a time."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)

    def work() -> None:
        bench = Bench()
        try:
            while True:
                try:
                    mutant = waiting.get_nowait()
                except queue.Empty:
                    return
                trial = bench.try_one(mutant, lines, legs)
                before, after = mutant.lines()
                result = {
                    "id": name_of(mutant), "area": mutant.area, "verdict": trial.verdict,
                    "by": trial.by, "tests": trial.tests, "legs": trial.legs, "before": before,
                    "after": after, "mutant": vars(mutant),
                }  # fmt: skip
                results.add(result)
                print(f"{trial.verdict:<8}{result['id']}  {trial.by[:90]}", flush=True)
        finally:
            bench.close()

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(work) for _ in range(jobs)]:
            done.result()


def report(results: list[dict[str, Any]]) -> str:
    """The unseen ones, and the table."""
    unseen = [one for one in results if one["verdict"] in (UNSEEN, UNTESTED)]
    text = "".join(
        f"{one['verdict']} {one['id']} ({one['tests']} tests)\n  - {one['before']}\n"
        f"  + {one['after']}\n"
        for one in unseen
    )
    return f"{text}\n{score.table(results)}"


def main(argv: list[str]) -> int:
    """Do what the command line says."""
    given = parse(argv)
    folder = given.folder / digest()
    lines, results = Lines(folder), Results(folder / "results.jsonl")
    if given.map:
        measure(lines, list(given.legs), given.jobs)
        return 0
    if given.same:
        if given.same not in results.known:
            print(f"no mutant {given.same!r} was tried", file=sys.stderr)
            return 2
        results.add({**results.known[given.same], "verdict": "same", "by": given.why})
        return 0
    if not given.report:
        if not lines.measured():
            print("no lines of the package as it is were measured: run --map", file=sys.stderr)
            return 2
        if given.again:
            unseen = [one for one in results.known.values() if one["verdict"] in (UNSEEN, UNTESTED)]
            mutants = [Mutant(**one["mutant"]) for one in unseen]
        else:
            drawn = draw(given.area, given.count, given.seed)
            mutants = [one for one in drawn if name_of(one) not in results.known]
        run(mutants, lines, results, given.jobs, given.first)
    print(report(list(results.known.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
