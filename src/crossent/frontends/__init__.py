"""Which framework an array belongs to, told by its type alone, without importing anything."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from crossent.core.messages import options as messages
from crossent.frontends._protocol import FrontEnd

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

MODULE_OF: Final[dict[str, str]] = {
    "numpy": "numpy",
    "builtins": "numpy",
    "pandas": "numpy",
    "ml_dtypes": "numpy",
    "tensorflow": "tensorflow",
    "jax": "jax",
    "jaxlib": "jax",
    "torch": "torch",
}
"""Root module of an array's type, and the folder of its front end."""

GROUP: Final = "crossent.front_ends"
"""Entry points of other packages: the root module of an array's type, and a front end object."""


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
        known = sorted({*MODULE_OF.values(), *_plugged()})
        raise messages.unknown_framework(name, kind, known)
    if found == "torch":
        # torch.compile looks through a statement, not through importlib.
        from crossent.frontends.torch import front_end as torch_front_end

        return torch_front_end.FRONT_END
    return _load(found)


def framework_of(kind: type) -> str | None:
    """Return the name of the front end for a type of arrays, or None."""
    for base in kind.__mro__:
        if base is object:
            continue
        found = MODULE_OF.get(base.__module__.partition(".")[0])
        if found is not None:
            return found
    # Installed packages are looked through only for what crossent does not know itself.
    roots = {base.__module__.partition(".")[0] for base in kind.__mro__}
    return next(iter(roots & set(_plugged())), None)


@cache
def _plugged() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # slow to import, and hardly ever asked for

    return {point.name: point for point in entry_points(group=GROUP)}


@cache
def _load(name: str) -> FrontEnd:
    if name not in MODULE_OF.values():
        return cast(FrontEnd, _plugged()[name].load())
    module = importlib.import_module(f"crossent.frontends.{name}.front_end")
    return cast(FrontEnd, module.FRONT_END)
