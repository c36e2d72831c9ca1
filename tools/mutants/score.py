"""How many mutants the tests have seen, area by area, with Wilson's interval."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

Z = 1.959963984540054  # 95 %


def wilson(seen: int, of: int) -> tuple[float, float]:
    """The interval of a share at 95 % [Wilson 1927]."""
    if not of:
        return 0.0, 1.0
    share, square = seen / of, Z * Z / of
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(share * (1 - share) / of + square / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def table(results: list[dict[str, Any]]) -> str:
    """One line an area and one for all; those said to change nothing count as seen."""
    areas: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in results:
        areas[one["area"]].append(one)
    rows = [*sorted(areas.items()), ("all", results)]
    text = f"{'area':<18}{'mutants':>8}{'seen':>6}{'same':>6}{'unseen':>8}{'score':>8}  95 %\n"
    for area, found in rows:
        seen = sum(one["verdict"] == "seen" for one in found)
        same = sum(one["verdict"] == "same" for one in found)
        low, high = wilson(seen + same, len(found))
        share = (seen + same) / len(found) if found else 0.0
        text += (
            f"{area:<18}{len(found):>8}{seen:>6}{same:>6}{len(found) - seen - same:>8}"
            f"{share:>8.1%}  {low:.1%} to {high:.1%}\n"
        )
    return text
