"""Loss classes: the functions with their options stored, to be passed around and configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, Unpack, overload

import numpy as np

from crossent.core.messages import options as messages
from crossent.core.misuse import without_misuse
from crossent.core.options import UNSET, Function, absent_arrays, arrays_of, make_options
from crossent.core.other_names import meant
from crossent.core.registry import FUNCTIONS
from crossent.frontends.call import run_call
from crossent.signatures import (
    AnyReduction,
    BinaryStored,
    DenseStored,
    HostArray,
    One,
    Parts,
    Rows,
    Scalar,
    SparseStored,
    Tensor,
    Terms,
)

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Reduced = TypeVar("Reduced", bound=AnyReduction, default=One)
else:
    from typing import TypeVar

    Reduced = TypeVar("Reduced")

PER_CALL = ("sample_weight", "target_prob", "normalizer", "linear_bias")
"""Options that belong to one batch, or are learned."""


class Loss(Generic[Reduced]):
    """A loss with its options; the base of the public classes."""

    function: ClassVar[Function]

    def __init__(self, *nameless: Any, **options: Any) -> None:
        for name in PER_CALL:
            if name in options:
                arrays = arrays_of(self.function).values()
                raise messages.option_per_call(name, type(self).__name__, arrays)
        stored = FUNCTIONS[self.function].options.difference(PER_CALL)
        if nameless or not stored.issuperset(options):
            unknown = {name: value for name, value in options.items() if name not in stored}
            raise messages.wrong_arguments(
                type(self).__name__, stored, unknown, nameless, arrays={}
            )
        given = {name: value for name, value in options.items() if value is not UNSET}
        make_options(self.function, given)
        self._given = given

    @overload
    def __call__(
        self: Loss[Parts],
        y_true: Any,
        y_pred: HostArray,
        sample_weight: Any = ...,
        *,
        normalizer: Any = ...,
        target_prob: Any = ...,
    ) -> tuple[Scalar, Scalar]: ...
    @overload
    def __call__(
        self: Loss[Rows],
        y_true: Any,
        y_pred: HostArray,
        sample_weight: Any = ...,
        *,
        normalizer: Any = ...,
        target_prob: Any = ...,
    ) -> Terms: ...
    @overload
    def __call__(
        self: Loss[One],
        y_true: Any,
        y_pred: HostArray,
        sample_weight: Any = ...,
        *,
        normalizer: Any = ...,
        target_prob: Any = ...,
    ) -> Scalar: ...
    @overload
    def __call__(
        self: Loss[Parts],
        y_true: Any,
        y_pred: Tensor,
        sample_weight: Any = ...,
        *,
        normalizer: Any = ...,
        target_prob: Any = ...,
    ) -> tuple[Tensor, Tensor]: ...
    @overload
    def __call__(
        self: Loss[Rows] | Loss[One],
        y_true: Any,
        y_pred: Tensor,
        sample_weight: Any = ...,
        *,
        normalizer: Any = ...,
        target_prob: Any = ...,
    ) -> Tensor: ...
    @overload
    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = ...,
        *,
        normalizer: Any = ...,
        target_prob: Any = ...,
    ) -> Any: ...
    @without_misuse
    def __call__(
        self,
        y_true: Any = UNSET,
        y_pred: Any = UNSET,
        sample_weight: Any = None,
        *nameless: Any,
        normalizer: Any = UNSET,
        **arrays: Any,
    ) -> Any:
        """Compute the loss; `sample_weight` and the other arrays of a batch come with the call."""
        if nameless or y_pred is UNSET or y_true is UNSET:
            self._refuse(arrays, nameless, absent_arrays(y_true, y_pred))
        return run_call(
            self.function, y_true, y_pred, self.call_options(sample_weight, normalizer, **arrays)
        )

    def call_options(
        self, sample_weight: Any = None, normalizer: Any = UNSET, **arrays: Any
    ) -> dict[str, Any]:
        """Return the stored options together with those of one call."""
        if not FUNCTIONS[self.function].options.intersection(PER_CALL).issuperset(arrays):
            self._refuse(arrays)
        return {
            **self._given,
            "sample_weight": sample_weight,
            "normalizer": normalizer,
            **arrays,
        }

    def _refuse(
        self, given: dict[str, Any], nameless: tuple[Any, ...] = (), absent: Sequence[str] = ()
    ) -> None:
        """Raise for a call with other arguments than those of one batch."""
        entry = FUNCTIONS[self.function]
        known = entry.options.intersection(PER_CALL)
        for name, value in given.items():
            stored = meant(name, value, entry.options - known)
            line = f"{name}=..." if name in entry.options - known else stored and stored.line
            if line:
                raise messages.option_at_once(name, line, type(self).__name__)
        others = {name: value for name, value in given.items() if name not in known}
        arrays = arrays_of(self.function)
        raise messages.wrong_arguments("loss", known, others, nameless, absent, arrays)

    def get_config(self) -> dict[str, Any]:
        """Return the options that were given, as plain words, numbers and lists."""
        return {name: _plain(value) for name, value in self._given.items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build a loss from what :meth:`get_config` returned."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash((type(self), repr(sorted(self.get_config().items()))))

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({options})"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if not hasattr(value, "numpy"):
        return value
    # PyTorch's own `tolist`: its `numpy` would pin the storage of the tensor.
    return value.tolist() if hasattr(value, "tolist") else value.numpy().tolist()


class SparseCategoricalCrossentropy(Loss[Reduced]):
    """Cross-entropy of class indices with its options stored, in nats.

    Computes :func:`sparse_categorical_crossentropy`, where formula, shapes, dtypes and edge cases
    are described.

    Parameters
    ----------
    **options
        The options of :func:`sparse_categorical_crossentropy`, except those that belong to a
        batch: `sample_weight`, `target_prob` and `normalizer` come with the call,
        ``loss(y_true, y_pred, sample_weight=None)``.

    Raises
    ------
    OptionError
        If an option is unknown, out of range or means nothing here.

    Examples
    --------
    >>> import crossent as ce
    >>> loss = ce.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    >>> loss([0, 1], [[2.0, 0.0], [0.0, 1.0]])
    array([0.12692801, 0.31326169])
    >>> loss == ce.SparseCategoricalCrossentropy.from_config(loss.get_config())
    True
    """

    function = "sparse"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: SparseCategoricalCrossentropy[Parts],
            *,
            reduction: Parts,
            **options: Unpack[SparseStored],
        ) -> None: ...
        @overload
        def __init__(
            self: SparseCategoricalCrossentropy[Rows],
            *,
            reduction: Rows,
            **options: Unpack[SparseStored],
        ) -> None: ...
        @overload
        def __init__(
            self: SparseCategoricalCrossentropy[One],
            *,
            reduction: One = ...,
            **options: Unpack[SparseStored],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...


class CategoricalCrossentropy(Loss[Reduced]):
    """Cross-entropy of distributions over the classes with its options stored, in nats.

    Computes :func:`categorical_crossentropy`, where formula, shapes, dtypes and edge cases are
    described.

    Parameters
    ----------
    **options
        The options of :func:`categorical_crossentropy`, except `sample_weight` and `normalizer`,
        which come with the call, ``loss(y_true, y_pred, sample_weight=None)``.

    Raises
    ------
    OptionError
        If an option is unknown, out of range or means nothing here.

    Examples
    --------
    >>> import crossent as ce
    >>> ce.CategoricalCrossentropy()([[1, 0]], [[0.5, 0.5]])
    np.float64(0.6931471805599453)
    """

    function = "dense"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: CategoricalCrossentropy[Parts],
            *,
            reduction: Parts,
            **options: Unpack[DenseStored],
        ) -> None: ...
        @overload
        def __init__(
            self: CategoricalCrossentropy[Rows], *, reduction: Rows, **options: Unpack[DenseStored]
        ) -> None: ...
        @overload
        def __init__(
            self: CategoricalCrossentropy[One],
            *,
            reduction: One = ...,
            **options: Unpack[DenseStored],
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...


class BinaryCrossentropy(Loss[Reduced]):
    """Cross-entropy of two classes with its options stored, in nats.

    Computes :func:`binary_crossentropy`, where formula, shapes, dtypes and edge cases are
    described.

    Parameters
    ----------
    **options
        The options of :func:`binary_crossentropy`, except `sample_weight` and `normalizer`, which
        come with the call, ``loss(y_true, y_pred, sample_weight=None)``.

    Raises
    ------
    OptionError
        If an option is unknown, out of range or means nothing here.

    Examples
    --------
    >>> import crossent as ce
    >>> ce.BinaryCrossentropy(from_logits=True)([1.0], [0.0])
    np.float64(0.6931471805599453)
    """

    function = "binary"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: BinaryCrossentropy[Parts], *, reduction: Parts, **options: Unpack[BinaryStored]
        ) -> None: ...
        @overload
        def __init__(
            self: BinaryCrossentropy[Rows], *, reduction: Rows, **options: Unpack[BinaryStored]
        ) -> None: ...
        @overload
        def __init__(
            self: BinaryCrossentropy[One], *, reduction: One = ..., **options: Unpack[BinaryStored]
        ) -> None: ...
        def __init__(self, **options: Any) -> None: ...
