"""Digests of losses and gradients, printed by a process with settings of its own.

python digests.py [--assembly]
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import numpy as np

import crossent as ce

CLASSES = (2, 3, 10, 16, 17, 32, 33, 63, 64, 65, 100, 1000, 4096, 4097, 9000)
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "smoothed": {"label_smoothing": 0.1, "z_loss": 1e-3},
}


def rows(classes: int, dtype: Any, number: int = 37) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits of very different confidence."""
    rng = np.random.default_rng([classes, np.dtype(dtype).itemsize])
    scale = 1.7 ** (np.arange(number) % 13 - 4)
    x = rng.normal(size=(number, classes)) * scale[:, None]
    x[3] = x[3, 0]  # ties
    x[4, ::2] = -np.inf
    x[5] = np.nan
    return rng.integers(0, classes, number), x.astype(dtype)


def losses_and_gradient(y: np.ndarray, x: np.ndarray, **options: Any) -> tuple[Any, Any]:
    """Return the terms and the gradient of their sum."""
    loss = ce.sparse_categorical_crossentropy
    terms = loss(y, x, from_logits=True, reduction="none", **options)
    assert ce.last_path() == "kernel"
    _, gradient = ce.value_and_grad(loss)(y, x, from_logits=True, reduction="sum", **options)
    assert ce.last_path() == "kernel"
    return terms, gradient


def probabilities(classes: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Labels and rows of probabilities of very different confidence."""
    y, x = rows(classes, np.float64)
    x = np.where(np.isfinite(x), x, -3.0)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    return y, (p / p.sum(axis=1, keepdims=True)).astype(dtype)


def weights(classes: int) -> np.ndarray:
    """Return weights of the classes."""
    return np.random.default_rng(classes).uniform(0.2, 2, classes)


def targets(classes: int, dtype: Any) -> np.ndarray:
    """Distributions, of which every third row is one-hot."""
    y, q = probabilities(classes, dtype)
    q = q[::-1].copy()
    q[::3] = np.eye(classes)[y[::3]]
    return q


def other_losses(dtype: Any) -> dict[str, tuple[Any, Any, dict[str, Any]]]:
    """Return (loss, labels, predictions, options) of every other kernel by name."""
    sparse, binary = ce.sparse_categorical_crossentropy, ce.binary_crossentropy
    dense = ce.categorical_crossentropy
    _, x = rows(33, dtype)
    t = np.random.default_rng(1).uniform(size=x.shape)
    return {
        "probabilities 10": (sparse, *probabilities(10, dtype), {}),
        "probabilities 1000": (sparse, *probabilities(1000, dtype), {"normalize": True}),
        **{
            f"distributions {classes}": (
                dense,
                probabilities(classes, dtype)[1],
                rows(classes, dtype)[1],
                {"from_logits": True, "label_smoothing": 0.1, "class_weight": weights(classes)},
            )
            for classes in (10, 100, 9000)
        },
        "targets 10": (dense, targets(10, np.float64), probabilities(10, dtype)[1], {}),
        "targets 1000": (
            dense, targets(1000, dtype), probabilities(1000, dtype)[1],
            {"normalize": True, "epsilon": 0.0},
        ),
        "smoothed labels 100": (sparse, *probabilities(100, dtype), {"label_smoothing": 0.1}),
        "binary logits": (binary, t, x, {"from_logits": True, "label_smoothing": 0.1}),
        "binary": (binary, t, probabilities(33, dtype)[1], {"epsilon": 0.0}),
    }  # fmt: skip


def digest(pair: tuple[Any, Any]) -> str:
    """Return a digest of some arrays, in which any NaN is the same."""
    bits = b"".join(np.nan_to_num(part, nan=7.0).tobytes() for part in pair)
    return hashlib.sha256(bits).hexdigest()


def digests() -> dict[str, str]:
    """Return a digest of every case by name."""
    found = {}
    for dtype in ("float32", "float64"):
        for classes in CLASSES:
            for name, options in OPTIONS.items():
                pair = losses_and_gradient(*rows(classes, dtype), **options)
                found[f"{dtype} {classes} {name}"] = digest(pair)
        for name, (loss, y, x, options) in other_losses(dtype).items():
            terms = loss(y, x, reduction="none", **options)
            assert ce.last_path() == "kernel"
            _, gradient = ce.value_and_grad(loss)(y, x, reduction="sum", **options)
            found[f"{dtype} {name}"] = digest((terms, gradient))
    return found


def assembly() -> dict[str, str]:
    """Return the code of every kernel that was compiled, not read from the disk, by name."""
    from crossent.kernels import regimes
    from crossent.kernels.drive import Kernels

    found = {}
    for module in iter_modules(regimes.__path__, f"{regimes.__name__}."):
        for one in vars(import_module(module.name)).values():
            for kernel in one[:2] if isinstance(one, Kernels) else ():
                for types, text in kernel.inspect_asm().items():
                    found[f"{kernel.__name__} {types[0]} {types[1]}"] = text
    return found


if __name__ == "__main__":
    answer = {"digests": digests()}
    if "--assembly" in sys.argv:
        answer["assembly"] = assembly()
    json.dump(answer, sys.stdout)
