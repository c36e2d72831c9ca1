"""The report: order, counts, text, HTML, JSON; and what a diagnosis accepts and refuses."""

from __future__ import annotations

import html
import json
import pickle
import re

import numpy as np
import pytest

import crossent as ce
from crossent.doctor.findings import Stage
from doctor.healthy import digits

LABELS, LOGITS = digits()


def with_three_faults() -> ce.Report:
    logits = LOGITS.copy()
    logits[5, 1] = np.nan
    return ce.diagnose(LABELS + 1, logits, from_logits=True, class_weight=np.ones(3))


def test_findings_stand_in_the_order_of_causes() -> None:
    report = with_three_faults()
    assert isinstance(report, ce.Report)
    assert [type(finding) for finding in report.findings] == [ce.Finding] * 3
    assert report.codes == ["CE104", "CE217", "CE314"]
    stages = [finding.stage for finding in report.findings]
    assert stages == sorted(stages) == [Stage.RANGE, Stage.NUMERICS, Stage.REDUCTION]
    assert report.errors == list(report.findings)
    assert not report.healthy
    assert report.verdict == "3 errors"


def test_a_report_prints_every_part_of_a_finding() -> None:
    report = with_three_faults()
    words = " ".join(str(report).split())
    for finding in report.findings:
        for text in (finding.code, finding.title, finding.seen, finding.why, finding.fix):
            assert " ".join(text.split()) in words
    assert max(map(len, str(report).splitlines())) <= 100
    assert repr(report) == str(report)


def test_json_holds_what_is_printed() -> None:
    report = with_three_faults()
    found = json.loads(report.to_json())
    assert found == report.to_dict()
    assert found["healthy"] is False
    assert [item["code"] for item in found["findings"]] == report.codes
    assert found["findings"][0]["page"] == "errors/CE104.md"


def test_html_escapes_what_comes_from_the_data() -> None:
    report = ce.diagnose(np.array(["<script>alert(1)</script>", "b"]), num_classes=2)
    shown = report._repr_html_()
    assert "<script>" not in shown
    assert html.escape("<script>") in shown
    assert re.findall(r"<(\w+)", shown).count("details") == len(report.findings) == 1


def test_an_explanation_prints_and_dumps() -> None:
    explanation = ce.explain("Target 255 is out of bounds.")
    assert isinstance(explanation, ce.Explanation)
    found = json.loads(explanation.to_json())
    assert found == explanation.to_dict()
    assert [item["code"] for item in found["readings"]] == explanation.codes
    assert str(explanation).startswith("1. CE103")
    assert max(map(len, str(explanation).splitlines())) <= 100


def test_reports_can_be_pickled_and_compared() -> None:
    report = with_three_faults()
    assert pickle.loads(pickle.dumps(report)) == report == with_three_faults()


def test_notes_leave_a_report_healthy() -> None:
    y = np.where(np.arange(len(LABELS)) % 7 == 0, -100, LABELS)
    report = ce.diagnose(y, LOGITS, loss="torch.nn.CrossEntropyLoss")
    assert report.healthy
    assert [note.code for note in report.notes] == ["CE103"]
    assert report.verdict == "healthy, 1 note"


def test_what_the_predictions_are_is_said_where_it_was_told_from_values() -> None:
    assert ce.diagnose(LABELS, LOGITS).reading.startswith("reading as logits: ")
    assert ce.diagnose(LABELS, LOGITS, from_logits=True).reading == ""
    quiet = np.random.default_rng(0).uniform(size=(9, 3))
    report = ce.diagnose([0, 1, 2] * 3, quiet)
    assert report.reading.startswith("The predictions may be")
    assert report.codes == ["CE406"]


@pytest.mark.parametrize(
    "given",
    [
        {"loss": "hinge"},
        {"framework": "caffe"},
        {"framework": "torch one"},
        {"from_logits": "yes"},
        {"num_classes": 2.5},
        {"num_classes": True},
        {"select": ["E501"]},
        {"ignore": "CE9"},
        {"observed": "low"},
        {"micro_batches": [1, 1]},
        {"micro_batches": [3, 0]},
        {"history": [[1.0]]},
        {"history": {"val_loss": [1.0]}},
        {"input_ids": np.zeros((2, 2), int)},
        {"model": object()},
    ],
    ids=lambda given: str(given).partition(" at 0x")[0],  # the same name in every process
)
def test_bad_options_are_refused(given: dict) -> None:
    with pytest.raises(ce.OptionError):
        ce.diagnose([0, 1, 1], **{"num_classes": 2, **given})


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ce.ReaderError, match="there is no such file"):
        ce.diagnose("labels_of_nobody.npy", num_classes=3)


def test_nothing_given_is_healthy_and_says_so() -> None:
    report = ce.diagnose()
    assert report.healthy
    assert report.looked_at == "nothing was given"


def test_no_rows_and_scalars_are_survived() -> None:
    assert ce.diagnose([], np.zeros((0, 3))).codes == ["CE202"]
    assert ce.diagnose(1, np.array([0.1, 2.0, 0.3]), from_logits=True).healthy
    assert ce.diagnose([0], np.zeros((1, 0))).codes == ["CE302"]
    assert ce.diagnose([0], np.float32(3.0)).codes == ["CE112"]
    assert ce.diagnose([0, 1], np.zeros((2, 3)), axis=5).codes == ["CE110"]


def test_progress_is_reported() -> None:
    seen: list[tuple[int, int]] = []
    ce.diagnose(LABELS, LOGITS, from_logits=True, progress=lambda *done: seen.append(done))
    assert seen[-1] == (len(LABELS), len(LABELS))
    seen.clear()
    ce.diagnose(LABELS, num_classes=10, progress=lambda *done: seen.append(done))
    assert seen == [(len(LABELS), len(LABELS))]


def test_files_and_arrays_are_told_the_same(tmp_path) -> None:
    for name, array in {"y": LABELS + 1, "x": LOGITS, "w": np.ones(len(LABELS))}.items():
        np.save(tmp_path / f"{name}.npy", array)
    from_files = ce.diagnose(
        tmp_path / "y.npy", tmp_path / "x.npy", from_logits=True,
        sample_weight=tmp_path / "w.npy",
    )  # fmt: skip
    from_arrays = ce.diagnose(
        LABELS + 1, LOGITS, from_logits=True, sample_weight=np.ones(len(LABELS))
    )
    assert from_files == from_arrays
    assert from_files.codes == ["CE104"]


@pytest.mark.parametrize(
    "given",
    [
        {"shape": (8, -1)}, {"shape": (8.5, 10)}, {"shape": "8,2048"}, {"shape": 8}, {"shape": ()},
        {"shape": (8, 10), "dtype": "int4"}, {"shape": (8, 10), "dtype": "int64"},
        {"shape": (8, None)}, {"shape": (8, 10), "dtype": 5}, {"shape": (8, 10), "device": 0},
    ],
)  # fmt: skip
def test_a_forecast_wants_sizes_and_a_float_type(given: dict) -> None:
    with pytest.raises(ce.OptionError, match="must be"):
        ce.diagnose(**given)


def test_a_shape_that_is_refused_is_shown_whole() -> None:
    with pytest.raises(ce.OptionError, match=r"whole numbers >= 0 .*; got \(8, -1\)"):
        ce.diagnose(shape=(8, -1))
    with pytest.raises(ce.OptionError, match="more elements than any array"):
        ce.diagnose(shape=(8, 10**400))


@pytest.mark.parametrize("dtype", [np.float16, np.dtype("float16"), "float16"])
def test_a_forecast_takes_shapes_and_dtypes_as_arrays_have_them(dtype: object) -> None:
    report = ce.diagnose(shape=np.array([8, 10]), dtype=dtype)
    assert report.looked_at == "10 classes, logits of shape (8, 10) float16"


ONE = np.zeros((1, 3), np.float32)


@pytest.mark.parametrize(
    "given",
    [
        {"y_true": [1]},
        {"y_true": [1], "num_classes": 1, "loss": "sparse"},
        {"y_true": [1], "y_pred": ONE},
        {"y_true": [[0, 1, 0]], "y_pred": ONE},
        {"y_true": [0, 1, 2], "y_pred": ONE[:, :2]},
        {"y_true": [1], "y_pred": np.zeros((3, 3))},
        {"y_true": 1, "y_pred": ONE},
        {"y_true": [1], "y_pred": ONE + np.nan},
        {"y_true": [1], "y_pred": ONE, "ignore_class": 1},
        {"y_true": [1], "y_pred": ONE, "class_weight": [1, 2, 3]},
        {"y_true": [[0.2, 0.8, 0]], "y_pred": ONE, "class_weight": [1, 2, 3], "loss": "dense",
         "framework": "torch"},
        {"y_true": [3], "y_pred": ONE},
        {"y_true": np.arange(8) % 2, "y_pred": np.eye(2)[[0, 1, 0, 1, 0, 1, 0, 0]]},
        {"y_true": np.arange(1, 3).repeat(60), "num_classes": 3},
        {"history": [1.0]},
        {"shape": (1, 2**26)},
        {"y_true": [1], "y_pred": ONE, "sample_weight": [-1.0]},
    ],
    ids=lambda given: ", ".join(given),
)  # fmt: skip
def test_what_there_is_one_of_is_no_plural(given: dict) -> None:
    text = " ".join(str(ce.diagnose(**given)).split())
    plural = r"\b1 (?:target )?(?:rows|labels|classes|outputs|tokens|losses|values|weights)\b"
    several = r"\b(?:All|There are) 1\b|\b1 are\b"
    assert re.findall(f"{plural}|{several}", text) == []


def test_verbs_agree_with_numbers() -> None:
    x = np.zeros((4, 3), np.float32)
    x[1, 1] = np.nan
    one = ce.diagnose([0, 1, 2, 5], x, from_logits=True)
    assert "1 row holds NaN" in str(one)
    assert "1 label of 4 lies outside" in str(one)
    x[2, 1] = np.nan
    two = ce.diagnose([0, 1, 7, 5], x, from_logits=True)
    assert "2 rows hold NaN" in str(two)
    assert "2 labels of 4 lie outside" in str(two)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"logits": np.zeros((4, 3))}, "a dict with the keys 'logits'"),
        ((np.zeros((4, 3)), np.zeros((4, 5))), "a tuple of 2 arrays of different shapes"),
        ({1, 2}, "`y_pred` is a set"),
        (np.array([[1.0, None]], object), "Python objects (NoneType, float)"),
        (np.array(["a", "b"]), "`y_pred` is text"),
    ],
)
def test_outputs_that_hold_arrays_are_named(given: object, says: str) -> None:
    (finding,) = ce.diagnose([0, 1, 2, 1], given).findings
    assert finding.code == "CE002"
    assert says in finding.seen


@pytest.mark.parametrize(
    "given",
    [
        {"axis": "1"}, {"select": 101}, {"ignore_class": "-1"}, {"reduction": "average"},
        {"eos_id": "x"}, {"memory": "8GB"}, {"memory": 0}, {"accuracy": 50},
        {"accuracy": float("nan")}, {"x": [[1.0]]}, {"class_names": 5}, {"class_names": "abc"},
        {"micro_batches": 3}, {"micro_batches": "ab"}, {"micro_batches": [1.5, 1.5]},
        {"progress": 5}, {"framework": 5}, {"device": 0},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: dict) -> None:
    (name,) = given
    with pytest.raises(ce.OptionError, match=f"`{name}`"):
        ce.diagnose([0, 1, 2], np.zeros((3, 3)), **given)


def test_weights_of_classes_that_are_no_numbers_are_told() -> None:
    report = ce.diagnose([0, 1, 2], np.zeros((3, 3)), class_weight={0: "a", 1: 1.0, 2: 1.0})
    assert report.codes == ["CE002"]


def test_a_loss_of_nan_is_not_that_of_sound_rows() -> None:
    (finding,) = ce.diagnose(LABELS, LOGITS, from_logits=True, observed=float("nan")).findings
    assert finding.code == "CE319"
    assert finding.title == "The observed loss is not that of these rows"


def test_a_column_of_labels_meets_flat_predictions_of_a_binary_loss() -> None:
    report = ce.diagnose(np.array([[0], [1], [1]]), np.array([-2.0, 3.0, 1.0]))
    assert report.healthy
    assert "classes" not in report.looked_at


@pytest.mark.parametrize(
    ("y", "p", "fix"),
    [
        ((1, 4), (4, 3), "y_true.reshape(4)"),
        ((4,), (1, 4, 3), "y_true.reshape(1, 4)"),
        ((4,), (4, 1, 3), "y_true.reshape(4, 1)"),
        ((), (1, 3), "y_true.reshape(1)"),
    ],
)
def test_dimensions_of_size_1_are_named(y: tuple[int, ...], p: tuple[int, ...], fix: str) -> None:
    (finding,) = ce.diagnose(np.zeros(y, int), np.zeros(p), from_logits=True).findings
    assert finding.code == "CE112"
    assert fix in finding.fix


@pytest.mark.parametrize("ignored", [[-1, 255], np.array([-1, 255]), {-1, 255}, (-1, 255)], ids=str)
def test_several_ignored_labels_may_be_listed_in_any_way(ignored: object) -> None:
    assert ce.diagnose([0, -1, 1, 255], num_classes=2, ignore_class=ignored).healthy
