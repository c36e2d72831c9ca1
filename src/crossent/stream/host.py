"""Arrays of any framework as arrays in memory."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from crossent.core.errors import CrossentError
from crossent.core.messages import data as messages
from crossent.core.messages.options import array_kind, divided_array
from crossent.frontends import front_end_for
from crossent.frontends.numpy.arrays import host_array


def to_host(name: str, given: object) -> npt.NDArray[Any]:
    """Return an array of any framework as an ndarray, without a copy where possible.

    Raises
    ------
    ArrayKindError
        If it is no array that crossent reads.
    """
    front = front_end_for(name, given)
    if front.name == "numpy":
        return host_array(name, given)
    if getattr(given, "is_nested", False):
        raise array_kind(name, "a nested tensor", "Pad it: torch.nested.to_padded_tensor.")
    if hasattr(given, "full_tensor"):
        raise divided_array(name)
    front.check_memory(name, given)
    try:
        values = front.values(front.prediction(given))
    except CrossentError as error:
        raise type(error)(error.code, error.text.replace("`y_pred`", f"`{name}`")) from None
    except (TypeError, RuntimeError, AttributeError, NotImplementedError) as error:
        # Sparse and nested arrays of a framework.
        kind = f"a {type(given).__name__} that is no plain array"
        raise array_kind(name, kind, f"{error}".partition("\n")[0]) from error
    if values is None:
        raise messages.traced(f"`{name}`")
    return values
