"""Intervals: their formulae against SciPy, and how often they hold the truth."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

import crossent as ce
from crossent.evaluate import Evaluator, clusters, evaluate
from crossent.evaluate.clusters import Clusters
from crossent.evaluate.intervals import around_mean, jackknife, quantile_of_t, wilson
from meta.source import ROOT, loaded

RNG = np.random.default_rng(43)
N, C = 240, 4
LABELS = RNG.integers(0, C, N)
LOGITS = RNG.normal(size=(N, C)) * 2
LOSSES = -np.log(np.exp(LOGITS)[np.arange(N), LABELS] / np.exp(LOGITS).sum(1))


@pytest.mark.parametrize("degrees", [1, 2, 3.5, 10, 49, 199, 1e4, 1e9])
@pytest.mark.parametrize("share", [0.5, 0.6, 0.9, 0.975, 0.9995, 0.025])
def test_quantiles_of_t(degrees: float, share: float) -> None:
    want = stats.t.ppf(share, degrees)
    assert quantile_of_t(share, degrees) == pytest.approx(want, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (3, 10), (10, 10), (428, 449), (1, 100000)])
def test_wilson(hits: int, rows: int) -> None:
    want = stats.binomtest(hits, rows).proportion_ci(0.9, "wilson")
    assert wilson(hits / rows, rows, 0.9) == pytest.approx((want.low, want.high), abs=1e-9)
    assert all(map(math.isnan, wilson(math.nan, 5, 0.9)))


def test_rows() -> None:
    got = evaluate(LABELS, LOGITS, confidence=0.9)
    want = stats.t.interval(0.9, N - 1, LOSSES.mean(), stats.sem(LOSSES))
    assert got.loss_interval == pytest.approx(want, rel=1e-9)
    assert got.perplexity_interval == pytest.approx(np.exp(want), rel=1e-9)
    hits = int((LOGITS.argmax(1) == LABELS).sum())
    share = stats.binomtest(hits, N).proportion_ci(0.9, "wilson")
    assert got.accuracy_interval == pytest.approx((share.low, share.high), rel=1e-9)
    assert (got.unit, got.units, got.notes) == ("rows", N, ())
    one = evaluate([0], [[3.0, 1.0]], from_logits=True)
    assert all(map(math.isnan, one.loss_interval))


def jackknifed(terms: Any, weights: Any, own: Any) -> float:
    """Leave each cluster out, in a loop."""
    names = np.unique(own)
    means = [
        terms[own != name].sum() / weights[own != name].sum() for name in names
    ]  # fmt: skip
    spread = ((np.array(means) - np.mean(means)) ** 2).sum()
    return math.sqrt((len(names) - 1) / len(names) * spread)


@pytest.mark.parametrize("weighs", [False, True])
def test_clusters(weighs: bool) -> None:
    names = np.sort(RNG.integers(0, 60, N))
    weights = RNG.uniform(0.5, 2, N) if weighs else np.ones(N)
    given = {"sample_weight": weights} if weighs else {}
    got = evaluate(LABELS, LOGITS, cluster=names, **given)
    want = jackknifed(weights * LOSSES, weights, names)
    assert got.standard_error == pytest.approx(want, rel=1e-9)
    assert (got.unit, got.units) == ("clusters", len(np.unique(names)))
    hits = (LOGITS.argmax(1) == LABELS) * weights
    error = jackknifed(hits, weights, names)
    rows = got.accuracy * (1 - got.accuracy) / error**2
    assert got.accuracy_interval == pytest.approx(wilson(got.accuracy, rows, 0.95), rel=1e-9)
    shuffled = RNG.permutation(N)
    other = evaluate(LABELS[shuffled], LOGITS[shuffled], cluster=names[shuffled].astype(str),
                     chunk_rows=7, **{k: v[shuffled] for k, v in given.items()})  # fmt: skip
    assert other.standard_error == pytest.approx(got.standard_error, rel=1e-12)


def test_clusters_of_one_row_each_are_rows() -> None:
    got = evaluate(LABELS, LOGITS, cluster=np.arange(N))
    assert got.standard_error == pytest.approx(evaluate(LABELS, LOGITS).standard_error, rel=1e-9)


def test_repeated_rows_make_no_interval_narrower() -> None:
    plain = evaluate(LABELS, LOGITS)
    thrice = evaluate(np.repeat(LABELS, 3), np.repeat(LOGITS, 3, 0),
                      cluster=np.repeat(np.arange(N), 3))  # fmt: skip
    assert thrice.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    assert thrice.accuracy_interval == pytest.approx(plain.accuracy_interval, rel=0.01)
    blind = evaluate(np.repeat(LABELS, 3), np.repeat(LOGITS, 3, 0))
    assert blind.standard_error < 0.6 * plain.standard_error


def test_tokens_of_a_sequence_belong_together() -> None:
    labels, logits = LABELS.reshape(40, 6), LOGITS.reshape(40, 6, C)
    got = evaluate(labels, logits)
    sums = LOSSES.reshape(40, 6).sum(1)
    assert got.standard_error == pytest.approx(stats.sem(sums) / 6, rel=1e-9)
    assert (got.unit, got.units) == ("sequences", 40)
    apart = evaluate(labels, logits, cluster="rows")
    assert apart.standard_error == evaluate(LABELS, LOGITS).standard_error
    marked = labels.copy()
    marked[:20, 3:] = -1
    ignored = evaluate(marked, logits, ignore_class=-1)
    kept = (marked != -1).reshape(-1)
    # The ratio of sums, by its linear form.
    weights = kept.reshape(40, 6).sum(1)
    totals = np.where(kept, LOSSES, 0).reshape(40, 6).sum(1)
    rest = totals - totals.sum() / weights.sum() * weights
    want = math.sqrt(40 / 39 * (rest**2).sum()) / weights.sum()
    assert ignored.standard_error == pytest.approx(want, rel=1e-9)


def test_what_to_know_of_clusters_is_said() -> None:
    few = evaluate(LABELS, LOGITS, cluster=np.arange(N) // 10)
    assert "24 clusters" in few.notes[0]
    assert "below 50" in str(few)
    large = evaluate(LABELS, LOGITS, cluster=np.maximum(np.arange(N), 60))
    assert any("cluster '60' holds 25% of the weight" in note for note in large.notes)


def test_clusters_are_for_all_rows_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = Evaluator("sparse", from_logits=True)
    evaluator.update(LABELS[:9], LOGITS[:9], cluster=np.arange(9))
    with pytest.raises(ce.OptionError, match="every update, or to none"):
        evaluator.update(LABELS[:9], LOGITS[:9])
    with pytest.raises(ce.ShapeError, match="one name for each of the 9 rows"):
        evaluator.update(LABELS[:9], LOGITS[:9], cluster=np.arange(8))
    monkeypatch.setattr(clusters, "MOST", 30)
    with pytest.raises(ce.OptionError, match="more than 30 different values"):
        evaluate(LABELS, LOGITS, cluster=np.arange(N))
    with pytest.raises(ce.OptionError, match="more than 30 different values"):
        evaluate(LABELS, LOGITS, cluster=np.arange(N), chunk_rows=25)


def test_merging_adds_clusters_up() -> None:
    names = np.arange(N) % 13
    whole = evaluate(LABELS, LOGITS, cluster=names)
    parts = []
    for rows in (slice(100), slice(100, N)):
        part = Evaluator("sparse", from_logits=True)
        part.update(LABELS[rows], LOGITS[rows], cluster=names[rows], first_row=rows.start or 0)
        parts.append(part)
    for first, second in (parts, parts[::-1]):
        merged = Evaluator("sparse", from_logits=True)
        merged.state = merged.state.merged(first.state, 0)
        copy = Clusters()
        copy.merge(first.state.clusters or Clusters())
        copy.merge(second.state.clusters or Clusters())
        assert copy.errors()[0] == whole.standard_error


SIMULATIONS = 2000
COVERED = {
    ("normal", 20): 0.90, ("normal", 50): 0.92, ("normal", 200): 0.935, ("gamma", 50): 0.91,
    ("gamma", 200): 0.925, ("lognormal", 50): 0.85, ("lognormal", 200): 0.90,
}  # fmt: skip
"""The least share of intervals of 95 % that hold the truth; losses of few clusters are skewed."""


@cache
def coverage(kind: str, count: int) -> float:
    """How many intervals hold the mean, over simulations of clusters of several rows each."""
    rng = np.random.default_rng([len(kind), count])
    held = 0
    for _ in range(SIMULATIONS):
        sizes = rng.integers(1, 9, count)
        draw: Any = {
            "normal": lambda size: rng.normal(1.0, 0.5, size),
            "gamma": lambda size: rng.gamma(1.0, 1.0, size),
            "lognormal": lambda size: rng.lognormal(-0.5, 1.0, size),
        }[kind]
        common = draw(count)
        # The loss of a row is half its cluster's and half its own; both have a mean of 1.
        own = np.array([draw(size).sum() for size in sizes])
        totals = 0.5 * common * sizes + 0.5 * own
        error = jackknife(totals, sizes.astype(float))
        low, high = around_mean(totals.sum() / sizes.sum(), error, count, 0.95)
        held += low <= 1.0 <= high
    return held / SIMULATIONS


@pytest.mark.parametrize(("kind", "count"), COVERED)
def test_coverage(kind: str, count: int) -> None:
    assert coverage(kind, count) >= COVERED[kind, count]


def test_the_table_of_the_guide_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = loaded(ROOT / "tools" / "coverage_page.py")
    # In this process, where the simulations may have been run already.
    monkeypatch.setattr(tool, "coverage", coverage)
    assert tool.main(["--check"]) == 0
