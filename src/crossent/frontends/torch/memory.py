"""The memory of tensors, as the kernels and NumPy see it: whole, and not longer than a call.

``Tensor.numpy`` would pin a storage for as long as it lives, so that PyTorch could never resize it
again; and it hands over the address of a storage that was freed. Nothing here does either.
"""

from __future__ import annotations

import ctypes
import mmap
import weakref
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from crossent.core.messages import options as messages
from crossent.frontends.torch.ops import NAMES, visible
from crossent.losses.ops import Array
from crossent.losses.targets import Inputs

HostArray = npt.NDArray[Any]

TYPE: Final = {
    **{dtype: np.dtype(name).str for dtype, name in NAMES.items() if name != "bfloat16"},
    torch.bfloat16: np.dtype(np.uint16).str,  # its bits
    torch.complex64: np.dtype(np.complex64).str,
    torch.complex128: np.dtype(np.complex128).str,
}
"""What NumPy calls the elements in memory."""

DEVICES: Final = frozenset({"cpu", "cuda", "mps", "xpu"})
"""Where the storage of a tensor tells how much memory it has."""

LARGE: Final = 2**22
"""Bytes from which on large pages are asked for, as NumPy does."""

PAGE: Final = mmap.PAGESIZE
_ADVICE: Final = getattr(mmap, "MADV_HUGEPAGE", None)  # Linux alone has it
_advise: Final[Any] = None if _ADVICE is None else getattr(ctypes.CDLL(None), "madvise", None)


class _Memory:
    """What NumPy makes an array of, and keeps for as long as there is a view of it."""

    __slots__ = ("__array_interface__", "tensor")

    def __init__(self, tensor: Array, at: int) -> None:
        self.tensor = tensor
        size = tensor.element_size()
        self.__array_interface__ = {
            "version": 3,
            "shape": tuple(tensor.shape),
            "typestr": TYPE[tensor.dtype],
            "data": (at, False),
            "strides": None
            if tensor.is_contiguous()
            else tuple([step * size for step in tensor.stride()]),
        }


def shortage(tensor: Array) -> tuple[int, int] | None:
    """Return the bytes that a storage holds and those that its tensor needs, if they are more.

    A storage can be resized under its tensors, as FSDP does to free one between its uses.
    """
    held: int = tensor.untyped_storage().nbytes()
    last = tensor.numel()
    if last and not tensor.is_contiguous():
        sizes = zip(tensor.shape, tensor.stride(), strict=True)
        last = 1 + sum([(size - 1) * step for size, step in sizes])
    if not last:
        return None
    needed: int = (tensor.storage_offset() + last) * tensor.element_size()
    if held >= needed or tensor.device.type not in DEVICES or tensor._is_zerotensor():
        return None
    return held, needed


def check_memory(name: str, tensor: Array) -> None:
    """Raise ArrayKindError if the storage of a tensor was freed or shrunk."""
    short = shortage(tensor)
    if short is not None:
        raise messages.freed_memory(name, *short)


def host(tensor: Array, name: str) -> HostArray:
    """Return the memory of a tensor, of bfloat16 the bits; what is on a device is copied.

    Raises
    ------
    ArrayKindError
        If the storage is too small; `name` is that of the argument.
    """
    if tensor.dtype not in TYPE or tensor.layout is not torch.strided:
        array: HostArray = tensor.numpy(force=True)  # which says what is wrong with it
        return array
    check_memory(name, tensor)
    if not tensor.is_cpu:
        tensor = tensor.detach().cpu()
    if tensor.is_neg() or tensor.is_conj():
        tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor._is_zerotensor():
        tensor = torch.zeros(tensor.shape, dtype=tensor.dtype)
    return _view(tensor)


def _view(tensor: Array) -> HostArray:
    if not tensor.numel():
        return np.empty(tensor.shape, TYPE[tensor.dtype])
    return np.asarray(_Memory(tensor, tensor.data_ptr()))


def host_inputs(inputs: Inputs) -> Inputs:
    """Return the memory of all arrays, as numbers."""
    arrays: list[Any] = [
        None if array is None else _numbers(array, name)
        for name, array in zip(Inputs._fields[:-1], inputs[:-1], strict=True)
    ]
    return Inputs(*(*arrays, inputs.checked))


def _numbers(array: Array, name: str) -> HostArray:
    if array.dtype != torch.bfloat16:
        return host(array, name)
    check_memory(name, array)
    return host(array.detach().float(), name)


def room_like(x: Array) -> tuple[Array, HostArray]:
    """Return room for a gradient, and its memory."""
    out = torch.empty_like(x)
    return out, _room(out)


def room(shape: Any, dtype: Any) -> tuple[Array, HostArray]:
    """Return room for the losses of rows, and its memory."""
    out = torch.empty(shape, dtype=dtype)
    return out, _room(out)


def _room(out: Array) -> HostArray:
    if _advise is not None and out.nbytes >= LARGE:
        at = out.data_ptr()
        first = at + -at % PAGE
        length = (at + out.nbytes - first) // PAGE * PAGE
        # Of 4 KiB pages the kernels would wait for the system longer than they compute.
        _advise(ctypes.c_void_p(first), ctypes.c_size_t(length), _ADVICE)
    return _view(out)


ARGUMENTS: Final = ("y_pred", *Inputs._fields[:-1])
"""Names of predictions and of the arrays of :class:`Inputs`, in the order they are saved in."""


class Mark(NamedTuple):
    """Which memory a tensor had; tells whether its `.data` is another one."""

    tensor: weakref.ref[Any]
    memory: tuple[Any, ...]


def marks(tensors: Iterable[Array | None]) -> list[Mark | None]:
    """Return the marks of tensors that are saved for backward."""
    return [None if one is None else Mark(weakref.ref(one), _memory_of(one)) for one in tensors]


def check_saved(
    saved: Iterable[Any],
    marked: Iterable[Mark | None],
    bars: Iterable[Any],
    names: Iterable[str] = ARGUMENTS,
) -> None:
    """Raise an error if a saved tensor was given other memory since it was marked, or has none.

    What hooks for saved tensors have put in its place is taken as it is. `bars` are the upstream
    gradients, which need memory too, and `names` those of the saved tensors.

    Raises
    ------
    ArrayKindError
        If a storage is too small.
    RuntimeError
        If the `.data` of a tensor was replaced.
    """
    for name, one, mark in zip(names, saved, marked, strict=True):
        if mark is None or visible(one) is not one:
            continue
        if mark.tensor() is one and _memory_of(one) != mark.memory:
            raise messages.other_data(name)
        check_memory(name, one)
    for bar in bars:
        if bar is not None and visible(bar) is bar:
            check_memory("grad_output", bar)


def _memory_of(tensor: Array) -> tuple[Any, ...]:
    # The storage and not its address: that of a storage filled again is another one.
    return (
        tensor.untyped_storage()._cdata,
        tensor.storage_offset(),
        tensor.shape,
        tensor.stride(),
    )
