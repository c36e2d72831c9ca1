"""Pictures of a report: how wide they are, and how many names stand below the bars."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crossent.doctor.report import plots


@pytest.mark.parametrize(("classes", "shown"), [(2, 2), (40, 40), (41, 21), (80, 40), (100, 34)])
def test_at_most_forty_names_stand_below_the_bars(classes: int, shown: int) -> None:
    names = [str(k) for k in range(classes)]
    axes = Figure().add_subplot()
    plots.columns(names, [("labels", [1.0] * classes)], "rows")(axes)
    ticks = axes.get_xticklabels()
    step = -(-classes // 40)
    assert [tick.get_text() for tick in ticks] == names[::step]
    assert len(ticks) == shown


def test_a_picture_is_as_wide_as_a_phone() -> None:
    picture = plots.draw("bars", plots.columns(["a"], [("labels", [1.0])], "rows"))
    box = re.search(r'viewBox="0 0 (\S+) (\S+)"', picture)
    assert box is not None
    assert float(box[1]) == 360  # points, of which a phone has 360 to 430


def test_the_most_frequent_class_stands_first_at_1() -> None:
    axes = Figure().add_subplot()
    plots.ranked([("labels", np.array([2.0, 9.0, 4.0]))], "rows")(axes)
    (line,) = axes.get_lines()
    assert np.asarray(line.get_xdata()).tolist() == [1, 2, 3]
    assert np.asarray(line.get_ydata()).tolist() == [9, 4, 2]


def test_a_bin_without_rows_has_no_bar() -> None:
    axes = Figure().add_subplot()
    rows = np.array([0, 3, 0, 1])
    nowhere = np.where(rows > 0, 0.5, np.nan)
    plots.reliability(nowhere, nowhere, rows, 4)(axes)
    bars = [bar for bar in axes.patches if isinstance(bar, Rectangle)]
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0.25, 0.25), (0.75, 0.25)]


def test_bars_of_two_groups_stand_side_by_side() -> None:
    axes = Figure().add_subplot()
    groups = [("labels", np.array([1.0, 2.0])), ("predictions", np.array([2.0, 1.0]))]
    plots.columns(["a", "b"], groups, "rows")(axes)
    bars = [bar for bar in axes.patches if isinstance(bar, Rectangle)]
    ends = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars)
    assert len(ends) == 4
    assert all(end <= start + 1e-12 for (_, end), (start, _) in pairwise(ends))
