"""Ratios, best peers and verdicts of the performance page."""

from __future__ import annotations

from typing import Any

import pytest

from speed_bars import bars_of, best_peer, ratio


def found(classes: int = 1_000, **forward: list[float | None]) -> dict[str, Any]:
    names = {"ours": "crossent, NumPy", "plain": "NumPy", "jit": "jax.jit", "read": "memory"}
    times: dict[str, Any] = {names[k]: v for k, v in forward.items() if k != "read"}
    seconds: dict[str, Any] = {"forward": times}
    if "read" in forward:
        seconds["read"] = {"memory": forward["read"]}
    return {
        "name": f"8x{classes}",
        "rows": 8,
        "classes": classes,
        "size": "large",
        "seconds": seconds,
    }


def test_ratios_are_taken_within_a_round() -> None:
    got = ratio(
        found(ours=[1.0, 10.0, 2.0], plain=[2.0, 30.0, None]), "forward", "crossent, NumPy", "NumPy"
    )
    assert got is not None
    assert (got.median, got.low, got.high) == (2.5, 2.0, 3.0)


def test_the_best_peer_is_none_of_ours() -> None:
    times = found(ours=[1.0, 1.0], plain=[9.0, 3.0], jit=[4.0, 5.0])
    assert best_peer(times, "forward") == "jax.jit"


@pytest.mark.parametrize(
    ("classes", "slower", "verdict"),
    [(1_000, 1.61, "met"), (1_000, 1.2, "missed by 25 %"), (10, 1.31, "met"), (32, 1.11, "met")],
)
def test_verdicts(classes: int, slower: float, verdict: str) -> None:
    (bar, *_) = bars_of(found(classes, ours=[1.0, 1.0], jit=[slower, slower]))
    assert bar.against == "jax.jit"
    assert bar.verdict == verdict


def test_reading_is_a_bar_from_a_thousand_classes_on() -> None:
    times = {"ours": [2.0, 2.0], "jit": [4.0, 4.0], "read": [1.0, 1.0]}
    (_, reading) = bars_of(found(1_000, **times))
    assert (reading.got.median, reading.met, reading.verdict) == (2.0, False, "missed by 18 %")
    assert len(bars_of(found(10, **times))) == 1
