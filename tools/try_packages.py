"""Build the package, install it in fresh environments, and test what was installed.

    python tools/try_packages.py               every case
    python tools/try_packages.py plain jax     these cases
    python tools/try_packages.py --list        the cases

A source archive is built, a wheel from that, and each case installs the wheel, with an extra and
with versions of its own, in a virtual environment of its own; the tests run outside of the
checkout. docs/versions.md gets the outcome; cases that are not run keep the line they have there.
It needs a network, gigabytes of disk for the frameworks, and minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "versions.md"
TOOLS = (
    "pytest>=8.3",
    "pytest-randomly>=3.15",
    "hypothesis>=6.100",
    "mpmath>=1.3",
    "ml_dtypes>=0.4",
    "scipy>=1.12",
)
RULES = ("tests/contract/test_rules.py", "-k", "m01 or m07 or m09 or m12", "--front-end")
KERAS = ("tests/compat/keras/test_calls.py",)
SHOWN = ("numpy", "numba", "torch", "jax", "tensorflow-cpu", "keras")
INTRODUCTION = """\
# Versions

<!-- Written by tools/try_packages.py; do not edit. -->

The wheel of crossent is installed in a fresh virtual environment, with what is named here, and the
tests of rules M01, M07, M09 and M12 are run on it, those of calls for Keras ({python}, Linux). The
oldest versions are the bounds in `pyproject.toml`; pip takes the newest that it finds. The whole
test suite runs with the newest.

| Installed | With | Tests that pass |
| --- | --- | --- |
"""


@dataclass(frozen=True)
class Case:
    """One environment: the wheel with an extra, versions beside it, and the tests."""

    name: str
    extra: str
    pins: tuple[str, ...]
    tests: tuple[str, ...]
    keras: str = ""


CASES = (
    Case("plain", "", (), (*RULES, "numpy")),
    Case("plain-oldest", "", ("numpy==2.0.0", "numba==0.61.0"), (*RULES, "numpy")),
    Case("plots", "plots", (), ("tests/doctor/test_html_page.py",)),
    Case("jax", "jax", (), (*RULES, "jax")),
    Case("jax-oldest", "jax", ("jax==0.8.0", "jaxlib==0.8.0"), (*RULES, "jax")),
    # Newer builds of PyTorch on PyPI are for GPUs: gigabytes that these tests do not use.
    Case("torch", "torch", ("torch==2.13.0",), (*RULES, "torch")),
    Case("torch-oldest", "torch", ("torch==2.6.0",), (*RULES, "torch")),
    Case("tensorflow", "", ("tensorflow-cpu",), (*RULES, "tensorflow")),
    Case("tensorflow-oldest", "", ("tensorflow-cpu==2.18.0",), (*RULES, "tensorflow")),
    Case("keras", "keras", ("jax", "tensorflow-cpu"), KERAS, keras="tensorflow"),
    Case("keras-oldest", "keras", ("keras==3.10.0", "jax", "tensorflow-cpu"), KERAS, "tensorflow"),
)


def build(folder: Path) -> Path:
    """Build the source archive, and the wheel from it."""
    maker = environment(folder / "maker")
    run(maker, "-m", "pip", "install", "--quiet", "build")
    run(maker, "-m", "build", "--outdir", str(folder / "dist"), str(ROOT))
    return next((folder / "dist").glob("*.whl"))


def environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True, clear=True)
    return folder / "bin" / "python"


def run(python: Path, *arguments: str, cwd: Path | None = None, keras: str = "") -> str:
    """Run Python without this checkout on its path; a failure ends everything."""
    own = {"PYTHONPATH", "PYTHONHOME"}
    done = subprocess.run(
        [str(python), *arguments],
        cwd=cwd,
        env={
            **{name: value for name, value in os.environ.items() if name not in own},
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            **({"KERAS_BACKEND": keras} if keras else {}),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout}")
    return done.stdout


def attempt(case: Case, wheel: Path, folder: Path) -> tuple[str, str]:
    """Return what a case installed, and how many tests passed."""
    python = environment(folder / case.name)
    wanted = f"{wheel}[{case.extra}]" if case.extra else str(wheel)
    run(python, "-m", "pip", "install", "--quiet", wanted, *case.pins, *TOOLS)
    tests = folder / "tests" / case.name
    for name in ("tests", "examples", "docs"):
        shutil.copytree(ROOT / name, tests / name)
    shutil.copy(ROOT / "pyproject.toml", tests)
    where = run(python, "-c", "import crossent; print(crossent.__file__)", cwd=tests).strip()
    if str(folder / case.name) not in where:
        raise SystemExit(f"{case.name}: crossent comes from {where}, not from the wheel")
    out = run(python, "-m", "pytest", "-q", *case.tests, cwd=tests, keras=case.keras)
    passed = re.search(r"(\d+) passed", out)
    if passed is None:
        raise SystemExit(f"{case.name}: no test passed\n{out}")
    listed = json.loads(run(python, "-m", "pip", "list", "--format", "json"))
    # pip lists a name as its wheel spells it: tensorflow_cpu.
    found = {
        one["name"].lower().replace("_", "-"): one["version"].partition("+")[0] for one in listed
    }
    shutil.rmtree(folder / case.name)
    return ", ".join(f"{name} {found[name]}" for name in SHOWN if name in found), passed[1]


def title(case: Case) -> str:
    extra = f"`crossent[{case.extra}]`" if case.extra else "`crossent`"
    return f"{extra}, {', '.join(case.pins)}" if case.pins else extra


def old_lines() -> dict[str, str]:
    """Return the lines of the page by their first cell."""
    if not PAGE.is_file():
        return {}
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return {line.split(" | ")[0].strip("| "): line for line in lines if line.startswith("| `")}


def write(lines: dict[str, str]) -> None:
    """Write the page: what was found out now or earlier about each case."""
    untried = "| {} | not tried | — |"
    body = [lines.get(title(case), untried.format(title(case))) for case in CASES]
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    page = INTRODUCTION.format(python=python) + "\n".join(body) + "\n"
    PAGE.write_text(page, encoding="utf-8")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--list", action="store_true", help="show the cases and stop")
    given = parser.parse_args(argv)
    names = [case.name for case in CASES]
    if set(given.cases) - set(names):
        parser.error(f"there are the cases {', '.join(names)}")
    if given.list:
        print("\n".join(f"{case.name:<18}{title(case)}" for case in CASES))
        return 0
    lines = old_lines()
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        print(wheel.name, flush=True)
        for case in CASES:
            if given.cases and case.name not in given.cases:
                continue
            found, passed = attempt(case, wheel, Path(folder))
            print(f"{case.name}: {passed} passed with {found}", flush=True)
            lines[title(case)] = f"| {title(case)} | {found} | {passed} |"
            write(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
