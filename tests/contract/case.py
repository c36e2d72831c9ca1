"""What a named case is: one call of a loss and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

FUNCTION_NAMES = {
    "sparse": "sparse_categorical_crossentropy",
    "dense": "categorical_crossentropy",
    "binary": "binary_crossentropy",
}
MEAN_ONLY = ("normalizer", "empty")  # options that mean something for reduction="mean" alone
NOT_THE_ORACLES = ("empty", "validate", "normalizer")


@dataclass(frozen=True)
class Call:
    """The arguments of one call, without a reduction: runners make every reduction of it."""

    function: str
    y_true: Any
    y_pred: Any
    options: dict[str, Any]

    def with_(self, **changes: Any) -> Call:
        """The same call with another label array, prediction or option."""
        y_true = changes.pop("y_true", self.y_true)
        y_pred = changes.pop("y_pred", self.y_pred)
        return Call(self.function, y_true, y_pred, {**self.options, **changes})

    def oracle_options(self) -> dict[str, Any]:
        """The options that the oracle knows."""
        return {k: v for k, v in self.options.items() if k not in NOT_THE_ORACLES}

    @property
    def axis(self) -> int | None:
        """The class axis, not negative; None for the binary loss."""
        if self.function == "binary":
            return None
        return self.options.get("axis", -1) % np.ndim(self.y_pred)


@dataclass(frozen=True)
class Case:
    """A call with a name, the rule it belongs to and its outcome.

    Without `error`, the values come from the oracle, or from `want` (closed forms, one a row).
    `nan_rows` are NaN on every front end. An `error` that depends on values is raised where the
    values can be seen; elsewhere `traced_nan_rows` are NaN and all other rows keep the bits that
    they have once the fault is repaired by `good`. With `unchecked`, the value is computed as
    given instead. A `static` error is raised everywhere.
    """

    name: str
    rule: str
    call: Call
    want: tuple[Any, ...] | None = None
    error: tuple[str, tuple[str, ...]] | None = None
    static: bool = False
    unchecked: bool = False
    nan_rows: tuple[int, ...] = ()
    traced_nan_rows: tuple[int, ...] = ()
    good: dict[str, Any] = field(default_factory=dict)
    warns: tuple[str, str] | None = None
    only: str | None = None  # the one front end that can be given such an input

    def __post_init__(self) -> None:
        settled = self.static or self.unchecked or self.traced_nan_rows
        assert self.error is None or settled, f"{self.name}: what happens when traced?"
        bad = self.nan_rows or self.traced_nan_rows
        assert not bad or self.good, f"{self.name}: what would repair it?"

    @property
    def values(self) -> bool:
        """Whether the oracle gives every number of the outcome."""
        return self.error is None and not self.nan_rows


def make(name: str, rule: str, function: str, y_true: Any, y_pred: Any, **given: Any) -> Case:
    """A case; keywords that are no field of :class:`Case` are options of the loss."""
    fields = {k: given.pop(k) for k in tuple(given) if k in Case.__dataclass_fields__}
    return Case(name, rule, Call(function, y_true, y_pred, given), **fields)


def sparse(name: str, rule: str, y_true: Any, y_pred: Any, **given: Any) -> Case:
    """A case of the sparse loss."""
    return make(name, rule, "sparse", y_true, y_pred, **given)


def dense(name: str, rule: str, y_true: Any, y_pred: Any, **given: Any) -> Case:
    """A case of the dense loss."""
    return make(name, rule, "dense", y_true, y_pred, **given)


def binary(name: str, rule: str, y_true: Any, y_pred: Any, **given: Any) -> Case:
    """A case of the binary loss."""
    return make(name, rule, "binary", y_true, y_pred, **given)


def f32(values: Any) -> np.ndarray:
    """A float32 array."""
    return np.asarray(values, dtype=np.float32)


def softmax(x: Any, axis: int = -1) -> np.ndarray:
    """Probabilities in float64; only ever an input, never a reference."""
    e = np.exp(np.asarray(x, dtype=np.float64) - np.max(x, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def replaced(array: Any, row: Any, value: Any) -> np.ndarray:
    """A copy with one row (or element) set to another value."""
    out = np.array(array)
    out[row] = value
    return out


def bits_of(array: Any) -> bytes:
    """The bytes of an array in the order of its indices."""
    return np.ascontiguousarray(array).tobytes()


def draw(seed: int, *shape: int, scale: float = 3.0, dtype: Any = np.float32) -> np.ndarray:
    """Logits that are not round numbers."""
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


# Confident, doubtful, wrong and nearly tied rows.
X = f32([[20.3, 0.7, -1.1], [0.2, 1.7, -0.4], [-3.3, 0.1, 2.6], [0.37, 0.61, 0.59]])
Y = np.array([0, 2, 1, 1])
P = f32(softmax(X))
Q = f32([[0.75, 0.25, 0.0], [0.125, 0.5, 0.375], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
ONE_HOT = np.eye(3, dtype=np.float32)[Y]
B = f32([[-2.3, 0.4], [7.1, -0.3], [0.9, 31.7]])  # logits of the binary loss
T = f32([[0.0, 1.0], [1.0, 0.3], [0.0, 1.0]])
