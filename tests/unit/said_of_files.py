"""What messages about files have to tell: the file, the place in it, what to do.

Each is provoked in an empty folder of its own.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import crossent as ce
from crossent.cli.writing import check_target
from crossent.evaluate import evaluate, open_array
from crossent.stream.readers import SpecError
from unit.said import Said


def written(name: str, content: bytes) -> None:
    Path(name).write_bytes(content)


def opened(spec: str, name: str = "", content: bytes = b"", *, text: bool = False) -> Any:
    """Open an array of a file that holds this."""
    if name:
        written(name, content)
    return open_array(spec, text=text)


def open_array_with_nan(spec: str, content: bytes) -> Any:
    """Open predictions, of which empty cells are NaN."""
    written(spec, content)
    return open_array(spec, with_nan=True)


def read(spec: str, name: str, content: bytes) -> Any:
    return list(opened(spec, name, content).chunks(4))


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def evaluate_files(labels: str, y: bytes, predictions: str, x: bytes) -> Any:
    written(labels, y)
    written(predictions, x)
    return evaluate(labels, predictions, from_logits=True)


def claimed(shape: tuple[int, ...]) -> bytes:
    """A header of an array of this shape, and no numbers."""
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


def rewritten(name: str, content: bytes, later: bytes) -> None:
    """Read a file that is another one from its fifth row on."""
    rows = opened(name, name, content).chunks(4)
    next(rows)
    written(name, later)
    list(rows)


def removed(name: str, read: int) -> None:
    """Read a file that is removed after so many of its pieces."""
    rows = opened(name, name, npy(np.zeros((9, 3)))).chunks(4)
    for _ in range(read):
        next(rows)
    Path(name).unlink()
    next(rows)


def cut_inside(order: str = "C") -> bytes:
    """An archive that says that there is more of its array than it has."""
    file = io.BytesIO()
    content = npy(np.zeros((9, 3), order=order))
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", content[:-100])
        archive.infolist()[0].file_size = len(content)
    return file.getvalue()


def twice() -> bytes:
    """An archive with an array twice."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            archive.writestr("logits.npy", npy([1]))
    return file.getvalue()


def folder_page(name: str) -> None:
    Path(name).mkdir()
    check_target(name, (".html",))


def linked_page(name: str, other: str) -> None:
    Path(name).symlink_to(other)
    check_target(name, (".html",))


def written_page(name: str) -> None:
    written(name, b"")
    check_target(name, (".html",), [name])


FILES: dict[str, Said] = {
    "no such file": Said(
        lambda: opened("other.npy", "here.npy", npy(3)),
        SpecError, "CE501", "", "", ("other.npy: ", "here.npy"),
    ),
    "no such folder": Said(
        lambda: open_array("nowhere/labels.npy"),
        SpecError, "CE501", "", "", ("nowhere/labels.npy: ",),
    ),
    "a folder": Said(
        lambda: opened("."),
        SpecError, "CE501", "", "", (".: ", "name a file in it"),
    ),
    "another ending": Said(
        lambda: opened("labels.txt", "labels.txt", b"1"),
        SpecError, "CE501", "", "", ("labels.txt: ", ".npy, .npz, .csv, .csv.gz"),
    ),
    "no ordinary file": Said(
        lambda: open_array("/dev/null"),
        SpecError, "CE501", "", "", ("/dev/null: ", "write the array to a file"),
    ),
    "an empty .npy": Said(
        lambda: opened("a.npy", "a.npy", b""),
        ce.ReaderError, "CE501", "", "0", ("a.npy: ", "numpy.save"),
    ),
    "no .npy": Said(
        lambda: opened("a.npy", "a.npy", b"hello, this is text"),
        ce.ReaderError, "CE501", "", "", ("a.npy: ", "numpy.save"),
    ),
    "a single number": Said(
        lambda: opened("a.npy", "a.npy", npy(np.float64(3))),
        ce.ReaderError, "CE501", "", "", ("a.npy: ", "one entry per row"),
    ),
    "cut off": Said(
        lambda: opened("a.npy", "a.npy", npy(np.zeros((5, 3)))[:-7]),
        ce.ReaderError, "CE501", "", "5 3 120 113",
        ("a.npy: ", "copy or write the file again", "type float64", "array of shape"),
    ),
    "too long": Said(
        lambda: opened("a.npy", "a.npy", npy(np.zeros((5, 3))) + b"1234567"),
        ce.ReaderError, "CE501", "", "7 5 3", ("a.npy: ", "numpy.concatenate"),
    ),
    "pickled": Said(
        lambda: opened("a.npy", "a.npy", npy(np.array([{}], object))),
        ce.ReaderError, "CE501", "", "", ("a.npy: ", "dtype=int"),
    ),
    "a table": Said(
        lambda: opened("a.npy", "a.npy", npy(np.zeros(2, [("age", "f4"), ("size", "f8")]))),
        ce.ReaderError, "CE501", "", "", ("a.npy: ", "structured_to_unstructured", "age, size"),
    ),
    "raw bytes": Said(
        lambda: opened("a.npy", "a.npy", npy(np.zeros(2, "V2"))),
        ce.ReaderError, "CE501", "", "", ("a.npy: ", "astype(numpy.float32)", "'|V2'"),
    ),
    "complex": Said(
        lambda: opened("a.npy", "a.npy", npy(np.zeros(2, complex))),
        ce.ReaderError, "CE501", "", "64", ("a.npy: ", "64 bits", "complex128"),
    ),
    "bytes that are no bool": Said(
        lambda: read("a.npy", "a.npy", npy(np.zeros((9, 3), bool))[:-10] + b"\x07" + bytes(9)),
        ce.ReaderError, "CE501", "", "5",
        ("a.npy: ", "copy or write the file again", "not a bool value"),
    ),
    "version 3": Said(
        lambda: opened("a.npy", "a.npy", npy(np.zeros(2, [("尺", "f4")]))),
        ce.ReaderError, "CE501", "", "3.0", ("a.npy: ", "save the columns as one plain array"),
    ),
    "no .npz": Said(
        lambda: opened("a.npz", "a.npz", b"hello, this is text"),
        ce.ReaderError, "CE501", "", "", ("a.npz: ", "numpy.savez"),
    ),
    "several arrays": Said(
        lambda: opened("a.npz", "a.npz", npz(labels=[1], logits=[2], more=[3])),
        SpecError, "CE501", "", "3", ("a.npz: ", "a.npz:labels"),
    ),
    "more arrays than are listed": Said(
        lambda: opened("a.npz", "a.npz", npz(**{f"k{i}": [i] for i in range(10)})),
        SpecError, "CE501", "", "10 2", ("a.npz: ", "k7 and 2 more)", "a.npz:k0"),
    ),
    "no array of that name": Said(
        lambda: opened("a.npz:probabilities", "a.npz", npz(labels=[1], logits=[2])),
        SpecError, "CE501", "", "", ("a.npz:probabilities: ", "labels, logits"),
    ),
    "an empty text": Said(
        lambda: opened("a.csv", "a.csv", b""),
        ce.ReaderError, "CE501", "", "", ("a.csv: ", "one line per row"),
    ),
    "no UTF-8": Said(
        lambda: opened("a.csv", "a.csv", b"\xff\xfe1\n"),
        ce.ReaderError, "CE501", "", "8 8", ("a.csv: ", "CSV UTF-8"),
    ),
    "no gzip": Said(
        lambda: opened("a.csv.gz", "a.csv.gz", b"1\n2\n"),
        ce.ReaderError, "CE501", "", "1", ("a.csv.gz: ", "copy the file again"),
    ),
    "a blank line": Said(
        lambda: opened("a.csv", "a.csv", b"1\n2\n\n4\n"),
        ce.ReaderError, "CE501", "", "3", ("a.csv: ", "remove it"),
    ),
    "another number of cells": Said(
        lambda: opened("a.csv", "a.csv", b"1,2,5\n3,4,5\n5\n"),
        ce.ReaderError, "CE501", "", "3 1 3", ("a.csv: ",),
    ),
    "quotes that do not pair": Said(
        lambda: opened("a.csv", "a.csv", b'1,2\n3,"4\n'),
        ce.ReaderError, "CE501", "", "2 0.5 0.5", ("a.csv: ",),
    ),
    "an empty cell": Said(
        lambda: opened("a.csv", "a.csv", b"1,2,5\n3,4,6\n7,,8\n"),
        ce.ReaderError, "CE501", "", "3 2 -1", ("a.csv: ", "-1"),
    ),
    "a comma after every row": Said(
        lambda: open_array_with_nan("a.csv", b"1,2,\n3,4,\n7,8,\n"),
        ce.ReaderError, "CE501", "", "1 3 -1", ("a.csv: ", "is empty"),
    ),
    "a word": Said(
        lambda: opened("a.csv", "a.csv", b"1\n2\nhorse\n"),
        ce.ReaderError, "CE501", "", "3 1", ("a.csv: ", "class_names"),
    ),
    "a decimal comma": Said(
        lambda: opened("a.csv", "a.csv", b"1;2\n3;4,5\n"),
        ce.ReaderError, "CE501", "", "2 2 4 5", ("a.csv: ", "decimals with a point"),
    ),
    "blanks between cells": Said(
        lambda: opened("a.csv", "a.csv", b"1\n2\n3\n4 5\n"),
        ce.ReaderError, "CE501", "", "4 1 4 5", ("a.csv: ", "delimiter=','"),
    ),
    "a unit": Said(
        lambda: opened("a.csv", "a.csv", b"1\n2\n3\n4%\n"),
        ce.ReaderError, "CE501", "", "4 1 4 0.5", ("a.csv: ", "without units"),
    ),
    "an index of pandas": Said(
        lambda: opened("a.csv", "a.csv", b",a,b\n0,1,2\n"),
        ce.ReaderError, "CE501", "", "", ("a.csv: ", "index=False"),
    ),
    "a heading or a row": Said(
        lambda: opened("a.csv", "a.csv", b"0.5,n/a,0.25\n1,2,3\n"),
        ce.ReaderError, "CE501", "", "1 2 0.5 1", ("a.csv: ", "header=True", "header=False"),
    ),
    "counted columns": Said(
        lambda: opened("a.csv", "a.csv", b"0,1,2\n3,4,5\n0.5,0.25,7\n"),
        ce.ReaderError, "CE501", "", "1 0 1 2 3 1 1", ("a.csv: ", "header=True", "header=False"),
    ),
    "cells beyond counting": Said(
        lambda: opened("a.csv", "a.csv", b"," * 2**20 + b"\n"),
        ce.ReaderError, "CE501", "", "1 1048577 1048576", ("a.csv: ", "numpy.save"),
    ),
    "a header too many": Said(
        lambda: evaluate_files("y.csv", b"5\n" + b"1\n" * 9, "x.csv", b"7.5,2\n" * 9),
        ce.ShapeError, "CE112", "", "10 9",
        ("header=True", "header=False", "y.csv has one row more", "first line of x.csv"),
    ),
    "a header taken for a row": Said(
        lambda: evaluate_files("y.csv", b"1\n" * 9, "x.csv", b"7.5,2\n" * 10),
        ce.ShapeError, "CE112", "", "9 10",
        ("header=True", "header=False", "x.csv has one row more", "first line of y.csv"),
    ),
    "rows of files": Said(
        lambda: evaluate_files("y.csv", b"1\n" * 7, "x.csv", b"7.5,2\n" * 9),
        ce.ShapeError, "CE112", "", "7 9",
        ("Write both from the same run", "y.csv has 7", "x.csv has 9"),
    ),
    "a shape that NumPy cannot hold": Said(
        lambda: opened("a.npy", "a.npy", claimed((0, 2**40, 2**41))),
        ce.ReaderError, "CE501", "", "0 1099511627776 2199023255552",
        ("a.npy: ", "copy or write the file again"),
    ),
    "a file cut while it is read": Said(
        lambda: rewritten("a.npy", npy(np.zeros((9, 3))), npy(np.zeros((9, 3)))[:251]),
        ce.ReaderError, "CE501", "", "5", ("a.npy: ", "copy or write the file again"),
    ),
    "a file changed while it is read": Said(
        lambda: rewritten("a.npy", npy(np.zeros((9, 3))), npy(np.zeros((9, 3))) + bytes(7)),
        ce.ReaderError, "CE501", "", "344 351 4", ("a.npy: ", "run this again"),
    ),
    "an archive cut inside of its array": Said(
        lambda: read("a.npz", "a.npz", cut_inside()),
        ce.ReaderError, "CE501", "", "4", ("a.npz: ", "copy or write the file again"),
    ),
    "two arrays of one name": Said(
        lambda: opened("a.npz", "a.npz", twice()),
        ce.ReaderError, "CE501", "", "2", ("a.npz: ", "numpy.savez"),
    ),
    "a longer line than any": Said(
        lambda: opened("a.csv", "a.csv", b"1" * 2**24 + b"\n"),
        ce.ReaderError, "CE501", "", "1 16777216", ("a.csv: ", "numpy.save"),
    ),
    "a blank that no number has": Said(
        lambda: opened("a.csv", "a.csv", b"1.5\n2\n\xc2\xa03\n"),
        ce.ReaderError, "CE501", "", "3 1 0.5", ("a.csv: ", r"\xa03", "without units or marks"),
    ),
    "a cell with the mark between cells": Said(
        lambda: opened("a.csv", "a.csv", b'1.5,2\n3,"4,7"\n'),
        ce.ReaderError, "CE501", "", "2 2 4 7", ("a.csv: ", "decimals with a point"),
    ),
    "a bad first cell": Said(
        lambda: opened("a.csv", "a.csv", b"3,x%\n1,2\n"),
        ce.ReaderError, "CE501", "", "1 2 1", ("a.csv: ", "header=True", "header=False"),
    ),
    "a page without an ending": Said(
        lambda: check_target("a.txt", (".html", ".htm")),
        SpecError, "CE501", "", "", ("a.txt: ", ".html", ".htm"),
    ),
    "a page in no folder": Said(
        lambda: check_target("nowhere/a.html", (".html",)),
        SpecError, "CE501", "", "", ("nowhere/a.html: ", "nowhere"),
    ),
    "a page that is a folder": Said(
        lambda: folder_page("a.html"),
        SpecError, "CE501", "", "", ("a.html: ", "name another one"),
    ),
    "a page that is a link": Said(
        lambda: linked_page("a.html", "b.html"),
        SpecError, "CE501", "", "", ("a.html: ", "is a link to b.html", "name another file"),
    ),
    "a page that is read": Said(
        lambda: written_page("a.html"),
        SpecError, "CE501", "", "", ("a.html: ", "the same file as a.html", "name another"),
    ),
    "a page of a longer name than any": Said(
        lambda: check_target("a" * 300 + ".html", (".html",)),
        SpecError, "CE501", "", "", ("cannot be written",),
    ),
    "a longer name than any": Said(
        lambda: open_array("a" * 300 + ".npy"),
        SpecError, "CE501", "", "", ("cannot be opened",),
    ),
    "a file removed before it is read": Said(
        lambda: removed("a.npy", 0),
        ce.ReaderError, "CE501", "", "", ("a.npy: ", "copy the file again"),
    ),
    "a file removed while it is read": Said(
        lambda: removed("a.npy", 1),
        ce.ReaderError, "CE501", "", "", ("a.npy: ", "copy the file again"),
    ),
    "an archive of columns cut while it is read": Said(
        lambda: read("a.npz", "a.npz", cut_inside(order="F")),
        ce.ReaderError, "CE501", "", "0", ("a.npz: ", "copy or write the file again"),
    ),
}  # fmt: skip
