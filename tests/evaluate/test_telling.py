"""What `evaluate` tells from the data: the loss, the order, logits or probabilities."""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
import pytest
from scipy.special import expit, softmax

from crossent.core.errors import (
    CrossentError,
    LabelRangeError,
    OptionError,
    PredictionError,
    ProbabilityWarning,
    ShapeError,
    TargetError,
    WeightError,
)
from crossent.evaluate import evaluate
from crossent.stream import source, walk

RNG = np.random.default_rng(11)
N, C = 500, 6
LOGITS = RNG.normal(size=(N, C)) * 3
P = softmax(LOGITS, axis=1)
LABELS = RNG.integers(0, C, N)
ONE_HOT = np.eye(C)[LABELS]
BITS = RNG.integers(0, 2, N)
SCORES = RNG.normal(size=N) * 3


def relu_with_quiet_rows() -> np.ndarray:
    logits = np.maximum(LOGITS, 0)
    logits[:40] = 0  # of these rows nothing can be told
    return logits


TOLD = [
    pytest.param(LABELS, LOGITS, True, f"minimum {LOGITS.min():.6g}", id="logits"),
    pytest.param(LABELS, np.abs(LOGITS), True, f"maximum {np.abs(LOGITS).max():.6g}", id="abs"),
    pytest.param(LABELS, relu_with_quiet_rows(), True, "maximum", id="relu"),
    pytest.param(LABELS, np.log(P), True, "minimum", id="log-probabilities"),
    pytest.param(LABELS, np.where(ONE_HOT, 0, -np.inf), True, "minimum -inf", id="minus-infinity"),
    pytest.param(LABELS, P, False, "sum to 1 within", id="probabilities"),
    pytest.param(LABELS, P.astype(np.float16), False, "sum to 1 within", id="float16"),
    pytest.param(LABELS, P.astype(ml_dtypes.bfloat16), False, "sum to 1 within", id="bfloat16"),
    pytest.param(LABELS, P.round(2), False, "sum to 1 within", id="two-decimals"),
    pytest.param(LABELS, P + 1e-6, False, "sum to 1 within", id="a-little-above-1"),
    pytest.param(LABELS, np.where(LABELS[:, None] == 3, np.nan, P), False, "sum to 1", id="nan"),
    pytest.param(LABELS[:1], P[:1], False, "sum to 1", id="one-row"),
    pytest.param(ONE_HOT, P, False, "sum to 1", id="dense"),
    pytest.param(BITS, SCORES, True, "minimum", id="binary-logits"),
    pytest.param(BITS, expit(SCORES), False, f"all {N} values in [0, 1]", id="binary"),
]


@pytest.mark.parametrize(("labels", "predictions", "from_logits", "says"), TOLD)
@pytest.mark.filterwarnings("ignore:.*CE217")  # of rows that are NaN, which are told of as well
def test_told(labels: np.ndarray, predictions: np.ndarray, from_logits: bool, says: str) -> None:
    got = evaluate(labels, predictions, chunk_rows=7)
    kind = "logits" if from_logits else "probabilities"
    assert got.from_logits is from_logits
    assert got.reading is not None
    assert got.reading.startswith(f"reading as {kind}: ")
    assert says in got.reading
    said = evaluate(labels, predictions, from_logits=from_logits)
    np.testing.assert_equal(said.loss, got.loss)  # a NaN is a NaN
    assert said.reading is None


def one_bad_row(good: np.ndarray, row: int, value: float) -> np.ndarray:
    bad = good.copy()
    bad[row] = value
    return bad


UNSURE = [
    pytest.param(LABELS, RNG.uniform(size=(N, C)), "rows do not sum to 1", id="uniform"),
    pytest.param(LABELS, expit(LOGITS), "rows do not sum to 1", id="sigmoid"),
    pytest.param(LABELS, np.zeros((N, C)), "sums from 0 to 0", id="zeros"),
    pytest.param([0, 1], np.eye(2), "only 2 rows.*nothing but 0 and 1", id="identity"),
    pytest.param(LABELS, one_bad_row(P, 123, -1), "row 123 holds -1", id="one-bad-row"),
    pytest.param(LABELS, np.where(LABELS[:, None] < 3, P, LOGITS), "probabilities that sum to 1, "
                 "but row", id="half-and-half"),
    pytest.param(LABELS, one_bad_row(expit(LOGITS), 9, 3), "499 of 500 rows lie in.*holds 3",
                 id="one-bad-row-of-sigmoids"),
    pytest.param(LABELS, P * 1.01, "just outside", id="just-outside"),
    pytest.param(LABELS, np.where(P > 0.999, 3, P * 0.99), "are probabilities.*holds 3", id="near"),
    pytest.param(BITS, expit(SCORES) * 1.01, "just outside", id="binary-just-outside"),
    pytest.param(LABELS, np.full((N, C), np.nan), "no row has a weight and numbers", id="nan"),
    pytest.param([0, 1, 1], [0.2, 0.7, 0.9], "only 3 values", id="few-binary"),
    pytest.param(BITS, one_bad_row(expit(SCORES), 77, 1.5), "row 77 holds 1.5", id="binary-bad"),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "predictions", "says"), UNSURE)
def test_unsure_is_refused(labels: np.ndarray, predictions: np.ndarray, says: str) -> None:
    with pytest.raises(OptionError, match=says) as caught:
        evaluate(labels, predictions)
    assert "from_logits=True" in str(caught.value)


def late(first: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and predictions whose first piece of the usual size is of one kind."""
    assert len(first) == 2
    predictions = np.concatenate(
        [np.broadcast_to(first, (walk.MOST_ROWS // 2, 2, 2)).reshape(-1, 2), rest]
    )
    return np.zeros(len(predictions), int), predictions


def test_a_later_piece_that_contradicts_logits_is_an_error() -> None:
    labels, predictions = late(
        np.array([[3.0, -2.0], [1.0, 0.1]]), np.tile([0.25, 0.75], (9000, 1))
    )
    with pytest.raises(OptionError, match=r"The first rows were clear \(reading as logits.*9000"):
        evaluate(labels, predictions)
    assert evaluate(labels, predictions, from_logits=True).rows == len(labels)


def test_a_later_piece_that_contradicts_probabilities_is_an_error() -> None:
    labels, predictions = late(np.array([[0.3, 0.7], [0.9, 0.1]]), np.array([[3.0, -2.0]]))
    with pytest.raises(PredictionError, match=rf"\({len(labels) - 1},\).*look like logits"):
        evaluate(labels, predictions)


def test_ignored_rows_tell_nothing() -> None:
    labels, p = np.where(np.arange(N) < 100, -1, LABELS), P.copy()
    p[:100] = 0
    assert evaluate(labels, p, ignore_class=-1).from_logits is False
    assert evaluate(LABELS, p, sample_weight=(labels >= 0) * 1.0).from_logits is False
    with pytest.raises(OptionError, match="may be logits or probabilities"):
        evaluate(LABELS, p)


def test_options_of_one_kind_tell() -> None:
    quiet = np.full((N, C), 0.5)
    for options, kind in [
        ({"normalize": True}, "probabilities"),
        ({"epsilon": 1e-3, "normalize": False}, "probabilities"),
        ({"z_loss": 0.1}, "logits"),
    ]:
        assert evaluate(LABELS, quiet, **options).reading.startswith(f"reading as {kind}: `")
    with pytest.raises(PredictionError, match="look like logits"):
        evaluate(LABELS, LOGITS, normalize=True)
    with pytest.raises(PredictionError, match="probabilities already"):
        evaluate(LABELS, P, z_loss=0.1)


def test_the_wrong_word_is_refused() -> None:
    with pytest.raises(PredictionError, match="from_logits=False") as caught:
        evaluate(LABELS, P, from_logits=True)
    assert caught.value.code == "CE105"
    with pytest.raises(PredictionError, match="from_logits=True") as caught:
        evaluate(LABELS, LOGITS, from_logits=False)
    assert caught.value.code == "CE106"


def test_rows_that_nearly_sum_to_1_warn_once() -> None:
    p = P * 0.99
    with pytest.warns(ProbabilityWarning) as caught:
        got = evaluate(LABELS, p, chunk_rows=50)
    assert len(caught) == 1
    assert got.warnings == (caught[0].message.text,)
    with pytest.warns(ProbabilityWarning, match=rf"^\[CE406\] {N} rows"):
        evaluate(LABELS, p)


FIT = [
    pytest.param(LOGITS, LABELS, "CE304", "look swapped", id="swapped-sparse"),
    pytest.param(
        LOGITS, LABELS.astype(float)[:, None], "CE304", "look swapped", id="swapped-float"
    ),
    pytest.param(P, ONE_HOT, "CE304", "look swapped", id="swapped-dense"),
    pytest.param(expit(SCORES), BITS.astype(float), "CE304", "look swapped", id="swapped-binary"),
    pytest.param(
        LABELS[:-1], LOGITS, "CE112", "labels has 499 rows.*predictions has 500", id="rows"
    ),
    pytest.param(ONE_HOT[:-1], LOGITS, "CE112", "499 rows", id="rows-dense"),
    pytest.param(LABELS, LOGITS.T, "CE110", "axis=0", id="axis"),
    pytest.param(ONE_HOT.reshape(-1), LOGITS, "CE108", "flattened", id="flattened"),
    pytest.param(LABELS + 1, LOGITS, "CE104", "count from 1", id="from-1"),
    pytest.param(np.maximum(ONE_HOT, ONE_HOT[::-1]), LOGITS, "CE301", "binary", id="multi-label"),
    pytest.param(LABELS, LABELS, "CE305", "argmax", id="classes"),
    pytest.param(3, [0.5, 0.5], "CE112", "single number", id="no-axis"),
]


@pytest.mark.parametrize(("labels", "predictions", "code", "says"), FIT)
def test_what_does_not_fit(labels: object, predictions: object, code: str, says: str) -> None:
    with pytest.raises(CrossentError) as caught:
        evaluate(labels, predictions)
    assert caught.value.code == code
    assert re.search(says, str(caught.value))


def test_no_false_alarm_of_swapped_arguments() -> None:
    soft = np.random.default_rng(0).dirichlet(np.ones(C), N)
    assert evaluate(soft, P).rows == N
    assert evaluate(ONE_HOT, ONE_HOT).loss < 1e-5
    assert evaluate(LABELS[:, None], P).function == "sparse"
    assert evaluate(BITS[:, None], SCORES[:, None]).function == "binary"
    assert evaluate(BITS * 0.9 + 0.05, expit(SCORES)).function == "binary"


def test_other_arguments_need_as_many_rows() -> None:
    with pytest.raises(ShapeError, match="`sample_weight` has 3 rows and the predictions has 500"):
        evaluate(LABELS, P, sample_weight=np.ones(3))


# Every one is in the last of many pieces; the message must speak of all the data.
PLACES = [
    pytest.param({"labels": [(471, 99)]}, LabelRangeError, "1 of 500 labels", id="label"),
    pytest.param({"labels": [(3, -1), (471, -1)]}, LabelRangeError, r"2 of 500.*\(3,\), \(471,\)",
                 id="two-labels"),
    pytest.param({"predictions": [(471, 7.0)]}, PredictionError, r"\(471,\)", id="prediction"),
    pytest.param({"weight": [(471, -1.0)]}, WeightError, r"\(471,\)", id="weight"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "error", "says"), PLACES)
@pytest.mark.parametrize("rows", [1, 60, 500])
def test_errors_speak_of_all_rows(changes: dict, error: type, says: str, rows: int) -> None:
    arrays = {"labels": LABELS.copy(), "predictions": P.copy(), "weight": np.ones(N)}
    for name, places in changes.items():
        for row, value in places:
            arrays[name][row] = value
    with pytest.raises(error, match=says) as caught:
        evaluate(arrays["labels"], arrays["predictions"], sample_weight=arrays["weight"],
                 from_logits=False, chunk_rows=rows)  # fmt: skip
    assert "In rows" not in str(caught.value)


def test_labels_of_large_data_are_still_seen_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "WHOLE_BYTES", LABELS.nbytes)
    labels = np.sort(LABELS) + 1  # the first pieces hold nothing wrong
    with pytest.raises(LabelRangeError, match="count from 1"):
        evaluate(labels, P, chunk_rows=50)
    bad = P.copy()
    bad[471, 2] = 7
    with pytest.raises(PredictionError, match=r"In rows 450 to 499 .*from row 450.*\(21,\)"):
        evaluate(LABELS, bad, from_logits=False, chunk_rows=50)


def test_several_labels_are_told_with_the_loss_that_was_asked_for() -> None:
    several = np.maximum(ONE_HOT, ONE_HOT[::-1])
    with pytest.raises(TargetError, match="binary_crossentropy"):
        evaluate(several, P, loss="dense")
    assert evaluate(several, P, loss="binary").rows == N * C
