"""What goes into the public functions and what comes out, for type checkers.

No framework is named, as none may be installed: an array of one is whatever says on which device it
is, and the result is an array of the same type. NumPy's arrays say that too, so they come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt


class OnDevice(Protocol):
    """An array of a framework."""

    @property
    def device(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def shape(self) -> Any: ...


Tensor = TypeVar("Tensor", bound=OnDevice)
HostArray = npt.NDArray[Any] | Sequence[Any]
"""Predictions that NumPy computes with."""

Scalar = np.floating[Any]
Terms = npt.NDArray[np.floating[Any]]
Parts = Literal["parts"]
Rows = Literal["none"]
One = Literal["mean", "auto", "sum"]
Each = Literal["mean", "auto", "sum", "none"]


class _Options(TypedDict, total=False):
    from_logits: bool
    sample_weight: Any
    label_smoothing: float
    epsilon: float
    normalizer: Any
    empty: str
    validate: str


class _ClassOptions(_Options, total=False):
    axis: int
    class_mask: Any
    class_weight: Any
    z_loss: float
    normalize: bool | None


class SparseOptions(_ClassOptions, total=False):
    """The options of ``sparse_categorical_crossentropy`` but `reduction`."""

    ignore_class: int | tuple[int, ...] | None
    target_prob: Any


class DenseOptions(_ClassOptions, total=False):
    """The options of ``categorical_crossentropy`` but `reduction`."""


class BinaryOptions(_Options, total=False):
    """The options of ``binary_crossentropy`` but `reduction`."""

    ignore_class: int | tuple[int, ...] | None
    pos_weight: Any
