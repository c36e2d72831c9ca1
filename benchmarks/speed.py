"""Time crossent and its peers, and write docs/performance.md.

    python benchmarks/speed.py                     everything, about ten minutes
    python benchmarks/speed.py --only 512x128256   one shape; the others stay as they were
    python benchmarks/speed.py --only memory       peak memory of a call
    python benchmarks/speed.py --page              the page again, from what was measured
    python benchmarks/speed.py --check             exit with 1 if the page is not that
    python benchmarks/speed.py --quick --to DIR    seconds; the numbers mean nothing

What was measured stands in benchmarks/results/speed.json.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import record
from baselines import SPEED
from charts import PICTURES
from speed_cases import QUICK, SHAPES, Shape
from speed_page import charts, page
from speed_rounds import BUSY, PROBE, measure, peaks, workers

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "speed.json"
PAGE = ROOT / "docs" / "performance.md"
MEMORY = "memory"
MEMORY_SHAPES = ("8000000x10", "65536x1000")
ROUNDS, QUICK_ROUNDS = 7, 2


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words = [*SHAPES, MEMORY]
    parser.add_argument("--only", nargs="+", choices=words, metavar="SHAPE", default=words)
    parser.add_argument("--contenders", nargs="+", choices=SPEED, metavar="NAME", default=[*SPEED])
    parser.add_argument("--rounds", type=int, default=0, help=f"{ROUNDS}, quick {QUICK_ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="small shapes, few rounds")
    parser.add_argument("--busy", action="store_true", help="measure beside other work")
    parser.add_argument("--to", type=Path, help="write speed.json and performance.md there")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="measure and write nothing")
    given = parser.parse_args(argv)
    if given.quick and not given.to:
        parser.error("--quick measures nothing that belongs in the documentation: give --to")
    return given


def measure_all(given: argparse.Namespace, results: Path) -> None:
    """Measure what was asked for, shape by shape, and store each as soon as it is there."""
    contenders = [SPEED[name] for name in given.contenders]
    rounds = given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS)
    shapes = QUICK if given.quick else {name: SHAPES[name] for name in given.only if name != MEMORY}
    if shapes:
        with workers([PROBE, *given.contenders]) as running:
            for name, shape in shapes.items():
                start = time.perf_counter()
                most_busy = 1.0 if given.busy or given.quick else BUSY
                found = measure(running, shape, rounds, most_busy)
                record.merge(results, "shapes", name, found)
                print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    if MEMORY in given.only:
        of_memory: list[Shape] = [*QUICK.values()][:1]
        if not given.quick:
            of_memory = [SHAPES[name] for name in MEMORY_SHAPES]
        for shape in of_memory:
            start = time.perf_counter()
            record.merge(results, "memory", shape.name, peaks(shape, contenders))
            print(f"memory, {shape.name}: {time.perf_counter() - start:.0f} s", flush=True)


def main(argv: list[str]) -> int:
    given = parse(argv)
    results = given.to / RESULTS.name if given.to else RESULTS
    written = given.to / PAGE.name if given.to else PAGE
    if not (given.page or given.check):
        measure_all(given, results)
    stored = record.read(results)
    folder = given.to or PICTURES
    files = {written: page(stored), **{folder / n: svg for n, svg in charts(stored).items()}}
    if given.check:
        if all(f.exists() and f.read_text(encoding="utf-8") == text for f, text in files.items()):
            return 0
        print(f"{written} is not what {results} gives: run `python benchmarks/speed.py --page`")
        return 1
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
