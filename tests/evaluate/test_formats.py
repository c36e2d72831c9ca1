"""The same numbers from every format, whoever wrote the file, in pieces of any size."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

import crossent as ce
from crossent.evaluate import open_array
from evaluate.broken_files import WRITERS, safetensors, torch_file
from meta.source import ROOT, run_python

RNG = np.random.default_rng(31)
ROWS = 157
Y = RNG.integers(0, 5, ROWS)
X = RNG.normal(size=(ROWS, 5)) * 3
WANT = ce.evaluate(Y, X, per_class=True, worst=4)


def written(ending: str, folder: Path) -> str:
    """A file with a column of lists, or of a column a class; written by what people use."""
    path = folder / f"t{ending}"
    columns = pd.DataFrame(X, columns=[f"c{c}" for c in range(5)])
    columns.insert(0, "label", Y)
    lists = pa.table({"label": Y, "logits": pa.FixedSizeListArray.from_arrays(X.reshape(-1), 5)})
    bare = ending.removesuffix(".gz")
    if bare in (".csv", ".tsv"):
        columns.to_csv(path, index=False, sep="," if bare == ".csv" else "\t")
    elif bare == ".jsonl":
        text = "".join(
            f"{json.dumps({'label': int(y), 'out': {'logits': list(x)}})}\n"
            for y, x in zip(Y, X, strict=True)
        ).encode()
        path.write_bytes(gzip.compress(text) if ending.endswith(".gz") else text)
    elif ending == ".parquet":
        pq.write_table(lists, path, row_group_size=50, compression="zstd")
    elif ending == ".arrow":
        with pa.OSFile(str(path), "w") as file, pa.ipc.new_stream(file, lists.schema) as stream:
            stream.write_table(lists, max_chunksize=40)
    elif ending == ".feather":
        pyarrow.feather.write_feather(lists, path, chunksize=60)
    elif ending == ".safetensors":
        save_file({"labels": Y, "logits": X}, path)
    elif ending == ".npz":
        np.savez_compressed(path, label_ids=Y, predictions=X)
    else:
        path.write_bytes(torch_file(labels=Y, logits=X))
    return str(path)


@pytest.mark.parametrize("rows", [None, 1, 7, 50, 157])
@pytest.mark.parametrize("ending", [ending for ending in WRITERS if ending != ".npy"])
def test_the_same_bits_from_every_format(ending: str, rows: int | None, tmp_path: Path) -> None:
    found = ce.evaluate(written(ending, tmp_path), per_class=True, worst=4, chunk_rows=rows)
    for name in ("loss", "standard_error", "accuracy", "top_k_accuracy", "per_class", "worst"):
        assert getattr(found, name) == getattr(WANT, name), name


def test_float32_stays_float32(tmp_path: Path) -> None:
    small = X.astype(np.float32)
    want = ce.evaluate(Y, small).loss
    frame = pd.DataFrame(small, columns=list("abcde"))
    frame.insert(0, "label", np.array(list("abcde"))[Y])
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_feather(tmp_path / "t.feather")
    (tmp_path / "t.safetensors").write_bytes(safetensors(labels=Y, logits=small))
    for name in ("t.parquet", "t.feather", "t.safetensors"):
        assert ce.evaluate(tmp_path / name).loss == want
    assert ce.evaluate(frame).loss == want


KINDS = {"BF16": np.uint16, "F16": np.float16, "F32": np.float32, "I32": np.int32, "U8": np.uint8}


@pytest.mark.parametrize("kind", KINDS)
def test_types_of_safetensors(kind: str, tmp_path: Path) -> None:
    values = (RNG.normal(size=(9, 4)) * 50).astype(np.float32)
    stored = values.view(np.uint32) >> 16 if kind == "BF16" else values
    stored = stored.astype(KINDS[kind])
    entry = {"dtype": kind, "shape": [9, 4], "data_offsets": [0, stored.nbytes]}
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors({"x": entry}) + stored.tobytes())
    got = np.concatenate(list(open_array(f"{path}:x").chunks(2)))
    want = (stored.astype(np.uint32) << 16).view(np.float32) if kind == "BF16" else stored
    np.testing.assert_array_equal(got, want)


def test_nested_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows: list[Any] = [
        {"doc": {"label": 1, "a.b": 3}, "resps": [[[-1.5, False]], [[-0.5, True]]], "x": [1, 2.5]},
        {"doc": {"label": 0, "a.b": 4}, "resps": [[[-2.5, True]], [[-3.5, False]]], "x": [3, None]},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    for key, want in (
        ("doc.label", [1, 0]), ("doc.a.b", [3, 4]), ("resps.0.0.0", [-1.5, -2.5]),
        ("resps.1.0.0", [-0.5, -3.5]), ("x", [[1, 2.5], [3, np.nan]]), ("x.0", [1, 3]),
        ("x.1", [2.5, np.nan]), ("doc.label,x.0", [[1, 1], [0, 3]]),
    ):  # fmt: skip
        got = np.concatenate(list(open_array(f"{path}:{key}").chunks(1)))
        np.testing.assert_array_equal(got, want)


def test_files_of_pytorch_are_what_pytorch_writes(tmp_path: Path) -> None:
    code = f"""
import torch
torch.manual_seed(0)
x = torch.randn(6, 4)
for name, value in {{
    "plain": x, "half": x.bfloat16(), "columns": x.T.contiguous().T, "long": torch.arange(6),
    "dict": {{"logits": x, "inner": {{"labels": torch.arange(6)}}, "epoch": 3, "name": "m"}},
    "list": [torch.arange(6), x], "parameter": torch.nn.Parameter(x), "part": x[2:],
}}.items():
    torch.save(value, f"{tmp_path}/{{name}}.pt")
torch.save(torch.zeros(3), "{tmp_path}/old.pt", _use_new_zipfile_serialization=False)
import numpy
numpy.save("{tmp_path}/x.npy", x.numpy())
numpy.save("{tmp_path}/half.npy", x.bfloat16().float().numpy())
"""
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    x, half = np.load(tmp_path / "x.npy"), np.load(tmp_path / "half.npy")
    for spec, want in (
        ("plain.pt", x), ("half.pt", half), ("columns.pt", x), ("long.pt", np.arange(6)),
        ("dict.pt:logits", x), ("dict.pt:inner.labels", np.arange(6)), ("list.pt:1", x),
        ("parameter.pt", x), ("part.pt", x[2:]),
    ):  # fmt: skip
        got = np.concatenate(list(open_array(f"{tmp_path}/{spec}").chunks(4)))
        np.testing.assert_array_equal(got, want, err_msg=spec)
    with pytest.raises(ce.ReaderError, match=r"before 1\.6"):
        open_array(tmp_path / "old.pt")


def test_the_page_of_formats_is_up_to_date() -> None:
    done = run_python(str(ROOT / "tools" / "formats_page.py"), "--check")
    assert (done.returncode, done.stdout) == (0, "")
