"""Files of every format, whole and broken in every way that is known of it.

`docs/formats.md` shows what is said of each.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

RNG = np.random.default_rng(11)
ROWS = 12
NAMES = ("cat", "dog", "fish")


def labels_of(rows: int) -> Any:
    return np.arange(rows) % 3


def logits_of(rows: int) -> Any:
    return np.round(np.random.default_rng(rows).normal(size=(rows, 3)) * 3, 3)


def frame_of(labels: Any, logits: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"label": np.array(NAMES)[labels], **dict(zip(NAMES, logits.T, strict=True))}
    )


def npy(array: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def npz(method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return out.getvalue()


def csv(labels: Any, logits: Any, mark: str = ",") -> bytes:
    return frame_of(labels, logits).to_csv(index=False, sep=mark).encode()


def jsonl(labels: Any, logits: Any) -> bytes:
    lines = (
        json.dumps({"label": int(y), "scores": x.tolist()})
        for y, x in zip(labels, logits, strict=True)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def parquet(labels: Any, logits: Any) -> bytes:
    out = io.BytesIO()
    frame_of(labels, logits).to_parquet(out, row_group_size=4096)
    return out.getvalue()


def feather(labels: Any, logits: Any) -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pandas(frame_of(labels, logits))
    pyarrow.feather.write_feather(table, out, compression="uncompressed", chunksize=4096)
    return out.getvalue()


def arrow(table: Any) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def safetensors(header: dict[str, Any] | None = None, **arrays: Any) -> bytes:
    entries, body = {}, b""
    kinds = {"i8": "I64", "f8": "F64", "f4": "F32", "i4": "I32", "c16": "C128"}
    for name, array in arrays.items():
        raw = np.asarray(array).tobytes()
        entries[name] = {
            "dtype": kinds[np.asarray(array).dtype.str[1:]], "shape": list(np.shape(array)),
            "data_offsets": [len(body), len(body) + len(raw)],
        }  # fmt: skip
        body += raw
    text = json.dumps(entries if header is None else header).encode()
    return struct.pack("<Q", len(text)) + text + body


def torch_file(
    method: int = zipfile.ZIP_STORED, pickled: bytes | None = None, cut: int = 0, **arrays: Any
) -> bytes:
    """What `torch.save` writes of a dict of tensors."""
    kinds = {"i8": "LongStorage", "f8": "DoubleStorage", "c16": "ComplexDoubleStorage"}
    text, out = [b"\x80\x02}("], io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for number, (name, array) in enumerate(arrays.items()):
            array = np.asarray(array)
            text += [
                _word(name), b"ctorch._utils\n_rebuild_tensor_v2\n((", _word("storage"),
                f"ctorch\n{kinds[array.dtype.str[1:]]}\n".encode(), _word(str(number)),
                _word("cpu"), _int(array.size), b"tQ", _int(0),
                b"(" + b"".join(map(_int, array.shape)) + b"t",
                b"(" + b"".join(_int(s // array.itemsize) for s in array.strides) + b"t",
                b"\x89ccollections\nOrderedDict\n)RtR",
            ]  # fmt: skip
            raw = array.tobytes()
            archive.writestr(f"archive/data/{number}", raw[: len(raw) - cut])
        text.append(b"u.")
        archive.writestr("archive/data.pkl", b"".join(text) if pickled is None else pickled)
        archive.writestr("archive/byteorder", b"little")
    return out.getvalue()


def _word(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _int(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


class Runs:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch was_run",)


class Case(NamedTuple):
    """A file, what is wrong with it, and what is evaluated."""

    ending: str
    fault: str
    content: bytes
    labels: str = ""  # a second file of labels, beside predictions
    second: bytes = b""


Y, X = labels_of(ROWS), logits_of(ROWS)
SHORT = ROWS - 1


def whole(ending: str, rows: int = ROWS) -> bytes:
    """A file of labels and predictions; of .npy predictions alone."""
    return WRITERS[ending](labels_of(rows), logits_of(rows))


WRITERS: dict[str, Callable[[Any, Any], bytes]] = {
    ".npy": lambda y, x: npy(x),
    ".npz": lambda y, x: npz(labels=npy(y), logits=npy(x)),
    ".csv": csv,
    ".csv.gz": lambda y, x: gzip.compress(csv(y, x)),
    ".tsv": lambda y, x: csv(y, x, "\t"),
    ".tsv.gz": lambda y, x: gzip.compress(csv(y, x, "\t")),
    ".jsonl": jsonl,
    ".jsonl.gz": lambda y, x: gzip.compress(jsonl(y, x)),
    ".parquet": parquet,
    ".arrow": lambda y, x: arrow(pa.Table.from_pandas(frame_of(y, x))),
    ".feather": feather,
    ".safetensors": lambda y, x: safetensors(labels=y, logits=x),
    ".pt": lambda y, x: torch_file(labels=y, logits=x),
}


def _ragged() -> Iterator[Case]:
    text = csv(Y, X).decode().splitlines(keepends=True)
    text[5] = text[5].replace("\n", ",0.5\n")
    yield Case(".csv", "ragged", "".join(text).encode())
    yield Case(".csv.gz", "ragged", gzip.compress("".join(text).encode()))
    tabs = "".join(text).replace(",", "\t").encode()
    yield Case(".tsv", "ragged", tabs)
    yield Case(".tsv.gz", "ragged", gzip.compress(tabs))
    lines = jsonl(Y, X).splitlines(keepends=True)
    lines[5] = b'{"label": 0, "scores": [0.5, 1.5]}\n'
    yield Case(".jsonl", "ragged", b"".join(lines))
    yield Case(".jsonl.gz", "ragged", gzip.compress(b"".join(lines)))
    lists = pa.table({"label": Y, "logits": [*X[:7].tolist(), [1.5, 2.5], *X[8:].tolist()]})
    out = io.BytesIO()
    pq.write_table(lists, out)
    yield Case(".parquet", "ragged", out.getvalue())
    for ending in (".arrow", ".feather"):
        yield Case(ending, "ragged", arrow(lists))


def _wrong_dtype() -> Iterator[Case]:
    words = frame_of(Y, X).assign(dog="high")
    complexes = X + 1j
    yield Case(".npy", "wrong dtype", npy(complexes))
    yield Case(".npz", "wrong dtype", npz(labels=npy(Y), logits=npy(complexes)))
    yield Case(".csv", "wrong dtype", words.to_csv(index=False).encode())
    yield Case(".csv.gz", "wrong dtype", gzip.compress(words.to_csv(index=False).encode()))
    yield Case(".tsv", "wrong dtype", words.to_csv(index=False, sep="\t").encode())
    yield Case(
        ".tsv.gz", "wrong dtype", gzip.compress(words.to_csv(index=False, sep="\t").encode())
    )
    lines = words.to_json(orient="records", lines=True).encode()
    yield Case(".jsonl", "wrong dtype", lines)
    yield Case(".jsonl.gz", "wrong dtype", gzip.compress(lines))
    out = io.BytesIO()
    words.to_parquet(out)
    yield Case(".parquet", "wrong dtype", out.getvalue())
    for ending in (".arrow", ".feather"):
        yield Case(ending, "wrong dtype", arrow(pa.Table.from_pandas(words)))
    yield Case(".safetensors", "wrong dtype", safetensors(labels=Y, logits=complexes))
    yield Case(".pt", "wrong dtype", torch_file(labels=Y, logits=complexes))


def _hostile() -> Iterator[Case]:
    """Files that are made to harm."""
    objects = npy(np.array([Runs()], object), allow_pickle=True)
    yield Case(".npy", "pickled", objects)
    yield Case(".npz", "pickled", npz(labels=npy(Y), logits=objects))
    yield Case(".pt", "pickled", torch_file(pickled=pickle.dumps(Runs())))
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (2**31, 3)}
    np.lib.format.write_array_header_1_0(header, shape)
    zeros = bytes(2**24)
    yield Case(".npz", "zip bomb", npz(labels=npy(Y), logits=header.getvalue() + zeros))
    yield Case(".csv.gz", "zip bomb", gzip.compress(b"1" * 2**25))
    yield Case(".tsv.gz", "zip bomb", gzip.compress(b"1" * 2**25))
    yield Case(".jsonl.gz", "zip bomb", gzip.compress(b"[" * 2**25))
    yield Case(".pt", "zip bomb", torch_file(zipfile.ZIP_DEFLATED, labels=Y, logits=X))
    long = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**31) + b"{" * 2**17
    yield Case(".npy", "huge header", long)
    yield Case(".npz", "huge header", npz(labels=npy(Y), logits=long))
    yield Case(".safetensors", "huge header", struct.pack("<Q", 2**62) + bytes(64))
    yield Case(
        ".parquet", "huge header", b"PAR1" + bytes(64) + struct.pack("<I", 2**31 - 1) + b"PAR1"
    )
    foot = struct.pack("<I", 2**31 - 1) + b"ARROW1"
    for ending in (".arrow", ".feather"):
        yield Case(ending, "huge header", b"ARROW1\0\0" + bytes(64) + foot)
    yield Case(".jsonl", "huge header", b'{"a":' * 10**5)


def _of_all() -> Iterator[Case]:
    for ending in WRITERS:
        content = whole(ending)
        yield Case(ending, "empty", b"")
        # A text that is cut within its last number is a whole text of another number.
        cut = content.rindex(b",") if ending == ".csv" else len(content) * 2 // 3
        cut = content.rindex(b"\t") if ending == ".tsv" else cut
        yield Case(ending, "truncated", content[:cut])
        nan = X.copy()
        nan[4, 1] = np.nan
        yield Case(ending, "NaN", WRITERS[ending](Y, nan))
        if ending in (".npz", ".safetensors", ".pt"):
            short = {
                ".npz": npz(labels=npy(Y[:SHORT]), logits=npy(X)),
                ".safetensors": safetensors(labels=Y[:SHORT], logits=X),
                ".pt": torch_file(labels=Y[:SHORT], logits=X),
            }
            yield Case(ending, "mismatched rows", short[ending])
        else:
            yield Case(ending, "mismatched rows", content, "y.npy", npy(Y[:SHORT]))


def cases() -> list[Case]:
    """Every broken file."""
    found = [*_of_all(), *_ragged(), *_wrong_dtype(), *_hostile()]
    return sorted(found, key=lambda case: (list(WRITERS).index(case.ending), case.fault))


def arguments(case: Case, folder: Path) -> tuple[str, ...]:
    """Write the files of a case, and return what is evaluated."""
    path = folder / f"table{case.ending}"
    path.write_bytes(case.content)
    if case.ending == ".npy":
        (folder / "y.npy").write_bytes(case.second or npy(Y))
        return str(folder / "y.npy"), str(path)
    if case.labels:
        (folder / case.labels).write_bytes(case.second)
        return str(folder / case.labels), str(path)
    return (str(path),)
