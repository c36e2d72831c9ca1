"""Each step of a loss is written in one file: a second place is a fault even while both agree."""

from __future__ import annotations

import re

import pytest

from meta.source import PACKAGE, python_files

JUDGING: dict[str, set[str]] = {
    r"\bmiss\w* [<>]=? sum_tolerance": {"core/precision.py"},  # which rows do not sum to 1
    r" > 1 \+ (tolerance|slack)\b": {"core/precision.py"},  # what is no probability
    r"\bonly01 and\b": {"core/target_facts.py"},  # what is multi-label data
    r"isinstance\(key, int \|": {"core/verdicts.py", "doctor/weight_facts.py"},  # names of classes
    r"wide >= 0\) & np\.isfinite": {"core/verdicts.py"},  # what is no weight
    r"by_kernels=True": {"core/value_checks.py"},  # which checks the kernels make
    r"\bKept\(\d": {"core/caches.py"},  # what grows with calls
}
"""Decisions about values, in the whole package but for rules of other libraries."""

COMPUTING = ("losses", "frontends", "gradient.py", "objects.py")
ONCE = {
    r"\.empty == ": {"losses/reduce.py"},  # what a mean of nothing is
    r"\bnothing_kept\(": {"losses/reduce.py"},
    r"\btotal / normalizer\b|\.total / ": {"losses/reduce.py"},
    r"\bbar / divisor\b": {"losses/reduce.py"},
    r"\bharmless\(plan\)": {"losses/rows.py"},  # what is computed in rows left out
    r"\btargets\.sample\b": {"losses/rows.py", "losses/targets.py"},  # what rows weigh
    r"\bdef plain_\w+\(": {"losses/plain.py"},  # what autodiff differentiates
    r"\.kernels\}|entry\.kernels": {"frontends/route.py"},  # which losses have kernels
    r"\bspreads\(": {"frontends/route.py"},  # which rows a kernel computes
    r">= LEAST\b": {"frontends/route.py"},  # when kernels are worth a call from a graph
    r"UNJUDGED": {"frontends/route.py"},  # what kernels look at themselves
    r"_getframe": {"frontends/callers.py"},  # who called
}


def files_with(pattern: str, among: tuple[str, ...] = ("",)) -> set[str]:
    """The files in whose code something stands."""
    return {
        name
        for path in python_files("src/crossent")
        if (name := str(path.relative_to(PACKAGE))).startswith(among)
        and re.search(pattern, path.read_text())
    }


@pytest.mark.parametrize(("pattern", "files"), ONCE.items(), ids=ONCE)
def test_a_step_stands_in_its_own_file(pattern: str, files: set[str]) -> None:
    assert files_with(pattern, COMPUTING) == files


@pytest.mark.parametrize(("pattern", "files"), JUDGING.items(), ids=JUDGING)
def test_a_verdict_is_reached_in_one_file(pattern: str, files: set[str]) -> None:
    assert files_with(pattern) == files
