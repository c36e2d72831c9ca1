"""A diagnosis costs little more than the loss, and its memory does not grow with the data."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import crossent as ce
from meta.source import run_python

MIB = 2**20
PEAK = """
import sys
import crossent as ce

def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024

ce.diagnose([0, 1, 1], [[0.5, 0.5]] * 3, from_logits=False)
before = peak()
print(ce.diagnose(*sys.argv[1:], **OPTIONS).codes, peak() - before)
"""


def fastest(call: Callable[[], object], times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


@pytest.mark.parametrize(("rows", "classes"), [(300_000, 10), (512, 32_000)])
@pytest.mark.parametrize("kind", ["logits", "probabilities"])
def test_it_takes_at_most_ten_times_the_loss(rows: int, classes: int, kind: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, rows)
    x = rng.standard_normal((rows, classes), dtype=np.float32)
    if kind == "probabilities":
        x = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    asked = {"from_logits": kind == "logits"}
    # On the same path: a diagnosis uses NumPy's operations.
    ce.use_kernels(False)
    try:
        loss = fastest(lambda: ce.sparse_categorical_crossentropy(y, x, **asked))
    finally:
        ce.use_kernels(True)
    doctor = fastest(lambda: ce.diagnose(y, x, **asked))
    assert doctor <= 10 * loss


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint16", "float32"])
def test_labels_alone_take_at_most_two_seconds_for_ten_millions(dtype: str) -> None:
    y = np.random.default_rng(0).integers(0, 1000, 5_000_000).astype(dtype)
    assert fastest(lambda: ce.diagnose(y, num_classes=1000), 1) <= 1.0


def zeros(path: Path, shape: tuple[int, ...], dtype: str) -> str:
    """A file of zeros, which takes no room on the disk."""
    np.lib.format.open_memmap(path, "w+", dtype, shape)
    return str(path)


def test_a_hundred_million_labels_take_little_memory(tmp_path: Path) -> None:
    file = zeros(tmp_path / "labels.npy", (10**8,), "uint8")
    start = time.perf_counter()
    done = run_python("-c", PEAK.replace("OPTIONS", "{'num_classes': 2}"), file)
    assert done.returncode == 0, done.stderr
    codes, _, grown = done.stdout.rpartition(" ")
    assert codes == "[]"
    assert int(grown) <= 100  # MiB; the file has 95
    assert time.perf_counter() - start <= 20


def test_predictions_take_little_memory(tmp_path: Path) -> None:
    files = (
        zeros(tmp_path / "labels.npy", (4_000_000,), "int32"),
        zeros(tmp_path / "logits.npy", (4_000_000, 16), "float32"),
    )
    done = run_python("-c", PEAK.replace("OPTIONS", "{'from_logits': True}"), *files)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.rpartition(" ")[2]) <= 120  # MiB; the files have 260


def test_pieces_do_not_change_what_is_found(tmp_path: Path, monkeypatch) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(1, 8, (40, 30))
    x = rng.normal(size=(40, 30, 7)).astype(np.float32)
    x[31, 4] = np.nan
    whole = ce.diagnose(y, x, from_logits=False)
    assert whole.codes == ["CE104", "CE106", "CE217"]
    for small in (64, 700, 5000):
        monkeypatch.setattr("crossent.stream.walk.PIECE", small)
        monkeypatch.setattr("crossent.doctor.collect_facts.LABEL_BLOCK", small)
        monkeypatch.setattr("crossent.stream.walk.ELEMENTS", small)
        assert ce.diagnose(y, x, from_logits=False) == whole
        for name, array in {"y": y, "x": np.asfortranarray(x)}.items():
            np.save(tmp_path / f"{name}.npy", array)
        found = ce.diagnose(tmp_path / "y.npy", tmp_path / "x.npy", from_logits=False)
        assert found == whole
