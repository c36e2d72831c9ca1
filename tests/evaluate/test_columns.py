"""Which column of a table is what: every case of the rule, in files and in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest

import crossent as ce
from evaluate.broken_files import npy, npz, safetensors

ANIMALS = np.array(["cat", "dog", "fish", "bird"])  # sorted, the bird is first
RNG = np.random.default_rng(17)
Y = RNG.integers(0, 4, 50)
Y[:4] = range(4)
LOGITS = RNG.normal(size=(50, 4)) * 2 + 2 * np.eye(4)[Y]
SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
TRUE = ce.evaluate(Y, SHARES).loss
MOVED = [2, 0, 3, 1]
NAMED = pd.DataFrame(SHARES[:, MOVED], columns=ANIMALS[MOVED])
BY_NUMBER = pd.DataFrame(SHARES[:, MOVED], columns=[str(c) for c in MOVED])


def with_label(frame: pd.DataFrame, name: str, values: Any, **others: Any) -> pd.DataFrame:
    return pd.concat([pd.DataFrame({**others, name: values}), frame], axis=1)


IDS = [f"r{row}" for row in range(50)]
FULL = with_label(NAMED, "species", ANIMALS[Y], id=IDS, fold=Y % 2, age=RNG.random(50) * 9)

Files = Callable[[pd.DataFrame, Path], Any]


def as_csv(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_csv(folder / "t.csv", index=False)
    return str(folder / "t.csv")


def as_tsv_with_index(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_csv(folder / "t.tsv", sep="\t")
    return str(folder / "t.tsv")


def as_jsonl(frame: pd.DataFrame, folder: Path) -> Any:
    rows = frame.to_dict("records")
    (folder / "t.jsonl").write_text("".join(f"{json.dumps(row, default=int)}\n" for row in rows))
    return str(folder / "t.jsonl")


def as_parquet(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_parquet(folder / "t.parquet", row_group_size=13)
    return str(folder / "t.parquet")


def as_feather(frame: pd.DataFrame, folder: Path) -> Any:
    frame.to_feather(folder / "t.feather", chunksize=11)
    return str(folder / "t.feather")


WAYS: list[Files] = [
    as_csv, as_tsv_with_index, as_jsonl, as_parquet, as_feather, lambda frame, _: frame,
    lambda frame, _: polars.from_pandas(frame), lambda frame, _: pyarrow.Table.from_pandas(frame),
]  # fmt: skip
each_way = pytest.mark.parametrize(
    "way", WAYS, ids=["csv", "tsv", "jsonl", "parquet", "feather", "pandas", "polars", "arrow"]
)


RULES: dict[str, tuple[pd.DataFrame, dict[str, Any], str]] = {
    "the column that is named": (FULL, {"label": "species"},
        "label: species; classes: fish, cat, bird, dog; left out: id, fold, age"),
    **{
        f"a column named {name}": (with_label(NAMED, name, ANIMALS[Y]), {}, f"label: {name}; ")
        for name in ("label", "labels", "label_ids", "target", "targets", "y_true", "y", "class",
                     "Label", "TARGET")
    },
    "a prefix": (with_label(NAMED.add_prefix("prob_"), "label", ANIMALS[Y]), {},
        "label: label; classes: fish, cat, bird, dog"),
    "a suffix": (with_label(NAMED.add_suffix(" (p)"), "label", ANIMALS[Y]), {},
        "label: label; classes: fish, cat, bird, dog"),
    "columns that are named": (FULL, {"label": "species", "predictions": list(ANIMALS)},
        "label: species; classes: cat, dog, fish, bird; left out: id, fold, age"),
    "a pattern": (with_label(NAMED.add_prefix("p_"), "species", ANIMALS[Y], p=1.5),
        {"label": "species", "predictions": ["p_*"]}, "left out: p"),
    "a class named label": (
        with_label(NAMED.rename(columns={"cat": "label"}), "other",
                   np.where(Y == 0, "label", ANIMALS[Y])),
        {"label": "other"}, "label: other; classes: fish, label, bird, dog"),
    "a class named id": (
        with_label(NAMED.rename(columns={"bird": "id"}), "label",
                   np.where(Y == 3, "id", ANIMALS[Y]), row=IDS),
        {"id": "row"}, "label: label; classes: fish, cat, id, dog"),
    "integers and names: by position": (
        with_label(NAMED[ANIMALS], "label", Y, id=IDS), {},
        "label: label; classes: cat, dog, fish, bird; left out: id; named by their headings, in "
        "the order of the columns"),
    "numbers as headings": (with_label(BY_NUMBER, "label", Y, id=IDS, fold=Y % 2), {},
        "label: label; classes: 2, 0, 3, 1; left out: id, fold; put into the order of their "
        "numbers; they stood as '2', '0', '3', '1'"),
    "numbers after a prefix": (with_label(BY_NUMBER.add_prefix("c"), "label", Y), {},
        "put into the order of their numbers"),
    "numbers from 1": (
        with_label(BY_NUMBER.set_axis([str(c + 1) for c in MOVED], axis=1), "label", Y + 1), {},
        "label: label; classes: 1, 2, 3, 4"),
    "numbers that are text": (with_label(BY_NUMBER, "label", Y.astype(str)), {},
        "label: label; classes: 2, 0, 3, 1"),
    "names of classes": (
        with_label(BY_NUMBER[["2", "0", "3", "1"]], "label", ANIMALS[Y]),
        {"class_names": ANIMALS}, "classes: cat, dog, fish, bird"),
}  # fmt: skip


def without_index(said: str) -> str:
    """What is said, without the column that .tsv has here before all others."""
    said = said.replace("the first column, which has no name, ", "")
    return said.replace("; left out: the first column, which has no name", "")


@each_way
@pytest.mark.parametrize("rule", RULES)
def test_a_rule(rule: str, way: Files, tmp_path: Path) -> None:
    frame, named, said = RULES[rule]
    table = way(frame, tmp_path)
    found = ce.evaluate(table, **named)
    assert found.loss == TRUE
    assert said in without_index(found.columns)
    class_names = {key: value for key, value in named.items() if key not in ("label", "id")}
    predictions = class_names.pop("predictions", None)
    options = {key: value for key, value in named.items() if key in ("label", "class_names")}
    report = ce.diagnose(table, predictions, from_logits=False, **options)
    assert report.codes == [], report
    assert ce.conventions(table, predictions, observed=TRUE, **options).matches


@each_way
def test_a_column_of_lists(way: Files, tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": IDS, "label": Y, "scores": SHARES.tolist(), "length": Y * 1.5})
    if way in WAYS[:2]:
        return  # text has no lists
    table = way(frame, tmp_path)
    found = ce.evaluate(table)
    assert found.loss == TRUE
    assert found.columns == "label: label; predictions: scores; left out: id, length"
    assert ce.evaluate(table, class_names=ANIMALS).class_names == tuple(ANIMALS)


@each_way
def test_one_score(way: Files, tmp_path: Path) -> None:
    yes, sure = Y > 1, RNG.random(50)
    want = ce.evaluate(yes.astype(int), sure).loss
    words = np.where(yes, "yes", "no")
    for frame, named, said in (
        (pd.DataFrame({"id": IDS, "label": yes.astype(int), "score": sure}), {},
         "label: label; score: score; left out: id"),
        (pd.DataFrame({"label": words, "p_yes": sure}), {}, "score: p_yes; the column is of 'yes'"),
        (pd.DataFrame({"label": words, "score": sure}), {"positive": "yes"}, "score: score"),
        (pd.DataFrame({"label": words, "score": sure}), {"class_names": ["no", "yes"]}, "score"),
        (pd.DataFrame({"label": yes + 1, "score": sure}), {"positive": "2"}, "score: score"),
    ):  # fmt: skip
        table = way(frame, tmp_path)
        found = ce.evaluate(table, **named)
        assert found.loss == want
        assert said in without_index(found.columns)
        assert ce.diagnose(table, from_logits=False, **named).codes == []
    turned = way(pd.DataFrame({"label": words, "score": 1 - sure}), tmp_path)
    assert ce.evaluate(turned, positive="no").loss == pytest.approx(want, rel=1e-14)
    with pytest.raises(ce.OptionError, match="positive='yes'"):
        ce.evaluate(turned)


@each_way
def test_what_cannot_be_told_lists_every_column(way: Files, tmp_path: Path) -> None:
    table = way(FULL, tmp_path)
    with pytest.raises(ce.OptionError) as error:
        ce.evaluate(table)
    text = str(error.value)
    assert all(f"'{name}' (" in text for name in FULL.columns)
    assert "label='species'" in text
    unlike = FULL.rename(columns=dict(zip(ANIMALS, "abcd", strict=True)))
    with pytest.raises(ce.OptionError, match=r"label='species', predictions=\['age', 'c', 'a'"):
        ce.evaluate(way(unlike, tmp_path), label="species")


@each_way
def test_two_columns_of_labels_are_an_error(way: Files, tmp_path: Path) -> None:
    table = way(FULL.assign(label=Y, target=Y), tmp_path)
    with pytest.raises(ce.OptionError, match=r"'label', 'target'.*label='label'"):
        ce.evaluate(table)
    assert ce.evaluate(table, label="species").loss == TRUE


@each_way
def test_empty_labels_are_counted(way: Files, tmp_path: Path) -> None:
    for values in (np.where(Y == 1, None, ANIMALS[Y]), np.where(Y == 1, np.nan, Y)):
        table = way(with_label(NAMED[ANIMALS], "label", values), tmp_path)
        with pytest.raises(ce.LabelTypeError) as error:
            ce.evaluate(table)
        assert error.value.code == "CE312"
        assert f"{(Y == 1).sum()} of " in str(error.value)
        assert "1 of" in str(error.value) or "rows" in str(error.value)


@each_way
def test_a_class_that_no_label_names(way: Files, tmp_path: Path) -> None:
    few = Y != 2
    want = ce.evaluate(Y[few], SHARES[few]).loss
    table = way(FULL[few].reset_index(drop=True), tmp_path)
    found = ce.evaluate(table, label="species")
    assert found.loss == pytest.approx(want, rel=1e-15)
    assert "no label is 'fish'" in found.columns
    scores = FULL[few].reset_index(drop=True)
    scores[ANIMALS] = LOGITS[few]
    with pytest.raises(ce.OptionError, match=r"whether 'age', 'fish' are classes.*predictions="):
        ce.evaluate(way(scores, tmp_path), label="species", from_logits=True)
    named = ce.evaluate(
        way(scores, tmp_path), label="species", predictions=list(ANIMALS), from_logits=True
    )
    assert named.loss == ce.evaluate(Y[few], LOGITS[few], from_logits=True).loss


@each_way
def test_a_column_that_is_not_there_is_named(way: Files, tmp_path: Path) -> None:
    table = way(FULL, tmp_path)
    for named in ({"label": "specis"}, {"label": "species", "predictions": ["cat", "specis"]},
                  {"label": "species", "id": "specis"}):  # fmt: skip
        with pytest.raises(ce.OptionError, match="Did you mean 'species'"):
            ce.evaluate(table, **named)


ARRAYS = {
    "npz": lambda **arrays: npz(**{name: npy(array) for name, array in arrays.items()}),
    "safetensors": safetensors,
}


@pytest.mark.parametrize("ending", ARRAYS)
@pytest.mark.parametrize("key", ["predictions", "logits", "probabilities", "probs", "scores", "x"])
def test_keys_of_arrays(ending: str, key: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(ARRAYS[ending](**{key: SHARES, "label_ids": Y}))
    found = ce.evaluate(path)
    assert found.loss == TRUE
    assert found.columns == f"label: label_ids; predictions: {key}"
    assert ce.evaluate(f"{path}:label_ids", f"{path}:{key}").loss == TRUE
    path.write_bytes(ARRAYS[ending](**{key: SHARES, "label_ids": Y, "other": Y, "more": Y}))
    if key == "x":
        with pytest.raises(ce.OptionError, match=r"'other'.*'more'"):
            ce.evaluate(path)
        assert ce.evaluate(path, predictions="x").loss == TRUE
    else:
        assert ce.evaluate(path).loss == TRUE


@pytest.mark.parametrize("ending", ARRAYS)
def test_label_ids_of_minus_100_are_ignored_and_said(ending: str, tmp_path: Path) -> None:
    marked = np.where(np.arange(50) < 7, -100, Y)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(ARRAYS[ending](predictions=LOGITS, label_ids=marked))
    found = ce.evaluate(path)
    assert found.loss == ce.evaluate(Y[7:], LOGITS[7:]).loss
    assert found.ignored == 7
    assert found.columns.endswith("labels of -100 are ignored")
    path.write_bytes(ARRAYS[ending](predictions=LOGITS, labels=marked))
    with pytest.raises(ce.LabelRangeError):
        ce.evaluate(path)


def test_one_hot_labels_beside_predictions(tmp_path: Path) -> None:
    hot = pd.DataFrame(np.eye(4)[Y][:, [3, 1, 0, 2]], columns=ANIMALS[[3, 1, 0, 2]])
    hot.to_csv(tmp_path / "y.csv", index=False)
    table = as_parquet(NAMED, tmp_path)
    found = ce.evaluate(tmp_path / "y.csv", table)
    assert found.loss == pytest.approx(TRUE, rel=1e-14)
    assert found.function == "dense"
    # Classes that have the names of labels.
    names = ["y", "target", "n", "class"]
    hot.set_axis(names, axis=1).to_csv(tmp_path / "y.csv", index=False)
    moved = pd.DataFrame(SHARES[:, [3, 1, 0, 2]], columns=names)
    assert ce.evaluate(tmp_path / "y.csv", as_csv(moved, tmp_path)).function == "dense"


def test_two_tables(tmp_path: Path) -> None:
    truth = pd.DataFrame({"id": IDS, "species": ANIMALS[Y]})
    truth.to_csv(tmp_path / "truth.csv", index=False)
    table = as_parquet(with_label(NAMED, "model", "m1", id=IDS), tmp_path)
    found = ce.evaluate(tmp_path / "truth.csv", table, label="species")
    assert found.loss == TRUE
    assert found.columns == (
        "label: species; classes: fish, cat, bird, dog; left out: id, id, model; found by their "
        "headings"
    )
    assert ce.evaluate(f"{tmp_path}/truth.csv:species", table).loss == TRUE
    assert ce.evaluate(f"{tmp_path}/truth.csv:species", f"{table}:cat,dog,fish,bird").loss == TRUE
    assert ce.evaluate(truth, NAMED, label="species").loss == TRUE
    with pytest.raises(ce.OptionError, match=r"'truth\.csv|label='species'"):
        ce.evaluate(tmp_path / "truth.csv", table)


def test_columns_of_arrays_are_refused() -> None:
    with pytest.raises(ce.OptionError, match="`label` names a column"):
        ce.evaluate(Y, SHARES, label="species")
    with pytest.raises(ce.OptionError, match="labels and no predictions"):
        ce.evaluate(Y)
