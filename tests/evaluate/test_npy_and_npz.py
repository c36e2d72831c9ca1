"""Readers of .npy and .npz: every layout that NumPy writes, and every file that is no array."""

from __future__ import annotations

import io
import pickle
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from crossent.evaluate import ReaderError, SpecError, open_array
from crossent.stream.readers import READERS, Reader, _pieces, npz

RNG = np.random.default_rng(0)
WIDE = RNG.normal(size=(23, 4))

ARRAYS = [
    pytest.param(WIDE, id="float64"),
    pytest.param(WIDE.astype(np.float32), id="float32"),
    pytest.param(WIDE.astype(np.float16), id="float16"),
    pytest.param(WIDE.astype(">f4"), id="byte-swapped"),
    pytest.param(np.asfortranarray(WIDE), id="fortran"),
    pytest.param(np.asfortranarray(RNG.normal(size=(23, 3, 300))), id="fortran-3d"),
    pytest.param(np.asfortranarray(RNG.normal(size=(5, 700))), id="fortran-many-columns"),
    pytest.param(np.arange(23), id="int64"),
    pytest.param(np.arange(23) % 2 == 0, id="bool"),
    pytest.param(RNG.normal(size=(23, 2, 3, 4)), id="4d"),
    pytest.param(np.zeros((0, 4)), id="no-rows"),
    pytest.param(np.array(["a", "bc"]), id="text-for-the-loss-to-refuse"),
]


def as_npy(folder: Path, array: np.ndarray) -> str:
    np.save(folder / "a.npy", array)
    return str(folder / "a.npy")


def as_npz(folder: Path, array: np.ndarray) -> str:
    np.savez(folder / "a.npz", other=np.arange(3), wanted=array)
    return f"{folder / 'a.npz'}:wanted"


def as_compressed(folder: Path, array: np.ndarray) -> str:
    np.savez_compressed(folder / "a.npz", wanted=array)
    return str(folder / "a.npz")


WRITERS = [as_npy, as_npz, as_compressed]


def whole(reader: Reader, rows: int) -> np.ndarray:
    pieces = [np.array(piece) for piece in reader.chunks(rows)]
    assert all(len(piece) == rows for piece in pieces[:-1])
    assert {piece.dtype for piece in pieces} <= {reader.dtype}  # byte order too
    return np.concatenate(pieces) if pieces else np.empty(reader.shape, reader.dtype)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("rows", [1, 7, 23, 1000])
def test_pieces_are_the_array(
    write: Callable[[Path, np.ndarray], str], array: np.ndarray, rows: int, tmp_path: Path
) -> None:
    reader = open_array(write(tmp_path, array))
    assert (reader.shape, reader.dtype) == (array.shape, array.dtype)
    for _ in range(2):  # a reader starts again from the front
        np.testing.assert_array_equal(whole(reader, rows), array)


@pytest.mark.parametrize("write", [as_npz, as_compressed])
@pytest.mark.parametrize("shape", [(23, 4), (9, 3, 300), (5, 700)])
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_large_columns_of_an_archive_are_unpacked(
    write: Callable[[Path, np.ndarray], str],
    shape: tuple[int, ...],
    rows: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    array = np.asfortranarray(RNG.normal(size=shape))
    monkeypatch.setattr(_pieces, "BLOCK_BYTES", 500)
    monkeypatch.setattr(npz, "BLOCK_BYTES", 500)
    monkeypatch.setattr(npz, "_STEP", 100)
    reader = open_array(write(tmp_path, array))
    for _ in range(2):
        np.testing.assert_array_equal(whole(reader, rows), array)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    reader = open_array(write(tmp_path, array))
    with pytest.raises(ReaderError, match=r"No such file.*ascontiguousarray.*TMPDIR"):
        whole(reader, rows)


def test_a_name_that_an_archive_has_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", npy_bytes(WIDE))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", npy_bytes(WIDE + 1))
    with pytest.raises(ReaderError, match="2 arrays named 'a'"):
        open_array(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("array", "at", "byte"),
    [
        (np.arange(9) % 2 == 0, 5, 2),
        (np.array(["ab"] * 9), 42, 0x20),
        (np.array(["a"] * 9), 21, 0xDB),
    ],
)
def test_bytes_that_are_no_value(array: np.ndarray, at: int, byte: int, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, array)
    data = bytearray(path.read_bytes())
    data[128 + at] = byte
    path.write_bytes(bytes(data))
    with pytest.raises(ReaderError, match="row 5 holds bytes that are no"):
        whole(open_array(path), 2)


@pytest.mark.parametrize("write", WRITERS)
def test_load_code_loads_the_array(
    write: Callable[[Path, np.ndarray], str], tmp_path: Path
) -> None:
    code = open_array(write(tmp_path, WIDE)).load_code
    np.testing.assert_array_equal(eval(code, {"np": np}), WIDE)


def test_pages_of_a_piece_can_be_read_again_after_they_were_given_back(tmp_path: Path) -> None:
    array = RNG.normal(size=(4096, 8))
    pieces = list(open_array(as_npy(tmp_path, array)).chunks(512))  # views, all kept
    np.testing.assert_array_equal(np.concatenate(pieces), array)


def header(shape: str, descr: str = "'<f8'", fortran: str = "False") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"
    padded = text + " " * (63 - (len(text) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded.encode("latin1")


def npy_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


GOOD = npy_bytes(WIDE)
BAD_NPY = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b"hello, world", "is not a .npy file", id="text"),
    pytest.param(GOOD[:5], "is not a .npy file", id="cut-in-magic"),
    pytest.param(GOOD[:40], "is not a .npy file", id="cut-in-header"),
    pytest.param(GOOD[:-1], "is cut off", id="cut-in-data"),
    pytest.param(GOOD + GOOD, "were saved into one file", id="two-arrays"),
    pytest.param(header("(2**62, 2**62)"), "is not a .npy file", id="expression"),
    pytest.param(header(f"({2**62}, {2**62})") + b"x" * 64, "is cut off", id="huge-claim"),
    pytest.param(header("(-1, 8)") + b"x" * 64, "is cut off", id="negative"),
    pytest.param(header("(-2, -4)") + b"x" * 64, "is cut off", id="negative-twice"),
    pytest.param(header(f"(0, {10**22})"), "NumPy cannot hold", id="wide-and-empty"),
    pytest.param(header(str((0,) * 70)), "NumPy cannot hold", id="too-many-dimensions"),
    pytest.param(header("()") + b"x" * 8, "a single number", id="scalar"),
    pytest.param(header("(8,)", descr="'|O'") + b"x" * 64, "pickled Python objects", id="objects"),
    pytest.param(header("(8,)", descr="[('a', '<f4'), ('b', '<i4')]") + b"x" * 64,
                 "named columns a, b", id="table"),
    pytest.param(header("(8,)", descr="'<c8'") + b"x" * 64, "complex64", id="complex"),
    pytest.param(header("(8,)", descr="'<M8[s]'") + b"x" * 64, "datetime64", id="dates"),
    pytest.param(header("(8,)", descr="'<f16'") + b"x" * 128, "up to 64 bits", id="f16"),
    pytest.param(header("(8,)", descr="'<U0'"), "integers or floats", id="no-bytes-each"),
    pytest.param(b"\x93NUMPY\x09\x00" + b"x" * 64, "version|is not a .npy", id="version-9"),
    pytest.param(npy_bytes(np.zeros(4, ml_dtypes.bfloat16)), "bfloat16.*float32", id="bfloat16"),
    pytest.param(npy_bytes(np.zeros(4, ml_dtypes.float8_e4m3fn)), "float8.*float32", id="float8"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "says"), BAD_NPY)
@pytest.mark.parametrize("zipped", [False, True], ids=["npy", "npz"])
def test_what_is_no_array_is_one_error(
    content: bytes, says: str, zipped: bool, tmp_path: Path
) -> None:
    path = tmp_path / ("a.npz" if zipped else "a.npy")
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.npy", content)
    else:
        path.write_bytes(content)
    with pytest.raises(ReaderError, match=says) as caught:
        list(open_array(path).chunks(4))
    assert caught.value.code == "CE501"
    assert str(path) in str(caught.value)


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "sprung",))  # type: ignore[return-value]

    (tmp_path / "a.npy").write_bytes(header("(1,)", descr="'|O'") + pickle.dumps([Trap()]))
    with pytest.raises(ReaderError, match="dtype=int for labels"):
        open_array(tmp_path / "a.npy")
    pickle.loads(pickle.dumps(Trap()))  # the trap works
    assert (tmp_path / "sprung").exists()


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))


def test_damaged_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=WIDE)
    flip(path, 400)  # in the numbers: the checksum does not fit
    with pytest.raises(ReaderError, match="CRC"):
        list(open_array(path).chunks(4))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ReaderError, match=r"not a whole \.npz file"):
        open_array(path)
    path.write_bytes(b"")
    with pytest.raises(ReaderError, match=r"not a whole \.npz file"):
        open_array(path)
    np.savez_compressed(path, a=WIDE)
    flip(path, 60)  # in the compressed stream
    with pytest.raises(ReaderError, match=r"not a whole \.npz file"):
        list(open_array(path).chunks(4))


def test_the_array_of_an_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, labels=np.arange(3), logits=WIDE)
    assert open_array(f"{path}:logits").shape == (23, 4)
    assert open_array(f"{path}:logits.npy").shape == (23, 4)
    with pytest.raises(SpecError, match=r"2 arrays \(labels, logits\).*a\.npz:labels"):
        open_array(path)
    with pytest.raises(SpecError, match=r"no array 'x'.*labels, logits"):
        open_array(f"{path}:x")


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "here.npy").touch()
    with pytest.raises(SpecError, match=r"no such file; the folder holds here\.npy"):
        open_array(tmp_path / "there.npy")
    with pytest.raises(SpecError, match="no folder"):
        open_array(tmp_path / "x" / "there.npy")
    with pytest.raises(SpecError, match="is a folder"):
        open_array(tmp_path)
    (tmp_path / "a.xlsx").touch()
    with pytest.raises(SpecError) as caught:
        open_array(tmp_path / "a.xlsx")
    assert all(ending in str(caught.value) for ending in READERS)


def test_errors_of_readers_survive_a_process_border(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        open_array(tmp_path / "there.npy")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (SpecError, str(caught.value))


def test_an_archive_whose_beginning_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "damaged.npz"
    np.savez(path, a=np.arange(3))
    data = bytearray(path.read_bytes())
    data[0] = 0
    path.write_bytes(data)
    with pytest.raises(ReaderError, match="does not begin as an archive"):
        open_array(path)
