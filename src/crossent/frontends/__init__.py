"""Which framework an array belongs to, told by its type alone, without importing anything."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final, cast

from crossent.frontends._protocol import FrontEnd
from crossent.messages import options as messages

MODULE_OF: Final[dict[str, str]] = {
    "numpy": "numpy",
    "builtins": "numpy",
    "pandas": "numpy",
    "ml_dtypes": "numpy",
    "tensorflow": "tensorflow",
}
"""Root module of an array's type, and the file of its front end."""


def front_end_for(name: str, array: object) -> FrontEnd:
    """Return the front end of an array.

    Raises
    ------
    ArrayKindError
        If the array belongs to a framework that has no front end.
    """
    found = framework_of(type(array))
    if found is None:
        kind = f"{type(array).__module__}.{type(array).__qualname__}"
        raise messages.unknown_framework(name, kind, sorted(set(MODULE_OF.values())))
    return _load(found)


def framework_of(kind: type) -> str | None:
    """Return the name of the front end for a type of arrays, or None."""
    for base in kind.__mro__:
        if base is object:
            continue
        found = MODULE_OF.get(base.__module__.partition(".")[0])
        if found is not None:
            return found
    return None


@cache
def _load(name: str) -> FrontEnd:
    module = importlib.import_module(f"crossent.frontends.{name}")
    return cast(FrontEnd, module.FRONT_END)
