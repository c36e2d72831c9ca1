"""Who called: the frames of Python above a call, where a framework does not say it otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from types import FrameType
from typing import Final

MOST: Final = 120


def callers(most: int = MOST) -> Iterator[FrameType]:
    """Yield the frames above the one that asks, the nearest first."""
    return islice(_outwards(sys._getframe(1)), most)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def module_of(frame: FrameType) -> str:
    """Return the name of the module whose code a frame runs."""
    return str(frame.f_globals.get("__name__", ""))
