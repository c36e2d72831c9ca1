"""The example that trains on digits shows the same curve with the drop-in as with Keras's loss."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import numpy as np
import pytest

from compat.keras.backend import BACKEND
from meta.source import ROOT, run_python

SCRIPT = ROOT / "examples" / "digits" / "train_keras.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("crossent_digits_keras", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.trains
@pytest.mark.parametrize("labels", ["integers", "one-hot"])
def test_the_same_curve_and_accuracy(example: ModuleType, labels: str) -> None:
    mine, accuracy = example.train(f"crossent, {labels}")
    theirs, their_accuracy = example.train(f"keras, {labels}")
    assert len(mine) == 3 * 11
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)
    assert accuracy == their_accuracy > 0.7
    assert mine[-1] < mine[0] / 3


@pytest.mark.trains
def test_the_script_prints_a_line_for_each_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", BACKEND)
    done = run_python(str(SCRIPT), "--epochs", "1", warnings="ignore")
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.endswith(BACKEND)
    assert len(lines) == 4
    assert len({line.partition("first loss ")[2][:7] for line in lines}) == 1
