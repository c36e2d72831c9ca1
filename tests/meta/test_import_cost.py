"""What a bare `import crossent` and `crossent --help` load, and how long the import takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from meta.source import run_python

HEAVY = {"jax", "keras", "numba", "pandas", "scipy", "sklearn", "tensorflow", "torch"}
SHOW_ROOTS = "print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def roots_after(code: str) -> set[str]:
    done = run_python("-c", f"import sys\n{code}\n{SHOW_ROOTS}")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_import_loads_no_framework_and_no_command_line() -> None:
    assert roots_after("import crossent") & (HEAVY | {"typer", "rich", "click"}) == set()


def test_help_loads_no_framework() -> None:
    code = """
from crossent.cli.__main__ import main
sys.argv = ["crossent", "--help"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""
    assert roots_after(code) & HEAVY == set()


@pytest.mark.parametrize("framework", ["tensorflow", "torch", "jax"])
def test_a_numpy_call_loads_no_framework(framework: str) -> None:
    code = """
import numpy, crossent
crossent.sparse_categorical_crossentropy([0], numpy.array([[0.5, 0.5]]))
"""
    assert framework not in roots_after(code)


@pytest.mark.parametrize(
    ("module", "strangers"),
    [
        ("jax.numpy", {"torch", "tensorflow", "keras"}),
        ("torch", {"jax", "tensorflow", "keras"}),
    ],
)
def test_a_call_loads_no_other_framework(module: str, strangers: set[str]) -> None:
    code = f"""
import {module}, crossent
crossent.sparse_categorical_crossentropy([0], {module}.zeros((1, 2)), from_logits=True)
"""
    assert roots_after(code) & strangers == set()


def test_import_takes_at_most_a_tenth_of_a_second_more_than_numpy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As after an installation: the bytecode is there.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    code = """
import time, numpy
start = time.process_time()
import crossent
print(time.process_time() - start)
"""
    # Processor time, and the best of several: what else the machine does is not the package's cost.
    seconds = [float(run_python("-c", code).stdout) for _ in range(5)]
    assert min(seconds) <= 0.1
