"""A pytest plugin (``-p mutants.contexts``): which test runs which lines, and how long it takes.

What a fixture of a file or a session runs is written down for the file, and so counts for all of
its tests: the first one alone asked for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Any

import coverage
import pytest

DAMAGE = coverage.exceptions.CoverageException, coverage.exceptions.CoverageWarning, sqlite3.Error
LINES, SOURCE = "CROSSENT_LINES", "CROSSENT_SOURCE"  # the file to write, and the package
_lines = coverage.Coverage(
    data_file=os.environ[LINES],
    source=[os.environ[SOURCE]],
    config_file=False,
    messages=False,
)
_seconds: dict[str, float] = {}
_now = [""]


def file_of(test: str) -> str:
    """The file of a test."""
    return test.partition("::")[0]


def pytest_configure() -> None:
    _lines.start()


def _switch(context: str) -> None:
    _now[0] = context
    _lines.switch_context(context)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, None]:
    _switch(item.nodeid)
    yield
    _switch("")


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, Any, None]:
    test = _now[0]
    if fixturedef.scope != "function" and test:
        _switch(file_of(test))
    yield
    if test != _now[0]:
        _switch(test)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration


def pytest_unconfigure() -> None:
    _lines.stop()
    _lines.save()
    base = Path(os.environ[LINES])
    for path in base.parent.glob(f"{base.name}.*"):
        if path.suffix != ".json":
            # What a process left that was killed while it wrote is of no use.
            with contextlib.suppress(*DAMAGE):
                _lines.combine([str(base), str(path)], keep=False)
                _lines.save()
    base.with_name(f"{base.name}.json").write_text(json.dumps(_seconds))
