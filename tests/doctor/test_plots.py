"""Pictures of a report: how wide they are, and how many names stand below the bars."""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure

from crossent.doctor import plots


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
