"""What a front end offers: the ways in and out of one framework."""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt

from crossent.ops import Array, Ops
from crossent.plan import Plan, Spec
from crossent.targets import Inputs


class FrontEnd(Protocol):
    """The ways in and out of one framework."""

    name: str

    @property
    def ops(self) -> Ops:
        """The operations of the formulae."""
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

    # A front end whose arrays can lose their memory has `check_memory(name, array)` too, which
    # raises ArrayKindError where one has.

    def on_host(self, array: Array) -> bool:
        """Whether reading the values needs no synchronisation with an accelerator."""
        ...

    def adopt(self, given: object, like: Array) -> object:
        """Return an argument as it is; or as an array of the framework, if all is to be traced."""
        ...

    def convert(self, host: npt.NDArray[Any], like: Array) -> Array:
        """Return a host array as an array of the framework on the device of `like`."""
        ...

    def run(self, plan: Plan, x: Array, inputs: Inputs, normalizer: Any) -> Any:
        """Compute the rows and reduce them as the plan says."""
        ...
