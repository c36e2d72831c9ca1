"""How the pages write numbers and tables."""

from __future__ import annotations

import math
from typing import Any

NOTHING = "—"


def table(head: list[str], body: list[list[str]]) -> str:
    """Write a table; the first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def digits(value: float | None, wanted: int = 3) -> str:
    """Write a number with so many digits that say something, without an exponent if it can."""
    if value is None:
        return NOTHING
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent >= 6 or exponent < -4:
        mantissa = value / 10.0**exponent
        return f"{mantissa:.{wanted - 1}f}e{exponent}".replace("-", "−")
    return f"{value:.{max(0, wanted - 1 - exponent)}f}".replace("-", "−")


def times(seconds: float | None) -> str:
    """Write a time in the unit that suits it."""
    if seconds is None:
        return NOTHING
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-6)} µs"


def whole(value: int) -> str:
    """Write a whole number in groups of three."""
    return f"{value:,}".replace(",", " ")


def machine_line(found: dict[str, Any]) -> str:
    """Describe the machine of a result."""
    m = found["machine"]
    return (
        f"{m['cpu']} ({m['family']}, {m['vectors']}), {m['cores']} cores, {m['memory_gib']} GiB, "
        f"{m['system']}, {m['libc']}, transparent huge pages {m['huge_pages']}"
    )


def version_line(found: dict[str, Any]) -> str:
    """List the versions of a result."""
    return ", ".join(f"{name} {number}" for name, number in found["versions"].items())
