"""The numbers behind the pictures, against other ways to get them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import confusion_matrix

from crossent.doctor.report.figure_facts import View
from crossent.doctor.report.histogram import Histogram
from crossent.doctor.report.mistakes import Confusions, Hardest
from crossent.doctor.report.reliability import BINS, Reliability
from crossent.doctor.report.row_sums import NAMES, RowSums

RNG = np.random.default_rng(5)
N, C = 3000, 7
LABELS = RNG.integers(0, C, N)
LOGITS = (RNG.normal(size=(N, C)) * 2 + 2 * np.eye(C)[LABELS]).astype(np.float32)


def filled(view: View, *, step: int = 700, **more: np.ndarray) -> View:
    """Give the rows in pieces."""
    for k in range(0, N, step):
        part = slice(k, k + step)
        view.add(
            (LOGITS if view.from_logits else softmax(LOGITS, axis=1))[part], LABELS[part],
            **{name: array[part] for name, array in more.items()},
        )  # fmt: skip
    return view


def test_a_histogram_counts_as_numpy_does() -> None:
    values = np.concatenate([RNG.exponential(2, 5000), RNG.exponential(1e4, 50), [0.0, 1e-12]])
    seen = Histogram()
    for part in np.array_split(values, 7):
        seen.add(part)
    # Edges that bins begin at: others are moved to such a one, by 0.1 % at most.
    edges = np.array([0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 8, 16, 4096, 2.0**40])
    assert seen.counts(edges).tolist() == np.histogram(values, edges)[0].tolist()
    for share in (0.01, 0.5, 0.9, 0.999, 1):
        # The bins are 2**-10 wide, in relation to where they lie.
        want = np.quantile(values, share, method="inverted_cdf")
        assert want <= seen.quantile(share) <= want * (1 + 2.0**-10)
    assert seen.high == values.max()
    assert seen.total == len(values)


def test_a_histogram_counts_what_is_no_number_apart() -> None:
    seen = Histogram()
    seen.add(np.array([np.nan, np.inf, 1.0, np.inf], np.float32))
    assert (seen.total, seen.nan, seen.infinite) == (1, 1, 2)


def test_a_histogram_holds_numbers_of_any_size() -> None:
    seen = Histogram()
    seen.add(np.array([0.0, 5e-324, 1.0, 2.0**30, 1e300]))
    assert seen.counts(np.array([0.0, 0.5, 4.0, np.inf])).tolist() == [2, 1, 2]
    assert seen.quantile(1) > 2.0**30 - 1


def test_calibration_error_by_its_definition() -> None:
    p = softmax(LOGITS.astype(np.float64), axis=1)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == LABELS
    error = 0.0
    for k in range(BINS):
        held = (confidence > k / BINS) & (confidence <= (k + 1) / BINS)
        if held.any():
            error += held.mean() * abs(right[held].mean() - confidence[held].mean())
    seen = filled(View(C, from_logits=True)).reliability
    assert seen.error == pytest.approx(error, rel=1e-9)  # sums of 3000 float64 in another order
    assert seen.accuracy == right.mean()
    assert seen.total == N


def test_the_edges_of_the_bins_of_confidence() -> None:
    seen = Reliability()
    seen.add(np.array([0.0, 1 / BINS, 1.0]), np.array([False, True, True]))
    assert seen.rows[0] == 2
    assert seen.rows[-1] == 1


def test_losses_are_those_of_scipy() -> None:
    want = -log_softmax(LOGITS.astype(np.float64), axis=1)[np.arange(N), LABELS]
    for logits in (True, False):
        view = filled(View(C, from_logits=logits))
        edges = np.linspace(0, 8, 9)
        counts = np.histogram(want, [*edges[:-1], 99])[0]
        assert view.losses.counts(edges).tolist() == counts.tolist()
        hardest = [row.row for row in view.hardest.rows]
        assert hardest == np.argsort(-want, kind="stable")[:10].tolist()
        losses = [row.loss for row in view.hardest.rows]
        assert losses == pytest.approx(np.sort(want)[::-1][:10], rel=1e-5)  # float32 input


def test_soft_targets_have_their_own_loss() -> None:
    targets = softmax(RNG.normal(size=(N, C)), axis=1)
    want = -(targets * log_softmax(LOGITS.astype(np.float64), axis=1)).sum(axis=1)
    view = View(C, from_logits=True)
    view.add(LOGITS, targets.argmax(axis=1), None, targets)
    assert view.losses.high == pytest.approx(want.max(), rel=1e-6)  # float32 input
    assert view.hardest.rows[0].row == want.argmax()


def test_left_out_rows_are_not_looked_at() -> None:
    keep = RNG.uniform(size=N) < 0.5
    view = filled(View(C, from_logits=True), keep=keep)
    assert view.losses.total == view.reliability.total == np.count_nonzero(keep)
    assert all(keep[row.row] for row in view.hardest.rows)
    outside = View(C, from_logits=True)
    outside.add(LOGITS[:3], np.array([-1, C, 2]))
    assert (outside.losses.total, outside.losses.nan) == (1, 0)


def test_confusions_are_those_of_scikit_learn() -> None:
    predicted = LOGITS.argmax(axis=1)
    want = confusion_matrix(LABELS, predicted)
    seen = filled(View(C, from_logits=True)).confusions
    assert seen.total == np.count_nonzero(predicted != LABELS)
    assert {pair: int(want[pair]) for pair in seen.pairs} == dict(seen.pairs)
    label, guess, count = seen.worst(1)[0]
    np.fill_diagonal(want, 0)
    assert count == want.max() == want[label, guess]


def test_pairs_beyond_what_is_kept_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossent.doctor.report.mistakes.MOST_PAIRS", 2)
    seen = Confusions(5)
    seen.add(np.array([0, 0, 1, 2, 2]), np.array([1, 1, 2, 3, 4]))
    assert (seen.total, seen.lost, len(seen.pairs)) == (5, 2, 2)


def test_of_equal_losses_the_first_rows_are_the_hardest() -> None:
    seen = Hardest(3)
    zeros = np.zeros(50, np.int64)
    for first in (0, 50):
        losses = np.where(np.arange(50) == 20, np.inf, 1.0)
        seen.add(np.arange(first, first + 50), zeros, zeros, losses, losses)
    assert [row.row for row in seen.rows] == [20, 70, 0]


def test_row_sums_by_powers_of_ten() -> None:
    seen = RowSums()
    seen.add(np.array([[0.5, 0.5], [0.5, 0.45], [1.0, 0.0003], [2.0, 2.0], [np.nan, 1.0]]))
    assert dict(zip(NAMES, seen.below + seen.above, strict=True)) == {
        **dict.fromkeys(NAMES, 0), "under 1e-7": 1, "1e-2 to 1e-1": 1, "1e-4 to 1e-3": 1,
        "1 or more": 1,
    }  # fmt: skip
    assert (seen.low, seen.high) == (0.95, 4.0)
    assert (seen.below.sum(), seen.above.sum()) == (1, 3)
    assert (seen.below[0], seen.above[0]) == (0, 1), "a sum of 1 is not under 1"


def test_memory_does_not_grow_with_the_rows() -> None:
    peaks = []
    for repeats in (1, 8):
        tracemalloc.start()
        view = View(C, from_logits=True)
        for _ in range(repeats):
            filled(view)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
