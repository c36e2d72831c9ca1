"""The operations of arrays that every formula of crossent is written in.

A front end offers them for its framework. Arrays are of the framework's own type, so they are Any
here; beside these operations the formulae use only Python's arithmetic and comparison operators.
Classes lie on the last axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Array = Any
Backward = Callable[..., Array]
Smooth = Callable[..., Array]
Forwarded = tuple[tuple[Array, ...], Backward]
Forward = Callable[[Array], Forwarded]


class Ops(Protocol):
    """The operations that the formulae are written in."""

    def cast(self, x: Array, dtype: str) -> Array:
        """Convert to the dtype of that name; float to integer only after a range check."""
        ...

    def wide(self, x: Array) -> Array:
        """Convert to the dtype for scalars of rows: float64 where the framework has it."""
        ...

    def dtype(self, x: Array) -> str:
        """Return the name of the dtype."""
        ...

    def where(self, condition: Array, x: Array, y: Array) -> Array:
        """Choose elementwise; x or y may be a Python number."""
        ...

    def ndim(self, x: Array) -> int:
        """Return the number of dimensions."""
        ...

    def length(self, x: Array) -> int:
        """Return the length of the class axis."""
        ...

    def clip(self, x: Array, low: float | None, high: float | None) -> Array:
        """Move what lies outside of a range to its end; NaN stays."""
        ...

    def exp(self, x: Array) -> Array: ...

    def exp_over(self, x: Array) -> Array:
        """The same, where `x` is not used again."""
        ...

    def log(self, x: Array) -> Array: ...

    def log1p(self, x: Array) -> Array: ...

    def tanh(self, x: Array) -> Array: ...

    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array:
        """Product of rows with each row of a (C, D) weight, and a bias of (C,) added."""
        ...

    def floor(self, x: Array) -> Array: ...

    def isfinite(self, x: Array) -> Array: ...

    def max(self, x: Array) -> Array:
        """Largest over the classes, which stay as a dimension of 1."""
        ...

    def argmax(self, x: Array) -> Array:
        """Number of the largest over the classes, which are no dimension any more; one of equals.

        Of a row that holds NaN it is any class.
        """
        ...

    def sum(self, x: Array) -> Array:
        """Sum over the classes, which stay as a dimension of 1."""
        ...

    def total(self, x: Array) -> Array:
        """Sum of all elements, wide and of no dimension; exact where the front end can."""
        ...

    def size(self, x: Array) -> Array:
        """Number of all elements, wide and of no dimension."""
        ...

    def is_zero(self, x: Array) -> bool:
        """Whether a number of no dimension can be seen, and is 0."""
        ...

    def stop_gradient(self, x: Array) -> Array:
        """The same values, as constants to autodiff."""
        ...

    def count(self, mask: Array, like: Array) -> Array:
        """Count True over the classes, which stay as a dimension of 1, in the dtype of `like`."""
        ...

    def any(self, mask: Array) -> Array:
        """Whether any class is True; the class axis stays as a dimension of 1."""
        ...

    def if_any(self, flags: Array, then: Callable[[], Array], otherwise: Array) -> Array:
        """Return ``then()`` if any flag is True, else `otherwise`, of the same shape and dtype.

        Where nothing can branch on values it is ``then()``, which must be right then too.
        """
        ...

    def rows(self, x: Array) -> Array:
        """Drop the class axis, a dimension of 1."""
        ...

    def classes(self, x: Array) -> Array:
        """Add a class axis of 1."""
        ...

    def take(self, x: Array, labels: Array) -> Array:
        """Element of each row at its label, which is in range; the result has the rows' shape."""
        ...

    def put(self, x: Array, labels: Array, values: Array) -> Array:
        """Rows with the element at the label replaced; `x` is not used again."""
        ...

    def without(self, x: Array, labels: Array, dtype: str) -> Array:
        """Rows of their own in a float dtype, with -inf at the label."""
        ...

    def take_classes(self, per_class: Array, labels: Array) -> Array:
        """Element of a (C,) array at every label."""
        ...

    def zeros(self, like: Array, dtype: str) -> Array:
        """Zeros of the shape of `like`."""
        ...

    def numbers(self, x: Array) -> Array:
        """Numbers 0, 1, 2 ... of the elements along the last axis, as integers of one axis."""
        ...

    def after(self, x: Array) -> Array:
        """The element after each along the last axis; the first one after the last."""
        ...

    def column(self, x: Array, k: int) -> Array:
        """The k-th of the classes, without the class axis."""
        ...

    def softmax(self, x: Array) -> Array:
        """Softmax over the classes, differentiable to every order."""
        ...

    def differentiable(self, forward: Forward, smooth: Smooth, x: Array) -> tuple[Array, ...]:
        """Return the values of ``forward(x)``, with its `backward` as their gradient.

        ``forward(x)`` gives (values, backward), ``backward(*upstream)`` the gradient to x, and
        ``smooth(x, *upstream)`` the same gradient in a form whose own derivative is taken by
        autodiff.
        """
        ...

    def move_last(self, x: Array, axis: int) -> Array:
        """Move an axis to the end."""
        ...

    def squeeze(self, x: Array, axis: int) -> Array:
        """Drop a dimension of 1."""
        ...

    def expand(self, x: Array, before: int, after: int) -> Array:
        """Add dimensions of 1 in front and behind."""
        ...

    def broadcast(self, x: Array, like: Array, per_row: bool) -> Array:
        """Broadcast to the shape of `like`, or to its rows."""
        ...
