"""Log-probabilities of labels alone: flattened lists, each a sequence, from every format."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

import crossent as ce

RNG = np.random.default_rng(47)
LISTS = [(-RNG.exponential(1.3, RNG.integers(1, 9))).tolist() for _ in range(70)]
FLAT = -np.concatenate(LISTS)


def as_jsonl(values: list[Any], folder: Path) -> Any:
    rows = (json.dumps({"id": f"r{at}", "lp": value}) for at, value in enumerate(values))
    (folder / "a.jsonl").write_text("".join(f"{row}\n" for row in rows))
    return str(folder / "a.jsonl")


def table(values: list[Any]) -> Any:
    return pa.table({"id": [f"r{at}" for at in range(len(values))], "lp": pa.array(values)})


def as_parquet(values: list[Any], folder: Path) -> Any:
    pq.write_table(table(values), folder / "a.parquet", row_group_size=9)
    return str(folder / "a.parquet")


def as_arrow(values: list[Any], folder: Path) -> Any:
    with (
        pa.OSFile(str(folder / "a.arrow"), "w") as file,
        pa.ipc.new_file(file, table(values).schema) as out,
    ):
        out.write_table(table(values), max_chunksize=20)
    return str(folder / "a.arrow")


WAYS: dict[str, Callable[[list[Any], Path], Any]] = {
    "jsonl": as_jsonl, "parquet": as_parquet, "arrow": as_arrow,
    "pandas": lambda values, _: pd.DataFrame({"lp": values}),
    "polars": lambda values, _: polars.DataFrame({"lp": values}),
    "table": lambda values, _: table(values),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_lists_are_sequences(way: str, tmp_path: Path) -> None:
    given = WAYS[way](LISTS, tmp_path)
    found = ce.evaluate(given, label_logprob="lp")
    assert found.loss == pytest.approx(FLAT.mean(), rel=1e-14)
    assert found.perplexity == pytest.approx(math.exp(FLAT.mean()), rel=1e-13)
    assert (found.rows, found.unit, found.units) == (len(FLAT), "sequences", 70)
    sums, sizes = np.array([-sum(one) for one in LISTS]), np.array([len(one) for one in LISTS])
    rest = sums - FLAT.mean() * sizes
    want = math.sqrt(70 / 69 * (rest**2).sum()) / sizes.sum()
    assert found.standard_error == pytest.approx(want, rel=1e-9)
    apart = ce.evaluate(given, label_logprob="lp", cluster="rows")
    assert apart.standard_error == pytest.approx(stats.sem(FLAT), rel=1e-9)
    text = str(found)
    assert "perplexity" in text.partition("\n\n")[0]
    assert "accuracy" not in text
    assert json.dumps(found.to_dict(), allow_nan=False)
    worst = ce.evaluate(given, label_logprob="lp", worst=1).worst[0]
    assert worst.loss == FLAT.max() == -LISTS[worst.row[0]][worst.row[1]]


def test_the_worst_have_names(tmp_path: Path) -> None:
    found = ce.evaluate(as_parquet(LISTS, tmp_path), label_logprob="lp", id="id")
    assert [one.id for one in found.worst] == [f"r{one.row[0]}" for one in found.worst]
    assert len(found.worst) == 5


@pytest.mark.parametrize("way", WAYS)
def test_what_is_missing_is_left_out(way: str, tmp_path: Path) -> None:
    given = WAYS[way]([[None, *one] for one in LISTS], tmp_path)
    found = ce.evaluate(given, label_logprob="lp")
    assert found.loss == pytest.approx(FLAT.mean(), rel=1e-14)
    assert found.ignored == 70


@pytest.mark.parametrize("way", WAYS)
def test_one_number_a_row(way: str, tmp_path: Path) -> None:
    found = ce.evaluate(WAYS[way]((-FLAT).tolist(), tmp_path), label_logprob="lp")
    assert found.loss == pytest.approx(FLAT.mean(), rel=1e-14)
    assert (found.unit, found.standard_error) == ("rows", pytest.approx(stats.sem(FLAT), rel=1e-9))


@pytest.mark.parametrize("way", WAYS)
def test_numbers_above_0_are_no_log_probabilities(way: str, tmp_path: Path) -> None:
    values = [*LISTS[:5], [-0.5, 0.25, 3.5], *LISTS[5:]]
    with pytest.raises(ce.PredictionError, match=r"2 values above 0 .*first in row 5: 0\.25"):
        ce.evaluate(WAYS[way](values, tmp_path), label_logprob="lp")


def test_what_goes_with_classes_is_refused() -> None:
    frame = pd.DataFrame({"lp": [-0.5, -1.5], "y": [0, 1], "t": ["a", "b"]})
    for options in (
        {"label": "y"}, {"from_logits": True}, {"ignore_class": 0}, {"class_names": ["a", "b"]},
        {"predictions": "y"}, {"cluster": "y"}, {"loss": "sparse"}, {"positive": "a"},
    ):  # fmt: skip
        with pytest.raises(ce.OptionError, match="label_logprob"):
            ce.evaluate(frame, label_logprob="lp", **options)
    with pytest.raises(ce.ArrayKindError, match="'t' is no column of log-probabilities"):
        ce.evaluate(frame, label_logprob="t")
    with pytest.raises(ce.OptionError, match="'lpp'"):
        ce.evaluate(frame, label_logprob="lpp")
    with pytest.raises(ce.EmptyError):
        ce.evaluate(pd.DataFrame({"lp": [np.nan, np.nan]}), label_logprob="lp")
