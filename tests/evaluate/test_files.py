"""`evaluate` on files: the same result as on arrays, from every format, in little memory."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

import crossent
from crossent.core.errors import CrossentError, OptionError
from crossent.evaluate import Evaluation, SpecError, evaluate
from meta.source import run_python

RNG = np.random.default_rng(5)
N, C = 200, 4
LOGITS = RNG.normal(size=(N, C)) * 2
LABELS = RNG.integers(0, C, N)
OPTIONS = {
    "sample_weight": RNG.uniform(0.5, 2, N),
    "class_weight": RNG.uniform(0.5, 2, C),
    "class_mask": np.arange(C) < C,
}


def save(path: Path, array: np.ndarray) -> Path:
    name = path.name
    if name.endswith(".npy"):
        np.save(path, array)
    elif name.endswith(".npz"):
        np.savez_compressed(path, the_array=array)
    else:
        np.savetxt(path, array, delimiter=",", fmt="%.17g")
    return path


@pytest.mark.parametrize("ending", [".npy", ".npz", ".csv", ".csv.gz"])
@pytest.mark.parametrize("rows", [None, 7])
def test_files_give_what_arrays_give(ending: str, rows: int | None, tmp_path: Path) -> None:
    want = evaluate(LABELS, LOGITS, per_class=True, worst=5, **OPTIONS)
    files = {name: save(tmp_path / (name + ending), x) for name, x in OPTIONS.items()}
    labels, logits = save(tmp_path / f"y{ending}", LABELS), save(tmp_path / f"p{ending}", LOGITS)
    got = evaluate(labels, str(logits), per_class=True, worst=5, chunk_rows=rows, **files)
    assert got == want


def test_files_of_every_option_by_row(tmp_path: Path) -> None:
    ids = np.stack([LABELS, (LABELS + 1) % C], axis=1)
    prob = np.tile([0.75, 0.25], (N, 1))
    mask = np.ones((N, C), bool)
    mask[np.arange(N), (LABELS + 2) % C] = False
    by_row = {"target_prob": prob, "class_mask": mask}
    want = evaluate(ids, LOGITS, **by_row)
    files = {name: save(tmp_path / f"{name}.csv", x) for name, x in by_row.items()}
    got = evaluate(save(tmp_path / "y.npy", ids), save(tmp_path / "p.npy", LOGITS), chunk_rows=9,
                   **files)  # fmt: skip
    assert got == want != evaluate(ids, LOGITS, target_prob=prob)


def test_classes_in_front_in_a_file(tmp_path: Path) -> None:
    path = save(tmp_path / "p.npy", LOGITS.T)
    assert evaluate(LABELS, path, axis=0, chunk_rows=9) == evaluate(LABELS, LOGITS)


def test_weights_by_name(tmp_path: Path) -> None:
    got = evaluate(LABELS, LOGITS, class_weight={0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0})
    assert got == evaluate(LABELS, LOGITS, class_weight=np.array([1.0, 2.0, 3.0, 4.0]))
    with pytest.raises(CrossentError, match="compute_class_weight"):
        evaluate(LABELS, LOGITS, class_weight="balanced")
    with pytest.raises(SpecError, match="no such file"):
        evaluate(LABELS, LOGITS, class_weight=str(tmp_path / "weights.npy"))


def test_a_header_of_numbers_is_a_likely_cause(tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("0\n" + "\n".join(map(str, LABELS)), encoding="utf-8")
    with pytest.raises(CrossentError, match="header of numbers"):
        evaluate(tmp_path / "y.csv", LOGITS)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("memory.csv", "Input/output error"), ("text.csv.gz", "Not a gzipped file")],
)
def test_why_a_file_cannot_be_read_is_told(name: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "text.csv.gz").write_text("0\n1\n")
    # The first page of a process has no memory.
    (tmp_path / "memory.csv").symlink_to("/proc/self/mem")
    with pytest.raises(CrossentError) as caught:
        evaluate(str(tmp_path / name), np.eye(3))
    assert f"{name}: cannot be read ({reason}" in str(caught.value)


def test_the_name_is_the_function_whatever_a_tool_puts_in_its_place() -> None:
    package = sys.modules["crossent.evaluate"]
    for name in (crossent.evaluate, package):
        assert name(LABELS, LOGITS) == evaluate(LABELS, LOGITS)


def test_progress_is_told() -> None:
    seen: list[tuple[int, int]] = []
    evaluate(LABELS, LOGITS, chunk_rows=90, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(90, 200), (180, 200), (200, 200)]
    with pytest.raises(OptionError, match="chunk_rows"):
        evaluate(LABELS, LOGITS, chunk_rows=0)


def test_the_result_is_json_and_text() -> None:
    got = evaluate(LABELS, LOGITS, per_class=True, worst=2)
    assert isinstance(got, Evaluation)
    again = json.loads(json.dumps(got.to_dict(), allow_nan=False))
    assert again["loss"] == got.loss
    assert again["per_class"][1]["label"] == 1
    assert again["worst"][0] == {"row": got.worst[0].row[0], "label": got.worst[0].label,
                                 "predicted": got.worst[0].predicted,
                                 "loss": got.worst[0].loss}  # fmt: skip
    text = str(got)
    assert max(map(len, text.splitlines())) <= 80
    for part in (
        f"loss {got.loss:.2f} nats",
        "± ",
        " bits",
        "reading as logits: minimum",
        "(sparse)",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("shape", "order"), [((4096, 65536), "C"), ((2**23, 16), "C"), ((2048, 65536), "F")]
)
def test_large_files_take_less_than_300_megabytes(
    shape: tuple[int, int], order: str, tmp_path: Path
) -> None:
    # The first has 1 GiB. Files with holes: they take no room on the disk and are read as zeros.
    predictions, labels = tmp_path / "p.npy", tmp_path / "y.npy"
    with predictions.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": order == "F", "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 4 * shape[0] * shape[1])
    with labels.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape[:1]}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + shape[0])
    code = f"""
from crossent.evaluate import evaluate
got = evaluate({os.fspath(labels)!r}, {os.fspath(predictions)!r}, from_logits=True)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(got.loss, got.correct, status["VmHWM"].split()[0])
"""
    done = run_python("-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    loss, correct, peak = done.stdout.split()
    assert float(loss) == pytest.approx(np.log(shape[1]), rel=1e-6)
    assert int(correct) == shape[0]
    assert int(peak) * 1024 < 300e6
