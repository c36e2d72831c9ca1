"""Shapes, modes and what is timed in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

UPSTREAM = 0.37
"""An upstream gradient that is no power of two."""

MODES = {
    "forward": "forward",
    "fresh": "value and gradient, fresh buffer",
    "kept": "value and gradient, kept buffer",
    "upstream": f"value and gradient, upstream gradient {UPSTREAM}",
}


@dataclass(frozen=True)
class Shape:
    """Float32 logits of so many rows and classes."""

    rows: int
    classes: int
    size: str  # "large": the bars hold there; "medium": 65 MB, reported only; "small"

    @property
    def name(self) -> str:
        return f"{self.rows}x{self.classes}"

    @property
    def bytes(self) -> int:
        return 4 * self.rows * self.classes

    def arrays(self) -> tuple[Any, Any]:
        """Return labels and logits, the same in every process."""
        rng = np.random.default_rng(self.rows)
        x = rng.standard_normal((self.rows, self.classes), dtype=np.float32)
        x *= 3
        return rng.integers(0, self.classes, self.rows), x


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(8_000_000, 10, "large"),
        Shape(2_000_000, 32, "large"),
        Shape(65_536, 1_000, "large"),
        Shape(2_048, 32_000, "large"),
        Shape(512, 128_256, "large"),
        Shape(1_600_000, 10, "medium"),
        Shape(500_000, 32, "medium"),
        Shape(16_384, 1_000, "medium"),
        Shape(512, 32_000, "medium"),
        Shape(128, 128_256, "medium"),
        Shape(8, 10, "small"),
    )
}

QUICK = {shape.name: shape for shape in (Shape(4_000, 10, "large"), Shape(64, 1_000, "large"))}
"""For a look that takes seconds: nothing about speed can be read off them."""


def modes_of(contender: Any, size: str) -> list[str]:
    """Return the modes of a contender. With memory kept by malloc every buffer is a kept one."""
    if contender.kept:
        found = ["forward", "kept"]
    elif contender.peer == "sklearn" or (contender.ours and contender.form == "numpy"):
        found = ["forward", "fresh", "kept"]
    else:
        found = ["forward", "fresh"]
    has_upstream = contender.peer in ("torch", "jax", "tensorflow") or contender.form == "torch"
    return [*found, "upstream"] if has_upstream and size != "medium" else found
