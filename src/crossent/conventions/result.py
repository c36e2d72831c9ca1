"""What `conventions` returns: the numbers, and which of them is the one that was seen."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

TOLERANCE = 1e-4
"""How near a number must be to the observed one, relative to it where it is above 1."""


@dataclass(frozen=True)
class Value:
    """One number and where it comes from.

    Parameters
    ----------
    whose : str
        The library; empty where no library means this number.
    how : str
        The call, or what was done.
    value : float
        In nats unless `how` says otherwise.

    Examples
    --------
    >>> import crossent as ce
    >>> value = ce.conventions([0, 1], [[0.5, 0.5], [0.25, 0.75]], from_logits=False).values[0]
    >>> value.whose, round(value.value, 4)
    ('crossent', 0.4904)
    """

    whose: str
    how: str
    value: float

    @property
    def name(self) -> str:
        return f"{self.whose}: {self.how}" if self.whose else self.how


@dataclass(frozen=True)
class Conventions:
    """The loss of the same rows under each convention.

    Parameters
    ----------
    values : tuple of Value
        What libraries compute.
    others : tuple of Value
        What other units, divisors and common mistakes make of it.
    rows : int
        Rows that were read.
    reading : str
        How the predictions were read.
    observed : float or None
        The number that was to be found.

    Examples
    --------
    >>> import crossent as ce
    >>> p = [[0.5, 0.5], [0.25, 0.75]]
    >>> found = ce.conventions([0, 1], p, from_logits=False, observed=0.7075)
    >>> found.matches[0].how
    'crossent: sparse_categorical_crossentropy(...), in bits'
    """

    values: tuple[Value, ...]
    others: tuple[Value, ...]
    rows: int
    reading: str
    observed: float | None = None

    @property
    def matches(self) -> tuple[Value, ...]:
        """The values within 1e-4 of the observed one; those of libraries first."""
        if self.observed is None:
            return ()
        return tuple(v for v in (*self.values, *self.others) if near(v.value, self.observed))

    def to_dict(self) -> dict[str, object]:
        """Return everything as plain objects; numbers that JSON lacks are strings."""
        return {
            "rows": self.rows,
            "reading": self.reading,
            "conventions": [_plain(value) for value in self.values],
            "others": [_plain(value) for value in self.others],
            "observed": None if self.observed is None else _number(self.observed),
            "matches": [value.name for value in self.matches],
        }

    def to_json(self) -> str:
        """Return everything as one JSON object."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False)

    def __str__(self) -> str:
        lines = [f"{self.rows} rows, {self.reading}", "", *_table(self.values)]
        if not math.isfinite(self.values[0].value):
            lines += [
                "",
                "Some row has no finite loss: crossent doctor LABELS PREDICTIONS, or "
                "ce.diagnose(labels,",
                "predictions), says which and why.",
            ]
        if self.observed is None:
            lines += ["", "the same rows, other numbers", *_table(self.others)]
            return "\n".join(lines)
        if self.matches:
            lines += ["", f"observed {self.observed:g} is", *_table(self.matches)]
            return "\n".join(lines)
        every = (*self.values, *self.others)
        lines += [
            "",
            f"observed {self.observed:g}: none of these {len(every)} numbers is it, so that rows, "
            "weights or the model differ.",
        ]
        finite = [value for value in every if math.isfinite(value.value)]
        if finite and math.isfinite(self.observed):
            nearest = min(finite, key=lambda value: abs(value.value - float(self.observed or 0)))
            lines += [f"The nearest is {nearest.value:.6g},", f"{nearest.name}."]
        return "\n".join(lines)


def near(value: float, observed: float) -> bool:
    """Whether a value reproduces the observed one."""
    if math.isnan(observed) or math.isinf(observed):
        return value == observed or (math.isnan(value) and math.isnan(observed))
    return abs(value - observed) <= TOLERANCE * max(1.0, abs(observed))


def _table(values: Iterable[Value]) -> list[str]:
    return [f"{value.value:<12.7g} {value.name}" for value in values]


def _plain(value: Value) -> dict[str, object]:
    return {"whose": value.whose, "how": value.how, "value": _number(value.value)}


def _number(value: float) -> object:
    return value if math.isfinite(value) else str(value)
