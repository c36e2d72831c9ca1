"""What stands beside loss and accuracy, against scikit-learn and sums in plain Python."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

import crossent as ce
from crossent.evaluate import Confusion, Evaluator, evaluate, ranking
from crossent.evaluate.quality import MOST_CLASSES
from crossent.evaluate.ranking import Ranking
from crossent.evaluate.tally import Tally

RNG = np.random.default_rng(41)
N, C = 300, 6
LABELS = RNG.integers(0, C, N)
LOGITS = RNG.normal(size=(N, C)) * 2 + 1.5 * np.eye(C)[LABELS]
P = softmax(LOGITS, axis=1)
WEIGHTS = RNG.uniform(0, 2, N)
TIGHT = 1e-12  # float64 sums of 300 terms on the other side


def entropy(p: Any) -> Any:
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(-1)


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize("probabilities", [True, False])
def test_numbers_of_rows(kernels: bool, probabilities: bool) -> None:
    ce.use_kernels(kernels)
    try:
        options = {"epsilon": 0} if probabilities else {}
        got = evaluate(LABELS, P if probabilities else LOGITS, **options)
    finally:
        ce.use_kernels(True)
    hot = np.eye(C)[LABELS]
    assert got.entropy == pytest.approx(entropy(P).mean(), rel=TIGHT)
    assert got.brier == pytest.approx(((P - hot) ** 2).sum(1).mean(), rel=TIGHT)
    order = np.argsort(-P, axis=1, kind="stable")
    assert got.label_rank == (order == LABELS[:, None]).argmax(1).mean() + 1
    gap = -log_softmax(LOGITS, axis=1)[np.arange(N), LABELS] - entropy(P)
    assert got.overconfidence == pytest.approx(gap.mean(), rel=1e-10)
    assert got.overconfidence_error == pytest.approx(gap.std(ddof=1) / math.sqrt(N), rel=1e-9)
    confidence, right = P.max(1), P.argmax(1) == LABELS
    bins = np.minimum((confidence * 15).astype(int), 14)
    want = sum(abs(right[bins == b].sum() - confidence[bins == b].sum()) for b in range(15)) / N
    assert got.calibration_error == pytest.approx(want, rel=1e-10)


def test_loss_minus_entropy_is_the_slope_along_the_inverse_temperature() -> None:
    step = 1e-6
    slope = (evaluate(LABELS, LOGITS * (1 + step)).loss - evaluate(LABELS, LOGITS).loss) / step
    found = evaluate(LABELS, LOGITS).overconfidence
    assert found == pytest.approx(slope, abs=1e-5)  # a difference of losses has no more digits
    assert evaluate(LABELS, LOGITS, label_smoothing=0.1).overconfidence is None


def test_weights() -> None:
    got = evaluate(LABELS, LOGITS, sample_weight=WEIGHTS)
    hot = np.eye(C)[LABELS]
    assert got.entropy == pytest.approx(np.average(entropy(P), weights=WEIGHTS), rel=TIGHT)
    assert got.brier == pytest.approx(
        np.average(((P - hot) ** 2).sum(1), weights=WEIGHTS), rel=TIGHT
    )
    assert got.baseline_loss is None


def test_classes_and_confusions() -> None:
    got = evaluate(LABELS, LOGITS)
    guesses = P.argmax(1)
    precision, recall, f1, _ = precision_recall_fscore_support(LABELS, guesses)
    assert got.per_class is not None
    assert [one.precision for one in got.per_class] == pytest.approx(precision, rel=TIGHT)
    assert [one.recall for one in got.per_class] == pytest.approx(recall, rel=TIGHT)
    assert [one.f1 for one in got.per_class] == pytest.approx(f1, rel=TIGHT)
    macro = (got.macro_precision, got.macro_recall, got.macro_f1)
    want = precision_recall_fscore_support(LABELS, guesses, average="macro")[:3]
    assert macro == pytest.approx(want, rel=TIGHT)
    counts = confusion_matrix(LABELS, guesses)
    pairs = sorted(
        ((-counts[a, b], a, b) for a, b in itertools.permutations(range(C), 2) if counts[a, b]),
    )[:5]
    assert got.confusions == tuple(Confusion(a, b, -rows) for rows, a, b in pairs)
    # A class that is only predicted, and one that never is.
    few = LABELS != 3
    scores = np.where(np.arange(C) == 2, -9.0, LOGITS)
    got = evaluate(LABELS[few], scores[few])
    want = precision_recall_fscore_support(
        LABELS[few], scores[few].argmax(1), average="macro", zero_division=0
    )[:3]
    assert (got.macro_precision, got.macro_recall, got.macro_f1) == pytest.approx(want, rel=TIGHT)


def test_guessing_by_class_shares() -> None:
    got = evaluate(LABELS, LOGITS)
    shares = np.bincount(LABELS) / N
    assert got.baseline_loss == pytest.approx(entropy(shares), rel=TIGHT)
    assert got.baseline_accuracy == shares.max()
    assert got.skill == pytest.approx(1 - got.loss / entropy(shares), rel=TIGHT)
    guess = evaluate(LABELS, np.broadcast_to(shares, (N, C)), from_logits=False)
    assert guess.skill == pytest.approx(0, abs=1e-12)  # a difference of equal numbers
    hot = evaluate(np.eye(C)[LABELS], LOGITS)
    assert hot.baseline_loss == got.baseline_loss
    assert evaluate(RNG.dirichlet(np.ones(C), N), LOGITS).baseline_loss is None


def test_soft_targets() -> None:
    soft = RNG.dirichlet(np.ones(C), N)
    for scores in (LOGITS, P):
        got = evaluate(soft, scores)
        assert got.brier == pytest.approx(((P - soft) ** 2).sum(1).mean(), rel=TIGHT)


@pytest.mark.parametrize("ties", [False, True])
def test_one_score_against_scikit_learn(ties: bool) -> None:
    target = RNG.integers(0, 2, N)
    scores = RNG.normal(size=N) + target
    scores = np.round(scores) if ties else scores
    got = evaluate(target, scores, from_logits=True)
    assert (got.auc, got.auc_error) == (pytest.approx(roc_auc_score(target, scores)), 0)
    assert got.average_precision == pytest.approx(average_precision_score(target, scores))
    assert got.average_precision_error == 0
    p = 1 / (1 + np.exp(-scores))
    assert got.brier == pytest.approx(brier_score_loss(target, p), rel=TIGHT)
    assert got.entropy == pytest.approx(entropy(np.stack([p, 1 - p], 1)).mean(), rel=TIGHT)


def test_the_error_of_an_auc_bounds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "MOST", 64)
    target = RNG.random(4000) < 0.3
    scores = RNG.normal(size=4000) + target
    whole = Ranking.of(scores, target)
    assert len(whole.keys) <= 64
    (auc, wide), (precision, span) = whole.auc(), whole.average_precision()
    assert 0 < wide < 0.05
    assert abs(auc - roc_auc_score(target, scores)) <= wide
    assert 0 < span < 0.2
    assert abs(precision - average_precision_score(target, scores)) <= span
    for cuts in ([7, 1900], [3000], [1, 2, 3]):
        parts = [Ranking.of(s, t) for s, t in zip(np.split(scores, cuts), np.split(target, cuts),
                                                  strict=True)]  # fmt: skip
        for order in (parts, parts[::-1]):
            assert sum(order[1:], order[0]) == whole


def test_tallies_add_up_in_any_order() -> None:
    values = RNG.integers(0, 50, 600_000)
    parts = np.split(values, [3, 200_000, 400_123])
    whole = Tally.of(values)
    names, counts = np.unique(values, return_counts=True)
    assert list(whole.items()) == list(zip(names.tolist(), counts.tolist(), strict=True))
    for order in (parts, parts[::-1]):
        found = Tally()
        for part in order:
            found = found + Tally.of(part)
        assert found == whole
        assert (found.total(), found[7], found[99]) == (600_000, counts[7], 0)
    assert (Tally.of(values[:5]) + whole).total() == 600_005


def test_pieces_change_no_bit() -> None:
    for kind, labels, scores in (
        ("sparse", LABELS, LOGITS), ("dense", RNG.dirichlet(np.ones(C), N), LOGITS),
        ("binary", LABELS % 2, LOGITS[:, 0]), ("sparse", LABELS.reshape(50, 6),
                                               LOGITS.reshape(50, 6, C)),
    ):  # fmt: skip
        whole = evaluate(labels, scores, loss=kind, from_logits=True)
        for rows in (1, 7, 49, 300):
            assert evaluate(labels, scores, loss=kind, from_logits=True, chunk_rows=rows) == whole


def test_rows_of_nan_leave_the_counts() -> None:
    scores = LOGITS.copy()
    scores[5] = np.nan
    with pytest.warns(ce.CrossentWarning, match="NaN"):
        got = evaluate(LABELS, scores)
    kept = evaluate(np.delete(LABELS, 5), np.delete(LOGITS, 5, 0))
    assert got.calibration_error == kept.calibration_error
    assert math.isnan(got.entropy)
    assert sum(one.rows for one in got.confusions) == sum(one.rows for one in kept.confusions)


def test_many_classes_have_no_confusions() -> None:
    labels = np.arange(2 * MOST_CLASSES) % (MOST_CLASSES + 1)
    scores = RNG.normal(size=(len(labels), MOST_CLASSES + 1))
    found = evaluate(labels, scores)
    assert found.confusions == ()
    assert found.macro_f1 is not None
    assert found.per_class is None


def test_a_mask_leaves_classes_out() -> None:
    mask = np.arange(C) != 4
    labels = np.where(LABELS == 4, 0, LABELS)
    got = evaluate(labels, LOGITS, class_mask=mask)
    want = evaluate(np.where(labels == 5, 4, labels), LOGITS[:, mask])
    for name in ("entropy", "brier", "label_rank", "calibration_error", "accuracy"):
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=TIGHT), name


def test_numbers_for_loggers_and_tables() -> None:
    got = evaluate(LABELS, LOGITS, class_names=list("abcdef"))
    flat = got.metrics("eval/")
    assert all(isinstance(value, float) for value in flat.values())
    assert flat["eval/loss"] == got.loss
    assert flat["eval/loss_interval_low"] == got.loss_interval[0]
    frame = got.to_frame()
    assert list(frame.index) == list("abcdef")
    assert frame.loc["c", "recall"] == (got.per_class or ())[2].recall
    with pytest.raises(ce.OptionError, match="per_class=True"):
        evaluate(LABELS, LOGITS, per_class=False).to_frame()
    assert got.to_dict()["schema"] == 1


def test_what_is_said() -> None:
    text = str(evaluate(LABELS, LOGITS))
    first = " ".join(text.partition("\n\n")[0].split())
    assert first.startswith("loss 2.")
    assert "nats (95 % " in first
    assert "; guessing by class shares gives 1.7" in first
    for word in ("skill", "entropy", "Brier score", "calibration", "label rank", "macro means"):
        assert word in text
    huge = evaluate([0, 1], [[0.0, 1e6], [0.0, 5.0]], from_logits=True)
    assert huge.perplexity == math.inf
    assert "perplexity      10^2.171e+05" in str(huge)


def test_an_evaluator_has_its_words() -> None:
    evaluator = Evaluator("sparse", from_logits=True, confidence=0.8)
    evaluator.update(LABELS, LOGITS)
    assert evaluator.compute().confidence == 0.8
    for wrong in (0, 1, 95, "x"):
        with pytest.raises(ce.OptionError, match="confidence"):
            Evaluator("sparse", confidence=wrong)
