"""How the tables of the documentation write a number."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Write a value with five digits, the same on every machine."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value + 0.0:.5g}".replace("-", "−")  # + 0.0: no minus before a zero
