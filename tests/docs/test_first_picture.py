"""The picture of README is that of a real training."""

from __future__ import annotations

import json

import pytest

from meta.source import ROOT, loaded

TOOL = loaded(ROOT / "tools" / "first_picture.py")
NUMBERS = json.loads(TOOL.NUMBERS.read_text(encoding="utf-8"))


def test_the_pictures_show_the_numbers() -> None:
    assert TOOL.main(["--check"]) == 0


@pytest.mark.parametrize("softmax", [True, False])
def test_the_training_begins_as_it_is_drawn(softmax: bool) -> None:
    history, _, _ = TOOL.train(softmax, epochs=3)
    # Other CPUs add up in another order.
    assert history == pytest.approx(NUMBERS["before" if softmax else "after"][:3], rel=0.02)


def test_the_answer_is_that_of_the_doctor() -> None:
    assert NUMBERS["code"] == "CE105"
    assert NUMBERS["before"][-1] > 1.46
    assert NUMBERS["after"][-1] < 0.05
