"""Each step of a loss is written in one file: a second place is a fault even while both agree."""

from __future__ import annotations

import re

import pytest

from meta.source import PACKAGE, python_files

COMPUTING = ("losses", "frontends", "call.py", "gradient.py", "objects.py", "targets.py")
ONCE = {
    r"\.empty == ": {"losses/reduce.py"},  # what a mean of nothing is
    r"\bnothing_kept\(": {"losses/reduce.py"},
    r"\btotal / normalizer\b|\.total / ": {"losses/reduce.py"},
    r"\bbar / divisor\b": {"losses/reduce.py"},
    r"\bharmless\(plan\)": {"losses/rows.py"},  # what is computed in rows left out
    r"\btargets\.sample\b": {"losses/rows.py", "targets.py"},  # what rows weigh
    r"\bdef plain_\w+\(": {"losses/plain.py"},  # what autodiff differentiates
}


def files_with(pattern: str) -> set[str]:
    """The files that compute, in whose code something stands."""
    return {
        name
        for path in python_files("src/crossent")
        if (name := str(path.relative_to(PACKAGE))).startswith(COMPUTING)
        and re.search(pattern, path.read_text())
    }


@pytest.mark.parametrize(("pattern", "files"), ONCE.items(), ids=ONCE)
def test_a_step_stands_in_its_own_file(pattern: str, files: set[str]) -> None:
    assert files_with(pattern) == files
