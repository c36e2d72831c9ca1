"""The digits example: the drop-in trains the same network as torch.nn's loss."""

from __future__ import annotations

import importlib.util

from meta.source import ROOT, run_python

SCRIPT = ROOT / "examples" / "digits" / "drop_in_torch.py"


def test_the_same_curve() -> None:
    spec = importlib.util.spec_from_file_location("crossent_drop_in_torch", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    theirs, ours = example.train("torch", epochs=3), example.train("crossent", epochs=3)
    # Losses between 0.8 and 2.3, whose float32 spacing is up to 2.4e-7: each step is rounded.
    assert max(abs(a - b) for a, b in zip(theirs, ours, strict=True)) < 1e-6
    assert len(ours) == 45
    assert ours[-1] < ours[0] / 2


def test_the_script_prints_both() -> None:
    done = run_python(str(SCRIPT), "--epochs", "1")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["torch", "crossent", "furthest"]
