"""Libraries that only some formats need."""

from __future__ import annotations

import importlib
from types import ModuleType

from crossent.stream.readers._protocol import SpecError


def needed(module: str, library: str, extra: str, name: str) -> ModuleType:
    """Import a module of a library, or raise a SpecError that names the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise SpecError(
            name, f"is read with {library}, which is not installed: pip install 'crossent[{extra}]'"
        ) from None
