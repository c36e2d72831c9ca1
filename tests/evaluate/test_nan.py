"""Rows of NaN: counted and named, whatever the pieces."""

from __future__ import annotations

import math

import numpy as np
import pytest

from crossent.core.errors import CrossentWarning
from crossent.evaluate import Evaluation, Evaluator, evaluate

RNG = np.random.default_rng(5)
N, C = 20, 4
LABELS = RNG.integers(0, C, N)
LOGITS = RNG.normal(size=(N, C)) * 4
BAD = LOGITS.copy()
BAD[[7, 12, 13], [0, 1, 2]] = np.nan
BAD[17, LABELS[17] - 1] = np.inf
BAD[18] = -np.inf
BAD[19, LABELS[19]] = -np.inf  # an infinite loss, which is a number
WEIGHT = np.where(np.arange(N) == 12, 0.0, 1.0)  # a row that is left out is not counted


def checked(got: Evaluation, count: int, first: object) -> None:
    assert got.nan_rows == got.to_dict()["nan_rows"] == count
    assert math.isnan(got.loss)
    (text,) = got.warnings
    assert text.startswith(f"The loss of {count} of {got.rows - got.ignored} rows is NaN (")
    assert f" (first in row {first}), " in text
    assert f"the loss of {count} is NaN)" in str(got)


@pytest.mark.parametrize("size", [1, 2, 7, 13, None])
def test_rows_of_nan_are_counted_and_the_first_is_named(size: int | None) -> None:
    with pytest.warns(CrossentWarning) as caught:
        got = evaluate(LABELS, BAD, from_logits=True, sample_weight=WEIGHT, chunk_rows=size)
    assert [warning.message.code for warning in caught] == ["CE217"]  # type: ignore[union-attr]
    checked(got, 4, 7)


def test_the_first_one_is_the_first_of_all_that_are_merged() -> None:
    parts = [Evaluator("sparse", from_logits=True) for _ in range(3)]
    for part, a, b in zip(parts, (14, 10, 0), (N, 14, 10), strict=True):
        part.update(LABELS[a:b], BAD[a:b], WEIGHT[a:b], first_row=a)
    parts[0].merge(parts[1])
    with pytest.warns(CrossentWarning, match=r"\(first in row 13\),"):
        checked(parts[0].compute(), 3, 13)
    parts[0].merge(parts[2])
    with pytest.warns(CrossentWarning, match=r"\(first in row 7\),"):
        checked(parts[0].compute(), 4, 7)


def test_elements_have_a_place_on_every_axis() -> None:
    scores = RNG.uniform(0.1, 0.9, (6, 3, 2))
    scores[4, 1, 1] = scores[5, 0, 0] = np.nan
    with pytest.warns(CrossentWarning):
        got = evaluate(np.zeros(scores.shape), scores, loss="binary", chunk_rows=5)
    checked(got, 2, (4, 1, 1))


def test_no_word_of_nan_where_there_is_none() -> None:
    for logits in (LOGITS, np.where(np.isnan(BAD[:17]), 0, BAD[:17])):
        got = evaluate(LABELS[: len(logits)], logits, from_logits=True)
        assert (got.nan_rows, got.warnings) == (0, ())
        assert "NaN" not in str(got)
    got = evaluate(LABELS[19:], BAD[19:], from_logits=True)
    assert (got.loss, got.nan_rows) == (math.inf, 0)
