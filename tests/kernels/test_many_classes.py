"""Every option of the softmax losses over few classes and over many, against float64 by SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp

import crossent as ce

SPARSE, DENSE = ce.sparse_categorical_crossentropy, ce.categorical_crossentropy
ROWS, PLACES = 9, 4
RELATIVE = {"float32": 3e-6, "float64": 1e-12}
"""Of the sum of the sizes of what is added: 25 units of float32; rounding of sums of thousands."""

OPTIONS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "smoothing": ("label_smoothing",),
    "z-loss": ("z_loss",),
    "class weights": ("class_weight",),
    "smoothing and class weights": ("label_smoothing", "class_weight"),
    "smoothing and z-loss": ("label_smoothing", "z_loss"),
    "all": ("label_smoothing", "z_loss", "class_weight", "sample_weight"),
}


def options_of(names: tuple[str, ...], classes: int, rng: np.random.Generator) -> dict[str, Any]:
    values = {
        "label_smoothing": 0.3,
        "z_loss": 0.05,
        "class_weight": rng.uniform(0.2, 3, classes),
        "sample_weight": np.round(rng.uniform(0, 3, ROWS)),
    }
    return {name: values[name] for name in names}


def truth(x: Any, q: Any, given: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Terms, the gradient of their sum, and how large what is added in each of them is."""
    x, q = np.asarray(x, np.float64), np.asarray(q, np.float64)
    classes = x.shape[1]
    z, smoothing = given.get("z_loss", 0.0), given.get("label_smoothing", 0.0)
    w = given.get("class_weight", np.ones(classes))
    s = given.get("sample_weight", np.ones(len(x)))[:, None]
    mass = w * ((1 - smoothing) * q + smoothing / classes)
    own = (w * q).sum(axis=1, keepdims=True)
    lse = logsumexp(x, axis=1, keepdims=True)
    logs = log_softmax(x, axis=1)
    terms = s * (-mass * logs + z * lse**2 * own / classes)
    spread = (mass.sum(axis=1, keepdims=True) + 2 * z * lse * own) * np.exp(logs)
    size = s * (np.abs(spread) + mass)
    return terms.sum(axis=1), s * (spread - mass), np.abs(terms).sum(axis=1), size


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("classes", [5, 40, 700, 5_000])
@pytest.mark.parametrize("names", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("of", ["labels", "one-hot", "soft", "several labels"])
def test_options_mean_the_same_whatever_the_number_of_classes(
    of: str, names: tuple[str, ...], classes: int, dtype: str
) -> None:
    rng = np.random.default_rng([classes, len(names)])
    x = rng.normal(scale=[[0.1], [1], [4]] * (ROWS // 3), size=(ROWS, classes)).astype(dtype)
    given = options_of(names, classes, rng)
    labels = rng.integers(0, classes, (ROWS, PLACES))
    prob = rng.dirichlet(np.ones(PLACES), ROWS).astype(dtype)
    q = np.zeros((ROWS, classes))
    loss, y, more = DENSE, None, {}
    if of == "soft":
        q = rng.dirichlet(np.full(classes, 0.5), ROWS).astype(dtype)
        y = q
    elif of == "several labels":
        np.add.at(q, (np.arange(ROWS)[:, None], labels), prob.astype(np.float64))
        loss, y, more = SPARSE, labels, {"target_prob": prob}
    else:
        q[np.arange(ROWS), labels[:, 0]] = 1
        loss, y = (DENSE, q.astype(dtype)) if of == "one-hot" else (SPARSE, labels[:, 0])
    terms = loss(y, x, from_logits=True, reduction="none", **given, **more)
    assert ce.last_path() == "kernel"
    _, gradient = ce.value_and_grad(loss)(y, x, from_logits=True, reduction="sum", **given, **more)
    want, slopes, size_of_term, size_of_slope = truth(x, q, given)
    slack = RELATIVE[dtype]
    assert (np.abs(terms - want) <= slack * size_of_term).all()
    # What is added cancels where a class has the probability that it should.
    assert (np.abs(gradient - slopes) <= slack * np.maximum(size_of_slope, 1e-9)).all()
