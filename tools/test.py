"""Run every test: each framework in a process of its own, two processes at a time.

    python tools/test.py                     every leg
    python tools/test.py numpy jit_compile   these legs
    python tools/test.py --list              the legs, their minutes and what they run
    python tools/test.py --note-minutes      every leg; write tools/leg_minutes.json
    python tools/test.py triton              the kernels for GPUs, which run in no other call
    python tools/test.py numpy -- -k smoothing -x    words after -- go to pytest
    python tools/test.py numpy --only FILE           the tests that a file names, one a line

A leg that fails, crashes or runs no test at all makes the exit status 1. The last line adds up
the tests of all legs. tools/leg_minutes.json says how long each takes where two run at a time on
two cores; a leg that takes much longer is named. The leg `triton` needs an environment with the
extra `test-triton` and without TensorFlow, beside which triton ends the process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import without_numba

ROOT = Path(__file__).resolve().parent.parent
SRC = "src/crossent"
FRAMEWORKS = ("jax", "keras", "tensorflow", "torch")
MINUTES = ROOT / "tools" / "leg_minutes.json"
MUCH = 2  # times as long, and a minute more, is worth a word


@dataclass(frozen=True)
class Leg:
    """One pytest process."""

    name: str
    arguments: tuple[str, ...]
    frameworks: bool = True  # False: importing any framework is an error in this process
    keras: str = ""  # the backend that Keras runs on
    kernels: bool = True  # False: everything is computed by the operations of the framework
    numba: bool = True  # False: it is not installed for this process
    own: bool = False  # True: it has an environment of its own, and runs where it is named


def doctested(*modules: str) -> tuple[str, ...]:
    """Return the arguments that run the examples of drop-ins too."""
    return ("--doctest-modules", *(f"{SRC}/compat/{module}.py" for module in modules))


LEGS = (
    # The longest first, so that the last process to finish is a short one.
    Leg("torch.compile", ("tests/contract", "--front-end", "torch.compile")),
    Leg("jax", ("tests/contract", "--front-end", "jax")),
    Leg("jit_compile", ("tests/contract", "--front-end", "jit_compile")),
    Leg("jit", ("tests/contract", "--front-end", "jit")),
    Leg("jax-only", ("tests/jax",)),
    Leg("tf.function", ("tests/contract", "--front-end", "tf.function")),
    Leg("torch-only", ("tests/torch", "--doctest-modules", f"{SRC}/distributed/torch.py")),
    Leg("torch", ("tests/contract", "--front-end", "torch")),
    Leg("torch-operations", ("tests/contract", "--front-end", "torch"), kernels=False),
    Leg(
        "torch-elsewhere",
        (
            *("tests/contract", "-k", "test_rules"),
            *("--front-end", "torch.elsewhere,torch.no_float64"),
        ),
    ),
    Leg("triton", ("tests/gpu", "tests/contract", "--front-end", "torch.triton"), own=True),
    Leg("tensorflow", ("tests/contract", "--front-end", "tensorflow")),
    Leg("tensorflow-operations", ("tests/contract", "--front-end", "tensorflow"), kernels=False),
    Leg("numpy", ("tests/contract", "--front-end", "numpy"), frameworks=False),
    Leg(
        "numpy-operations",
        ("tests/contract", "--front-end", "numpy"),
        frameworks=False,
        numba=False,
    ),
    Leg("kernels", ("tests/kernels",), frameworks=False),
    Leg("unit", ("tests/unit", "tests/evaluate", "tests/cli"), frameworks=False),
    Leg("meta", ("tests/meta", "tests/benchmarks"), frameworks=False),
    Leg("doctor", ("tests/doctor",), frameworks=False),
    Leg(
        "tensorflow-only",
        ("tests/tensorflow", "--doctest-modules", f"{SRC}/frontends/tensorflow/front_end.py"),
    ),
    *(
        Leg(
            f"keras-{backend}",
            ("tests/compat/keras", "--doctest-modules", f"{SRC}/compat/keras"),
            keras=backend,
        )
        for backend in ("jax", "tensorflow", "torch", "numpy")
    ),
    Leg(
        "compat.torch",
        (
            "tests/compat/torch",
            *doctested("torch", "torch_functions", "transformers", "trl", "verl"),
        ),
    ),
    Leg("compat.optax", ("tests/compat/optax", *doctested("optax"))),
    Leg("compat.sklearn", ("tests/compat/sklearn", *doctested("sklearn"))),
    Leg("conventions", ("tests/conventions",)),
    Leg("guards-keras", ("tests/guards_keras",), frameworks=False),
    Leg("guards-torch", ("tests/guards_torch",)),
    Leg("guards-jax", ("tests/guards_jax",)),
    Leg("attack", ("tests/attack",)),  # its processes import what they need
    Leg("examples", ("tests/examples",), frameworks=False),
    Leg("article", ("tests/docs",)),
    Leg("site", ("tests/site",), frameworks=False),
    Leg(
        "doctests",
        (
            *("--doctest-modules", SRC, f"--ignore={SRC}/compat"),
            f"--ignore={SRC}/kernels/triton",
            *(f"--ignore-glob={SRC}/frontends/{name}*" for name in FRAMEWORKS),
            *(f"--ignore-glob={SRC}/distributed/{name}*" for name in FRAMEWORKS),
            *(f"--ignore-glob={SRC}/doctor/*/{name}*.py" for name in (*FRAMEWORKS, "lightning")),
        ),
        frameworks=False,
    ),
)


@dataclass(frozen=True)
class Result:
    """What one leg came to."""

    leg: Leg
    passed: int
    failed: int
    skipped: int
    seconds: float
    output: str


def words(leg: Leg, only: str | None) -> tuple[str, ...]:
    """Return a leg's words for pytest, with the tests that a file names in place of its folders."""
    if only is None:
        return leg.arguments
    return (*(word for word in leg.arguments if "/" not in word), f"@{only}")


def run(leg: Leg, extra: list[str], only: str | None = None) -> Result:
    """Run one leg to its end and count its tests from the report that pytest writes."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        paths = [str(ROOT / "tools"), os.environ.get("PYTHONPATH", "")]
        if not leg.numba:
            paths.append(without_numba.python_path(Path(folder)))
        done = subprocess.run(
            [
                *(sys.executable, *(() if leg.numba else ("-S",)), "-m", "pytest"),
                *words(leg, only),
                *(f"--junitxml={report}", "-o", "junit_family=xunit2"),
                *(() if leg.frameworks else ("-p", "no_frameworks")),
                *extra,
            ],
            cwd=ROOT,
            env=environment(leg, paths),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        passed, failed, skipped = count(report)
    if (done.returncode or not passed + skipped) and not failed:
        failed = 1  # a crash, an error outside any test, or no test at all
    return Result(leg, passed, failed, skipped, time.perf_counter() - start, done.stdout)


def environment(leg: Leg, paths: list[str]) -> dict[str, str]:
    """Return the environment of a leg: ours, with tools/ importable for pytest's ``-p``."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "TF_CPP_MIN_LOG_LEVEL": "2",  # TensorFlow's start-up notes are not about the tests
        "CUDA_VISIBLE_DEVICES": "-1",  # the tests state what holds on a CPU
        "OMP_NUM_THREADS": "1",  # the arrays are small, and legs that run together would wait
        **({"KERAS_BACKEND": leg.keras} if leg.keras else {}),
        **({} if leg.kernels else {"CROSSENT_KERNELS": "0"}),
    }


def count(report: Path) -> tuple[int, int, int]:
    """Return (passed, failed, skipped) from a JUnit report; zeros if there is none."""
    if not report.is_file():
        return 0, 0, 0
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    tests = failed = skipped = 0
    for suite in suites:
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return max(0, tests - failed - skipped), failed, skipped


def run_all(
    legs: list[Leg], jobs: int, extra: list[str], only: str | None = None
) -> Iterator[Result]:
    """Yield the result of each leg as it ends."""
    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(run, leg, extra, only) for leg in legs]):
            yield future.result()


def show(result: Result) -> None:
    """Print one line for a leg; all its output if it failed, its skips if it has any."""
    if result.failed:
        print(f"\n{'=' * 30} {result.leg.name} {'=' * 30}\n{result.output}", flush=True)
    for line in result.output.splitlines():
        if line.startswith("SKIPPED") and not result.failed:
            print(f"  {line}")
    print(
        f"{result.leg.name:<15}{result.passed:>7} passed {result.failed:>4} failed "
        f"{result.skipped:>4} skipped {result.seconds:>7.1f} s",
        flush=True,
    )


def minutes() -> dict[str, float]:
    """Return how long each leg takes, by name, as it was measured."""
    found: dict[str, float] = json.loads(MINUTES.read_text(encoding="utf-8"))
    return found


def listed(legs: list[Leg]) -> str:
    """Write the legs, their minutes and what they run."""
    known = minutes()
    lines = [
        f"{leg.name:<22}{known.get(leg.name, 0):>5.1f} min  pytest {' '.join(leg.arguments)}"
        for leg in legs
    ]
    total = sum(known.get(leg.name, 0) for leg in legs if not leg.own)
    return "\n".join([*lines, f"{len(legs)} legs, {total / 2:.0f} minutes two at a time"])


def longer(results: list[Result]) -> list[str]:
    """Name the legs that took much longer than the table says."""
    known, found = minutes(), []
    for one in results:
        usual = known.get(one.leg.name)
        if usual is not None and one.seconds > 60 * (MUCH * usual + 1):
            took = one.seconds / 60
            found.append(f"{one.leg.name} took {took:.1f} minutes, {usual:.1f} in the table")
    return found


def note_minutes(results: list[Result]) -> None:
    """Write the table of minutes from a run of every leg."""
    known = minutes() if MINUTES.is_file() else {}  # of legs that have an environment of their own
    found = known | {one.leg.name: round(one.seconds / 60, 1) for one in results}
    table = {leg.name: found[leg.name] for leg in LEGS}
    MINUTES.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def parse(argv: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Split the command line into our words and pytest's."""
    extra: list[str] = []
    if "--" in argv:
        at = argv.index("--")
        argv, extra = argv[:at], argv[at + 1 :]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [leg.name for leg in LEGS]
    parser.add_argument("legs", nargs="*", metavar="LEG", help=f"of: {', '.join(names)}")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (2)")
    parser.add_argument("--only", metavar="FILE", help="the tests that FILE names, one a line")
    parser.add_argument("--list", action="store_true", help="show the legs and stop")
    parser.add_argument("--note-minutes", action="store_true", help="write how long each leg took")
    given = parser.parse_args(argv)
    if given.note_minutes and (given.legs or given.only or extra):
        parser.error("--note-minutes is of every leg, with all of its tests")
    for name in given.legs:
        if name not in names:
            parser.error(f"no leg {name!r}; there are {', '.join(names)}")
    return given, extra


def main(argv: list[str]) -> int:
    given, extra = parse(argv)
    usual = {leg.name for leg in LEGS if given.list or not leg.own}
    legs = [leg for leg in LEGS if leg.name in (given.legs or usual)]
    if given.list:
        print(listed(legs))
        return 0
    start = time.perf_counter()
    results = []
    for result in run_all(legs, max(1, given.jobs), extra, given.only):
        show(result)
        results.append(result)
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    skipped = sum(result.skipped for result in results)
    for line in longer(results) if not extra and given.only is None else ():
        print(line)
    if given.note_minutes and not failed:
        note_minutes(results)
    print(f"{len(results)} legs in {time.perf_counter() - start:.0f} s")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
