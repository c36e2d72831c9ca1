"""Labels that are names: found by headings or `class_names`, and never by sorting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars
import pyarrow
import pytest

import crossent as ce
from crossent.evaluate import open_array
from crossent.stream.class_names import in_order_of_numbers, match, name_classes, numbers_in

ANIMALS = np.array(["cat", "dog", "fish", "bird"])  # np.unique puts the bird first
RNG = np.random.default_rng(3)
INDICES = RNG.integers(0, 4, 60)
LABELS = ANIMALS[INDICES]
SCORES = RNG.normal(size=(60, 4)) + 2.5 * np.eye(4)[INDICES]
SHARES = np.exp(SCORES) / np.exp(SCORES).sum(1, keepdims=True)
TABLE = pd.DataFrame(SHARES, columns=ANIMALS)
TRUE = ce.evaluate(INDICES, SHARES)
MOVED = [3, 0, 2, 1]


@pytest.mark.parametrize(
    ("labels", "predictions"),
    [
        (LABELS, TABLE),
        (LABELS, TABLE.iloc[:, MOVED]),
        (LABELS.tolist(), TABLE.add_prefix("prob_").iloc[:, MOVED]),
        (LABELS, TABLE.add_suffix(" (p)").iloc[:, MOVED]),
        (pd.Series(LABELS, dtype="category"), TABLE.iloc[:, MOVED]),
        (LABELS.astype(bytes), TABLE.iloc[:, MOVED]),
        (pd.DataFrame({"label": LABELS}), TABLE.iloc[:, MOVED]),
        (LABELS, TABLE.rename(columns=lambda name: f" {name} ")),
        (pd.get_dummies(pd.Series(LABELS)).astype(float), TABLE),
        (pd.get_dummies(pd.Series(LABELS), prefix="is").astype(float), TABLE.iloc[:, MOVED]),
        (INDICES, TABLE),
        (INDICES, pd.DataFrame(SHARES[:, MOVED], columns=[f"p_{c}" for c in MOVED])),
        (INDICES, pd.DataFrame(SHARES[:, MOVED], columns=MOVED)),
        (INDICES + 1, pd.DataFrame(SHARES[:, MOVED], columns=[str(c + 1) for c in MOVED])),
        (10 * INDICES, pd.DataFrame(SHARES[:, MOVED], columns=[f"{10 * c}" for c in MOVED])),
        ((10 * INDICES).astype(str), pd.DataFrame(SHARES, columns=[0, 10, 20, 30])),
    ],
    ids=[
        "headings", "moved", "prefix", "suffix", "category", "bytes", "column", "blanks",
        "one-hot", "one-hot, prefix", "indices", "numbers", "integers", "from 1", "tens", "texts",
    ],
)  # fmt: skip
def test_the_loss_is_that_of_the_indices(labels: Any, predictions: pd.DataFrame) -> None:
    found = ce.evaluate(labels, predictions)
    assert found.loss == pytest.approx(TRUE.loss, rel=1e-14)
    assert found.correct == TRUE.correct
    report = ce.diagnose(labels, predictions, from_logits=False)
    assert report.healthy, report
    assert ce.conventions(labels, predictions, observed=TRUE.loss).matches


def test_columns_that_nobody_named_are_named_by_class_names(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("\n".join(ANIMALS))
    for names in (ANIMALS, list(ANIMALS), str(tmp_path / "names.txt")):
        found = ce.evaluate(LABELS, SHARES, class_names=names, per_class=True, worst=1)
        assert found.loss == TRUE.loss
        assert found.class_names == tuple(ANIMALS)
        assert "classes: cat, dog, fish, bird; named by class_names" in str(found)
        assert ce.diagnose(LABELS, SHARES, class_names=names, from_logits=False).codes == []
        assert ce.conventions(LABELS, SHARES, class_names=names, observed=TRUE.loss).matches


def test_results_have_the_names() -> None:
    found = ce.evaluate(LABELS, TABLE, per_class=True, worst=2)
    text = str(found)
    assert "classes: cat, dog, fish, bird; found by their headings" in text
    assert all(name in text.partition("accuracy\n")[2] or name in text for name in ANIMALS)
    assert found.to_dict()["class_names"] == list(ANIMALS)
    assert found.name_of(found.worst[0].label) == LABELS[found.worst[0].row[0]]
    report = ce.diagnose(LABELS, TABLE, from_logits=False)
    assert "classes: cat, dog, fish, bird; found by their headings" in str(report)
    assert "fish" in report.to_html()


def test_both_wrong_orders_are_told() -> None:
    """Sorted names, and names in the order in which they come."""
    sorted_names = sorted(ANIMALS)
    assert ce.evaluate(np.unique(LABELS, return_inverse=True)[1], SHARES).loss > 2 * TRUE.loss
    for names in (sorted_names, ANIMALS[[1, 0, 3, 2]].tolist()):
        found = ce.diagnose(LABELS, SHARES, class_names=names, from_logits=False).findings
        assert [one.code for one in found if one.severity != "note"] == ["CE318"], names
        assert f"class_names={ANIMALS.tolist()}" in found[0].fix
    report = ce.diagnose(LABELS, SHARES, from_logits=False)
    assert report.codes == ["CE313"]
    finding = report.findings[0]
    assert f"class_names={ANIMALS.tolist()}" in finding.fix
    assert "not the sorted order" in finding.seen
    assert "unique" not in finding.fix


def test_numbers_in_names_are_in_order() -> None:
    y = RNG.integers(0, 12, 300)
    names = np.array([f"c{c}" for c in range(12)])
    scores = RNG.normal(size=(300, 12))
    for labels in (names[y], names[y].tolist()):
        finding = ce.diagnose(labels, scores, from_logits=True).findings[0]
        assert finding.code == "CE313"
        assert f"class_names={names.tolist()}" in finding.fix
        with pytest.raises(ce.LabelTypeError) as error:
            ce.evaluate(labels, scores, from_logits=True)
        assert f"class_names={names.tolist()}" in str(error.value)
    assert in_order_of_numbers(["b", "a10", "a9"]) == ["a9", "a10", "b"]


def test_a_swap_of_headings_is_found_and_named() -> None:
    wrong = TABLE.set_axis(["dog", "cat", "fish", "bird"], axis=1)
    finding = ce.diagnose(LABELS, wrong, from_logits=False).findings[0]
    assert finding.code == "CE318"
    assert "{'dog': 'cat', 'cat': 'dog'}" in finding.fix or (
        "{'cat': 'dog', 'dog': 'cat'}" in finding.fix
    )


@pytest.mark.parametrize(
    ("predictions", "code", "words"),
    [
        (TABLE.rename(columns={"dog": "dgo"}), "CE313", ("'dog'", "'dgo'")),
        (TABLE[["cat", "dog", "fish"]], "CE313", ("'bird'",)),
        (TABLE.assign(id=range(60)), "CE002", ("'id'", "'bird'")),
        (TABLE.assign(text="x"), "CE002", ("'text'",)),
        (TABLE.add_prefix("p_").assign(time=1.0), "CE002", ("'time'",)),
        (pd.concat([TABLE, TABLE[["cat"]]], axis=1), "CE002", ("'cat'", "more than one")),
    ],
    ids=["typo", "missing", "id", "text", "no prefix", "twice"],
)
def test_what_does_not_fit_is_one_clear_error(
    predictions: pd.DataFrame, code: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(ce.CrossentError) as error:
        ce.evaluate(LABELS, predictions)
    assert error.value.code == code
    assert all(word in str(error.value) for word in words), error.value
    report = ce.diagnose(LABELS, predictions, from_logits=False)
    assert report.codes[0] == code
    assert all(word in report.findings[0].seen for word in words)


def test_a_class_that_no_label_names_is_a_class() -> None:
    wider = TABLE.assign(ant=0.0)
    found = ce.evaluate(LABELS, wider)
    assert found.loss == pytest.approx(TRUE.loss, rel=1e-14)
    assert found.columns == (
        "classes: cat, dog, fish, bird, ant; found by their headings; no label is 'ant'"
    )
    assert ce.evaluate(np.where(LABELS == "cat", "id", LABELS), TABLE.rename(
        columns={"cat": "id"}
    )).loss == TRUE.loss  # fmt: skip


def test_the_index_of_pandas_is_left_out() -> None:
    indexed = TABLE.reset_index().rename(columns={"index": "Unnamed: 0"})
    found = ce.evaluate(LABELS, indexed)
    assert found.loss == TRUE.loss
    assert "left out" in str(found.columns)


def test_one_column_of_two_classes() -> None:
    sure, yes = RNG.random(40), RNG.random(40) < 0.5
    labels = np.where(yes, "yes", "no")
    want = ce.evaluate(yes.astype(int), sure).loss
    assert ce.evaluate(labels, pd.DataFrame({"p_yes": sure})).loss == want
    assert ce.evaluate(labels, sure, class_names=["no", "yes"]).loss == want
    assert ce.evaluate(yes, pd.DataFrame({True: sure, False: 1 - sure})).loss == pytest.approx(want)


def test_marks_stay_marks() -> None:
    columns = pd.DataFrame(SHARES, columns=["1", "2", "3", "4"])
    marked = np.where(np.arange(60) < 5, -1, INDICES + 1)
    want = ce.evaluate(INDICES[5:], SHARES[5:]).loss
    assert ce.evaluate(marked, columns, ignore_class=-1).loss == pytest.approx(want, rel=1e-14)
    assert "CE103" in ce.diagnose(marked, columns, from_logits=False).codes


def test_how_names_meet_headings() -> None:
    assert match(["cat", "dog"], ["dog", "cat"]) == {"cat": 1, "dog": 0}
    assert match(["1", "11"], ["c11", "c111", "c1"]) == {"1": 2, "11": 0}
    assert match(["1", "2"], ["class_01", "class_02"]) == {"1": 0, "2": 1}
    assert match(["cat", "catfish"], ["catfish", "cat"]) == {"cat": 1, "catfish": 0}
    assert match(["yes", "no"], ["a", "b"]) == {}
    assert numbers_in(["p10", "p9"]) == [10, 9]
    assert numbers_in(["1_prob", "0_prob"]) == [1, 0]
    assert numbers_in(["p1", "q2"]) is None
    assert numbers_in(["1", "1"]) is None


def test_tables_of_other_libraries() -> None:
    moved = TABLE.iloc[:, MOVED]
    for table in (polars.from_pandas(moved), pyarrow.Table.from_pandas(moved)):
        assert ce.evaluate(LABELS, table).loss == TRUE.loss
        assert ce.diagnose(LABELS, table, from_logits=False).healthy
    assert ce.evaluate(polars.Series(LABELS.tolist()), TABLE).loss == TRUE.loss


def test_arrays_without_names_are_left_as_they_are() -> None:
    labels: npt.NDArray[np.int64] = INDICES.copy()
    found = name_classes(labels, SHARES)
    assert found.labels is labels
    assert found.predictions is SHARES
    assert found.said == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pd.Series(LABELS, name="label").to_csv(tmp_path / "y.csv", index=False)
    pd.Series(LABELS).to_csv(tmp_path / "bare.csv", index=False, header=False)
    np.save(tmp_path / "y.npy", LABELS)
    np.savez(tmp_path / "all.npz", y=LABELS, p=SHARES, classes=ANIMALS)
    TABLE.iloc[:, MOVED].to_csv(tmp_path / "p.csv", index=False)
    TABLE.iloc[:, MOVED].add_prefix("p_").to_csv(tmp_path / "p.csv.gz", index=False)
    return tmp_path


@pytest.mark.parametrize("labels", ["y.csv", "bare.csv", "y.npy", "all.npz:y"])
@pytest.mark.parametrize("predictions", ["p.csv", "p.csv.gz", "all.npz:p"])
def test_files(folder: Path, labels: str, predictions: str) -> None:
    y, p = str(folder / labels), str(folder / predictions)
    names = str(folder / "all.npz:classes") if "npz" in predictions else None
    found = ce.evaluate(y, p, class_names=names, chunk_rows=7)
    assert found.loss == pytest.approx(TRUE.loss, rel=1e-12)
    assert found.rows == 60
    assert ce.diagnose(y, p, class_names=names, from_logits=False).codes == []
    assert ce.diagnose(y, p, class_names=names, from_logits=False, pictures=True).to_html()


def test_one_name_of_a_file_may_be_its_heading_or_a_row(tmp_path: Path) -> None:
    path = tmp_path / "y.csv"
    for text, header, names in (
        ("label\na\nb\na\n", None, ["a", "b", "a"]),
        ("a\nb\na\n", None, ["a", "b", "a"]),
        ("c\nb\na\n", False, ["c", "b", "a"]),
        ("a\nb\na\n", True, ["b", "a"]),
        ('"a, b"\nc\n"a, b"\n', None, ["a, b", "c", "a, b"]),
    ):
        path.write_text(text)
        reader = open_array(path, header=header, text=True)
        assert np.concatenate(list(reader.chunks(2))).tolist() == names
