"""What a front end must offer to the contract tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from contract.case import MEAN_ONLY, Call
from contract.policy import Policy


@dataclass(frozen=True)
class Outcome:
    """Every reduction of one call as NumPy arrays, with the gradients to the predictions."""

    none: np.ndarray
    # not where it is asked for the rows only, and every reduction would be compiled anew
    mean: np.ndarray | None = None
    gradient_of_mean: np.ndarray | None = None
    # not where every call is traced anew, which takes seconds: there the sum has its own test
    sum: np.ndarray | None = None
    gradient_of_sum: np.ndarray | None = None
    mean_beside_gradient: np.ndarray | None = None  # the value that came with the gradient
    cotangent: np.ndarray | None = None  # one factor a row, where there is autodiff
    gradient_of_none: np.ndarray | None = None  # of sum(none * cotangent)


QUICK = "every call is compiled, which takes a second"
SHARES = {"mean": (0.71,), "sum": (-0.29,), "parts": (0.53, 0.17)}
Reductions = tuple[str, ...]


def mixture(results: dict[str, Any], inner: Callable[[Any], Any]) -> Any:
    """One number made of the reductions of a call, of which gradients are taken.

    `inner` makes a number of the terms.
    """
    total: Any = 0.0
    for name, result in results.items():
        if name == "none":
            total = total + inner(result)
            continue
        parts = result if name == "parts" else (result,)
        for share, part in zip(SHARES[name], parts, strict=True):
            total = total + share * part
    return total


class Runner(Protocol):
    """One way to call the library."""

    name: str
    traced: bool  # values cannot be seen while the meaning is decided
    policy: Policy
    lacks: dict[str, str]  # capability -> why it is not there
    stops: bool  # a program whose values cannot be seen stops at bad ones while it runs
    compiles: bool  # every reduction of a call by itself, which takes time

    def outcome(
        self, call: Call, validate: str | None = None, *, rows_only: bool = False
    ) -> Outcome:
        """Every reduction and gradient of a call; fewer with `rows_only` where each costs much."""
        ...

    def gradients(
        self, call: Call, names: tuple[str, ...], reductions: Reductions
    ) -> dict[str, np.ndarray]:
        """The gradients of :func:`mixture` to the arguments of these names.

        The terms are multiplied by :func:`cotangent_for` and added up.
        """
        ...

    def attempt(self, call: Call, reduction: str = "mean") -> np.ndarray:
        """One value alone, with static shapes; for calls that raise."""
        ...

    def stop(self, call: Call) -> dict[str, tuple[str, str]]:
        """The code and the words at which the value, and the gradient alone, of a call stop."""
        ...

    def loss(self, call: Call, reduction: str) -> Any:
        """One value alone; a pair for "parts"."""
        ...


def options_for(call: Call, reduction: str, validate: str | None) -> dict[str, Any]:
    """The options of a call under one reduction."""
    options = dict(call.options)
    if reduction != "mean":
        for name in MEAN_ONLY:
            options.pop(name, None)
    if validate is not None:
        options["validate"] = validate
    return {**options, "reduction": reduction}


def rows_shape(call: Call) -> tuple[int, ...]:
    """The shape of reduction="none"."""
    shape = np.shape(call.y_pred)
    return shape if call.axis is None else shape[: call.axis] + shape[call.axis + 1 :]


def cotangent_for(call: Call) -> np.ndarray:
    """An upstream gradient whose entries differ in size and sign."""
    shape = rows_shape(call)
    dtype = np.float64 if np.asarray(call.y_pred).dtype.itemsize == 8 else np.float32
    steps = np.arange(int(np.prod(shape, dtype=int))) * 0.6180339887
    return (steps % 1.0 - 0.37).astype(dtype).reshape(shape)
