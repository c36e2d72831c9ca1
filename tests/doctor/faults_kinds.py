"""What a fault is that is put into a healthy case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from doctor.healthy import Healthy

Change = Callable[[Healthy], Healthy | None]


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and what must be said."""

    name: str
    code: str
    change: Change
    beside: tuple[str, ...] = ()  # codes that are right too
