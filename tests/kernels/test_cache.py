"""Where compiled code is kept, and what is there without a compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import crossent
from kernels.conftest import python

SOURCE = Path(crossent.__file__).parent

CALL = """
import numpy as np
import crossent as ce
x = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)
print(ce.sparse_categorical_crossentropy([0, 1], x, from_logits=True), ce.last_path())
"""
KEY = "from crossent.kernels import _store; print(_store.source_key(), _store.cache_folder())"
NO_NUMBA = """
import importlib.abc, sys

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in ("numba", "llvmlite"):
            raise ModuleNotFoundError(name=name)


import importlib.util
known = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "numba" else known(name, *rest)
sys.meta_path.insert(0, Missing())
"""


def copied(to: Path) -> Path:
    """A copy of the package in a folder, to be put on the path."""
    shutil.copytree(SOURCE, to / "crossent", ignore=shutil.ignore_patterns("__pycache__"))
    return to


def test_an_edit_of_any_kernel_file_makes_a_new_cache(tmp_path: Path) -> None:
    root = copied(tmp_path / "src")
    cache = str(tmp_path / "cache")
    before, folder = python("-c", KEY, PYTHONPATH=str(root), CROSSENT_CACHE_DIR=cache).split()
    assert Path(folder).name == before
    assert Path(folder).parent.parent == Path(cache)
    again, _ = python("-c", KEY, PYTHONPATH=str(root), CROSSENT_CACHE_DIR=cache).split()
    assert again == before
    helper = root / "crossent" / "kernels" / "_llvm.py"
    helper.write_text(helper.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    after, _ = python("-c", KEY, PYTHONPATH=str(root), CROSSENT_CACHE_DIR=cache).split()
    assert after != before


def test_an_edit_of_a_helper_changes_the_result(tmp_path: Path) -> None:
    root = copied(tmp_path / "src")
    settings = {"PYTHONPATH": str(root), "CROSSENT_CACHE_DIR": str(tmp_path / "cache")}
    want, path = python("-c", CALL, **settings).split()
    assert path == "kernel"
    helper = root / "crossent" / "kernels" / "scalars.py"
    text = helper.read_text(encoding="utf-8")
    line = "    return loss, above, scale, p_label\n"
    assert line in text
    helper.write_text(text.replace(line, line.replace("loss,", "loss + 1.0,")), encoding="utf-8")
    got, path = python("-c", CALL, **settings).split()
    assert path == "kernel"
    assert float(got) == pytest.approx(float(want) + 1, rel=1e-6)  # printed with 7 digits


def test_a_read_only_home_is_no_obstacle(tmp_path: Path) -> None:
    if os.getuid() == 0:
        # Root writes anywhere; a file in the place of the folder stops it too.
        (tmp_path / "home").write_text("")
    else:
        (tmp_path / "home").mkdir(mode=0o500)
    settings = {"CROSSENT_CACHE_DIR": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    _, folder = python("-c", KEY, **settings).split()
    assert Path(folder).is_relative_to(tmp_path)
    assert not Path(folder).is_relative_to(tmp_path / "home")


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    open_to_all = tmp_path / "cache" / "crossent"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    settings = {"CROSSENT_CACHE_DIR": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    _, folder = python("-c", KEY, **settings).split()
    assert not Path(folder).is_relative_to(open_to_all)


def test_compiled_code_is_read_again(tmp_path: Path) -> None:
    settings = {"CROSSENT_CACHE_DIR": str(tmp_path)}
    first = python("-c", CALL, **settings)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb[ci]")}
    assert files
    assert python("-c", CALL, **settings) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb[ci]")} == files


def test_without_numba_everything_is_computed_by_operations() -> None:
    code = NO_NUMBA + CALL + "print(ce.show_config()['kernels'])\nassert 'numba' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.split()[1] == "operations"
    assert np.float32(first.split()[0]) == pytest.approx(0.1809245, rel=1e-6)
    assert second == "numba is not installed"
