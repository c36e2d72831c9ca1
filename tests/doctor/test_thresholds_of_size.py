"""Numbers in the rules about memory: a case just below each, and one just above."""

from __future__ import annotations

import math

import numpy as np
import pytest

from crossent.core.target_facts import TargetFacts
from crossent.doctor.case import ArrayInfo, Case
from crossent.doctor.diagnosing import report_of
from crossent.doctor.footprint import in_units
from crossent.doctor.known_losses import LossSpec
from doctor.found import finding, severity

STEP = 16
"""Bytes of a float32 logit in a training step: it, its softmax, and the gradients of both."""

LABEL = 8


@pytest.mark.parametrize(("classes", "seen"), [(999, False), (1_000, True)])
def test_the_classes_of_a_vocabulary(classes: int, seen: bool) -> None:
    assert (finding("CE206", shape=(10**6, classes)) is not None) == seen


ROWS = 2**31 // (1_000 * STEP + LABEL)
"""So many rows of 1000 classes need no more than 2 GiB."""


@pytest.mark.parametrize(("rows", "seen"), [(ROWS, False), (ROWS + 1, True)])
def test_the_bytes_that_are_many(rows: int, seen: bool) -> None:
    assert (finding("CE206", shape=(rows, 1_000)) is not None) == seen


@pytest.mark.parametrize(("missing", "seen"), [(0, False), (4, True)])
def test_the_share_of_the_memory_that_is_much(missing: int, seen: bool) -> None:
    memory = 4 * 50 * (1_000 * STEP + LABEL) - missing
    assert (finding("CE206", shape=(50, 1_000), memory=memory) is not None) == seen


def test_the_rows_of_a_chunk() -> None:
    """256 MiB of float32 are 67 108 rows of 1000 numbers."""
    found = finding("CE206", shape=(10**6, 1_000))
    assert found is not None
    assert "67 108 tokens" in found.seen


@pytest.mark.parametrize(
    ("rows", "classes", "grave"),
    [
        # 1 MiB of float64, and one row more
        (2**10, 2**7, ""),
        (2**10 + 1, 2**7, "note"),
        # the classes of which a MiB is worth a word
        (2_000, 99, ""),
        (2_000, 100, "note"),
    ],
)
def test_the_bytes_of_one_hot_rows(rows: int, classes: int, grave: str) -> None:
    y = np.broadcast_to(np.eye(1, classes), (rows, classes))
    assert severity("CE207", y, num_classes=classes, loss="dense") == grave


@pytest.mark.parametrize(
    ("rows", "classes", "grave"),
    [
        (2**13, 2**12, "note"),
        (2**13 + 1, 2**12, "warning"),
        (2**20, 2**5, ""),
        (2**20 + 1, 2**5, "warning"),
    ],
)
def test_the_bytes_of_large_one_hot_rows(rows: int, classes: int, grave: str) -> None:
    """256 MiB of float64. To look at so many takes seconds: the facts are given as they are."""
    case = Case(
        LossSpec(),
        layout="dense",
        y=ArrayInfo((rows, classes), "float64"),
        targets=TargetFacts(classes, rows=rows, one_hot=rows),
    )
    found = [one.severity for one in report_of(case, ["CE207"]).findings]
    assert found == ([grave] if grave else [])


@pytest.mark.parametrize(("rows", "seen"), [(2**21 - 1, False), (2**21, True)])
def test_the_elements_that_32_bits_count(rows: int, seen: bool) -> None:
    assert math.prod((2**21, 2**10)) == 2**31
    assert (finding("CE404", shape=(rows, 2**10), device="cuda:0") is not None) == seen


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (999, "999 B"),
        (1_000, "0.977 KiB"),
        (999.4 * 2**10, "999 KiB"),
        (999.6 * 2**10, "0.976 MiB"),
        (999.4 * 2**60, "999 EiB"),
        (999.6 * 2**60, "1 000 EiB"),
    ],
)
def test_the_bytes_of_the_next_unit(size: float, text: str) -> None:
    """What would be rounded to four digits is written in it."""
    assert in_units(size) == text
