"""What a check says: a finding, how grave it is, and where it stands in the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, Literal

Severity = Literal["error", "warning", "note"]

GRAVITY: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "note": 2}

SITE: Final = "errors"
"""Folder of the documentation with one page for each code."""


class Stage(IntEnum):
    """The order of a report: what comes first may be the cause of what comes later."""

    SHAPE = 0
    DTYPE = 1
    RANGE = 2
    TARGETS = 3
    PREDICTIONS = 4
    NUMERICS = 5
    REDUCTION = 6
    TRAINING = 7


@dataclass(frozen=True)
class Finding:
    """One thing that a diagnosis found.

    Parameters
    ----------
    code : str
        Stable name of the cause, such as ``"CE104"``.
    severity : {"error", "warning", "note"}
        error: the loss is wrong or cannot be computed. warning: it is very likely not what was
        meant. note: worth knowing, nothing to fix.
    title : str
        The cause in a few words.
    seen : str
        What was seen in the data, with its numbers.
    why : str
        Why that matters.
    fix : str
        What to do; a line of code where there is one.
    stage : Stage
        Where it stands in the report.

    Examples
    --------
    >>> import crossent as ce
    >>> finding = ce.diagnose([1, 2, 3, 3], num_classes=3).findings[0]
    >>> print(finding.code, finding.severity, finding.fix)
    CE104 error Pass y_true - 1.
    """

    code: str
    severity: Severity
    title: str
    seen: str
    why: str
    fix: str
    stage: Stage

    @property
    def page(self) -> str:
        """The page of the documentation about this code."""
        return f"{SITE}/{self.code}.md"

    def rewritten(self, fix: str) -> Finding:
        """Return the finding with its advice in other words."""
        return replace(self, fix=fix)

    def to_dict(self) -> dict[str, str]:
        """Return the finding as words."""
        return {
            "code": self.code,
            "severity": self.severity,
            "title": self.title,
            "seen": self.seen,
            "why": self.why,
            "fix": self.fix,
            "page": self.page,
        }
