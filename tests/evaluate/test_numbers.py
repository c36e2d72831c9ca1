"""The numbers against scikit-learn, SciPy and rational arithmetic, which share no code with us."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax
from scipy.stats import sem
from sklearn.metrics import accuracy_score, log_loss, top_k_accuracy_score

import crossent as ce
from crossent.core.errors import CrossentWarning, EmptyError
from crossent.evaluate import ClassResult, Evaluator, WorstRow, evaluate

RNG = np.random.default_rng(7)
N, C = 400, 12
LOGITS = RNG.normal(size=(N, C)) * 3
LABELS = RNG.integers(0, C, N)
PROBABILITIES = softmax(LOGITS, axis=1)
ONE_HOT = np.eye(C)[LABELS]
WEIGHTS = RNG.uniform(0, 2, N)
ALL = np.arange(C)
TIGHT = 1e-12  # float64 sums of 400 terms on the other side


def test_sparse_logits_against_scikit_learn() -> None:
    got = evaluate(LABELS, LOGITS)
    want = log_loss(LABELS, PROBABILITIES, labels=ALL)
    assert got.loss == pytest.approx(want, rel=TIGHT)
    assert got.bits == pytest.approx(want / math.log(2), rel=TIGHT)
    assert got.perplexity == pytest.approx(math.exp(want), rel=TIGHT)
    assert got.standard_error == pytest.approx(
        sem(-log_softmax(LOGITS, axis=1)[np.arange(N), LABELS]), rel=TIGHT
    )
    assert got.accuracy == accuracy_score(LABELS, LOGITS.argmax(1))
    assert got.correct == accuracy_score(LABELS, LOGITS.argmax(1), normalize=False)
    assert got.top_k_accuracy == top_k_accuracy_score(LABELS, LOGITS, k=5, labels=ALL)
    assert (got.rows, got.ignored, got.weight) == (N, 0, N)
    assert (got.function, got.from_logits, got.clipped) == ("sparse", True, None)


def test_sample_weights_against_scikit_learn() -> None:
    got = evaluate(LABELS, PROBABILITIES, sample_weight=WEIGHTS)
    assert got.loss == pytest.approx(
        log_loss(LABELS, PROBABILITIES, labels=ALL, sample_weight=WEIGHTS), rel=TIGHT
    )
    assert got.accuracy == pytest.approx(
        accuracy_score(LABELS, LOGITS.argmax(1), sample_weight=WEIGHTS), rel=TIGHT
    )
    assert got.top_k_accuracy == pytest.approx(
        top_k_accuracy_score(LABELS, LOGITS, k=5, labels=ALL, sample_weight=WEIGHTS), rel=TIGHT
    )
    assert got.weight == pytest.approx(WEIGHTS.sum(), rel=TIGHT)


def test_ignored_rows_leave_everything() -> None:
    labels = np.where(np.arange(N) % 7 == 0, -1, LABELS)
    logits = LOGITS.copy()
    logits[labels == -1] = np.nan
    kept = labels != -1
    got = evaluate(labels, logits, ignore_class=-1, per_class=True, worst=3)
    want = evaluate(LABELS[kept], LOGITS[kept], per_class=True, worst=3)
    assert (got.rows, got.ignored) == (N, int((~kept).sum()))
    for name in ("loss", "standard_error", "accuracy", "correct", "top_k_accuracy", "per_class"):
        assert getattr(got, name) == getattr(want, name)
    numbers = np.flatnonzero(kept)
    assert [w.row[0] for w in got.worst] == [numbers[w.row[0]] for w in want.worst]


def test_dense_is_sparse_for_one_hot_and_right_for_soft_targets() -> None:
    dense, sparse = (
        evaluate(ONE_HOT, LOGITS, per_class=True),
        evaluate(LABELS, LOGITS, per_class=True),
    )
    assert dense.function == "dense"
    assert dense.loss == pytest.approx(sparse.loss, rel=TIGHT)
    assert (dense.accuracy, dense.top_k_accuracy) == (sparse.accuracy, sparse.top_k_accuracy)
    assert [c.rows for c in dense.per_class or ()] == [c.rows for c in sparse.per_class or ()]
    soft = RNG.dirichlet(np.ones(C), N)
    got = evaluate(soft, LOGITS)
    assert got.loss == pytest.approx(-(soft * log_softmax(LOGITS, axis=1)).sum(1).mean(), rel=TIGHT)
    assert got.accuracy == accuracy_score(soft.argmax(1), LOGITS.argmax(1))


def test_binary_against_scikit_learn() -> None:
    target = RNG.integers(0, 2, N)
    logits = RNG.normal(size=N) * 2
    got = evaluate(target, logits)
    assert (got.function, got.from_logits, got.top_k) == ("binary", True, None)
    assert got.loss == pytest.approx(log_loss(target, expit(logits)), rel=TIGHT)
    assert got.accuracy == accuracy_score(target, logits > 0)
    got = evaluate(target, expit(logits))
    assert got.from_logits is False
    assert got.loss == pytest.approx(log_loss(target, expit(logits)), rel=TIGHT)
    assert got.accuracy == accuracy_score(target, logits > 0)


def test_multi_label_columns() -> None:
    target = RNG.integers(0, 2, (N, 3))
    logits = RNG.normal(size=(N, 3)) * 2
    got = evaluate(target, logits, loss="binary", per_class=True)
    assert got.rows == 3 * N
    assert [c.label for c in got.per_class or ()] == [0, 1, 2]
    for column, result in enumerate(got.per_class or ()):
        want = log_loss(target[:, column], expit(logits[:, column]))
        assert result.loss == pytest.approx(want, rel=TIGHT)
        assert result.accuracy == accuracy_score(target[:, column], logits[:, column] > 0)


def test_every_class() -> None:
    got = evaluate(LABELS, LOGITS, per_class=True, sample_weight=WEIGHTS)
    losses = -log_softmax(LOGITS, axis=1)[np.arange(N), LABELS]
    assert got.per_class is not None
    assert [c.label for c in got.per_class] == sorted(set(LABELS.tolist()))
    for result in got.per_class:
        assert isinstance(result, ClassResult)
        own = result.label == LABELS
        assert result.rows == own.sum()
        assert result.loss == pytest.approx(
            np.average(losses[own], weights=WEIGHTS[own]), rel=TIGHT
        )
        hits = LOGITS[own].argmax(1) == result.label
        assert result.accuracy == pytest.approx(np.average(hits, weights=WEIGHTS[own]), rel=TIGHT)


def fraction_error(terms: np.ndarray, weights: np.ndarray) -> float:
    """Return the documented formula, in rational numbers."""
    pairs = [(Fraction(float(t)), Fraction(float(w))) for t, w in zip(terms, weights, strict=True)]
    total, weight = sum(t for t, _ in pairs), sum(w for _, w in pairs)
    mean, n = total / weight, sum(1 for _, w in pairs if w > 0)
    spread = sum((t - mean * w) ** 2 for t, w in pairs)
    return math.sqrt(spread * n / (n - 1)) / float(weight)


def test_weighted_standard_error_is_the_documented_formula() -> None:
    class_weight = RNG.uniform(0.5, 2, C)
    got = evaluate(LABELS, LOGITS, sample_weight=WEIGHTS, class_weight=class_weight)
    weights = WEIGHTS * class_weight[LABELS]
    terms = weights * -log_softmax(LOGITS, axis=1)[np.arange(N), LABELS]
    assert got.standard_error == pytest.approx(fraction_error(terms, weights), rel=TIGHT)
    doubled = evaluate(LABELS, LOGITS, sample_weight=2 * WEIGHTS, class_weight=class_weight)
    assert doubled.standard_error == pytest.approx(got.standard_error, rel=TIGHT)


def test_standard_error_does_not_cancel() -> None:
    # Losses that agree in 7 digits: Σt² - N m² in float64 would have none left.
    logits = np.zeros((1000, 2))
    logits[:, 0] = np.linspace(0, 1e-7, 1000)
    labels = np.ones(1000, int)
    terms = np.logaddexp(0, logits[:, 0])
    got = evaluate(labels, logits, from_logits=True)
    # The losses are rounded to 1e-16, their deviations of 1e-8 therefore to 1e-8.
    assert got.standard_error == pytest.approx(fraction_error(terms, np.ones(1000)), rel=1e-7)
    same = evaluate(labels, np.full((1000, 2), 0.3), from_logits=True)
    assert same.standard_error == 0.0


def test_standard_error_of_one_row_is_unknown() -> None:
    assert math.isnan(evaluate([0], [[3.0, 0.0]], from_logits=True).standard_error)


def test_clipped_rows_are_counted_beside_the_exact_value() -> None:
    p = np.array([[1.0, 0.0], [1e-9, 1 - 1e-9], [0.5, 0.5], [0.0, 1.0]])
    got = evaluate([0, 0, 0, 1], p, from_logits=False)
    assert got.clipped == 3
    assert got.loss == pytest.approx((2e-7 - math.log(1e-7) + math.log(2)) / 4, rel=1e-6)
    assert got.exact_loss == pytest.approx((-math.log(1e-9) + math.log(2)) / 4, rel=TIGHT)
    infinite = evaluate([1, 0], [[1.0, 0.0], [0.5, 0.5]], from_logits=False)
    assert infinite.exact_loss == math.inf
    exact = evaluate([1, 0], [[1.0, 0.0], [0.5, 0.5]], from_logits=False, epsilon=0)
    assert (exact.loss, exact.perplexity, exact.clipped) == (math.inf, math.inf, 0)
    assert math.isnan(exact.standard_error)


TIES = [
    pytest.param([1.0, 1.0, 0.0], 0, True, id="lower-class-wins"),
    pytest.param([1.0, 1.0, 0.0], 1, False, id="higher-class-loses"),
    pytest.param([np.nan, 5.0, 0.0], 1, False, id="nan-beats-all"),
    pytest.param([0.0, np.nan, 0.0], 1, False, id="nan-label"),
    pytest.param([-np.inf, -np.inf, 0.0], 2, True, id="minus-infinity"),
]


@pytest.mark.filterwarnings("ignore:.*is NaN")
@pytest.mark.parametrize(("row", "label", "right"), TIES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16])
def test_ties_and_nan(row: list[float], label: int, right: bool, dtype: type) -> None:
    got = evaluate([label], np.array([row], dtype), from_logits=True)
    assert got.correct == right


def test_top_k_ties_and_masked_classes() -> None:
    scores = np.array([[1.0, 1.0, 1.0, 0.0]])
    for label, k, hit in [(2, 2, 0.0), (1, 2, 1.0), (2, 3, 1.0), (3, 3, 0.0)]:
        got = evaluate([label], scores, from_logits=True, top_k=k)
        assert (got.top_k, got.top_k_accuracy) == (k, hit)
    mask = np.array([False, True, True, True])
    assert evaluate([1], scores, from_logits=True, class_mask=mask).correct == 1
    assert evaluate([1], scores, from_logits=True, top_k=4).top_k is None


def test_several_labels_a_row_count_by_the_likeliest() -> None:
    ids, prob = np.array([[3, 1], [0, 2]]), np.array([[0.3, 0.7], [0.5, 0.5]])
    logits = np.array([[0.0, 9.0, 1.0, 2.0], [0.0, 1.0, 9.0, 2.0]])
    got = evaluate(ids, logits, from_logits=True, target_prob=prob, worst=2)
    lost = -log_softmax(logits, axis=1)
    want = [0.3 * lost[0, 3] + 0.7 * lost[0, 1], 0.5 * lost[1, 0] + 0.5 * lost[1, 2]]
    assert got.loss == pytest.approx(np.mean(want), rel=TIGHT)
    assert {w.row: w.label for w in got.worst} == {(0,): 1, (1,): 0}
    assert got.correct == 1


def test_worst_rows_and_their_ties() -> None:
    logits = np.array([[0.0, 2.0], [2.0, 0.0], [0.0, 2.0], [5.0, 0.0], [2.0, 0.0]])
    labels = [0, 1, 0, 1, 1]  # losses: a, a, a, the largest, a
    got = evaluate(labels, logits, from_logits=True, worst=3)
    assert [w.row[0] for w in got.worst] == [3, 0, 2]  # then class 0 by row, before class 1
    assert [(w.label, w.predicted) for w in got.worst] == [(1, 0), (0, 1), (0, 1)]
    for rows in (1, 2):
        assert evaluate(labels, logits, from_logits=True, worst=3, chunk_rows=rows) == got
    assert got.worst[0].loss == pytest.approx(np.logaddexp(0, 5), rel=TIGHT)


def test_nan_is_the_worst() -> None:
    logits = np.array([[0.0, 9.0], [np.nan, 0.0], [0.0, -np.inf]])
    with pytest.warns(CrossentWarning, match=r"first in row 1\)"):
        got = evaluate([0, 0, 1], logits, from_logits=True, worst=3)
    assert [w.row[0] for w in got.worst] == [1, 2, 0]
    assert [w.predicted for w in got.worst] == [-1, 0, 1]
    assert math.isnan(got.loss)
    assert got.to_dict()["loss"] == "nan"
    assert got.to_dict()["worst"][1]["loss"] == "inf"


def test_rows_of_several_axes_and_any_class_axis() -> None:
    logits = RNG.normal(size=(5, 4, 3, 2)) * 3  # classes on axis 1
    labels = RNG.integers(0, 4, (5, 3, 2))
    got = evaluate(labels, logits, axis=1, worst=1)
    last = np.moveaxis(logits, 1, -1).reshape(-1, 4)
    losses = -log_softmax(last, axis=1)[np.arange(30), labels.reshape(-1)]
    assert got.loss == pytest.approx(losses.mean(), rel=TIGHT)
    assert isinstance(got.worst[0], WorstRow)
    assert got.worst[0].row == np.unravel_index(losses.argmax(), labels.shape)
    first = evaluate(labels.reshape(-1), last.T, axis=0)
    assert first.loss == pytest.approx(losses.mean(), rel=TIGHT)
    assert got.to_dict()["worst"][0]["row"] == list(got.worst[0].row)


def test_nothing_to_evaluate_is_an_error() -> None:
    with pytest.raises(EmptyError, match="nothing to evaluate"):
        evaluate(np.zeros(0, int), np.zeros((0, 3)))
    with pytest.raises(EmptyError, match=r"every row \(2 in all\) is ignored"):
        evaluate([-1, -1], [[1.0, 2.0], [3.0, 4.0]], ignore_class=-1, from_logits=True)
    with pytest.raises(EmptyError, match="no row was given"):
        Evaluator("sparse").compute()


def test_what_looks_at_the_pieces_beside_is_no_option() -> None:
    with pytest.raises(ce.OptionError, match="`beside` is not an option"):
        ce.evaluate([0, 1], [[0.5, 0.5], [0.1, 0.9]], beside=print)
