"""`crossent memory`: the sizes are those of real arrays."""

from __future__ import annotations

import json

import ml_dtypes
import numpy as np
import pytest

from crossent.doctor.footprint import FLOATS, INTEGERS, footprint, in_units
from crossent.errors import OptionError
from meta.source import run_python


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("labels", INTEGERS)
def test_parts_are_the_sizes_of_arrays(dtype: str, labels: str) -> None:
    rows, classes = 37, 11
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype)
    sizes = footprint(rows, classes, dtype, labels).to_dict()["parts"]
    assert sizes == {
        "integer labels": np.zeros(rows, labels).nbytes,
        "one-hot labels": np.eye(classes, dtype=np.float32)[np.zeros(rows, int)].nbytes,
        "logits": np.zeros((rows, classes), kind).nbytes,
        "softmax": np.zeros((rows, classes), np.float64 if dtype == "float64" else "f4").nbytes,
        "gradient of softmax": np.zeros(
            (rows, classes), np.float64 if dtype == "float64" else "f4"
        ).nbytes,
        "gradient of logits": np.zeros((rows, classes), kind).nbytes,
    }


def test_sums_are_sums() -> None:
    step = footprint(1000, 50, chunk_rows=100)
    size = {part.name: part.bytes for part in step.parts}
    four = 4 * size["logits"]  # float32 as the softmax
    assert step.whole == four + size["integer labels"]
    assert step.dense == four + size["one-hot labels"]
    assert step.chunked == four // 10 + size["integer labels"]
    assert footprint(10, 50, chunk_rows=100).chunk_rows == 10
    assert footprint(10**6, 65536).chunk_rows == 1024


@pytest.mark.parametrize(
    "bad",
    [
        {"rows": 0}, {"classes": 1}, {"dtype": "float8"}, {"labels": "float32"},
        {"chunk_rows": 0},
    ],
    ids=str,
)  # fmt: skip
def test_bad_numbers_are_refused(bad: dict) -> None:
    with pytest.raises(OptionError):
        footprint(**{"rows": 10, "classes": 5, **bad})


def test_the_command() -> None:
    words = ("-m", "crossent", "memory", "--rows", "1000000", "--classes", "1000")
    done = run_python(*words)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].startswith("one-hot labels")
    assert in_units(4 * 10**9) in lines[1]
    bars = [line.count("█") for line in lines if line]
    assert max(bars) == 40
    assert min(bars) >= 1
    assert run_python(*words, "--limit", "8").returncode == 1
    assert run_python(*words, "--limit", "32").returncode == 0
    assert run_python(*words, "--dtype", "float9").returncode == 2
    found = json.loads(run_python(*words, "--json").stdout)
    assert found["parts"]["integer labels"] == 8_000_000
