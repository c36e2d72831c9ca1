"""Every attack, for as long as it takes to see the faults that it was written for."""

from __future__ import annotations

import importlib.util

import pytest

from attack import campaign


@pytest.mark.parametrize("name", campaign.names())
def test_attack(name: str) -> None:
    limits = campaign.limits_of(name)
    for framework in limits.frameworks:
        if importlib.util.find_spec(framework) is None:
            pytest.skip(f"{framework} is not installed")
    tally = campaign.run(name, seed=0)
    assert sum(tally.values()) >= limits.count
