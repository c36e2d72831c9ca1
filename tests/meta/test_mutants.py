"""The score of tools/mutate.py; its mutants need what the tests do not install."""

from __future__ import annotations

from types import ModuleType

import pytest
from scipy.stats import binomtest

from meta.source import ROOT, loaded


@pytest.fixture(scope="module")
def score() -> ModuleType:
    return loaded(ROOT / "tools/mutants/score.py")


@pytest.mark.parametrize(("seen", "of"), [(0, 1), (3, 3), (37, 40), (279, 300)])
def test_the_interval_is_wilsons(score: ModuleType, seen: int, of: int) -> None:
    want = binomtest(seen, of).proportion_ci(0.95, method="wilson")
    assert score.wilson(seen, of) == pytest.approx((want.low, want.high), rel=1e-9, abs=1e-15)


def test_nothing_tried_says_nothing(score: ModuleType) -> None:
    assert score.wilson(0, 0) == (0.0, 1.0)


def test_what_changes_nothing_counts_as_seen_and_what_no_test_runs_does_not(
    score: ModuleType,
) -> None:
    verdicts = ["seen", "seen", "same", "unseen", "no test"]
    table = score.table([{"area": "kernels", "verdict": verdict} for verdict in verdicts])
    for line in table.splitlines()[1:]:
        assert line.split()[1:6] == ["5", "2", "1", "2", "60.0%"]
