"""A front end that an installed package brings, found by its entry point."""

from __future__ import annotations

from pathlib import Path

from meta.source import run_python

SCRIPT = """
import sys
sys.path.insert(0, {folder!r})  # boxed.py and its metadata, as if installed
import crossent as ce
from crossent.testing import check_front_end

class Unknown: pass
try:
    ce.sparse_categorical_crossentropy([0], Unknown())
except ce.ArrayKindError as error:
    assert "boxed" in str(error), error
assert "boxed" not in sys.modules

from boxed import Box

def run(loss, y_true, y_pred, options):
    boxes = {{k: Box(v) if hasattr(v, "shape") else v for k, v in options.items()}}
    result = loss(Box(y_true), Box(y_pred), **boxes)
    assert type(result) is Box
    return result.values, None

print(len(check_front_end(run, ulps=16)))
"""


def test_a_front_end_of_another_package_is_found() -> None:
    done = run_python("-c", SCRIPT.format(folder=str(Path(__file__).parent)))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 90
