"""The digits example finds the optimum that scikit-learn finds, and its files are up to date."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression

from meta.source import ROOT, loaded, run_python

DIGITS = ROOT / "examples" / "digits"
FILES = ("labels.npy", "logits.npy", "probabilities.npy")


@pytest.fixture(scope="module")
def train() -> ModuleType:
    return loaded(DIGITS / "train.py")


@pytest.fixture(scope="module")
def rerun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Train once more, as a user does; the folder written to and what was printed."""
    folder = tmp_path_factory.mktemp("digits")
    done = run_python(str(DIGITS / "train.py"), "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout


def load(name: str) -> np.ndarray:
    return np.load(DIGITS / name, allow_pickle=False)


def test_files_hold_what_they_are_named_after() -> None:
    labels, logits, probabilities = (load(name) for name in FILES)
    assert (labels.shape, labels.dtype) == ((449,), np.int64)
    assert np.array_equal(np.unique(labels), np.arange(10))
    assert (logits.shape, logits.dtype) == ((449, 10), np.float32)
    assert (probabilities.shape, probabilities.dtype) == ((449, 10), np.float32)
    np.testing.assert_allclose(probabilities, softmax(logits.astype(np.float64), axis=1), rtol=1e-6)


def test_files_are_small() -> None:
    files = [path for path in DIGITS.rglob("*.npy")]
    assert sum(path.stat().st_size for path in files) < 200_000


def test_training_again_gives_the_committed_files(rerun: tuple[Path, str]) -> None:
    folder, _ = rerun
    assert np.array_equal(np.load(folder / "labels.npy"), load("labels.npy"))
    # L-BFGS stops within rounding of the optimum; where exactly depends on the BLAS.
    for name in FILES[1:]:
        np.testing.assert_allclose(np.load(folder / name), load(name), rtol=0, atol=2e-3)


def test_what_is_printed_is_true(rerun: tuple[Path, str]) -> None:
    labels, logits = load("labels.npy"), load("logits.npy").astype(np.float64)
    loss = -np.mean(log_softmax(logits, axis=1)[np.arange(len(labels)), labels])
    accuracy = np.mean(logits.argmax(axis=1) == labels)
    _, printed = rerun
    assert re.search(r"loss +(\S+) nats", printed)[1] == f"{loss:.4f}"
    assert re.search(r"accuracy +(\S+)", printed)[1] == f"{accuracy:.4f}"
    assert accuracy > 0.95


def test_readme_shows_what_is_printed(rerun: tuple[Path, str]) -> None:
    _, printed = rerun
    assert f"```text\n{printed}```" in (DIGITS / "README.md").read_text(encoding="utf-8")


def test_gradient_is_that_of_the_objective(train: ModuleType) -> None:
    images, labels, _, _ = train.load_split()
    images, labels = images[:50], labels[:50]
    parameters = np.sin(np.arange((images.shape[1] + 1) * 10))
    error = check_grad(
        lambda p: train.objective(p, images, labels)[0],
        lambda p: train.objective(p, images, labels)[1],
        parameters,
    )
    assert error < 1e-5  # finite differences of a value near 5: 1e-8 for each of 650 parameters


def test_optimum_is_that_of_scikit_learn(train: ModuleType) -> None:
    images, labels, held_out, _ = train.load_split()
    weights, biases = train.fit(images, labels)
    # C multiplies the sum of the losses, L2 stands beside their mean.
    sklearn = LogisticRegression(
        C=1 / (train.L2 * len(labels)), solver="newton-cg", tol=1e-8, max_iter=1000
    ).fit(images, labels)

    theirs = np.concatenate([sklearn.coef_.T.ravel(), sklearn.intercept_])
    ours = np.concatenate([weights.ravel(), biases])
    value, gradient = train.objective(ours, images, labels)
    best, gradient_there = train.objective(theirs, images, labels)
    assert value == pytest.approx(best, rel=1e-8)
    assert np.abs(gradient).max() < 1e-6
    assert np.abs(gradient_there).max() < 1e-6
    # A gradient of 1e-6 over a curvature of at least L2 = 1e-3 leaves the weights within 1e-3.
    np.testing.assert_allclose(weights, sklearn.coef_.T, rtol=0, atol=1e-3)
    np.testing.assert_allclose(
        softmax(held_out @ weights + biases, axis=1),
        sklearn.predict_proba(held_out),
        rtol=0,
        atol=1e-4,
    )
