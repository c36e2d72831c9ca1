"""What a front end offers: the ways in and out of one framework."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy.typing as npt

from crossent.core.plan import Plan, Spec
from crossent.losses.linear import Layer
from crossent.losses.ops import Array, Ops
from crossent.losses.targets import Inputs

Check = Callable[[], object]
"""What raises, or warns of, anything wrong with the values of a call."""


class HostKernels(Protocol):
    """The way of a framework's arrays to the compiled kernels."""

    def take(self, x: Array) -> bool:
        """Whether predictions may lie in the memory of this machine: a quick look."""
        ...

    def layout(self, y: Any, x: Any) -> object | None:
        """Return what tells arrays that are read as they are from others; None for any others."""
        ...

    def run_known(self, known: Any, x: Array, inputs: Inputs, check: Check) -> Any:
        """Compute a repeated call (:class:`crossent.frontends.repeated_calls.Known`)."""
        ...


class FrontEnd(Protocol):
    """The ways in and out of one framework."""

    name: str

    @property
    def ops(self) -> Ops:
        """The operations of the formulae."""
        ...

    @property
    def compiling(self) -> bool:
        """Whether a compiler reads this code, and not Python: there are no frames then."""
        ...

    def owns(self, array: object) -> bool:
        """Whether the array belongs to this framework."""
        ...

    def prediction(self, array: object) -> Array:
        """Return `y_pred` as an array of the framework, or raise ArrayKindError."""
        ...

    def spec(self, array: Array) -> Spec:
        """Return shape and dtype."""
        ...

    def values(self, array: Array) -> npt.NDArray[Any] | None:
        """Return the values on the host, without a copy where possible; None if traced."""
        ...

    def check_memory(self, name: str, array: Array) -> None:
        """Raise ArrayKindError if an array has lost its memory, where a framework lets it."""
        ...

    def on_host(self, array: Array) -> bool:
        """Whether reading the values needs no synchronisation with an accelerator."""
        ...

    def adopt(self, given: object, like: Array) -> object:
        """Return an argument as it is; or as an array of the framework, if all is to be traced."""
        ...

    def convert(self, host: npt.NDArray[Any], like: Array) -> Array:
        """Return a host array as an array of the framework on the device of `like`."""
        ...

    @property
    def kernels(self) -> HostKernels | None:
        """How arrays come to the compiled kernels; None if they do not."""
        ...

    def run(
        self, plan: Plan, x: Array, inputs: Inputs, normalizer: Any, check: Check | None = None
    ) -> Any:
        """Compute the rows and reduce them as the plan says.

        `check` raises what is wrong with labels and predictions where that was left to the
        kernels, as :attr:`kernels` allows; whoever takes another way calls it first.
        """
        ...

    def log_probs(
        self, plan: Plan, x: Array, inputs: Inputs, check: Check | None = None
    ) -> dict[str, Array]:
        """Return the outputs of the plan: log-probabilities of labels, and what belongs to them.

        Where labels are shifted, there is an entry for the last row of a sequence too.
        """
        ...

    def linear(self, plan: Plan, layer: Layer, x: Array, inputs: Inputs, normalizer: Any) -> Any:
        """Compute the loss of the logits that a layer makes of `x`, which are not held whole."""
        ...

    def linear_log_probs(
        self, plan: Plan, layer: Layer, x: Array, inputs: Inputs
    ) -> dict[str, Array]:
        """Return what :meth:`log_probs` does, of the logits that a layer makes of `x`."""
        ...
