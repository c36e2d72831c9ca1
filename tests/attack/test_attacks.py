"""Every attack, for as long as it takes to see the faults that it was written for."""

from __future__ import annotations

import pytest

from attack import campaign


@pytest.mark.parametrize("name", campaign.names())
def test_attack(name: str) -> None:
    tally = campaign.run(name, seed=0)
    assert sum(tally.values()) >= campaign.limits_of(name).count
