"""Every line of the table of conventions is what the installed library gives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crossent as ce

LIBRARIES = (
    "torch", "optax", "sklearn", "tensorflow",
    "keras.tensorflow", "keras.jax", "keras.torch", "keras.numpy",
)  # fmt: skip
NOT_INSTALLED = ("Paddle", "crossent")  # read in its source; the library itself
RNG = np.random.default_rng(7)
X = (RNG.normal(size=(12, 4)) * 3).astype(np.float32)
P = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
Y = RNG.integers(0, 4, 12)
HARD = P.copy()
HARD[0], HARD[1], HARD[2] = np.eye(4)[(Y[:3] + 1) % 4]  # certain and wrong: every clip shows
OFF = HARD * np.float32(0.98)
B = (RNG.normal(size=20) * 4).astype(np.float32)
Q = (1 / (1 + np.exp(-B))).astype(np.float32)
Q[:2] = 0
T = (RNG.random(20) < 0.5).astype(np.float32)
T[0] = 1
WEIGHTS, CLASS_WEIGHTS = RNG.integers(1, 5, 12).astype(float), np.array([1.0, 2, 5, 0.5])
SENTINEL = np.where(np.arange(12) % 5 == 0, -1, Y)

CASES: dict[str, dict[str, Any]] = {
    "logits": {"labels": Y, "logits": X},
    "logits, weighted": {"labels": Y, "logits": X, "sample_weight": WEIGHTS},
    "logits, classes weighted": {"labels": Y, "logits": X, "class_weight": CLASS_WEIGHTS},
    "logits, ignored": {"labels": SENTINEL, "logits": X, "ignore": -1},
    "probabilities": {"labels": Y, "probabilities": P},
    "hard": {"labels": Y, "probabilities": HARD},
    "off": {"labels": Y, "probabilities": OFF},
    "hard, weighted": {"labels": Y, "probabilities": HARD, "sample_weight": WEIGHTS},
    "ignored": {"labels": SENTINEL, "probabilities": P, "ignore": -1},
    "binary": {"targets": T, "probabilities": Q},
    "binary logits": {"targets": T, "logits": B},
}
SEED = np.random.SeedSequence().entropy  # other ones in every run


def drawn(rng: np.random.Generator) -> dict[str, Any]:
    """A table of any size and confidence, with one of the options that the libraries share."""
    rows, classes = int(rng.integers(2, 60)), int(rng.integers(2, 8))
    x = (rng.normal(size=(rows, classes)) * rng.choice([0.3, 3, 12])).astype(np.float32)
    labels = rng.integers(0, classes, rows)
    weight = rng.choice([0, 0.25, 1, 3], rows)
    weight[int(rng.integers(rows))] = 2
    options: list[dict[str, Any]] = [{}, {"sample_weight": weight}]
    ignored = rng.random(rows) < 0.3
    ignored[:2] = rng.permutation([True, False])  # neither all nor none
    if rng.integers(2):
        options.append({"class_weight": rng.choice([0.25, 1, 3], classes)})
        kind = "logits"
    else:
        kind = "probabilities"
        x = np.exp(x - x.max(axis=1, keepdims=True))
        x /= x.sum(axis=1, keepdims=True)
        certain = rng.random(rows) < 0.2
        x[certain] = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, rows)][certain]
    extra = [*options, {"ignore": -1}][int(rng.integers(len(options) + 1))]
    if "ignore" in extra:
        labels = np.where(ignored, -1, labels)
    return {"labels": labels, kind: x, **extra}


CASES |= {f"drawn {n}": drawn(np.random.default_rng([SEED, n])) for n in range(8)}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """All values of all libraries, by case and by (library, call)."""
    path = tmp_path_factory.mktemp("cases") / "cases.npz"
    arrays = {f"{case}/{k}": np.asarray(v) for case, data in CASES.items() for k, v in data.items()}
    np.savez(path, **arrays)
    script = Path(__file__).with_name("peers.py")
    found: dict[str, dict[str, float]] = {case: {} for case in CASES}
    for library in LIBRARIES:
        done = subprocess.run(
            [sys.executable, str(script), library, str(path)],
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3",
                 "JAX_PLATFORMS": "cpu"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        for case, values in json.loads(done.stdout.splitlines()[-1]).items():
            found[case].update({f"{library}: {key}": value for key, value in values.items()})
    return found


def ours(case: str) -> ce.Conventions:
    data = dict(CASES[case])
    labels = data.pop("labels") if "labels" in data else data.pop("targets")
    logits = "logits" in data
    predictions = data.pop("logits") if logits else data.pop("probabilities")
    if "ignore" in data:
        data["ignore_class"] = data.pop("ignore")
    return ce.conventions(labels, predictions, from_logits=logits, **data)


@pytest.mark.filterwarnings("ignore::crossent.ProbabilityWarning")
@pytest.mark.parametrize("case", CASES)
def test_lines_are_the_libraries_own_numbers(case: str, theirs: Any) -> None:
    found = {f"{value.whose} | {value.how}": value.value for value in ours(case).values}
    checked = set()
    for key, want in theirs[case].items():
        name = key.partition(": ")[2]
        assert name in found, (name, sorted(found))
        # A mean of float32 rows up to 100 in size, added up in float32.
        assert found[name] == pytest.approx(want, rel=1e-5, abs=1e-6), (key, SEED)
        checked.add(name)
    missing = {name for name in set(found) - checked if not name.startswith(NOT_INSTALLED)}
    assert missing == set(), "lines that no installed library has confirmed"
    assert found


def test_numbers_differ_where_libraries_do(theirs: Any) -> None:
    values = {v.whose: v.value for v in ours("hard").values}
    keras = values["Keras on TensorFlow"], values["Keras on JAX, PyTorch, NumPy"]
    assert len({round(v, 4) for v in (*keras, values["scikit-learn"])}) >= 2
    off = {v.whose: v.value for v in _off().values}
    assert off["Keras on TensorFlow"] != off["scikit-learn"]


@pytest.mark.filterwarnings("ignore::crossent.ProbabilityWarning")
def _off() -> ce.Conventions:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ce.ProbabilityWarning)
        return ours("off")
