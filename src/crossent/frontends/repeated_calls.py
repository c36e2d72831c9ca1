"""Repeated calls: the same options, and arrays of the same shapes and dtypes.

On small arrays it takes longer to find out what is asked than to compute it. So the plan of a call
that the kernels served is kept, if it has labels and predictions alone. A call like it goes to the
kernels at once; where they find anything to complain of, it takes the usual way after all.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from crossent.core.caches import PLANS
from crossent.core.errors import ArrayKindError
from crossent.core.options import Function
from crossent.core.plan import Plan
from crossent.frontends import front_end_for
from crossent.frontends._protocol import FrontEnd, HostKernels
from crossent.frontends.route import Regime
from crossent.kernels import config

SINGLE: Final = frozenset({bool, int, float, str})
"""Types of options that are looked up."""


class Known:
    """What is known about a repeated call before its values are read."""

    __slots__ = ("front", "kernels", "plan", "regime", "rows")

    def __init__(self, front: FrontEnd, kernels: HostKernels, plan: Plan, regime: Regime) -> None:
        self.front, self.kernels, self.plan, self.regime = front, kernels, plan, regime
        self.rows: Any = None  # of the kernels, without the arrays


def key_of(
    function: Function, y_true: object, y_pred: object, given: dict[str, object]
) -> tuple[FrontEnd | None, Hashable | None]:
    """Return whose arrays a call has, and under which key it is kept; None if it is not.

    `given` are the options that were asked for beyond the defaults.

    That `y_pred` is no array is said in its time, when the options have been looked at.
    """
    try:
        front = front_end_for("y_pred", y_pred)
    except ArrayKindError:
        return None, None
    layout = None if front.kernels is None else front.kernels.layout(y_true, y_pred)
    words = None if layout is None else _plain_words(given)
    return front, None if words is None else (function, words, layout)


def _plain_words(given: dict[str, object]) -> tuple[tuple[str, object, type], ...] | None:
    """Return options to be looked up; None if one is more than a single word or number.

    Types are told too: of 1 and True, which are equal, each means something only here and there.
    """
    words = tuple([(name, value, type(value)) for name, value in given.items()])
    for _, _, kind in words:
        if kind not in SINGLE:
            return None
    return words


def known_under(key: Hashable | None) -> Known | None:
    """Return what is known of a call, if one like it was kept and kernels are still on."""
    found: Known | None = None if key is None else PLANS.get(key)
    return found if found is not None and config.enabled() else None


def keep_known(front: FrontEnd, key: Hashable, plan: Plan, regime: Regime | None) -> Known | None:
    """Keep the plan of a call that the kernels serve, if calls like it can be known."""
    kernels = front.kernels
    if kernels is None or regime is None:
        return None
    known = Known(front, kernels, plan, regime)
    PLANS.keep(key, known)
    return known
