"""What the training examples of every framework must show; a test file gives `training`."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from meta.source import ROOT, run_python


@dataclass(frozen=True)
class Training:
    """An example, and whose loss it compares crossent's with."""

    name: str  # of the script, without its ending
    peer: str

    @property
    def script(self) -> str:
        return str(ROOT / "examples" / "digits" / f"{self.name}.py")

    def load(self) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"crossent_digits_{self.name}", self.script)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.mark.parametrize("labels", ["integers", "one-hot"])
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
def test_the_same_curve_and_accuracy(training: Training, optimizer: str, labels: str) -> None:
    example = training.load()
    ours, our_accuracy = example.train(f"crossent, {labels}", optimizer)
    theirs, their_accuracy = example.train(f"{training.peer}, {labels}", optimizer)
    # Both round every step's gradient to float32 in their own way; training magnifies that.
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)
    np.testing.assert_allclose(ours[:10], theirs[:10], rtol=1e-5)
    assert our_accuracy == their_accuracy
    assert ours[-1] < ours[0] / 10
    assert our_accuracy > 0.95


def test_integers_and_one_hot_agree(training: Training) -> None:
    example = training.load()
    integers, _ = example.train("crossent, integers", "SGD", epochs=3)
    one_hot, _ = example.train("crossent, one-hot", "SGD", epochs=3)
    np.testing.assert_allclose(integers, one_hot, rtol=1e-5)


def test_the_script_prints_a_line_for_each_run(training: Training) -> None:
    done = run_python(training.script, "--epochs", "1")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 8
    # the first loss comes before any step: it depends on the labels' kind at most in rounding
    assert len({line.partition("first loss ")[2][:7] for line in lines}) == 1
