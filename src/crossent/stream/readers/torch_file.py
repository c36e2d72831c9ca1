"""`.pt`: tensors that `torch.save` wrote, without PyTorch and without running what is pickled.

The file is an archive: a pickle that says which tensors there are, and their numbers beside it. Of
the pickle only the few names of `torch.load(weights_only=True)` that make tensors are understood.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from crossent.stream.readers._file import WatchedFile
from crossent.stream.readers._header import Header
from crossent.stream.readers._protocol import ReaderError
from crossent.stream.readers._raw import BFLOAT16, Tensor, TensorTable
from crossent.stream.readers.npz import Bounded

_LONGEST: Final = 2**24
"""Bytes of the pickle."""

_DTYPES: Final = {
    "BoolStorage": "?", "ByteStorage": "u1", "CharStorage": "i1", "ShortStorage": "i2",
    "IntStorage": "i4", "LongStorage": "i8", "HalfStorage": "f2", "FloatStorage": "f4",
    "DoubleStorage": "f8", "BFloat16Storage": BFLOAT16.str[1:],
}  # fmt: skip


class _Kind(NamedTuple):
    """The type of a storage."""

    name: str


class _Storage(NamedTuple):
    kind: str
    key: str


class _Stored(NamedTuple):
    """A tensor: where its numbers are, in elements of a storage."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


def _tensor(storage: Any, offset: Any, shape: Any, steps: Any, *_: Any) -> _Stored:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor without a storage")
    numbers = (offset, *shape, *steps)
    if not all(type(one) is int and 0 <= one < 2**63 for one in numbers):
        raise pickle.UnpicklingError("a tensor whose sizes are no numbers")
    return _Stored(storage, offset, tuple(shape), tuple(steps))


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


_KNOWN: Final[dict[tuple[str, str], Callable[..., Any]]] = {
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("collections", "OrderedDict"): OrderedDict,
}


class _Unpickler(pickle.Unpickler):
    """Makes nothing but containers, text, numbers and places of tensors."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for; any but a few are refused."""
        if module == "torch" and name.endswith("Storage"):
            return _Kind(name)
        if (module, name) in _KNOWN:
            return _KNOWN[module, name]
        raise pickle.UnpicklingError(f"it holds {module}.{name}"[:100])

    def persistent_load(self, pid: Any) -> Any:
        """Return the place of numbers."""
        word, kind, key = pid[:3]
        if word != "storage" or not isinstance(kind, _Kind) or not isinstance(key, str):
            raise pickle.UnpicklingError("a storage that is none")
        return _Storage(kind.name, key)


class TorchTable(TensorTable):
    """A .pt or .pth file: a tensor, or a dict or list of tensors."""

    def __init__(self, path: Path, name: str) -> None:
        watched = WatchedFile(path, name)
        with watched.opened() as file:
            beginning = file.read(4)
        if beginning != b"PK\x03\x04":
            raise ReaderError(
                name,
                "is empty, cut off or in the format of PyTorch before 1.6; write it again with "
                "torch.save",
            )
        found, places, order = _read(watched, path, name)
        tensors = [
            _described(key, stored, places, order, name) for key, stored in _named(found)
        ]  # fmt: skip
        load = f"torch.load({str(path)!r}, weights_only=True)"
        super().__init__(watched, name, tensors, load)


def _read(
    watched: WatchedFile, path: Path, name: str
) -> tuple[Any, Mapping[str, tuple[int, int]], Literal["<", ">"]]:
    """Return what the pickle holds, where each storage begins and how long it is, and the order."""
    try:
        with Bounded(path) as file, zipfile.ZipFile(file) as archive:
            infos = {info.filename.partition("/")[2]: info for info in archive.infolist()}
            pickled = infos["data.pkl"]
            if pickled.file_size > _LONGEST:
                raise ReaderError(
                    name, f"holds {pickled.file_size} bytes beside its tensors, no such file has"
                )
            order: Literal["<", ">"] = "<"
            if "byteorder" in infos and archive.read(infos["byteorder"])[:8] == b"big":
                order = ">"
            with archive.open(pickled) as data:
                found = _Unpickler(io.BytesIO(data.read(_LONGEST))).load()
            places = {
                key.removeprefix("data/"): _place(file, info)
                for key, info in infos.items()
                if key.startswith("data/") and info.compress_type == zipfile.ZIP_STORED
            }
    except (ReaderError, MemoryError):
        raise
    except Exception as error:  # whatever untrusted bytes make zipfile and pickle raise
        watched.check(0)
        raise ReaderError(
            name,
            f"is not a file of tensors alone ({str(error)[:120]}), and nothing in it is run; save "
            "the tensors: torch.save({'logits': logits, 'labels': labels}, path)",
        ) from None
    return found, places, order


def _place(file: Any, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Return where the bytes of a member begin, and how many there are."""
    file.seek(info.header_offset)
    head = file.read(30)
    names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    return info.header_offset + 30 + names, info.file_size


def _named(found: Any, before: str = "") -> Iterator[tuple[str, _Stored]]:
    """Go through the tensors of dicts and lists: `a.b` is that of "b" in the dict "a"."""
    if isinstance(found, _Stored):
        yield before or "0", found
        return
    pairs: Any = ()
    if isinstance(found, Mapping):
        pairs = found.items()
    elif isinstance(found, list | tuple):
        pairs = enumerate(found)
    for key, value in pairs:
        yield from _named(value, f"{before}.{key}" if before else str(key))


def _described(
    key: str,
    stored: _Stored,
    places: Mapping[str, tuple[int, int]],
    order: Literal["<", ">"],
    name: str,
) -> Tensor:
    """Return an array, after what the pickle promises was compared with the file."""
    kind = stored.storage.kind
    if kind not in _DTYPES:
        return Tensor(key, None, kind.removesuffix("Storage"))
    dtype = np.dtype(_DTYPES[kind]).newbyteorder(order)
    header = Header(stored.shape, False, dtype, 0)
    start, size = places.get(stored.storage.key, (0, -1))
    offset = stored.offset * dtype.itemsize
    if offset + header.nbytes > size or len(stored.shape) > 32:
        raise ReaderError(
            name,
            f"is damaged: {key[:40]!r} of shape {stored.shape} needs {offset + header.nbytes} "
            f"bytes, and its storage has {max(0, size)}; copy or write the file again",
        )
    by_rows, by_columns = _lies(stored, 1), _lies(stored, -1)
    if not by_rows and not by_columns:
        raise ReaderError(
            name,
            f"holds {key[:40]!r} as a part of a larger tensor; save {key[:40]}.contiguous()",
        )
    header = Header(stored.shape, not by_rows, dtype, start + offset)
    return Tensor(key, header, kind, kind == "BFloat16Storage")


def _lies(stored: _Stored, order: int) -> bool:
    """Whether the numbers lie row after row (1), or column after column (-1), without gaps."""
    step, axes = 1, list(zip(stored.shape, stored.steps, strict=False))[::-order]
    for length, own in axes:
        if length > 1 and own != step:
            return False
        step *= length
    return len(stored.shape) == len(stored.steps)
