"""Damaged files: each is read as NumPy and Python read it, or refused by one clear error."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import random
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from attack.campaign import Fault, Limits

LIMITS = Limits(count=2400, seconds=180, memory=2 * 10**9)

COMMANDS = 32
"""One file in so many goes through a whole command as well."""

ENDINGS = (".npy", ".npz", ".csv", ".csv.gz")


def attack(seed: int, count: int) -> dict[str, int]:
    """Damage `count` files, a few bytes each, and read them."""
    draw, tally = random.Random(seed), Counter[str]()
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        np.save(base / "labels.npy", np.arange(6) % 3)
        np.save(base / "predictions.npy", np.random.default_rng(0).normal(size=(6, 3)))
        for number in range(count):
            ending = ENDINGS[number % len(ENDINGS)]
            path = base / f"a{ending}"
            sound = _content(draw, ending)
            # The first of each kind stays whole: it has to be read.
            damaged = sound if number < len(ENDINGS) else _damaged(draw, ending, sound)
            path.write_bytes(damaged)
            try:
                what = _read(path, draw.choice((1, 2, 5, 1000)))
                if what != "read" and damaged is sound:
                    raise Fault(f"a whole file was refused: {what}")
                if number % COMMANDS < len(ENDINGS):
                    what = f"{_command(base, path, draw)}"
            except Fault as fault:
                shown = f"\n{path.read_bytes()[:400]!r}"
                raise Fault(f"seed {seed}, file {number} ({ending}): {fault}{shown}") from None
            except Exception as error:
                raise Fault(f"seed {seed}, file {number} ({ending}): {error!r}") from error
            tally[f"{ending[1:]} {what}"] += 1
    return dict(tally)


def _array(draw: random.Random) -> Any:
    rng = np.random.default_rng(draw.randrange(2**32))
    shape = draw.choice(((6,), (6, 3), (6, 1), (6, 2, 3), (1, 4), (0, 3), (40, 7)))
    kind = draw.choice(("f8", "f4", "f2", ">f4", "i8", "i1", ">i4", "u2", "b1", "U3", "S2"))
    values = rng.normal(size=shape) * 3
    array = (values > 0) if kind == "b1" else values.astype("i8" if kind[0] in "US" else kind)
    array = array.astype(kind)
    return np.asfortranarray(array) if draw.random() < 0.4 else array


def _content(draw: random.Random, ending: str) -> bytes:
    out = io.BytesIO()
    if ending == ".npy":
        np.save(out, _array(draw))
    elif ending == ".npz":
        save = draw.choice((np.savez, np.savez_compressed))
        save(out, **{name: _array(draw) for name in "ab"[: draw.choice((1, 1, 2))]})
    else:
        text = _table(draw).encode()
        return gzip.compress(text) if ending == ".csv.gz" else text
    return out.getvalue()


def _table(draw: random.Random) -> str:
    columns, mark = draw.choice((1, 2, 3)), draw.choice(",,;\t")
    cell = draw.choice((lambda: str(draw.randrange(4)), lambda: repr(draw.gauss(0, 2))))
    lines = [mark.join(cell() for _ in range(columns)) for _ in range(draw.randrange(2, 9))]
    if draw.random() < 0.4:
        lines.insert(0, mark.join(f"c{column}" for column in range(columns)))
    return draw.choice(("\n", "\r\n")).join([*lines, ""])


WORDS = (
    b"True", b"False", b"'<f8'", b"'|O'", b"'<U9'", b"'|S0'", b"(0, 99999999999)", b"(6,)", b"9",
    b"10000000000000000000000", b"(-1,)", b"(((", b"'descr'", b"1L", b"'\\q'", b"PK\x01\x02",
    b"PK\x05\x06", b"PK\x03\x04", b"\xff\xff\xff\xff", b"\x00" * 8, b"nan", b"inf", b"1_0", b"n/a",
    b'"', b"\n\n", b",,", b"%", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"#", b"1e999", b" ", b"\r", b"x",
)  # fmt: skip


def _damaged(draw: random.Random, ending: str, data: bytes) -> bytes:
    if ending == ".csv.gz" and draw.random() < 0.5:
        return gzip.compress(_damaged(draw, ".csv", gzip.decompress(data)))
    if ending == ".npz" and draw.random() < 0.5:
        return _damaged_member(draw, data)
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        # The headers are where the damage tells.
        end = min(len(changed), 130) if draw.random() < 0.5 else len(changed)
        at = draw.randrange(end + 1)
        what = draw.randrange(6)
        if what == 0 and changed:
            changed[min(at, len(changed) - 1)] ^= 1 << draw.randrange(8)
        elif what == 1:
            del changed[at:]
        elif what == 2:
            changed[at:at] = draw.choice(WORDS)
        elif what == 3:
            word = draw.choice(WORDS)
            changed[at : at + len(word)] = word
        elif what == 4:
            del changed[at : at + draw.randrange(1, 9)]
        else:
            changed[at:at] = changed[at : at + draw.randrange(1, 200)]
    return bytes(changed)


def _damaged_member(draw: random.Random, data: bytes) -> bytes:
    """Damage what is in an archive, and write the archive anew, so that its checksums fit."""
    out = io.BytesIO()
    method = draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            content = _damaged(draw, ".npy", old.read(name))
            new.writestr(name, content)
            if draw.random() < 0.1:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    new.writestr(name, content)
    return out.getvalue()


def _read(path: Path, rows: int) -> str:
    """Read a file with the library, and compare what it gives."""
    from crossent.core.errors import CrossentError
    from crossent.evaluate import open_array

    spec = str(path)
    if path.suffix == ".npz" and (key := _key(path)) is not None:
        spec = f"{path}:{key}"
    try:
        reader = open_array(spec)
        pieces = [np.array(piece) for piece in reader.chunks(rows)]
    except CrossentError as error:
        if str(path) not in error.text or "\n" in error.text:
            raise Fault(f"an error that does not name the file in one line: {error}") from None
        return "refused"
    if any(piece.dtype != reader.dtype for piece in pieces):
        raise Fault(f"{pieces[0].dtype}, promised {reader.dtype}")
    got = np.empty(reader.shape, reader.dtype)
    if pieces:
        got = np.concatenate(pieces, dtype=reader.dtype)
    if got.shape != reader.shape:
        raise Fault(f"{got.shape}, promised {reader.shape}")
    want = _independent(path, spec)
    if want is None or want.shape != got.shape:
        raise Fault(f"read as {got!r}, which is {want!r}")
    if want.dtype == got.dtype:
        same = np.ascontiguousarray(want).tobytes() == got.tobytes()
    else:
        same = np.array_equal(want, got)
    if not same:
        raise Fault(f"read as {got!r}, which is {want!r}")
    return "read"


def _key(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return next(iter(archive.namelist())).removesuffix(".npy")
    except Exception:  # whatever a damaged archive raises
        return None


def _independent(path: Path, spec: str) -> Any:
    """Read a file without the library; None if that cannot be done."""
    if path.suffix in (".npy", ".npz"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = np.load(path)
            return found if path.suffix == ".npy" else found[spec.rpartition(":")[2]]
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    return table_of(text)


def table_of(text: str) -> Any:
    """Read a table of numbers with Python alone; None if a cell is none."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip(" "):
        lines.pop()
    if not lines:
        return None
    mark = next((mark for mark in ";\t" if mark in lines[0]), ",")
    rows = [next(csv.reader([line], delimiter=mark, skipinitialspace=True), [""]) for line in lines]
    first = [_number(cell) for cell in rows[0]]
    if all(value is None for value in first) and all(cell.strip() for cell in rows[0]):
        rows = rows[1:]
    numbers = [[_number(cell) for cell in row] for row in rows]
    if any(value is None for row in numbers for value in row):
        return None
    if any(len(row) != len(first) for row in numbers):
        return None
    table = np.array(numbers, np.float64).reshape(len(numbers), len(first))
    return table[:, 0] if len(first) == 1 else table


def _number(cell: str) -> float | None:
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _command(base: Path, path: Path, draw: random.Random) -> str:
    """Give the file to a command; it ends with a status, and says nothing of NumPy's."""
    from crossent.cli.__main__ import app

    labels, predictions = str(base / "labels.npy"), str(base / "predictions.npy")
    command = draw.choice((
        ["evaluate", labels, str(path)], ["evaluate", str(path), predictions],
        ["doctor", labels, str(path)], ["doctor", str(path), "--classes", "3"],
        ["doctor", labels, predictions, "--sample-weight", str(path)],
        ["conventions", labels, str(path)],
        ["evaluate", labels, predictions, "--class-weight", str(path)],
        ["doctor", str(path), str(path)],
    ))  # fmt: skip
    out, err = io.StringIO(), io.StringIO()
    status: object = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app(command, prog_name="crossent")
        except SystemExit as end:
            status = end.code
        except BaseException as error:
            raise Fault(f"{' '.join(command)}: {error!r}") from error
    if status not in (0, 1, 2) or "warning: " in err.getvalue():
        raise Fault(f"{' '.join(command)}: status {status}\n{out.getvalue()}{err.getvalue()}")
    return f"{command[0]} {status}"
