"""What goes into the public functions and what comes out, for type checkers.

No framework is named, as none may be installed: an array of one is whatever says on which device it
is, and the result is an array of the same type. NumPy's arrays say that too, so they come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, TypeVar, Unpack

import numpy as np
import numpy.typing as npt

from crossent.core.options import Empty, Gradients, Validate

if TYPE_CHECKING:
    from crossent.frontends.linear_walk import Gradients as LayerGradients


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
Output = Literal["log_prob", "entropy", "lse", "rank", "correct"]
AnyReduction = Literal["mean", "auto", "sum", "none", "parts"]


class _Stored(TypedDict, total=False):
    from_logits: bool
    label_smoothing: float
    epsilon: float
    empty: Empty
    validate: Validate


class _StoredOfClasses(_Stored, total=False):
    axis: int
    class_mask: Any
    class_weight: Any
    z_loss: float
    normalize: bool | None


class _OfBatch(TypedDict, total=False):
    sample_weight: Any
    normalizer: Any


class SparseStored(_StoredOfClasses, total=False):
    """The options that a loss object of class indices stores, but `reduction`."""

    ignore_class: int | tuple[int, ...] | None


class DenseStored(_StoredOfClasses, total=False):
    """The options that a loss object of distributions stores, but `reduction`."""


class BinaryStored(_Stored, total=False):
    """The options that a loss object of two classes stores, but `reduction`."""

    ignore_class: int | tuple[int, ...] | None
    pos_weight: Any


class SparseOptions(SparseStored, _OfBatch, total=False):
    """The options of ``sparse_categorical_crossentropy`` but `reduction`."""

    target_prob: Any


class DenseOptions(DenseStored, _OfBatch, total=False):
    """The options of ``categorical_crossentropy`` but `reduction`."""


class BinaryOptions(BinaryStored, _OfBatch, total=False):
    """The options of ``binary_crossentropy`` but `reduction`."""


class LogProbsOptions(TypedDict, total=False):
    """The options of ``log_probs`` but `outputs`."""

    temperature: float
    axis: int
    ignore_class: int | tuple[int, ...] | None
    class_mask: Any
    shift: bool
    validate: Validate


class _OfLayer(TypedDict, total=False):
    linear_bias: Any
    ignore_class: int | tuple[int, ...] | None
    class_mask: Any
    shift: bool
    logit_scale: float
    softcap: float | None
    max_memory: int
    validate: Validate


class LinearStored(_OfLayer, total=False):
    """The options that a loss object over a linear layer stores, but `reduction`."""

    class_weight: Any
    label_smoothing: float
    z_loss: float
    gradients: Gradients
    empty: Empty


class LinearClassOptions(LinearStored, total=False):
    """The options of ``LinearCrossentropy``."""

    reduction: AnyReduction


class LinearOptions(LinearStored, _OfBatch, total=False):
    """The options of ``linear_crossentropy`` but `reduction`."""

    target_prob: Any


class LinearLogProbsOptions(_OfLayer, total=False):
    """The options of ``linear_log_probs`` but `outputs`."""

    temperature: float


class GradientOptions(SparseOptions, total=False):
    """The options of every loss but `reduction`, and where the gradient goes."""

    pos_weight: Any
    out: npt.NDArray[Any] | None
    inplace: bool


class WithGradient(Protocol):
    """What ``value_and_grad`` makes of a loss."""

    def __call__(
        self, y_true: Any, y_pred: Any, *, reduction: One = ..., **options: Unpack[GradientOptions]
    ) -> tuple[Scalar, npt.NDArray[Any]]: ...


class LossFunction(Protocol):
    """A public loss function."""

    def __call__(
        self, y_true: Any, y_pred: Any, *, reduction: AnyReduction, normalizer: Any
    ) -> Any: ...


class WithLayer(Protocol):
    """What ``value_and_grad`` makes of the loss over a linear layer."""

    def __call__(
        self,
        y_true: Any,
        hidden: Any,
        linear_weight: Any,
        *,
        reduction: One = ...,
        **options: Unpack[LinearOptions],
    ) -> tuple[Scalar, LayerGradients]: ...


class LayerLoss(Protocol):
    """The loss over a linear layer."""

    def __call__(
        self,
        y_true: Any,
        hidden: Any,
        linear_weight: Any,
        *,
        reduction: AnyReduction,
        linear_bias: Any,
    ) -> Any: ...
