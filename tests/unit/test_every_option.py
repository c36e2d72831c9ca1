"""The table of options at work leaves out no option of any loss."""

from __future__ import annotations

import pytest

from contract.every_option import OPTIONS, calls
from crossent.core.options import TABLE
from crossent.core.registry import LOSSES


@pytest.mark.parametrize("function", ["sparse", "dense", "binary"])
def test_every_option_of_the_loss_is_tried(function: str) -> None:
    wanted = {name for name in TABLE if name in LOSSES[function].options}
    assert set(OPTIONS[function]) == wanted


def test_every_option_is_tried_of_logits_and_of_probabilities() -> None:
    tried = {tuple(name.split("-")[:3]) for name in calls()}
    needs = {name: rule.needs for name, rule in TABLE.items()}
    for function in ("sparse_categorical", "categorical", "binary"):
        short = {"sparse_categorical": "sparse", "categorical": "dense"}.get(function, function)
        for name in OPTIONS[short]:
            for kind in ("logits", "probabilities"):
                if needs[name] in ("", "mean", kind):
                    assert (f"{function}_crossentropy", kind, name) in tried
