"""Named tuples of what a call was asked for, in the order in which it was asked."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

_CLASSES: dict[tuple[str, ...], Any] = {}


def named(names: tuple[str, ...], values: tuple[Any, ...], compiling: bool = False) -> Any:
    """Return a named tuple; frameworks take it for a tuple of arrays, and pickle can store it.

    While a compiler reads this code it knows named tuples, but nothing that is added to them.
    """
    if compiling:
        return namedtuple("LogProbs", names)(*values)
    if names not in _CLASSES:
        kind = namedtuple("LogProbs", names)  # type: ignore[misc]
        kind.__reduce__ = _reduced  # type: ignore[method-assign]
        _CLASSES[names] = kind
    return _CLASSES[names](*values)


def _reduced(self: Any) -> tuple[Any, ...]:
    return named, (self._fields, tuple(self))
