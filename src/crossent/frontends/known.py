"""Calls like one before: of the same options, and arrays of the same shapes and dtypes.

On small arrays it takes longer to find out what is asked than to compute it. So the plan of a call
that the kernels served is kept, if it has labels and predictions alone. A call like it goes to the
kernels at once; where they find anything to complain of, it takes the usual way after all.
"""

from __future__ import annotations

from typing import Any

from crossent.errors import ArrayKindError
from crossent.frontends import front_end_for
from crossent.frontends._protocol import FrontEnd
from crossent.kept import PLANS
from crossent.options import Function, plain_words
from crossent.plan import Plan


class Known:
    """What is known of a call before its values are."""

    __slots__ = ("front", "plan", "rows")

    def __init__(self, front: Any, plan: Plan) -> None:
        self.front, self.plan = front, plan
        self.rows: Any = None  # of the kernels, without the arrays


def find_known(
    function: Function, y_true: object, y_pred: object, given: dict[str, object]
) -> Known | None:
    """Return what is known of a call, if one like it was kept."""
    try:
        front = front_end_for("y_pred", y_pred)
    except ArrayKindError:
        return None  # which is said when the options have been looked at
    layout = _layout(front, y_true, y_pred)
    if layout is None:
        return None
    found: Known | None = PLANS.get((function, plain_words(function, given), layout))
    return found


def keep_known(
    front: FrontEnd,
    function: Function,
    y_true: object,
    y_pred: object,
    given: dict[str, object],
    plan: Plan,
) -> None:
    """Keep the plan of a call, if its arrays are taken as they are."""
    one_class = plan.kind == "index" and (
        plan.options.from_logits or not plan.options.label_smoothing
    )
    as_they_are = one_class and plan.label_axis is None and plan.axis == plan.rank - 1
    layout, words = _layout(front, y_true, y_pred), plain_words(function, given)
    if as_they_are and layout is not None and words is not None:
        PLANS.keep((function, words, layout), Known(front, plan))


def _layout(front: FrontEnd, y_true: object, y_pred: object) -> object | None:
    """Return what tells arrays from others where a front end says so, else None."""
    # Asked of the class itself: a front end built upon another one has a `run` of its own.
    layout = vars(type(front)).get("layout")
    return None if layout is None else layout(front, y_true, y_pred)
