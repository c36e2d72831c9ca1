"""Calls whose arguments have no names that a function knows: an error that names its own.

The losses look at their arguments themselves: a function around them would be traced too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Final, ParamSpec, TypeVar

from crossent.core.errors import OptionNameError
from crossent.core.messages import options as messages
from crossent.core.options import TABLE
from crossent.core.other_names import PREDICTIONS, TARGETS

LABELS_FIRST: Final = {TARGETS: "labels", PREDICTIONS: "predictions"}
"""What the functions that read files call them."""

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])


def without_misuse(function: F) -> F:
    """Show the signature of a loss as it is to be called.

    What a loss takes only to refuse it, `nameless` and `unknown`, is left out, and labels and
    predictions have no default.
    """
    signed = signature(function)
    shown = [
        parameter.replace(default=Parameter.empty)
        if parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
        else parameter
        for name, parameter in signed.parameters.items()
        if name not in ("nameless", "unknown")
    ]
    function.__signature__ = signed.replace(parameters=shown)  # type: ignore[attr-defined]
    return function


def by_our_names(
    call: str,
    arrays: Mapping[str, str] = messages.OWN_ARRAYS,
    *,
    required: bool = True,
    of_result: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function name its own arguments where a call names others.

    `arrays` has what its labels and predictions are called, and whether they are `required`. With
    `of_result` the options of losses are those of what it returns.
    """

    def of(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except TypeError:
                wrong = _wrong(function, args, kwargs, call, arrays, required, of_result)
                if wrong is None:
                    raise
            raise wrong from None

        return called

    return of


def _wrong(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    call: str,
    arrays: Mapping[str, str],
    required: bool,
    of_result: bool,
) -> OptionNameError | None:
    """Return what is wrong with the names of a call; None if the function can be called so."""
    signed = signature(function)
    try:
        signed.bind(*args, **kwargs)
    except TypeError:
        pass
    else:
        return None
    kinds = {name: parameter.kind for name, parameter in signed.parameters.items()}
    takes_more = Parameter.VAR_KEYWORD in kinds.values()
    known = [name for name, kind in kinds.items() if kind is not Parameter.VAR_KEYWORD]
    options = [*known, *(TABLE if takes_more else ())]
    placed = [name for name, kind in kinds.items() if kind is Parameter.POSITIONAL_OR_KEYWORD]
    unknown = {name: value for name, value in kwargs.items() if name not in options}
    if of_result and (meant := next((name for name in unknown if name in TABLE), None)):
        return messages.option_of_result(meant)
    given = {*placed[: len(args)], *kwargs}
    nameless = args[len(placed) :]
    absent = [key for key, name in arrays.items() if name not in given]
    if not (unknown or nameless or absent):
        return None
    named = [name for name in options if name not in {"self", *arrays.values()}]
    return messages.wrong_arguments(
        call, named, unknown, nameless, absent, arrays, required=required
    )
