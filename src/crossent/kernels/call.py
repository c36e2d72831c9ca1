"""One call of a kernel: numbers in memory, of which the kernel gets the address.

A kernel reads them by name: ``call.classes``. They do not change while it runs, which LLVM is told,
so that a name in a loop costs as much as a local variable.
"""

from __future__ import annotations

from ctypes import addressof, c_char
from struct import Struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba.core import types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr, signature
from numba.extending import intrinsic, models, register_model

from crossent.kernels import _llvm

HostArray = npt.NDArray[Any]

# What differs between calls on arrays of the same shapes, in the order of `EACH`.
_EACH = ("x", "y", "g", "g_step", "out", "upstream", "marks", "total", "divisor")
_NUMBERS = (
    "x_step", "classes", "q", "q_step",  # q: distributions, where there are no labels
    "y_kind", "y_step",
    "ignored", "n_ignored", "sample", "class_weight", "pos_weight",
    # Where the facts of rows are written.
    "log_prob", "lse", "entropy", "rank", "first_class", "squares", "top", "rest", "spread",
    "label_logits",  # of labels that another part of the classes has
    "log_prob_bar", "lse_bar", "entropy_bar",  # what comes down to these facts
)  # fmt: skip
"""Addresses (0: there is none), distances in bytes and counts."""

_FLAGS = ("normalize", "judges_sums", "from_logits", "weighs", "targets_weigh", "is_part")
_FLOATS = (
    "smoothing", "keep", "uniform", "all_weights", "z", "tolerance",
    "low", "high", "at_low", "at_high", "not_at_low", "not_at_high",  # of the clip
)  # fmt: skip
_PLACES: Final = {
    name: 8 * place for place, name in enumerate((*_EACH, *_NUMBERS, *_FLAGS, *_FLOATS))
}
_TYPES: Final = {
    **dict.fromkeys((*_EACH, *_NUMBERS), types.intp),
    **dict.fromkeys(_FLAGS, types.boolean),
    **dict.fromkeys((*_FLOATS, "divisor"), types.float64),
}
_pack: Final = Struct(
    "=" + "".join("d" if _TYPES[name] is types.float64 else "q" for name in _PLACES)
).pack
_ZEROS: Final[dict[str, float]] = dict.fromkeys(_PLACES, 0)
_number: Final = Struct("=q").pack_into
_float: Final = Struct("=d").pack_into
EACH: Final = Struct(f"={len(_EACH) - 1}qd").pack_into
"""Writes predictions, labels, the gradient and the distance of its rows, losses, upstream
gradients, the marks of doubtful targets (a byte a row), whether losses are added, the divisor."""


def packed(**numbers: float) -> bytes:
    """Return the numbers of a call; those that are not named are 0."""
    if not numbers.keys() <= _PLACES.keys():
        raise TypeError(f"a call has no {', '.join(sorted(numbers.keys() - _PLACES.keys()))}")
    return _pack(*(_ZEROS | numbers).values())


def put(call: bytearray, **numbers: float) -> None:
    """Write some numbers of a call."""
    for name, value in numbers.items():
        write = _float if _TYPES[name] is types.float64 else _number
        write(call, _PLACES[name], value)


class Call(types.Type):
    """The type of an address at which the numbers of a call are."""

    def __init__(self) -> None:
        super().__init__("Call")


CALL: Final = Call()


@register_model(Call)
class CallModel(models.PrimitiveModel):  # type: ignore[misc]
    """A call is its address."""

    def __init__(self, dmm: Any, fe_type: Call) -> None:
        super().__init__(dmm, fe_type, _llvm.I64)


@infer_getattr
class CallAttributes(AttributeTemplate):  # type: ignore[misc]
    """The types of the numbers of a call."""

    key = Call

    def generic_resolve(self, call: Call, name: str) -> Any:
        """Return the type of a number by its name."""
        return _TYPES.get(name)


@lower_getattr_generic(Call)
def _read(context: Any, builder: Any, call: Call, address: Any, name: str) -> Any:
    kind = _TYPES[name]
    at = builder.add(address, _llvm.constant(address, _PLACES[name]))
    stored = _llvm.F64 if kind is types.float64 else _llvm.I64
    value = _llvm.load(builder, at, stored)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    if kind is types.boolean:
        return builder.icmp_unsigned("!=", value, _llvm.constant(value, 0))
    return value


@intrinsic
def call_at(typingctx: Any, place: Any) -> Any:
    """Return the call whose numbers are at an address."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return args[0]

    return signature(CALL, types.intp), codegen


_memory_of: Final[Any] = c_char.from_buffer


def address(array: HostArray | bytearray) -> int:
    """Return where the first element is."""
    try:
        return addressof(_memory_of(array))  # NumPy's own attribute takes three times as long
    except (TypeError, ValueError, BufferError):  # read-only, with gaps, or empty
        found: Any = array
        return int(found.__array_interface__["data"][0])


def address_or_0(array: HostArray | None) -> int:
    """Return where the first element is; 0 where there is no array."""
    return 0 if array is None else address(array)


def row_step(x: HostArray) -> int:
    """Return the distance of rows in bytes; of an array of more dimensions, whose rows touch."""
    return x.strides[0] if x.ndim == 2 else x.shape[-1] * x.itemsize


def flat_float64(weights: HostArray) -> npt.NDArray[np.float64]:
    """Return weights as the kernels read them."""
    return np.ascontiguousarray(weights, np.float64).reshape(-1)
