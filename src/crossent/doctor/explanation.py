"""What `explain` returns: likely causes, the likeliest first."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from typing import Final, Literal

from crossent.doctor.report import WIDTH

CODE: Final = re.compile(r"\s*CE[ -]?(\d{1,4})\s*", re.IGNORECASE)
"""A code as people write it."""

Kind = Literal["code", "message", "value", "unknown"]

SURE: Final = 0.7
"""A message whose likeliest reading fits less well is printed where no loss is wrong, too."""


_UNSURE: Final = (
    "Code other than a loss also prints this message. If the loss printed it, this is likely:"
)
_INSTEAD: Final = (
    "Send the last line of the error with its numbers and shapes, or a loss value with all of "
    "its digits. The data itself gives a sure answer: ce.diagnose(y_true, y_pred), or "
    "ce.diagnose(y_true, num_classes=C) with labels alone (crossent doctor LABELS [PREDICTIONS] "
    "for files)."
)


@dataclass(frozen=True)
class Reading:
    """One cause that a message, a value or a code may have.

    Parameters
    ----------
    code : str
        Its code; empty where a value is nothing wrong.
    title : str
        The cause in a few words.
    score : float
        How well it fits, from 0 to 1.
    text : str
        What the message or value tells about this case.
    fix : str
        What to do.
    decided_by : str
        What decides whether it is this.

    Examples
    --------
    >>> import crossent as ce
    >>> reading = ce.explain("CE104").readings[0]
    >>> reading.fix
    'Pass y_true - 1.'
    """

    code: str
    title: str
    score: float
    text: str
    fix: str = ""
    decided_by: str = ""


@dataclass(frozen=True)
class Explanation:
    """The likely causes of a message, a value or a code.

    Parameters
    ----------
    thing : str
        What was asked about.
    kind : {"code", "message", "value", "unknown"}
        What it was taken for. ``"unknown"``: the readings are only near.
    readings : tuple of Reading
        The likeliest first; empty where nothing is near.

    Examples
    --------
    >>> import crossent as ce
    >>> ce.explain("Target 255 is out of bounds.").kind
    'message'
    """

    thing: str
    kind: Kind
    readings: tuple[Reading, ...]

    @property
    def known(self) -> bool:
        """Whether it was recognised."""
        return self.kind != "unknown"

    @property
    def codes(self) -> list[str]:
        """The codes of the readings, the likeliest first."""
        return [reading.code for reading in self.readings if reading.code]

    def __str__(self) -> str:
        lines: list[str] = []
        if not self.known:
            lines += textwrap.wrap(self._unknown(), WIDTH, break_long_words=False)
        elif self.kind == "message" and self.readings[0].score < SURE:
            lines += textwrap.wrap(_UNSURE, WIDTH, break_long_words=False)
        for number, reading in enumerate(self.readings, start=1):
            if lines:
                lines.append("")
            head = f"{reading.code} {reading.title}".strip()
            lines.append(f"{number}. {head}" if len(self.readings) > 1 else head)
            lines += _wrap("", reading.text)
            if reading.fix:
                lines += _wrap("do", reading.fix)
            if reading.decided_by and (len(self.readings) > 1 or self.kind == "code"):
                lines += _wrap("if", reading.decided_by)
        if self.kind == "message" and len(self.readings) > 1:
            lines += [
                "",
                "ce.diagnose(y_true, y_pred) tells which it is; labels alone: num_classes=C.",
            ]
        return "\n".join(lines)

    __repr__ = __str__

    def _unknown(self) -> str:
        """Say that it was not recognised, and what to send instead."""
        if CODE.fullmatch(self.thing):
            return "There is no such code; the nearest are below. crossent doctor --list has all."
        if not self.readings:
            return f"Not recognised, and no known cause is near. {_INSTEAD}"
        return f"Not recognised. The nearest known causes are below. {_INSTEAD}"

    def to_dict(self) -> dict[str, object]:
        """Return the explanation as words and lists.

        Returns
        -------
        dict
            ``thing``, ``kind`` and ``readings``.
        """
        return {
            "thing": self.thing,
            "kind": self.kind,
            "readings": [dict(vars(reading)) for reading in self.readings],
        }

    def to_json(self) -> str:
        """Return the explanation as a JSON object.

        Returns
        -------
        str
            The object of `to_dict`, indented.
        """
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)


def _wrap(name: str, text: str) -> list[str]:
    start = f"   {name:<4}"
    return textwrap.wrap(
        text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
