"""The reader of .csv and .csv.gz: what is read, and where it says that a file is wrong."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crossent.evaluate import ReaderError, open_array
from crossent.stream.readers import Reader


def written(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    data = text.encode() if isinstance(text, str) else text
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def whole(reader: Reader, rows: int = 2) -> np.ndarray:
    return np.concatenate(list(reader.chunks(rows)))


INT, FLOAT = np.int64, np.float64
READ = [
    pytest.param("1\n2\n3\n", [1, 2, 3], INT, id="labels"),
    pytest.param("label\n1\n-1\n+3\n", [1, -1, 3], INT, id="header"),
    pytest.param("1.0\n2.0\n", [1.0, 2.0], FLOAT, id="float-labels"),
    pytest.param("1\n2.5\n", [1.0, 2.5], FLOAT, id="one-float-makes-floats"),
    pytest.param("a,b\n0.5,0.5\n1,0", [[0.5, 0.5], [1, 0]], FLOAT, id="no-last-line-end"),
    pytest.param("1,0\n0,1\n", [[1, 0], [0, 1]], FLOAT, id="one-hot-whole-numbers"),
    pytest.param("0,1\n1,0\n", [[0, 1], [1, 0]], FLOAT, id="one-hot-is-no-header"),
    pytest.param("1;2\n3;4\n", [[1, 2], [3, 4]], FLOAT, id="semicolons"),
    pytest.param("1\t2\n3\t4\n", [[1, 2], [3, 4]], FLOAT, id="tabs"),
    pytest.param('"a","b"\n"1","2"\n', [[1, 2]], FLOAT, id="quotes"),
    pytest.param("1e-3, -inf\n nan,2\n", [[1e-3, -np.inf], [np.nan, 2]], FLOAT, id="inf-nan"),
    pytest.param("1\r\n2\r\n", [1, 2], INT, id="windows-line-ends"),
    pytest.param("1\n2\n\n\n", [1, 2], INT, id="blank-lines-at-the-end"),
    pytest.param(b"\xef\xbb\xbf1\n2\n", [1, 2], INT, id="byte-order-mark"),
    pytest.param("9007199254740993\n", [9007199254740993], INT, id="integers-stay-exact"),
]


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "a.csv.gz"])
@pytest.mark.parametrize(("text", "want", "dtype"), READ)
def test_read(text: str | bytes, want: list, dtype: type, name: str, tmp_path: Path) -> None:
    reader = open_array(written(tmp_path, text, name))
    got = whole(reader)
    assert got.dtype == reader.dtype == dtype
    assert reader.shape == got.shape
    np.testing.assert_array_equal(got, np.array(want, dtype))


def test_what_pandas_and_numpy_write_is_read_back(tmp_path: Path) -> None:
    table = np.random.default_rng(1).normal(size=(101, 5))
    pd.DataFrame(table).to_csv(tmp_path / "p.csv", index=False)
    np.savetxt(tmp_path / "n.csv.gz", table, delimiter=",", fmt="%.17g")
    for name, header in (("p.csv", True), ("n.csv.gz", None), ("n.csv.gz", False)):
        reader = open_array(tmp_path / name, header=header)
        np.testing.assert_array_equal(whole(reader, 10), table)


def test_load_code_loads_the_array(tmp_path: Path) -> None:
    for text in ("label\n1\n2\n", "1\n2\n"):
        code = open_array(written(tmp_path, text)).load_code
        np.testing.assert_array_equal(eval(code, {"np": np}), [1, 2])


BAD = [
    pytest.param("", "is empty", id="empty"),
    pytest.param("\n\n", "is empty", id="only-blank-lines"),
    pytest.param("1,2\n3,x\n", "line 2, column 2 holds 'x', which is not a number", id="word"),
    pytest.param("h\n1\n2\ncat\n", "line 4, column 1 holds 'cat'.*class_names", id="class-name"),
    pytest.param("1,2\n3,\n", "line 2, column 2 is empty", id="empty-cell"),
    pytest.param("1,2\n3\n", "line 2 has 1 cell, the first line has 2", id="short-row"),
    pytest.param("1,2\n3,4,5\n", "line 2 has 3 cells, the first line has 2", id="long-row"),
    pytest.param("1\n\n3\n", "line 2 is blank", id="blank-in-the-middle"),
    pytest.param(",a,b\n0,0.5,0.5\n", "index that pandas adds.*index=False", id="pandas-index"),
    pytest.param(
        "0,5;0,5\n", "line 1, column 1 holds '0,5'.*decimals with a point", id="decimal-commas"
    ),
    pytest.param("1_000\n2\n3_0\n", "line 1, column 1 holds '1_000'", id="underscore"),
    pytest.param(b"\xff\xfe1\x00\n\x00", "UTF-8", id="utf-16"),
    pytest.param("1\n2 3\n", "line 2, column 1 holds '2 3'", id="two-numbers"),
    pytest.param("1\n0x10\n", "line 2, column 1 holds '0x10'", id="hexadecimal"),
    pytest.param("1 # a\n2\n3 # b\n", "line 1, column 1 holds '1 # a'", id="comment"),
]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize(("text", "says"), BAD)
def test_what_is_wrong_and_where(text: str | bytes, says: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=says) as caught:
        whole(open_array(written(tmp_path, text, name)))
    assert caught.value.code == "CE501"


def test_a_bad_cell_far_down_is_found_by_its_line(tmp_path: Path) -> None:
    lines = ["0.5,0.5"] * 30_000
    lines[20_000] = "0.5,oops"
    with pytest.raises(ReaderError, match="line 20001, column 2 holds 'oops'"):
        open_array(written(tmp_path, "\n".join(lines)))


def test_damaged_gzip(tmp_path: Path) -> None:
    path = written(tmp_path, "1\n2\n" * 1000, "a.csv.gz")
    data = path.read_bytes()
    path.write_bytes(data[:-10])
    with pytest.raises(ReaderError, match="cannot be read"):
        open_array(path)
    path.write_bytes(b"1\n2\n")
    with pytest.raises(ReaderError, match="cannot be read"):
        open_array(path)


HEADINGS = [
    "label", "a,b,c", "c0,c1,c2", "# label", '"a, b","c"', "p(cat);p(dog)", "Klasse 1\tKlasse 2",
    "größe", "类别", "_id,y", "class", "e1,e2", "infos,nano",
]  # fmt: skip
"""First lines whose cells are all names."""

ROWS = [
    "0.1,,0.9", "10%,90%", "1_0,0.5", "n/a", "N/A,NA", "#N/A", "<NA>", "None", "null", "-", "?",
    ".", "--", "0,5;0,5", "1.2.3", "1 000;2", "$0.5,$0.5", "€1", "1e,2", "0x10", "2024-01-01,0.5",
    "+", "1f", "12:30", "1/2", "½", "5%", "\uff10.\uff15", "true,false", "True", "a,0.5", "0.5,b",
    "label,0", ",0.5", "0.5,", '"0.1","",0.9', '"0.1","0.9', '0.1,"0.9"x', "'0.5','0.5'", "nan%",
    "1,2,x", "missing", "1st,2nd", "0.1 0.9", "# 0.1,0.9", "\x000.5", "(0.1,0.9)", "[0.1,0.9]",
    "1,234.5;2,5", "0.5,\t", "1.#IND,0.5", "0.1\t", "\u22121.5,2",
]  # fmt: skip
"""First lines that may be rows in which something is wrong."""


@pytest.mark.parametrize("first", HEADINGS)
def test_a_heading_is_a_line_of_names(first: str, tmp_path: Path) -> None:
    mark = next((mark for mark in ";\t" if mark in first), ",")
    columns = len(next(csv.reader([first], delimiter=mark)))
    below = [mark.join(["0.5"] * columns)] * 3
    path = written(tmp_path, "\n".join([first, *below]))
    for header in (None, True):
        assert len(whole(open_array(path, header=header))) == 3
    with pytest.raises(ReaderError, match=r"line 1, column 1 holds"):
        open_array(path, header=False)


@pytest.mark.parametrize("first", ROWS)
def test_a_row_with_a_fault_is_no_heading(first: str, tmp_path: Path) -> None:
    mark = next((mark for mark in ";\t" if mark in first), ",")
    below = [mark.join(["0.5"] * (first.count(mark) + 1))] * 3
    path = written(tmp_path, "\n".join([first, *below]))
    with pytest.raises(ReaderError, match=r"line 1[ ,]") as caught:
        open_array(path)
    text, pairs = str(caught.value), "quotes that do not pair"
    assert pairs in text or ("header=True" in text and "header=False" in text)
    with pytest.raises(ReaderError, match=r"line 1[ ,]"):
        open_array(path, header=False)
    if pairs not in text:
        assert len(whole(open_array(path, header=True))) == 3


@pytest.mark.parametrize("first", ["nan,inf", "-inf,Infinity", "1e5,-0", '"0.1","0.9"', " 1 , 2 "])
def test_numbers_are_a_row(first: str, tmp_path: Path) -> None:
    assert len(whole(open_array(written(tmp_path, f"{first}\n0.5,0.5\n")))) == 2


@pytest.mark.parametrize("lines", ["0,1\n0.25,0.75", "0,1,2\n1,0,0\n0.2,0.3,0.5", "0,1\n1e0,0"])
def test_columns_that_are_counted_may_be_a_row(lines: str, tmp_path: Path) -> None:
    path = written(tmp_path, lines)
    with pytest.raises(ReaderError, match=r"line 1 is 0, 1, 2.*header=True.*header=False"):
        open_array(path)
    rows = lines.count("\n")
    assert len(whole(open_array(path, header=True))) == rows
    assert len(whole(open_array(path, header=False))) == rows + 1


def test_a_line_of_tabs_is_no_blank_line(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="line 2, column 1 is empty"):
        open_array(written(tmp_path, "1\t2\n\t\n"))


def test_integers_are_no_rounded_floats(tmp_path: Path) -> None:
    got = whole(open_array(written(tmp_path, "1\n2.5\n9223372036854775808\n")))
    np.testing.assert_array_equal(got, [1, 2.5, 2.0**63])


def test_a_heading_alone_has_no_rows(tmp_path: Path) -> None:
    assert open_array(written(tmp_path, "a,b")).shape == (0, 2)
    assert list(open_array(written(tmp_path, "a,b")).chunks(3)) == []


def test_pieces_do_not_depend_on_the_blocks_of_lines(tmp_path: Path) -> None:
    table = np.random.default_rng(4).normal(size=(20_001, 3))
    np.savetxt(tmp_path / "a.csv", table, delimiter=",", fmt="%.17g")
    for rows in (1000, 8192, 10_000, 30_000):
        pieces = list(open_array(tmp_path / "a.csv").chunks(rows))
        assert [len(piece) for piece in pieces[:-1]] == [rows] * (len(pieces) - 1)
        np.testing.assert_array_equal(np.concatenate(pieces), table)
