"""The types of the public names, as a type checker of the user sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution

import pytest

from meta.source import PACKAGE, ROOT, SRC


def test_the_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


def _is_installed() -> bool:
    """Whether a type checker finds this package by itself, with its marker, as for any user."""
    try:
        origin = distribution("crossent").read_text("direct_url.json")
    except PackageNotFoundError:
        return False
    return origin is None or json.loads(origin)["url"] == ROOT.as_uri()


@pytest.mark.parametrize("name", ["typed_use", "typed_results"])
def test_the_uses_of_public_names_are_typed(name: str) -> None:
    environment = dict(os.environ)
    if not _is_installed():
        environment["MYPYPATH"] = str(SRC)
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "mypy",
                "--strict",
                "--config-file",
                "",
                "--follow-imports",
                "silent",
            ),
            *("--cache-dir", str(ROOT / ".mypy_cache" / "typed_use")),
            str(ROOT / "tests" / "meta" / f"{name}.py"),
        ],
        cwd=ROOT / "tests" / "meta",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
