"""The recipes of CONTRIBUTING hold: doing what they say is enough."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meta import toy_loss
from meta.source import PACKAGE
from meta.toys import TOYS


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one more loss."""
    folder = tmp_path_factory.mktemp("with_a_toy_loss")
    shutil.copytree(PACKAGE, folder / "crossent", ignore=shutil.ignore_patterns("__pycache__"))
    toy_loss.add(folder / "crossent")
    return folder


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        *((kind, "eager") for kind in ("numpy", "torch", "jax", "tensorflow")),
        *((kind, "traced") for kind in ("jax", "tensorflow")),
    ],
)
def test_a_new_loss_is_one_formula_and_one_row(package: Path, kind: str, how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", toy_loss.CHECK, kind, how],
        env={**os.environ, "PYTHONPATH": str(package), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr


@pytest.mark.parametrize("what", TOYS)
def test_what_a_recipe_adds_works(what: str, tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "crossent", ignore=ignored)
    add, program = TOYS[what]
    add(tmp_path / "crossent")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr
