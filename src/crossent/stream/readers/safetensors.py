"""`.safetensors`: a header in JSON, then the numbers.

The library of that name maps files into memory, and a mapped file that is cut ends the process.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._header import Header
from crossent.stream.readers._protocol import ReaderError
from crossent.stream.readers._raw import BFLOAT16, Tensor, TensorTable

_LONGEST: Final = 10**8
"""Bytes of a header: the format allows no more."""

_DTYPES: Final = {
    "BOOL": "|b1", "U8": "|u1", "I8": "|i1", "U16": "<u2", "I16": "<i2", "U32": "<u4",
    "I32": "<i4", "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
    "BF16": BFLOAT16.str,
}  # fmt: skip


class SafetensorsTable(TensorTable):
    """A .safetensors file."""

    def __init__(self, path: Path, name: str) -> None:
        watched = WatchedFile(path, name)
        with watched.opened() as file:
            length = int.from_bytes(file.read(8), "little")
            if watched.size < 8 or length > min(_LONGEST, watched.size - 8):
                raise ReaderError(
                    name,
                    f"is cut off or no .safetensors file: it claims a header of {length} bytes, "
                    f"and has {watched.size} bytes in all; copy or write the file again",
                )
            found = _parsed(file.read(length), name)
        start = 8 + length
        tensors = [
            _tensor(key, entry, start, watched.size, name)
            for key, entry in found.items()
            if key != "__metadata__"
        ]
        load = f"safetensors.numpy.load_file({str(path)!r})"
        super().__init__(watched, name, tensors, load)


def _parsed(header: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise _damaged(name, str(error)) from None
    if not isinstance(found, dict):
        raise _damaged(name, "it is no object")
    return found


def _tensor(key: str, entry: Any, start: int, size: int, name: str) -> Tensor:
    """Return an array, after what its header promises was compared with the file."""
    try:
        kind, shape = str(entry["dtype"]), tuple(entry["shape"])
        first, last = entry["data_offsets"]
        whole = all(type(one) is int and 0 <= one < 2**63 for one in (*shape, first, last))
    except (TypeError, KeyError, ValueError):
        whole = False
    if not whole:
        raise _damaged(name, f"the entry of {key[:40]!r} has no dtype, shape and data_offsets")
    dtype = _DTYPES.get(kind)
    if dtype is None:
        return Tensor(key, None, kind)
    header = Header(shape, False, np.dtype(dtype), start + first)
    if last - first != header.nbytes or start + last > size or len(shape) > 32:
        raise ReaderError(
            name,
            f"is cut off or damaged: {key[:40]!r} of shape {shape} and type {kind} takes "
            f"{math.prod(shape) * header.dtype.itemsize} bytes, from {first} to {last} behind the "
            f"header there are {max(0, min(last, size - start) - first)}; copy or write the file "
            "again",
        )
    return Tensor(key, header, kind, kind == "BF16")


def _damaged(name: str, why: str) -> ReaderError:
    return ReaderError(
        name, f"has a header that is no .safetensors header ({why[:100]}); write the file again"
    )
