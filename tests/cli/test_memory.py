"""`crossent memory`: the sizes are those of real arrays."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path
from xml.etree import ElementTree

import ml_dtypes
import numpy as np
import pytest

import crossent as ce
from crossent.core.errors import OptionError
from crossent.doctor.footprint import FLOATS, INTEGERS, footprint, in_units
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
        {"rows": 0}, {"classes": 1}, {"dtype": "float8"}, {"label_dtype": "float32"},
        {"chunk_rows": 0}, {"hidden": 0},
    ],
    ids=str,
)  # fmt: skip
def test_bad_numbers_are_refused(bad: dict) -> None:
    with pytest.raises(OptionError):
        footprint(**{"rows": 10, "classes": 5, **bad})


def test_a_layer() -> None:
    step = footprint(8192, 128_256, "bfloat16", hidden=4096)
    size = {part.name: part.bytes for part in step.parts}
    assert size["hidden rows"] == 8192 * 4096 * 2
    assert size["weight of the layer"] == 128_256 * 4096 * 2
    # 128 MiB of logits, and the sums of the gradient to the weight in float32.
    assert step.over_layer == 2**27 + 8 * 8192 + 128_256 * 4096 * 4
    assert footprint(8192, 128_256, hidden=4096).over_layer == 2**27 + 8 * 8192
    assert footprint(8, 16, hidden=4).over_layer == 8 * 16 * 4 + 8 * 8
    assert footprint(8, 16).over_layer is None
    words = ("-m", "crossent", "memory", "--rows", "8192", "--classes", "128256")
    lines = run_python(*words, "--hidden", "4096").stdout.splitlines()
    assert lines[-1].startswith("ce.linear_crossentropy")
    assert in_units(2**27 + 8 * 8192) in lines[-1]


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


def test_the_picture_is_a_file_of_its_own(tmp_path: Path) -> None:
    words = ("-m", "crossent", "memory", "--rows", "1000", "--classes", "50257")
    done = run_python(*words, "--svg", "memory.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "memory.svg").read_text(encoding="utf-8")
    shown = [element.text for element in ElementTree.fromstring(text).iter()]
    step = footprint(1000, 50257)
    for size in (step.dense, step.whole, step.chunked):
        assert in_units(size) in shown
    # It has its own colours, for light and for dark.
    assert "prefers-color-scheme: dark" in text
    assert set(re.findall(r"var\((--\w+)\)", text)) <= set(re.findall(r"(--\w+):", text))


def test_a_picture_that_cannot_be_written_is_misuse(tmp_path: Path) -> None:
    words = ("-m", "crossent", "memory", "--rows", "10", "--classes", "5")
    done = run_python(*words, "--svg", "no/such.svg", cwd=tmp_path)
    assert done.returncode == 2
    assert "no/such.svg: cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--limit", "-1"), "--limit must be a number of GiB above 0"),
        (("--limit", "nan"), "--limit must be a number of GiB above 0"),
        (("--label-dtype", "float32"), "--label-dtype must be one of"),
        (("--hidden", "0"), "--hidden must be at least 1; got 0"),
        (("--svg", "labels.npy"), "labels.npy: must have a name that ends in .svg"),
    ],
)
def test_misuse_is_told_and_writes_nothing(
    words: tuple[str, str], says: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "labels.npy", np.arange(3))
    done = run_python(
        "-m", "crossent", "memory", "--rows", "10", "--classes", "5", *words, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert np.load(tmp_path / "labels.npy").tolist() == [0, 1, 2]


def test_a_step_of_crossent_needs_less_than_that() -> None:
    rows, classes = 40_000, 256
    loss = ce.value_and_grad(ce.sparse_categorical_crossentropy)
    loss([0], np.ones((1, classes), np.float32), from_logits=True)  # what is compiled, is kept
    tracemalloc.start()
    logits = np.ones((rows, classes), np.float32)
    _, gradient = loss(np.arange(rows) % classes, logits, from_logits=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = footprint(rows, classes).to_dict()["parts"]
    # It goes through blocks of rows and keeps no softmax.
    needed = size["integer labels"] + size["logits"] + size["gradient of logits"]
    assert gradient.nbytes == size["gradient of logits"]
    assert needed <= peak <= needed + 2**23
