"""Which fault values have: facts become a code, which an error and the doctor word (CExxx).

An error and a report never name different causes for the same data, because both ask here.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from crossent.core.label_facts import LabelFacts
from crossent.core.target_facts import TargetFacts

HostArray = npt.NDArray[Any]

SENTINELS: Final = (-1, -100, -2, 255, 65535)
"""Numbers that mark places without a label."""

FAR_SENTINELS: Final = (999, 9999, 99999)
"""The same, where they lie far above the classes."""

NAN_AS_INTEGER: Final = (-(2**31), -(2**63), 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
"""What NaN, infinity or -1 becomes when it is cast to an integer type."""

GREYS: Final = (127, 128, 192, 254, 255)
"""Levels that masks in image files often have."""

NARROW: Final = {"uint8": 2**8, "int8": 2**7, "uint16": 2**16, "int16": 2**15}
"""How many numbers from 0 the small integer types have."""

FEW: Final = 20
"""Labels for each class: among fewer a class may be missing by chance."""


def of_labels(facts: LabelFacts) -> str | None:
    """Return the code of what is wrong with class indices; None if nothing is.

    What a cast has made comes before all others, since no class explains it; then what one line
    fixes for all labels (counting from 1, one mark, grey levels).
    """
    if facts.nan:
        return "CE312"
    if facts.fractional:
        return "CE111"
    if cast_nan(facts):
        return "CE312"
    if not facts.outside_values:
        return None
    if is_narrow(facts) or wrapped_mark(facts) is not None:
        return "CE311"
    if counts_from_one(facts):
        return "CE104"
    if mark(facts) is not None:
        return "CE103"
    if is_grey(facts) or between_greys(facts)[1]:
        return "CE210"
    return "CE101"


def cast_nan(facts: LabelFacts) -> list[int]:
    """Return the labels that a missing value becomes when it is cast to an integer type."""
    return [value for value in NAN_AS_INTEGER if value in facts.odd]


def is_narrow(facts: LabelFacts) -> bool:
    """Whether the type of the labels does not hold every class."""
    limit = NARROW.get(facts.dtype)
    return limit is not None and (facts.classes or 0) > limit


def wrapped_mark(facts: LabelFacts) -> int | None:
    """Return the label that a negative number to be ignored has become in an unsigned type."""
    limit = NARROW.get(facts.dtype)
    if limit is None or not facts.dtype.startswith("u"):
        return None
    for given in facts.ignore:
        wrapped = int(given) % limit
        outside = facts.classes is None or wrapped >= facts.classes
        if given < 0 and outside and facts.count_of(wrapped):
            return wrapped
    return None


def counts_from_one(facts: LabelFacts) -> bool:
    """Whether labels run from 1 to C, but for marks, and 0 is neither there nor left out."""
    classes, present = facts.classes or 0, without_marks(facts)
    if not present or 0 in facts.ignore or min(present) < 1 or max(present) != classes:
        return False
    return min(present) == 1 or facts.kept < FEW * classes


def without_marks(facts: LabelFacts) -> list[int]:
    """Return the distinct labels but for marks that are no class, nor the number after the last."""
    classes = facts.classes or 0
    return [v for v in facts.present if v not in SENTINELS or 0 <= v <= classes]


def mark(facts: LabelFacts) -> int | None:
    """Return the one number beside the classes that marks labels which are missing."""
    if len(facts.outside_values) != 1:
        return None
    (value,), inside, classes = facts.outside_values, facts.inside_values, facts.classes or 0
    if value in NAN_AS_INTEGER or (value == 255 and classes == 2 and inside == [0]):
        return None  # black and white
    far = value in FAR_SENTINELS and bool(inside) and value >= 2 * classes + max(inside)
    return value if value in SENTINELS or (value < 0 and inside) or far else None


MinusOne = Literal[
    "signs",  # -1 and 1 are the two classes
    "from minus one",  # -1 .. C-2 are the classes
    "no column",  # the columns may lack a class
]
"""What -1 may be beside a mark for labels that are missing."""

ENOUGH: Final = 10
"""Labels for each class, from which on a frequency tells something."""

MOST_SIGNED: Final = 10
"""Up to so many classes -1 may well be one of them."""


def minus_one(facts: LabelFacts) -> MinusOne | None:
    """Return what else -1 may be than a mark: it is as frequent as a class is."""
    classes, inside = facts.classes or 0, facts.inside_values
    if mark(facts) != -1 or not 2 <= classes <= MOST_SIGNED or facts.kept < ENOUGH * classes:
        return None
    if 2 * facts.count_of(-1) * (classes + 1) < facts.kept:
        return None
    if classes == 2 and inside == [1]:
        return "signs"
    if inside == list(range(classes - 1)):
        return "from minus one"
    return "no column" if inside == list(range(classes)) else None


def sides(facts: LabelFacts) -> tuple[list[int], list[int]]:
    """Part labels that are no class: marks of missing ones, and what is beyond."""
    marks = [v for v in facts.outside_values if v < 0 or v in SENTINELS]
    return marks, [v for v in facts.outside_values if v not in marks]


def is_grey(facts: LabelFacts) -> bool:
    """Whether labels are a few levels of grey: what divides all of them is above 1."""
    if not _are_levels(facts):
        return False
    if set(facts.present) <= {0, *GREYS} and len(facts.outside_values) > 1:
        return True
    return facts.greatest_divisor > 1 and 2 <= len(facts.present) <= (facts.classes or 0)


def between_greys(facts: LabelFacts) -> tuple[list[int], list[int]]:
    """Return frequent levels, and the rare ones between them that a smooth resize of a mask makes.

    There are none of these where labels look otherwise. A rare level is less than 2 % of all.
    """
    classes = facts.classes or 0
    rare = {v for v in facts.present if facts.count_of(v) < 0.02 * facts.kept}
    frequent = [v for v in facts.present if v not in rare]
    if not _are_levels(facts) or not 2 <= len(frequent) <= classes:
        return frequent, []
    if len(facts.present) <= classes or max(frequent) < classes:
        return frequent, []
    inner = [v for v in facts.present if v in rare and min(frequent) < v < max(frequent)]
    few = sum(facts.count_of(v) for v in rare) <= 0.1 * facts.kept
    return frequent, inner if few and len(inner) >= max(3, len(rare) // 2) else []


def _are_levels(facts: LabelFacts) -> bool:
    low, high = facts.low, facts.high
    return low is not None and high is not None and low >= 0 and high <= 255 >= (facts.classes or 0)


TargetFault = Literal[
    "several ones",  # and nothing but 0 and 1
    "not finite",
    "negative",
    "percent",  # every row sums to 100
    "counts",  # whole numbers
    "sums",  # rows sum to something else
    "zeros",  # a row has no label
]


def of_targets(facts: TargetFacts) -> tuple[str, TargetFault] | None:
    """Return code and kind of what is wrong with rows of targets; None if nothing is.

    What stands first explains the most rows: a softmax fixes negative numbers and their sums.
    """
    if facts.is_multi_label:
        return "CE301", "several ones"
    if facts.nan:
        return "CE308", "not finite"
    if facts.negative:
        return "CE308", "negative"
    if facts.off:
        if abs(facts.sum_low - 100) < 1 and abs(facts.sum_high - 100) < 1:
            return "CE308", "percent"
        return "CE308", "counts" if facts.whole and facts.sum_low >= 1 else "sums"
    return ("CE308", "zeros") if facts.zeros else None


DARKEST: Final = 100
"""An image whose brightest pixel is not above has no levels from 0 to 255."""

ElementFault = Literal[
    "not finite",
    "cast",  # it was not, before it became an integer
    "signs",  # -1 and 1 for no and yes
    "from one",  # 1 and 2
    "two levels",  # 0 and one level of grey, such as 255
    "bytes",  # levels of grey
    "indices",  # numbers of classes
    "outside",
]


def of_elements(facts: LabelFacts) -> tuple[str, ElementFault] | None:
    """Return code and kind of what is wrong with the targets of elements; None if nothing is."""
    if facts.nan:
        return "CE312", "not finite"
    if cast_nan(facts):
        return "CE312", "cast"
    present = facts.present
    if set(present) <= {0, 1} and facts.fraction_low >= 0 and facts.fraction_high <= 1:
        return None
    low, high = _ends(facts)
    if facts.fractional:
        return "CE308", "bytes" if low >= 0 and DARKEST < high <= 255 else "outside"
    if set(present) <= {-1, 1}:
        return "CE308", "signs"
    if set(present) <= {1, 2}:
        return "CE308", "from one"
    if high in GREYS and set(present) <= {0, high}:
        return "CE308", "two levels"
    if low >= 0 and DARKEST < high <= 255 and len(present) > 2 and present != [0, 1, 255]:
        return "CE308", "bytes"
    return "CE308", "indices" if len(present) > 2 and low >= 0 and high != 255 else "outside"


def _ends(facts: LabelFacts) -> tuple[float, float]:
    """Return the smallest and the largest target."""
    low, high = facts.low, facts.high
    return (
        min(np.inf if low is None else low, facts.fraction_low),
        max(-np.inf if high is None else high, facts.fraction_high),
    )


def of_probabilities(
    *, outside: bool, far: bool, zeros: bool, off: bool
) -> tuple[str, Literal["error", "warning"]] | None:
    """Return code and severity of what is wrong with rows of probabilities; None if nothing is.

    Parameters
    ----------
    outside : bool
        Whether some row holds a number outside of [0, 1]: it looks like logits.
    far : bool
        Whether some row misses a sum of 1 by more than any precision explains, and holds more
        than zeros.
    zeros : bool
        Whether some row holds zeros alone.
    off : bool
        Whether some row misses a sum of 1 by more than its own precision explains.
    """
    if outside:
        return "CE106", "error"
    if far:
        return "CE406", "error"
    if zeros:
        return "CE214", "error"
    return ("CE406", "warning") if off else None


def is_weight(number: float) -> bool:
    """Whether one Python number is a weight, in a form that compilers follow (CE314)."""
    return number >= 0 and math.isfinite(number)


def bad_weights(weights: HostArray) -> npt.NDArray[np.bool_]:
    """Which weights are negative, NaN or infinite (CE314)."""
    wide = weights.astype(np.float64)
    return np.asarray(~((wide >= 0) & np.isfinite(wide)))


def are_weights(weights: HostArray) -> bool:
    """Whether no weight is negative, NaN or infinite, told by the ends of all."""
    if not weights.size or weights.dtype.kind not in "iuf":
        return not bad_weights(weights).any()
    low, high = np.minimum.reduce(weights, axis=None), np.maximum.reduce(weights, axis=None)
    return bool(low >= 0 and high < np.inf)


def is_class(key: object, classes: int) -> bool:
    """Whether the key of a dict of class weights names a class."""
    whole = isinstance(key, int | np.integer) and not isinstance(key, bool)
    return whole and 0 <= key < classes  # type: ignore[operator]


def weighed_classes(occurs: npt.NDArray[np.bool_], smoothing: float) -> npt.NDArray[np.bool_]:
    """Which classes need a weight (CE314): those that occur, and all where labels are smoothed."""
    return occurs | (smoothing > 0)
