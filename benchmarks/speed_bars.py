"""The speed that is asked for, and whether it was reached."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from baselines import SPEED

NUMPY, TORCH, TORCH_KEPT = "crossent, NumPy", "crossent, PyTorch", "crossent, PyTorch, memory kept"
EAGER, EAGER_KEPT = "PyTorch", "PyTorch, memory kept"
FEW = 100
"""Below so many classes the bars are lower."""

BYTES_A_ROW, BYTES_ANYWAY = 64, 8 * 2**20
"""What O(rows) may cost: a few numbers a row, and the blocks that the threads work in."""

Result = dict[str, Any]


@dataclass(frozen=True)
class Ratio:
    """Median of the ratios of the rounds, with the smallest and the largest."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Bar:
    """One thing that is asked for."""

    what: str
    where: str
    wanted: float
    at_least: bool
    got: Ratio
    against: str
    unit: str = "×"

    @property
    def met(self) -> bool:
        if self.at_least:
            return self.got.median >= self.wanted
        return self.got.median <= self.wanted

    @property
    def verdict(self) -> str:
        if self.met:
            return "met"
        off = self.got.median / self.wanted
        return f"missed by {100 * (1 - off if self.at_least else off - 1):.0f} %"


def ratio(found: Result, mode: str, ours: str, theirs: str, their_mode: str = "") -> Ratio | None:
    """Return by how much `ours` is faster than `theirs`, round by round."""
    mine = found["seconds"].get(mode, {}).get(ours)
    other = found["seconds"].get(their_mode or mode, {}).get(theirs)
    if mine is None or other is None:
        return None
    pairs = zip(mine, other, strict=True)
    ratios = [b / a for a, b in pairs if a is not None and b is not None]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios)) if ratios else None


def median(found: Result, mode: str, name: str) -> float | None:
    seconds = found["seconds"].get(mode, {}).get(name)
    return None if seconds is None else statistics.median(t for t in seconds if t is not None)


def best_peer(found: Result, mode: str) -> str | None:
    """Return the peer with the smallest median time."""
    names = [name for name in found["seconds"].get(mode, {}) if name in SPEED]
    peers = [name for name in names if not SPEED[name].ours]
    return min(peers, key=lambda name: median(found, mode, name) or 0.0, default=None)


def bars_of(found: Result) -> list[Bar]:
    """Return what is asked for at one shape."""
    if found["size"] == "small":
        return _small(found)
    if found["size"] != "large":
        return []
    classes = found["classes"]
    where = found["name"]
    wanted = 1.3 if classes <= 16 else 1.1 if classes < FEW else 1.6
    bars = []
    for mode, what, at_least in (
        ("forward", "forward, NumPy", wanted),
        ("kept", "value and gradient into a kept buffer, NumPy", 1.5 if classes < FEW else 2.0),
    ):
        peer = best_peer(found, mode)
        got = None if peer is None else ratio(found, mode, NUMPY, peer)
        if peer is not None and got is not None:
            bars.append(Bar(what, where, at_least, True, got, peer))
    reading = ratio(found, "forward", NUMPY, "memory", "read")
    if reading is not None and classes >= FEW:
        slower = Ratio(1 / reading.median, 1 / reading.high, 1 / reading.low)
        bars.append(Bar("forward, NumPy, in times of reading", where, 1.7, False, slower, "read"))
    for mode, ours, peer, least in (
        ("fresh", TORCH, EAGER, 5.0),
        ("kept", TORCH_KEPT, EAGER_KEPT, 2.5 if classes >= FEW else 5.0),
    ):
        got = ratio(found, mode, ours, peer)
        if got is not None and (classes >= FEW or classes <= 16):
            what = "forward and backward, PyTorch"
            bars.append(Bar(what, where, least, True, got, peer))
    return bars


def _small(found: Result) -> list[Bar]:
    where, bars = found["name"], []
    got = ratio(found, "fresh", EAGER, TORCH)
    if got is not None:
        bars.append(Bar("forward and backward, PyTorch", where, 2.5, False, got, EAGER))
    seconds = found["seconds"]["forward"].get(NUMPY)
    if seconds is not None:
        micro = [1e6 * t for t in seconds]
        took = Ratio(statistics.median(micro), min(micro), max(micro))
        bars.append(Bar("forward, NumPy", where, 30.0, False, took, "", " µs"))
    return bars


def bars_of_memory(found: Result) -> list[Bar]:
    """Return what is asked for of the memory of a call."""
    rows, array = found["rows"], 4 * found["rows"] * found["classes"]
    allowed = rows * BYTES_A_ROW + BYTES_ANYWAY
    bars = []
    for name, modes in found["bytes"].items():
        if not SPEED[name].ours:
            continue
        for mode in ("forward", "fresh"):
            limit = (allowed + (array if mode == "fresh" else 0)) / 1e6
            got = modes[mode] / 1e6
            what = f"memory of {'forward' if mode == 'forward' else 'value and gradient'}, {name}"
            against = f"{'one array and ' if mode == 'fresh' else ''}O(rows)"
            spread = Ratio(got, got, got)
            bars.append(Bar(what, found["name"], limit, False, spread, against, " MB"))
    return bars
