"""The types of the public names, as a type checker of the user sees them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution

from meta.source import PACKAGE, ROOT, SRC


def test_the_package_is_marked_as_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_the_uses_of_public_names_are_typed() -> None:
    environment = dict(os.environ)
    try:
        distribution("crossent")  # installed: found with its marker, as by any user
    except PackageNotFoundError:
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
            str(ROOT / "tests" / "meta" / "typed_use.py"),
        ],
        cwd=ROOT / "tests" / "meta",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
