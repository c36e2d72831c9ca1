"""A pytest plugin (``-p no_frameworks``): in this process, importing a framework is an error.

It makes "the NumPy tests need NumPy alone" a fact that is tested, not a habit.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

FRAMEWORKS = frozenset({"jax", "keras", "tensorflow", "torch"})


class Refuse(MetaPathFinder):
    """Finds a framework first, and says that it is not to be had here."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in FRAMEWORKS:
            message = f"{fullname} is not imported by the tests that run without a framework"
            raise ModuleNotFoundError(message, name=fullname)
        return None


sys.meta_path.insert(0, Refuse())
