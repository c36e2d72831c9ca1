"""What messages about the names of classes tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

import crossent as ce
from unit.said import Said, shares
from unit.said_of_files import opened

ANIMALS = ["cat", "dog", "fish"]
LABELS = ["fish", "cat", "dog", "cat"]


def table(columns: list[str], rows: int = 4) -> pd.DataFrame:
    return pd.DataFrame(shares(rows, len(columns)), columns=columns)


NAMES: dict[str, Said] = {
    "a name without a column": Said(
        lambda: ce.evaluate([*LABELS[:3], "bird"], table(ANIMALS)),
        ce.LabelTypeError, "CE313", "y_true y_pred", "", ("'bird'", "'cat', 'dog', 'fish'"),
    ),
    "a name that class_names lacks": Said(
        lambda: ce.evaluate([*LABELS[:3], "bird"], shares(4, 3), class_names=ANIMALS),
        ce.LabelTypeError, "CE313", "y_true class_names", "", ("'bird'",),
    ),
    "a name that neither class_names nor headings have": Said(
        lambda: ce.evaluate([*LABELS[:3], "bird"], table(ANIMALS), class_names=ANIMALS),
        ce.LabelTypeError, "CE313", "y_true class_names", "", ("'bird'",),
    ),
    "no names for columns": Said(
        lambda: ce.evaluate(["c10", "c2", "c1"], shares(3, 3)),
        ce.LabelTypeError, "CE313", "y_true y_pred", "3", ("class_names=['c1', 'c2', 'c10']",),
    ),
    "no name for one column": Said(
        lambda: ce.evaluate(["no", "yes"], [0.25, 0.75]),
        ce.LabelTypeError, "CE313", "y_true y_pred", "", ("class_names=['no', 'yes']",),
    ),
    "a missing label": Said(
        lambda: ce.evaluate(["cat", None, "dog", "cat"], table(ANIMALS)),
        ce.LabelTypeError, "CE312", "y_true", "1 4 1 0 0",
    ),
    "headings twice": Said(
        lambda: ce.evaluate(LABELS, table([*ANIMALS, "cat"])),
        ce.ArrayKindError, "CE002", "y_pred", "", ("'cat'",),
    ),
    "a heading of no class": Said(
        lambda: ce.evaluate(LABELS, table([*ANIMALS, "id"])),
        ce.ArrayKindError, "CE002", "y_pred", "", ("'id'", "'cat', 'dog', 'fish'"),
    ),
    "one-hot labels of another class": Said(
        lambda: ce.evaluate(
            pd.DataFrame(np.eye(3), columns=["cat", "dog", "bird"]), table(ANIMALS, 3)
        ),
        ce.ArrayKindError, "CE002", "y_pred", "", ("'fish'",),
    ),
    "class_names and headings": Said(
        lambda: ce.evaluate(LABELS, table(ANIMALS), class_names=["cat", "dog", "bird"]),
        ce.OptionError, "CE001", "class_names y_pred", "", ("'bird'", "'fish'"),
    ),
    "too few class_names": Said(
        lambda: ce.evaluate([0, 1], shares(2, 3), class_names=["cat", "dog"]),
        ce.OptionError, "CE001", "class_names y_pred", "3 2",
    ),
    "too few class_names for headings": Said(
        lambda: ce.evaluate([0, 1], table(["0", "1", "2"], 2), class_names=["cat", "dog"]),
        ce.OptionError, "CE001", "class_names y_pred", "3 2",
    ),
    "class_names twice": Said(
        lambda: ce.evaluate(LABELS, shares(4, 3), class_names=["cat", "dog", "cat"]),
        ce.OptionError, "CE001", "class_names", "", ("'cat'",),
    ),
    "class_names of a number": Said(
        lambda: ce.evaluate(LABELS, shares(4, 3), class_names=5),
        ce.OptionError, "CE001", "class_names", "5",
    ),
    "class_names of nothing": Said(
        lambda: ce.evaluate(LABELS, shares(4, 3), class_names=[]),
        ce.OptionError, "CE001", "class_names", "",
    ),
    "two cells beside a name": Said(
        lambda: opened("a.csv", "a.csv", b"label\ncat\ndog,1\n", text=True),
        ce.ReaderError, "CE501", "", "3 2 1", ("a.csv: ",),
    ),
    "a name that is too long": Said(
        lambda: opened("a.csv", "a.csv", b"label\ncat\n" + b"d" * 1001 + b"\n", text=True),
        ce.ReaderError, "CE501", "", "3 1001 1000", ("a.csv: ",),
    ),
    "a row without a name": Said(
        lambda: ce.evaluate(["cat", "dog", "", "cat"], shares(4, 2), class_names=["cat", "dog"]),
        ce.LabelTypeError, "CE312", "y_true", "1 4 2 0 0",
    ),
    "rows of which a table says NA": Said(
        lambda: ce.evaluate(["cat", "NA", "dog", "n/a"], shares(4, 2), class_names=["cat", "dog"]),
        ce.LabelTypeError, "CE312", "y_true", "2 4 1 3 0 0",
    ),
    "a number that is missing": Said(
        lambda: ce.evaluate([1, None, 0], shares(3, 2)),
        ce.LabelTypeError, "CE312", "y_true", "1 3 1 0 -1 -1",
    ),
    "more names than classes can have": Said(
        lambda: ce.evaluate(
            np.arange(2**20 + 1).astype("S7"), shares(2**20 + 1, 2), class_names=["cat", "dog"]
        ),
        ce.LabelTypeError, "CE313", "y_true", "1048576",
    ),
}  # fmt: skip
