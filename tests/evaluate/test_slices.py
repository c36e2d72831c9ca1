"""Slices, bits per byte and weights in a column."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import crossent as ce
from crossent.evaluate import Slice

RNG = np.random.default_rng(59)
N = 400
LABELS = RNG.integers(0, 3, N)
SCORES = RNG.normal(size=(N, 3)) * 2
GROUPS = RNG.choice([f"g{at}" for at in range(30)], N, p=np.arange(1, 31) / 465)
TABLE = pd.DataFrame(SCORES, columns=["c0", "c1", "c2"]).assign(
    label=LABELS, source=GROUPS, size=RNG.integers(1, 9, N), w=RNG.uniform(0.5, 2, N), g=LABELS
)
CLASSES = ["c0", "c1", "c2"]


@pytest.mark.parametrize("rows", [None, 7])
def test_slices_are_evaluations_of_their_rows(rows: int | None) -> None:
    found = ce.evaluate(TABLE, predictions=CLASSES, by="source", chunk_rows=rows)
    names, counts = np.unique(GROUPS, return_counts=True)
    order = np.lexsort((names, -counts))[:20]
    assert [one.name for one in found.slices] == [*names[order], None]
    for one in found.slices:
        own = one.name == GROUPS
        if one.name is None:
            own = ~np.isin(GROUPS, names[order])
        want = ce.evaluate(LABELS[own], SCORES[own])
        assert one == Slice(one.name, int(own.sum()), want.loss, want.accuracy)
    assert "all others" in str(found)
    assert json.dumps(found.to_dict()["slices"][-1])
    assert "g" not in found.columns.partition("classes")[2].partition(";")[0]


def test_bits_per_byte() -> None:
    found = ce.evaluate(TABLE, predictions=CLASSES, bytes="size")
    want = found.loss * N / math.log(2) / TABLE["size"].sum()
    assert found.bits_per_byte == pytest.approx(want, rel=1e-12)
    assert "bits per byte" in str(found)
    whole = ce.evaluate(LABELS, SCORES, bytes=int(TABLE["size"].sum()))
    assert whole.bits_per_byte == pytest.approx(want, rel=1e-12)
    tokens = pd.DataFrame({"lp": [[-0.5, -1.5], [-2.0]]})
    assert ce.evaluate(tokens, label_logprob="lp", bytes=8).bits_per_byte == pytest.approx(
        4 / math.log(2) / 8
    )


@pytest.mark.parametrize("wrong", [0, -3, 2.5, True])
def test_what_are_no_bytes(wrong: Any) -> None:
    with pytest.raises(ce.OptionError, match="whole number of bytes above 0"):
        ce.evaluate(LABELS, SCORES, bytes=wrong)


def test_bytes_of_whole_clusters_are_not_added_once_a_row() -> None:
    table = TABLE.assign(doc=np.arange(N) // 4, size=1 + np.arange(N) // 4)
    with pytest.raises(ce.OptionError, match="the same in all rows of each cluster"):
        ce.evaluate(table, predictions=CLASSES, bytes="size", cluster="doc")
    with pytest.raises(ce.OptionError, match="whole number of bytes"):
        ce.evaluate(TABLE, predictions=CLASSES, bytes="w")


def test_weights_in_a_column() -> None:
    found = ce.evaluate(TABLE, predictions=CLASSES, sample_weight="w")
    want = ce.evaluate(LABELS, SCORES, sample_weight=TABLE["w"].to_numpy())
    assert (found.loss, found.accuracy) == (want.loss, want.accuracy)
    with pytest.raises(ce.OptionError, match="Did you mean"):
        ce.evaluate(TABLE, predictions=CLASSES, sample_weight="sizes")


def test_groups_beyond_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    from crossent.evaluate import slices

    monkeypatch.setattr(slices, "MOST", 9)
    with pytest.raises(ce.OptionError, match="more than 9 different values"):
        ce.evaluate(TABLE, predictions=CLASSES, by="source")


def test_merged_evaluators_add_slices_up() -> None:
    whole = ce.evaluate(TABLE, predictions=CLASSES, by="source")
    parts = []
    for rows in (slice(150), slice(150, N)):
        part = ce.Evaluator("sparse", from_logits=True)
        part.update(LABELS[rows], SCORES[rows], by=GROUPS[rows])
        parts.append(part)
    parts[0].merge(parts[1])
    assert parts[0].compute().slices == whole.slices
    with pytest.raises(ce.ShapeError, match="`by` has shape"):
        parts[0].update(LABELS, SCORES, by=GROUPS[:3])


def test_a_notebook_shows_the_text() -> None:
    found = ce.evaluate(LABELS, SCORES)
    assert found._repr_html_().startswith("<pre>loss ")
    assert "<pre>" in ce.compare(LABELS, SCORES, SCORES)._repr_html_()
