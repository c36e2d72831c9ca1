"""Every cache of the package that can grow, and the bound of each.

(The switches of the kernels are in :mod:`crossent.kernels.config`.)
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable
from typing import Any, Final


class Kept(dict[Hashable, Any]):
    """A dict with at most so many entries: a new entry replaces the oldest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def keep(self, key: Hashable, value: Any) -> None:
        """Add an entry."""
        self[key] = value
        while len(self) > self.most:
            # Another thread may take the oldest one, or change the dict, in between.
            with contextlib.suppress(KeyError, RuntimeError, StopIteration):
                del self[next(iter(self))]


PLANS: Final = Kept(256)
"""Plans of calls that the kernels served; a program has a few, but batches may be of any size."""

LOOKED_AT: Final = Kept(4096)
"""Losses and shapes of which the values on an accelerator were looked at once."""

WARNED: Final = Kept(256)
"""Drop-ins and shapes for which a softmax before the loss was told of."""
