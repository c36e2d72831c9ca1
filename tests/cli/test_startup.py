"""`crossent --help` is fast, because it loads nothing that it does not need."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from meta.source import SRC

HEAVY = ("tensorflow", "keras", "torch", "jax", "numba", "scipy", "pandas", "rich")


def command(*words: str, **more: str) -> tuple[str, float]:
    """Run Python; return its output and the seconds of processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *words], env={**os.environ, "PYTHONPATH": str(SRC), **more},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, sum(after[:2]) - sum(before[:2])


def test_help_takes_at_most_half_a_second(tmp_path: Path) -> None:
    # As installed, with the compiled files that a second run finds. Processor time, and the best
    # of several runs: what else the machine does is not the command's cost. A machine that needs
    # more than 0.2 s for NumPy alone is slow or busy and gets as much more.
    compiled = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    numpy, shown = [], []
    for _ in range(6):
        numpy.append(command("-c", "import numpy", **compiled)[1])
        shown.append(command("-m", "crossent", "--help", **compiled)[1])
    assert min(shown) <= max(0.5, 2.5 * min(numpy))


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['crossent', 'evaluate', '--help']\n"
        "from crossent.cli.__main__ import main\n"
        "try:\n    main()\nfinally:\n    print(sorted(sys.modules))"
    )
    shown, _ = command("-c", code)
    assert "Usage: crossent evaluate" in shown
    assert "'crossent.evaluate'" in shown
    for name in HEAVY:
        assert f"'{name}'" not in shown
