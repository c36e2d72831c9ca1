"""What messages about tables tell: the table, its columns, the command to write."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import crossent as ce
from crossent.cli.columns import files_of
from crossent.evaluate import evaluate, open_array
from crossent.stream.readers import SpecError, open_table
from crossent.stream.readers._arrow import understood
from evaluate.broken_files import arrow, npy, npz, safetensors, torch_file
from unit.said import Said, logits, shares
from unit.said_of_files import written

Y = [0, 1, 2, 1]


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def animals(**more: Any) -> pd.DataFrame:
    """A table of labels that are names, and of logits under these names."""
    x = logits(4, 3)
    return table(label=["cat", "dog", "fish", "dog"], cat=x[:, 0], dog=x[:, 1], fish=x[:, 2],
                 **more)  # fmt: skip


def evaluated(name: str, content: bytes, *others: str, **options: Any) -> Any:
    written(name, content)
    return evaluate(name, *others, from_logits=True, **options)


def csv(text: str) -> bytes:
    return text.replace(" ", "\n").encode()


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def cut_parquet() -> None:
    """A file of Parquet that is another one while it is read."""
    written("a.parquet", parquet(a=list(range(9))))
    rows = open_array("a.parquet").chunks(4)
    next(rows)
    written("a.parquet", b"PAR1 other")
    list(rows)


def fewer_rows(name: str, content: bytes) -> None:
    """Read a table whose metadata promise more rows than it has."""
    written(name, content)
    reader: Any = open_array(name)
    reader.shape = (7, *reader.shape[1:])
    list(reader.chunks(4))


def without(module: str, call: Any) -> Any:
    with mock.patch.dict(sys.modules, {module: None}):
        return call()


def short_of_memory() -> None:
    with understood("a.parquet"):
        raise MemoryError("malloc of size 17 failed")


def compressed_tensors() -> bytes:
    return torch_file(zipfile.ZIP_DEFLATED, labels=np.array(Y))


def many_bytes_beside() -> bytes:
    return torch_file(pickled=bytes(2**24 + 1))


COLUMNS: dict[str, Said] = {
    "no label": Said(
        lambda: evaluate(table(species=["cat", "dog"], a=[0.5, 1.5])),
        ce.OptionError, "CE001", "", "",
        ("the table: ", "'species' (text), 'a' (numbers)", "label='species'"),
    ),
    "no label among many columns": Said(
        lambda: evaluate(pd.DataFrame(logits(2, 23)).add_prefix("c")),
        ce.OptionError, "CE001", "", "3", ("'c19' (numbers) and 3 more", "label='c22'"),
    ),
    "no label in two tables": Said(
        lambda: evaluated("a.csv", csv("id,species r1,cat r2,dog"), logits(2, 3)),
        ce.OptionError, "CE001", "", "", ("a.csv: ", "'id' (text)", "label='species'"),
    ),
    "two labels": Said(
        lambda: evaluate(animals(target=Y)),
        ce.OptionError, "CE001", "", "", ("the table: ", "'label', 'target'", "label='label'"),
    ),
    "several columns that may be classes": Said(
        lambda: evaluate(table(label=["cat", "dog"], a=[0.5, 1.5], b=[2.5, 3.5])),
        ce.OptionError, "CE001", "", "", ("label='label', predictions=['a', 'b']",),
    ),
    "several columns of lists": Said(
        lambda: evaluate(table(label=[0], a=[[0.5, 1.5]], b=[[2.5, 3.5]])),
        ce.OptionError, "CE001", "", "2 2", ("'a' (2 numbers a row)", "predictions='a'"),
    ),
    "several arrays": Said(
        lambda: evaluated("a.npz", npz(labels=npy([0]), a=npy([[1.5]]), b=npy([[2.5]]))),
        ce.OptionError, "CE001", "", "1 1", ("a.npz: ", "label='labels', predictions='a'"),
    ),
    "no predictions": Said(
        lambda: evaluate(table(label=[0], note=["x"])),
        ce.OptionError, "CE001", "", "", ("'note' (text)", "predictions='NAME'"),
    ),
    "a column that may be a class": Said(
        lambda: evaluate(animals(age=[70.5, 8.25, 3.5, 9.5])),
        ce.OptionError, "CE001", "", "",
        ("'age'", "predictions=['cat', 'dog', 'fish']", "['cat', 'dog', 'fish', 'age']"),
    ),
    "no such column": Said(
        lambda: evaluate(animals(), label="lable"),
        ce.OptionError, "CE001", "label", "", ("the table", "'lable'", "Did you mean 'label'?"),
    ),
    "no such pattern": Said(
        lambda: evaluate(animals(), predictions="p_*"),
        ce.OptionError, "CE001", "predictions", "", ("'p_*'",),
    ),
    "no such part of a file": Said(
        lambda: opened_part("a.csv", "x"),
        ce.OptionError, "CE001", "", "", ("a.csv has no such column", "behind the colon"),
    ),
    "a class that is text": Said(
        lambda: evaluate(animals().assign(dog="high")),
        ce.ArrayKindError, "CE002", "", "", ("the table: 'dog'", "holds text"),
    ),
    "named columns that are text": Said(
        lambda: evaluate(animals(note="x"), predictions=["cat", "note"]),
        ce.ArrayKindError, "CE002", "", "", ("'note'",),
    ),
    "named columns, one of lists": Said(
        lambda: evaluate(animals(all=[[1.5, 2.5]] * 4), predictions=["cat", "all"]),
        ce.OptionError, "CE001", "predictions", "", ("'cat', 'all'",),
    ),
    "named columns twice": Said(
        lambda: evaluate(pd.concat([animals(), animals()[["cat"]]], axis=1),
            predictions=["cat", "dog"]),
        ce.ArrayKindError, "CE002", "y_pred", "", ("'cat'",),
    ),
    "lists of several lengths": Said(
        lambda: evaluate(table(label=[0, 1], x=[[0.5, 1.5], [2.5]])),
        ce.ShapeError, "CE112", "", "", ("the table: ", "'x'"),
    ),
    "empty labels": Said(
        lambda: evaluated("a.csv", csv("label,p 0,0.5 ,1.5 1,2.5 ,3.5")),
        ce.LabelTypeError, "CE312", "", "2 4 1 3 0 -1 -1", ("a.csv: ", "'label'",
            "ignore_class=-1"),
    ),
    "an empty label": Said(
        lambda: evaluated("a.csv", csv("label,p 0,0.5 ,1.5 1,2.5")),
        ce.LabelTypeError, "CE312", "", "1 3 1 0 -1 -1", ("row 1, ",),
    ),
    "which class a score is of": Said(
        lambda: evaluate(table(label=["no", "yes"], score=[0.5, 0.25])),
        ce.OptionError, "CE001", "", "", ("'no', 'yes'", "'score'", "positive='yes'"),
    ),
    "a positive class that is none": Said(
        lambda: evaluate(table(label=["no", "yes"], score=[0.5, 0.25]), positive="maybe"),
        ce.OptionError, "CE001", "positive", "", ("'no', 'yes'", "'maybe'"),
    ),
    "a positive class of several": Said(
        lambda: evaluate(animals(), positive="cat"),
        ce.OptionError, "CE001", "positive", "3", ("'cat'",),
    ),
    "a positive class of several, of arrays": Said(
        lambda: evaluate([0, 1], shares(2, 3), positive="1"),
        ce.OptionError, "CE001", "positive", "3 1", (),
    ),
    "columns of arrays": Said(
        lambda: evaluate([0, 1], shares(2, 3), label="a", id="b"),
        ce.OptionError, "CE001", "label id", "", ("pandas, polars or Arrow",),
    ),
    "labels alone": Said(
        lambda: evaluate([0, 1]),
        ce.OptionError, "CE001", "", "", ("one table that holds both",),
    ),
    "one column alone": Said(
        lambda: evaluated("a.csv", csv("label 0 1")),
        ce.OptionError, "CE001", "", "", ("one table that holds both",),
    ),
    "other columns": Said(
        lambda: several(a0=b"label,p\n0,0.5\n", a1=b"label,q\n0,0.5\n"),
        ce.ShapeError, "CE112", "", "", ("a1.csv has not the columns of a0.csv", "'label', 'p'"),
    ),
    "arrays of other widths": Said(
        lambda: several_arrays(np.zeros((2, 3)), np.zeros((2, 4))),
        ce.ShapeError, "CE112", "", "3", ("p1.npy has not the columns of p0.npy",),
    ),
    "two tables without quotes": Said(
        lambda: two_tables(b"label,a,b\n0,0.5,1.5\n"),
        ce.OptionError, "CE001", "", "", ("'t*.csv'",),
    ),
    "more than two files": Said(
        lambda: files_of(["a.csv", "b.csv", "c.csv"], "csv").__enter__(),
        ce.OptionError, "CE001", "", "", ("'*.csv'",),
    ),
    "patterns of other counts": Said(
        lambda: patterns([4, 4, 4], [6, 6]),
        ce.ShapeError, "CE112", "", "3 2", (),
    ),
    "patterns of other rows": Said(
        lambda: patterns([4, 5], [4, 6]),
        ce.ShapeError, "CE112", "", "5 6", ("y1.npy has 5 rows", "x1.npy has 6"),
    ),
    "standard input twice": Said(
        lambda: files_of(["-", "/dev/stdin:a"], "csv").__enter__(),
        SpecError, "CE501", "", "", ("-: ",),
    ),
    "a table as an array": Said(
        lambda: opened_part("a.parquet", "", parquet(a=["x"], b=[1.5])),
        SpecError, "CE501", "", "2", ("a.parquet: ", "'a' (text), 'b' (numbers)", "a.parquet:a"),
    ),
    "a name without a column, in a table": Said(
        lambda: evaluate(animals().assign(label=["cat", "bird", "dog", "cat"])),
        ce.LabelTypeError, "CE313", "y_true y_pred", "", ("'bird'",),
    ),
    "without pyarrow": Said(
        lambda: without("pyarrow", lambda: opened_part("a.parquet", "", b"PAR1")),
        SpecError, "CE501", "", "", ("a.parquet: ", "pip install 'crossent[data]'"),
    ),
    "no Parquet": Said(
        lambda: opened_part("a.parquet", "", b"PAR1 what is this"),
        ce.ReaderError, "CE501", "", "", ("a.parquet: ", "copy or write the file again"),
    ),
    "Parquet cut while it is read": Said(
        cut_parquet, ce.ReaderError, "CE501", "", "529 10 4", ("a.parquet: ", "run this again"),
    ),
    "short of memory": Said(
        short_of_memory, ce.ReaderError, "CE501", "", "17", ("a.parquet: ", "fewer rows in each"),
    ),
    "fewer rows than promised": Said(
        lambda: fewer_rows("a.parquet", parquet(a=[1, 2, 3])),
        ce.ReaderError, "CE501", "", "3 7", ("a.parquet: ",),
    ),
    "no list": Said(
        lambda: whole("a.parquet", parquet(a=[[1.5, 2.5], None, [3.5, 4.5]])),
        ce.ReaderError, "CE501", "", "1 2", ("a.parquet: ",),
    ),
    "a list of another length": Said(
        lambda: whole("a.arrow", arrow(pa.table({"a": [[1.5, 2.5], [3.5, 4.5], [5.5]]}))),
        ce.ReaderError, "CE501", "", "2 1 0 2", ("a.arrow: ",),
    ),
    "a name in a table that is too long": Said(
        lambda: whole("a.arrow", arrow(pa.table({"a": ["x", "y" * 1007]}))),
        ce.ReaderError, "CE501", "", "1 1007 1000", ("a.arrow: ",),
    ),
    "the first version of Feather": Said(
        lambda: opened_part("a.feather", "", b"FEA1 and so on"),
        ce.ReaderError, "CE501", "", "", ("a.feather: ", "newer pyarrow"),
    ),
    "empty JSON": Said(
        lambda: opened_part("a.jsonl", "", b""),
        ce.ReaderError, "CE501", "", "", ("a.jsonl: ", "one object per line"),
    ),
    "no JSON": Said(
        lambda: opened_part("a.jsonl", "", b'{"a": 3}\n{"a": what}\n'),
        ce.ReaderError, "CE501", "", "2 1 7 6", ("a.jsonl: ", "one object a line"),
    ),
    "JSON that is no object": Said(
        lambda: opened_part("a.jsonl", "", b'{"a": 3}\n[3]\n'),
        ce.ReaderError, "CE501", "", "2 0 0.1 0.9", ("a.jsonl: ", "list"),
    ),
    "JSON of too many columns": Said(
        lambda: opened_part("a.jsonl.gz", "", wide_json()),
        ce.ReaderError, "CE501", "", "1 65536 0.1 0.9", ("a.jsonl.gz: ",),
    ),
    "JSON of fewer rows": Said(
        lambda: fewer_rows("a.jsonl", b'{"a": 3}\n{"a": 5}\n'),
        ce.ReaderError, "CE501", "", "", ("a.jsonl: ", "was changed"),
    ),
    "no safetensors": Said(
        lambda: opened_part("a.safetensors", "", b"what is this"),
        ce.ReaderError, "CE501", "", "2338328219647830135 12", ("a.safetensors: ",),
    ),
    "a header of safetensors that is none": Said(
        lambda: opened_part("a.safetensors", "", struct.pack("<Q", 2) + b"[]"),
        ce.ReaderError, "CE501", "", "", ("a.safetensors: ", "no object"),
    ),
    "an entry of safetensors that is none": Said(
        lambda: opened_part("a.safetensors", "", safetensors({"a": {"dtype": "F32"}})),
        ce.ReaderError, "CE501", "", "", ("a.safetensors: ", "'a'"),
    ),
    "a header of safetensors that is no JSON": Said(
        lambda: opened_part("a.safetensors", "", struct.pack("<Q", 2) + b"{{"),
        ce.ReaderError, "CE501", "", "1 2 1", ("a.safetensors: ",),
    ),
    "safetensors cut off": Said(
        lambda: opened_part("a.safetensors", "", safetensors(a=np.zeros(5))[:-7]),
        ce.ReaderError, "CE501", "", "5 40 0 40 33", ("a.safetensors: ", "'a'", "type F64"),
    ),
    "safetensors of another type": Said(
        lambda: whole("a.safetensors:a", safetensors(a=np.zeros(5, complex))),
        ce.ReaderError, "CE501", "", "64", ("a.safetensors:a: ", "C128"),
    ),
    "no archive of PyTorch": Said(
        lambda: opened_part("a.pt", "", b"\x80\x02 a pickle"),
        ce.ReaderError, "CE501", "", "1.6", ("a.pt: ", "torch.save"),
    ),
    "a pickle that runs": Said(
        lambda: opened_part("a.pt", "", torch_file(pickled=pickle.dumps(print))),
        ce.ReaderError, "CE501", "", "", ("a.pt: ", "it holds builtins.print", "torch.save("),
    ),
    "a pickle that is too large": Said(
        lambda: opened_part("a.pt", "", many_bytes_beside()),
        ce.ReaderError, "CE501", "", "16777217", ("a.pt: ",),
    ),
    "a tensor without its numbers": Said(
        lambda: opened_part("a.pt", "", torch_file(labels=np.array(Y), cut=3)),
        ce.ReaderError, "CE501", "", "4 32 29", ("a.pt: ", "'labels'"),
    ),
    "compressed tensors": Said(
        lambda: opened_part("a.pt", "", compressed_tensors()),
        ce.ReaderError, "CE501", "", "4 32 0", ("a.pt: ", "'labels'"),
    ),
    "a part of a tensor": Said(
        lambda: opened_part("a.pt", "", torch_file(labels=np.arange(8)[::2])),
        ce.ReaderError, "CE501", "", "", ("a.pt: ", "labels.contiguous()"),
    ),
    "columns that are not all numbers": Said(
        lambda: mixed("a.csv", b"a,b\n1,2\n3,x\n"),
        ce.ReaderError, "CE501", "", "3 2", ("a.csv: ", "'x'"),
    ),
    "log-probabilities above 0": Said(
        lambda: evaluate(table(lp=[-0.5, 0.25, 1.5]), label_logprob="lp"),
        ce.PredictionError, "CE106", "", "2 0 1 0.25 0",
    ),
    "a log-probability above 0": Said(
        lambda: evaluate(table(lp=[-0.5, 0.25]), label_logprob="lp"),
        ce.PredictionError, "CE106", "", "1 0 1 0.25 0", ("is 1 value above",),
    ),
    "no log-probabilities": Said(
        lambda: evaluate(table(lp=["x"]), label_logprob="lp"),
        ce.ArrayKindError, "CE002", "", "", ("the table: 'lp'", "holds text"),
    ),
    "no log-probability is there": Said(
        lambda: evaluate(table(lp=[np.nan]), label_logprob="lp"),
        ce.EmptyError, "CE202", "", "1",
    ),
    "classes beside log-probabilities": Said(
        lambda: evaluate(table(lp=[-0.5], y=[0]), label_logprob="lp", label="y"),
        ce.OptionError, "CE001", "label label_logprob", "",
    ),
    "a log-probability that is no number": Said(
        lambda: log_probs("a.jsonl", b'{"lp": [-0.5]}\n{"lp": [true, -1]}\n{"lp": [[3]]}\n'),
        ce.ReaderError, "CE501", "", "3", ("a.jsonl: ",),
    ),
    "models of other rows": Said(
        lambda: compared(animals(), animals()[:3]),
        ce.ShapeError, "CE112", "", "4 3", ("the first model keeps", "pass id"),
    ),
    "models of other labels": Said(
        lambda: compared(animals(), animals().assign(label=["cat", "fish", "fish", "dog"])),
        ce.ShapeError, "CE112", "", "1 0", ("Pass id",),
    ),
    "ids without tables": Said(
        lambda: ce.compare([0, 1], logits(2, 3), logits(2, 3), id="id"),
        ce.OptionError, "CE001", "id", "",
    ),
    "ids that are there twice": Said(
        lambda: compared(animals(id=list("abcd")), animals(id=list("abca")), id="id"),
        ce.ShapeError, "CE112", "id", "", ("the second: ", "'a'"),
    ),
    "ids that are missing": Said(
        lambda: compared(animals(id=list("abcd")), animals(id=list("abce")), id="id"),
        ce.ShapeError, "CE112", "id", "1", ("the second lacks", "'d'"),
    ),
    "a file whose disk does not answer": Said(
        lambda: evaluate_memory("a.csv"),
        ce.ReaderError, "CE501", "", "", ("a.csv: ", "Input/output error"),
    ),
}  # fmt: skip


def log_probs(name: str, content: bytes) -> Any:
    """Read lists of a file whose columns were taken for lists."""
    written(name, content)
    source: Any = open_table(name)
    return list(source.lists(0, 9))


def compared(a: Any, b: Any, **options: Any) -> Any:
    return ce.compare(a, b, from_logits=True, **options)


def opened_part(name: str, part: str, content: bytes = b"label,p\n0,0.5\n") -> Any:
    written(name, content)
    return open_table(f"{name}:{part}") if part else open_array(name)


def whole(spec: str, content: bytes) -> Any:
    written(spec.partition(":")[0], content)
    return list(open_array(spec).chunks(4))


def mixed(name: str, content: bytes) -> Any:
    written(name, content)
    return open_table(name).read([0, 1], name)


def several(**contents: bytes) -> Any:
    for name, content in contents.items():
        written(f"{name}.csv", content)
    return evaluate("a*.csv", from_logits=True)


def several_arrays(*arrays: Any) -> Any:
    for number, array in enumerate(arrays):
        written(f"p{number}.npy", npy(array))
    return evaluate([0, 1, 2, 1], "p*.npy")


def two_tables(content: bytes) -> Any:
    written("t0.csv", content)
    written("t1.csv", content)
    return evaluate("t0.csv", "t1.csv")


def patterns(labels: list[int], predictions: list[int]) -> Any:
    for number, rows in enumerate(labels):
        written(f"y{number}.npy", npy(np.zeros(rows, int)))
    for number, rows in enumerate(predictions):
        written(f"x{number}.npy", npy(logits(rows, 3)))
    return evaluate("y*.npy", "x*.npy")


def wide_json() -> bytes:
    keys = ",".join(f'"k{number}":0' for number in range(2**16 + 1))
    return gzip.compress(f"{{{keys}}}\n".encode())


def evaluate_memory(name: str) -> Any:
    """Evaluate a file whose first page is none of the process."""
    Path(name).symlink_to("/proc/self/mem")
    return evaluate(name, from_logits=True)
