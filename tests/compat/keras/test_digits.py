"""The example that trains on digits shows the same curve with the drop-in as with Keras's loss."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from compat.keras.backend import BACKEND, TRAINS
from meta.source import ROOT

SCRIPT = ROOT / "examples" / "digits" / "train_keras.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("crossent_digits_keras", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not TRAINS, reason="Keras does not train on NumPy")
@pytest.mark.parametrize("labels", ["integers", "one-hot"])
def test_the_same_curve_and_accuracy(example: ModuleType, labels: str) -> None:
    mine, accuracy = example.train(f"crossent, {labels}")
    theirs, their_accuracy = example.train(f"keras, {labels}")
    assert len(mine) == 3 * 11
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)
    assert accuracy == their_accuracy > 0.7
    assert mine[-1] < mine[0] / 3


@pytest.mark.skipif(not TRAINS, reason="Keras does not train on NumPy")
def test_the_script_prints_a_line_for_each_loss() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), "--epochs", "1"],
        env={**os.environ, "KERAS_BACKEND": BACKEND},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.endswith(BACKEND)
    assert len(lines) == 4
    assert len({line.partition("first loss ")[2][:7] for line in lines}) == 1
