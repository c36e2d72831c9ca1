"""Arrays in memory, made of whatever NumPy reads without loss."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from crossent.core.label_facts import gaps
from crossent.core.messages import options as messages
from crossent.core.messages.names import missing_numbers
from crossent.core.messages.values import string_labels
from crossent.core.plan import FLOATS, INTEGERS
from crossent.frontends import framework_of, front_end_for

HostArray = npt.NDArray[Any]
ACCEPTED = frozenset({*FLOATS, *INTEGERS, "bool"})


@lru_cache(maxsize=64)
def dtype_name(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype, which NumPy puts together anew whenever it is asked."""
    return dtype.name


def host_array(name: str, given: object) -> HostArray:
    """Return anything that NumPy reads without loss as an array, or raise ArrayKindError."""
    if type(given) is np.ndarray and dtype_name(given.dtype) in ACCEPTED:
        return given
    if type(given) is not np.ndarray and framework_of(type(given)) != "numpy":
        kind = f"{type(given).__module__}.{type(given).__qualname__}"
        raise messages.other_framework(name, kind)
    # Whoever made one has imported it; an import here could wait for ever in a forked child.
    masked = getattr(sys.modules.get("numpy.ma"), "MaskedArray", ())
    if isinstance(given, masked):
        raise messages.array_kind(
            name,
            "a masked array",
            "Its mask would be ignored: fill it with a sentinel and pass that as ignore_class, or "
            "turn the mask into sample_weight.",
        )
    if isinstance(given, Mapping):
        keys = ", ".join(map(repr, given))
        raise messages.array_kind(
            name, f"a {type(given).__name__} with the keys {keys}", "Pass the array in it."
        )
    given = _from_frameworks(name, given)
    try:
        array = np.asarray(given)
    except ValueError as error:
        if isinstance(given, tuple | list) and hasattr(given[0], "shape"):
            kind = f"a {type(given).__name__} of {len(given)} arrays of different shapes"
            raise messages.array_kind(name, kind, "Pass one of them.") from error
        raise messages.array_kind(name, "not an array", f"{str(error).rstrip('.')}.") from error
    kind = dtype_name(array.dtype)
    if kind in ACCEPTED:
        return array
    if array.dtype.kind in "OUS":
        if name == "y_true" and array.dtype.kind in "US":
            raise string_labels(str(array.dtype))
        if name == "y_true" and any(isinstance(v, str) for v in array.flat):
            raise string_labels("object")
        missing = gaps(array) if name == "y_true" and array.dtype.kind == "O" else []
        if missing:
            raise missing_numbers(missing, array.size)
        raise _no_numbers(name, given, array)
    raise messages.array_kind(
        name,
        f"an array of {kind}",
        f"crossent computes with {', '.join(FLOATS)}; convert it knowingly.",
    )


def _from_frameworks(name: str, given: object) -> object:
    """Return the values of a list of a framework's arrays; return anything else unchanged.

    NumPy would ask each for its memory, which a storage of PyTorch remembers for ever.
    """
    if not isinstance(given, list | tuple) or not given:
        return given
    if framework_of(type(given[0])) in (None, "numpy"):
        return given
    if any(getattr(item, "requires_grad", False) for item in given):
        kind = f"a {type(given).__name__} of tensors that require a gradient"
        raise messages.array_kind(name, kind, "Make one tensor of them: torch.stack(...).")
    values = [
        front_end_for(name, item).values(item) if hasattr(item, "shape") else item for item in given
    ]
    return given if any(value is None for value in values) else values


def _no_numbers(name: str, given: object, array: HostArray) -> Exception:
    """Return the error for objects and text, or for one object that NumPy wrapped."""
    if array.dtype.kind != "O":
        return messages.array_kind(name, "text", "Numbers only.")
    if array.shape == ():
        return messages.array_kind(
            name, f"a {type(given).__name__}", "Pass an array, or a list of numbers."
        )
    kinds = ", ".join(sorted({type(value).__name__ for value in array.flat})[:4])
    return messages.array_kind(
        name,
        f"an array of Python objects ({kinds})",
        "Rows of equal length and numbers only; if all are numbers: astype(float), astype(int).",
    )
