"""Compare crossent and its peers with the truth, and write docs/accuracy.md.

    python benchmarks/accuracy.py                   everything, some minutes
    python benchmarks/accuracy.py --only NAME ...   some contenders; the others stay as they were
    python benchmarks/accuracy.py --page            the page again, from what was measured
    python benchmarks/accuracy.py --check           exit with 1 if the page is not that
    python benchmarks/accuracy.py --quick --to DIR  small arrays, seconds

What was measured stands in benchmarks/results/accuracy.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import record
from accuracy_cases import CLASSES, DTYPES, QUICK_CLASSES
from accuracy_page import charts, page
from baselines import ACCURACY
from charts import PICTURES
from speed_rounds import environment

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "accuracy.json"
PAGE = HERE.parent / "docs" / "accuracy.md"


def in_a_process(name: str, classes: tuple[int, ...]) -> dict[str, Any]:
    """Measure one contender; frameworks do not share a process."""
    script = str(HERE / "accuracy_measure.py")
    sizes = ",".join(str(c) for c in classes)
    done = subprocess.run(
        [sys.executable, script, name, ",".join(DTYPES), sizes],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=ACCURACY, metavar="NAME", default=[*ACCURACY])
    parser.add_argument("--quick", action="store_true", help="few classes")
    parser.add_argument("--to", type=Path, help="write accuracy.json and accuracy.md there")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="measure and write nothing")
    given = parser.parse_args(argv)
    if given.quick and not given.to:
        parser.error("--quick leaves out what belongs in the documentation: give --to")
    return given


def main(argv: list[str]) -> int:
    given = parse(argv)
    results = given.to / RESULTS.name if given.to else RESULTS
    written = given.to / PAGE.name if given.to else PAGE
    if not (given.page or given.check):
        classes = QUICK_CLASSES if given.quick else CLASSES
        with ThreadPoolExecutor(2) as pool:
            jobs = [(name, pool.submit(in_a_process, name, classes)) for name in given.only]
            for name, job in jobs:
                record.merge(results, "contenders", name, job.result())
                print(name, flush=True)
    stored = record.read(results)
    folder = given.to or PICTURES
    files = {written: page(stored), **{folder / n: svg for n, svg in charts(stored).items()}}
    if given.check:
        if all(f.exists() and f.read_text(encoding="utf-8") == text for f, text in files.items()):
            return 0
        print(f"{written} is not what {results} gives: run `python benchmarks/accuracy.py --page`")
        return 1
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
