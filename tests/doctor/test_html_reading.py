"""A report goes through the arrays as an evaluation does: the same rows, labels and losses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

import crossent as ce
from crossent.doctor.report.figure_facts import View
from doctor.test_anything import OPTIONS, arrays

RNG = np.random.default_rng(12)
N, C = 500, 6
LABELS = RNG.integers(0, C, N)
LOGITS = RNG.normal(size=(N, C)).astype(np.float32) * 2 + 3 * np.eye(C, dtype=np.float32)[LABELS]
MARKED = np.where(np.arange(N) % 5 == 0, -1, LABELS)
WEIGHTS = RNG.uniform(0.5, 2, N) * (np.arange(N) % 3 > 0)
SOFT = softmax(RNG.normal(size=(N, C)) + 2 * np.eye(C)[LABELS], axis=1)
GRID = RNG.normal(size=(10, C, 8, 5)).astype(np.float32) * 3
ONES = (LABELS % 2).astype(np.float32)

CASES: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
    # labels, predictions, options of both, options of the evaluation
    "logits": (LABELS, LOGITS, {"from_logits": True}, {}),
    "probabilities": (LABELS, softmax(LOGITS, axis=1), {"from_logits": False}, {}),
    "ignored": (MARKED, LOGITS, {"from_logits": True, "ignore_class": -1}, {}),
    "without weight": (LABELS, LOGITS, {"from_logits": True, "sample_weight": WEIGHTS}, {}),
    "one-hot": (np.eye(C)[LABELS], LOGITS, {"from_logits": True}, {"loss": "dense"}),
    "soft": (SOFT, LOGITS, {"from_logits": True}, {"loss": "dense"}),
    "a dimension of 1": (LABELS[:, None], LOGITS, {"from_logits": True}, {}),
    "classes in the middle": (
        GRID.argmax(axis=1), GRID, {"from_logits": True, "axis": 1}, {},
    ),
    "classes first": (LABELS, LOGITS.T, {"from_logits": True, "axis": 0}, {}),
    "float64": (LABELS, LOGITS.astype(np.float64), {"from_logits": True}, {}),
    "binary logits": (ONES, LOGITS[:, 0], {"from_logits": True, "loss": "binary"}, {}),
    "binary": (ONES, expit(LOGITS[:, 0]), {"from_logits": False, "loss": "binary"}, {}),
}  # fmt: skip


def view_of(y: object, p: object, options: dict[str, Any]) -> View:
    pictured = ce.diagnose(y, p, **options).pictured
    assert pictured is not None
    view = pictured.view()
    assert view is not None
    return view


@pytest.mark.parametrize("name", CASES)
def test_the_rows_are_those_of_an_evaluation(name: str) -> None:
    y, p, options, more = CASES[name]
    view = view_of(y, p, options)
    # Weights of the rows that are kept play no part in the pictures.
    plain = dict(options)
    if "sample_weight" in plain:
        plain["sample_weight"] = (plain["sample_weight"] > 0).astype(float)
    want = ce.evaluate(y, p, worst=10, **plain, **more)
    assert view.losses.total == view.reliability.total == want.rows - want.ignored
    assert view.reliability.accuracy == pytest.approx(want.accuracy, rel=1e-12)
    shape = np.shape(y) if "soft" not in name and "one-hot" not in name else (N,)
    shape = (N,) if name == "a dimension of 1" else shape
    for row, worst in zip(view.hardest.rows, want.worst, strict=True):
        assert row.row == np.ravel_multi_index(worst.row, shape)
        assert (row.label, row.predicted) == (worst.label, worst.predicted)
        # Binary rows are read as two classes: the same loss, rounded elsewhere.
        assert row.loss == pytest.approx(worst.loss, rel=1e-6)


def test_files_and_arrays_have_the_same_pictures(tmp_path: Path) -> None:
    np.save(tmp_path / "y.npy", LABELS)
    np.save(tmp_path / "p.npy", LOGITS)
    of_files = ce.diagnose(tmp_path / "y.npy", tmp_path / "p.npy").to_html()
    of_arrays = ce.diagnose(LABELS, LOGITS).to_html()
    assert of_files.partition("<main>")[2] == of_arrays.partition("<main>")[2]


def test_a_report_is_equal_to_another_without_its_arrays() -> None:
    one, two = ce.diagnose(LABELS, LOGITS), ce.diagnose(LABELS.copy(), LOGITS)
    assert one == two
    assert hash(one) == hash(two)
    assert "pictured" not in repr(one)


@given(y=st.none() | arrays(), p=st.none() | arrays(), options=OPTIONS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_whatever_is_given_can_be_gone_through(y: Any, p: Any, options: dict[str, Any]) -> None:
    report = ce.diagnose(y, p, **options)
    assert report.pictured is not None
    view = report.pictured.view()
    assert view is None or view.losses.total >= view.reliability.total - view.losses.infinite
    assert report.verdict in report._repr_html_()


@given(rows=st.integers(1, 12), classes=st.integers(1, 6), data=st.data())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_whatever_is_given_has_a_page(rows: int, classes: int, data: Any) -> None:
    p = data.draw(arrays(st.just((rows, classes))))
    y = data.draw(arrays(st.sampled_from([(rows,), (rows, classes)])))
    assert "</html>" in ce.diagnose(y, p, **data.draw(OPTIONS)).to_html()


def test_of_labels_alone_the_highest_class_is_shown() -> None:
    # Nothing says how many classes there are: one more than the highest label.
    report = ce.diagnose(np.array([0, 2, 1, 2, 2, 4]))
    assert report.pictured is not None
    (balance,) = report.pictured.page(report, drawn=True).figures
    assert [row[1] for row in balance.table] == ["labels", "1", "1", "3", "0", "1"]
