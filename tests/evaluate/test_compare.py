"""Two models on the same rows, against SciPy and loops."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import crossent as ce
from crossent.evaluate import Comparison
from crossent.evaluate.comparison import mcnemar

RNG = np.random.default_rng(53)
N, C = 180, 4
NAMES = np.array(["cat", "dog", "fish", "bird"])
LABELS = RNG.integers(0, C, N)
A = RNG.normal(size=(N, C)) * 2 + np.eye(C)[LABELS]
B = A + RNG.normal(size=(N, C)) * 0.5 + 0.7 * np.eye(C)[LABELS]


def losses(scores: Any) -> Any:
    return np.log(np.exp(scores).sum(1)) - scores[np.arange(N), LABELS]


DELTA = losses(B) - losses(A)


def test_the_paired_difference() -> None:
    found = ce.compare(LABELS, A, B, confidence=0.9)
    want = stats.ttest_rel(losses(B), losses(A))
    assert found.difference == pytest.approx(DELTA.mean(), rel=1e-10)
    assert found.standard_error == pytest.approx(stats.sem(DELTA), rel=1e-9)
    assert found.interval == pytest.approx(want.confidence_interval(0.9), rel=1e-8)
    assert found.loss_first == pytest.approx(losses(A).mean(), rel=1e-12)
    right = [(scores.argmax(1) == LABELS) for scores in (A, B)]
    assert (found.only_first, found.only_second) == (
        (right[0] & ~right[1]).sum(), (right[1] & ~right[0]).sum(),
    )  # fmt: skip
    exact = stats.binomtest(found.only_first, found.only_first + found.only_second)
    assert found.mcnemar == pytest.approx(exact.pvalue, rel=1e-9)
    gap = right[1].astype(float) - right[0]
    assert found.accuracy_difference == pytest.approx(gap.mean(), rel=1e-12)
    assert found.accuracy_interval == pytest.approx(
        stats.t.interval(0.9, N - 1, gap.mean(), stats.sem(gap)), rel=1e-8
    )
    assert isinstance(found, Comparison)
    assert Comparison is ce.Comparison
    assert not found.tie
    text = str(found)
    assert text.startswith("the loss of the second is 0.")
    assert "nats lower than that of the first model (90 % of the difference: -0." in text
    assert json.dumps(found.to_dict(), allow_nan=False)
    back = ce.compare(LABELS, B, A, confidence=0.9)
    assert back.difference == -found.difference


@pytest.mark.parametrize(("first", "second"), [(0, 0), (3, 9), (40, 61), (0, 12), (5000, 5200)])
def test_mcnemar(first: int, second: int) -> None:
    want = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(want, rel=1e-9)


def test_a_tie_is_said() -> None:
    found = ce.compare(LABELS, A, A + RNG.normal(size=(N, C)) * 0.01)
    assert found.tie
    assert "a tie, it may be chance" in str(found)
    same = ce.compare(LABELS, A, A)
    assert (same.difference, same.tie, same.mcnemar) == (0.0, True, 1.0)


def test_clusters_sequences_and_weights() -> None:
    groups = np.arange(N) // 3
    found = ce.compare(LABELS, A, B, cluster=groups)
    sums = DELTA.reshape(60, 3).sum(1)
    assert found.standard_error == pytest.approx(stats.sem(sums) / 3, rel=1e-9)
    assert (found.unit, found.units, found.notes) == ("clusters", 60, ())
    tokens = ce.compare(LABELS.reshape(60, 3), A.reshape(60, 3, C), B.reshape(60, 3, C))
    assert tokens.standard_error == pytest.approx(found.standard_error, rel=1e-12)
    assert tokens.unit == "sequences"
    few = ce.compare(LABELS, A, B, cluster=np.arange(N) // 20)
    assert "9 clusters" in few.notes[0]
    weights = RNG.uniform(0.5, 2, N)
    weighted = ce.compare(LABELS, A, B, sample_weight=weights)
    assert weighted.difference == pytest.approx(np.average(DELTA, weights=weights), rel=1e-10)


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path, Path]:
    """The same rows of two models, of the second in another order, of columns too."""
    ids = [f"r{row}" for row in range(N)]
    frame = pd.DataFrame({"id": ids, "label": NAMES[LABELS], "group": np.arange(N) // 3})
    for name, scores, order in (("a", A, np.arange(N)), ("b", B, RNG.permutation(N)),
                                ("same", B, np.arange(N))):  # fmt: skip
        columns = pd.DataFrame(scores, columns=NAMES)[NAMES[[2, 0, 1, 3]] if name == "b" else NAMES]
        table = pd.concat([frame, columns], axis=1).iloc[order]
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "same.csv"


def test_tables_are_aligned_by_their_ids(tables: tuple[Path, Path, Path]) -> None:
    a, b, same = tables
    want = ce.compare(LABELS, A, B)
    plain = ce.compare(a, same)
    assert (plain.first, plain.second) == ("a.csv", "same.csv")
    ordered = ce.compare(a, same, id="id")
    shuffled = ce.compare(a, b, id="id")
    for found in (plain, ordered, shuffled):
        assert found.difference == pytest.approx(want.difference, rel=1e-12)
        assert found.standard_error == pytest.approx(want.standard_error, rel=1e-12)
        assert (found.only_first, found.only_second) == (want.only_first, want.only_second)
    assert ordered.notes == ()
    assert "aligned by an index" in shuffled.notes[0]
    clustered = ce.compare(a, b, id="id", cluster="group")
    by_groups = ce.compare(LABELS, A, B, cluster=np.arange(N) // 3)
    assert clustered.standard_error == pytest.approx(by_groups.standard_error, rel=1e-12)
    with pytest.raises(ce.ShapeError, match="different labels in row"):
        ce.compare(a, b)
    assert ce.compare(LABELS, a, same, predictions=list(NAMES)).rows == N


def test_ids_that_do_not_pair(tables: tuple[Path, Path, Path]) -> None:
    a, b, _ = tables
    frame = pd.read_csv(b)
    frame.iloc[:-2].to_csv(b, index=False)
    with pytest.raises(ce.ShapeError, match=r"b\.csv lacks 2 that a\.csv has"):
        ce.compare(a, b, id="id")
    with pytest.raises(ce.ShapeError, match=r"keeps 180 rows and b\.csv keeps 178"):
        ce.compare(a, b)
    frame.assign(id=["r0", "r0", *frame["id"][2:]]).to_csv(b, index=False)
    with pytest.raises(ce.ShapeError, match=r"b\.csv: .*'r0' names more than one row"):
        ce.compare(a, b, id="id")
    with pytest.raises(ce.OptionError, match="both tables need"):
        ce.compare(LABELS, A, B, id="id")


def test_log_probabilities_of_labels(tmp_path: Path) -> None:
    sizes = RNG.integers(1, 6, 40)
    first = [(-RNG.exponential(1, size)).tolist() for size in sizes]
    second = [[one * 0.9 - 0.01 for one in row] for row in first]
    pair = [pd.DataFrame({"lp": values}) for values in (first, second)]
    found = ce.compare(*pair, label_logprob="lp")
    delta = np.concatenate([np.subtract(x, y) for x, y in zip(first, second, strict=True)])
    assert found.difference == pytest.approx(delta.mean(), rel=1e-12)
    assert (found.unit, found.units, found.mcnemar) == ("sequences", 40, None)
    assert "McNemar" not in str(found)
    with pytest.raises(ce.ShapeError, match="of the same rows"):
        ce.compare(pair[0], pair[1].iloc[:-1], label_logprob="lp")


def test_a_difference_of_nothing_has_no_interval() -> None:
    found = ce.compare([0], [[1.0, 0.0]], [[0.5, 0.0]], from_logits=True)
    assert math.isnan(found.interval[0])
    assert found.tie
