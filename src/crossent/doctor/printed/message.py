"""What a message of a framework is, and what it says about a cause."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from crossent.doctor.pasted import pattern_of


@dataclass(frozen=True)
class Says:
    """How well a message fits a cause, from 0 to 1, and what it says about this case."""

    score: float
    text: str
    fix: str = ""
    """What to do in the framework that printed it; empty: what the check says."""


Read = Callable[[re.Match[str]], Says | None]

SYMPTOM: Final = "symptom"
"""Stands for a framework where people say what they see, and no software printed it."""


@dataclass(frozen=True)
class Message:
    """A message of a framework that a cause ends in.

    Parameters
    ----------
    code : str
        The cause.
    framework : str
        Whose message it is, as people name it, or `SYMPTOM`.
    pattern : str
        A regular expression that finds it in pasted text as `pasted.plain` gives it. White space
        stands for any white space, a backquote for any single quote, and case does not matter.
    says : str or function
        What it tells: a text, or a function of the match that reads its numbers and returns None
        if they speak against this cause.
    score : float
        How sure the cause is, where `says` is a text.
    fix : str
        What to do in that framework, where it is not what the check advises.
    """

    code: str
    framework: str
    pattern: str
    says: str | Read
    score: float = 0.8
    fix: str = ""

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, made when it is first needed."""
        return re.compile(pattern_of(self.pattern), re.IGNORECASE | re.DOTALL)

    def read(self, text: str) -> Says | None:
        """Return what the message says if the text holds it."""
        found = self.compiled.search(text)
        if found is None:
            return None
        if isinstance(self.says, str):
            return Says(self.score, self.says, self.fix)
        says = self.says(found)
        return says if says is None or says.fix else replace(says, fix=self.fix)
