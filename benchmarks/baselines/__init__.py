"""The contenders: every peer as its users write it, and crossent from its front ends.

A file holds one peer. Its ``FORMS`` map a name to a class with

- ``losses(y, x)``: the loss of every row, and ``gradient(y, x)``: the gradient of their sum, both
  as NumPy arrays (for the accuracy); ``of_probabilities(y, p)`` and ``of_targets(q, x)``, where
  there are any, both of probabilities and of dense targets;
- ``load(y, x)``: make what a user would hold before the call;
- ``forward()``: the mean loss, finished; ``value_and_gradient(upstream)``: the mean loss and the
  gradient of ``upstream`` times it, finished (for the speed). ``kept()``, where there is one, does
  the same into a buffer that is kept by the caller.

Labels are int64; x has shape (rows, classes).
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

KEPT = {
    "MALLOC_MMAP_THRESHOLD_": "68719476736",
    "MALLOC_TRIM_THRESHOLD_": "68719476736",
    "MALLOC_TOP_PAD_": "268435456",
}
"""Makes glibc keep freed memory, so that a new array does not fault every page in again."""


@dataclass(frozen=True)
class Contender:
    """One process of a benchmark."""

    name: str  # in tables
    peer: str  # the file
    form: str  # in the file's FORMS
    kept: bool = False  # freed memory is kept by malloc
    kernels: bool = True  # crossent only

    @property
    def ours(self) -> bool:
        return self.peer == "crossent"

    def environment(self) -> dict[str, str]:
        """Return what is added to the environment of the process."""
        return dict(KEPT) if self.kept else {}

    def load(self) -> Any:
        """Import the peer and return its form."""
        form = importlib.import_module(f"baselines.{self.peer}").FORMS[self.form]()
        if not self.kernels:
            form.use_operations()
        return form


def by_name(contenders: tuple[Contender, ...]) -> dict[str, Contender]:
    return {contender.name: contender for contender in contenders}


SPEED = by_name(
    (
        Contender("crossent, NumPy", "crossent", "numpy"),
        Contender("crossent, PyTorch", "crossent", "torch"),
        Contender("crossent, PyTorch, memory kept", "crossent", "torch", kept=True),
        Contender("NumPy", "numpy", "numpy"),
        Contender("SciPy", "scipy", "scipy"),
        Contender("scikit-learn", "sklearn", "multinomial"),
        Contender("PyTorch", "torch", "eager"),
        Contender("PyTorch, memory kept", "torch", "eager", kept=True),
        Contender("torch.compile", "torch", "compile"),
        Contender("torch.compile, memory kept", "torch", "compile", kept=True),
        Contender("jax.jit", "jax", "jit"),
        Contender("jax.jit, memory kept", "jax", "jit", kept=True),
        Contender("tf.function", "tensorflow", "function"),
        Contender("tf.function, jit_compile", "tensorflow", "jit_compile"),
    )
)

ACCURACY = by_name(
    (
        Contender("crossent, kernels", "crossent", "numpy"),
        Contender("crossent, NumPy operations", "crossent", "numpy", kernels=False),
        Contender("crossent, PyTorch operations", "crossent", "torch", kernels=False),
        Contender("crossent, JAX", "crossent", "jax"),
        Contender("crossent, TensorFlow", "crossent", "tensorflow"),
        Contender("NumPy", "numpy", "numpy"),
        Contender("SciPy", "scipy", "scipy"),
        Contender("scikit-learn", "sklearn", "multinomial"),
        Contender("PyTorch", "torch", "eager"),
        Contender("torch.compile", "torch", "compile"),
        Contender("optax", "jax", "jit"),
        Contender("tf.nn", "tensorflow", "function"),
        Contender("Keras", "keras", "keras"),
    )
)
