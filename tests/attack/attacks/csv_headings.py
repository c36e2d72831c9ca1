"""Tables of text with a fault in a cell: never a number, and never a row less than there are."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from attack.campaign import Fault, Limits

LIMITS = Limits(count=4000, seconds=120, memory=2 * 10**9)

WRONG = (
    "", " ", "n/a", "NA", "N/A", "None", "null", "-", "--", "?", "10%", "1_0", "1e", "0x1", "$1",
    "1 2", '"1', "\uff11", "1.0.0", "True", "\u00bd", "#", "2024-01-01", "1/2", "1,5", "nan%", "+",
    ".", "1f", "<NA>", "#N/A", "(1)", "\u22121", "1\u00a0000", "''", "missing", "NaT", "1.#IND",
    "inf.", "12:30", "1\x1d", "1\u3000",
)  # fmt: skip
"""What is no number, and no name of a column either."""

NAMES = (
    "label",
    "cat",
    "p0",
    "c_1",
    "Klasse",
    "x y",
    "_a",
    "\u732b",
    "e",
    "infos",
    "p(dog)",
    "# y",
)


def attack(seed: int, count: int) -> dict[str, int]:
    """Write `count` tables, with a fault in most of them, and read them."""
    draw, tally = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            what = _one(draw, Path(folder) / "a.csv", f"seed {seed}, table {number}")
            tally[what] += 1
    return dict(tally)


def _one(draw: random.Random, path: Path, place: str) -> str:
    from crossent.evaluate import ReaderError, open_array

    columns, rows, mark = draw.choice((1, 1, 2, 3, 5)), draw.randrange(1, 9), draw.choice(",,;\t")
    form = draw.choice((str, lambda value: f"{value:g}", lambda value: f'"{value}"'))
    whole = draw.random() < 0.3
    table = [
        [draw.randrange(3) if whole else draw.choice((draw.gauss(0, 3), 0, 1, np.inf, np.nan))
         for _ in range(columns)] for _ in range(rows)
    ]  # fmt: skip
    cells = [[form(value) for value in row] for row in table]
    want = [[float(cell.strip('"')) for cell in row] for row in cells]
    heading, wrong = draw.random() < 0.5, draw.random() < 0.7
    if heading:
        cells.insert(0, [draw.choice(NAMES) for _ in range(columns)])
    if wrong:
        # The first lines are where a heading is looked for.
        row = draw.choice((0, 0, draw.randrange(len(cells))))
        for column in draw.sample(range(columns), draw.choice((1, 1, columns))):
            cell = draw.choice(WRONG)
            parts = mark in cell or (columns == 1 and "," in cell)
            cells[row][column] = f'"{cell}"' if parts else cell
    path.write_text("\n".join(mark.join(row) for row in cells) + "\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    counted = not heading and [cell.strip('"') for cell in cells[0]] == [
        str(column) for column in range(columns)
    ]
    header = draw.choice((None, None, heading))
    try:
        got = np.concatenate([*open_array(path, header=header).chunks(3), np.empty(0)][:-1] or [[]])
    except ReaderError as error:
        if not wrong and not (counted and header is None and columns > 1):
            raise Fault(f"{place}: {text!r} was refused: {error}") from None
        if "line " not in error.text and "pandas" not in error.text and "empty" not in error.text:
            raise Fault(f"{place}: {text!r}: no place is named: {error}") from None
        return "refused"
    # A heading with a fault may be left out if it is said to be one, and a blank end may be.
    if wrong and not (row == 0 and heading and header is True) and not _blank_end(cells, row):
        raise Fault(f"{place}: {text!r} has a fault and was read as {got.tolist()!r}")
    if not np.array_equal(got.reshape(-1), np.ravel(want[: len(got)]), equal_nan=True):
        raise Fault(f"{place}: {text!r} was read as {got.tolist()!r}")
    if len(got) < len(want) - _blank_end(cells, len(cells) - 1):
        raise Fault(f"{place}: {text!r} has {len(want)} rows and {len(got)} were read")
    return "read with a heading" if heading else "read"


def _blank_end(cells: list[list[str]], row: int) -> bool:
    """Whether a row is a blank line at the end of the file."""
    return row == len(cells) - 1 and len(cells[row]) == 1 and not cells[row][0].strip()
