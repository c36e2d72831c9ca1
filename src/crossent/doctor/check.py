"""What a check is: a code, a rule that decides it, and what the report says of it."""

from __future__ import annotations

from typing import ClassVar, Final

from crossent.doctor.case import Case
from crossent.doctor.findings import Finding, Severity, Stage


class Check:
    """One cause of a wrong loss.

    A subclass says what a report shows in its attributes, and decides in `find`. What a page needs
    beside that stands on the page, docs/errors/CE….md.
    """

    code: ClassVar[str]
    slug: ClassVar[str]
    title: ClassVar[str]
    """The cause in a few words, for the report."""

    pasted: ClassVar[str]
    """The message that people paste, or the symptom: the title of the page."""

    companion: ClassVar[bool] = False
    """Whether it tells what a cause leads to, and stands after the cause."""

    stage: ClassVar[Stage]
    severity: ClassVar[Severity] = "error"
    why: ClassVar[str]
    fix: ClassVar[str]
    """What to do, where the data does not say it more exactly."""

    rule: ClassVar[str]
    """How the data decides it."""

    silent_after: ClassVar[tuple[str, ...]] = ()
    """Codes that explain what this check would see: if one was found, this one is not asked."""

    def find(self, case: Case) -> Finding | None:
        """Decide whether the case has this fault."""
        return None

    def finding(
        self,
        seen: str,
        *,
        fix: str | None = None,
        severity: Severity | None = None,
        title: str | None = None,
        why: str | None = None,
    ) -> Finding:
        """Return what the report shows."""
        return Finding(
            self.code, severity or self.severity, title or self.title, seen, why or self.why,
            fix or self.fix, self.stage,
        )  # fmt: skip


def shown(values: list[int] | list[float], most: int = 10) -> str:
    """Write the first of some values."""
    text = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values[:most])
    return text + (f" and {len(values) - most} more" if len(values) > most else "")


def counted(number: int, what: str) -> str:
    """Write a number of things.

    >>> counted(1, "row"), counted(2000, "row"), counted(3, "class")
    ('1 row', '2 000 rows', '3 classes')
    """
    many = "es" if what.endswith("s") else "s"
    return f"{grouped(number)} {what}{'' if number == 1 else many}"


_OF_ONE: Final = {"are": "is", "have": "has", "do": "does"}


def agreed(number: int, verb: str) -> str:
    """Write a verb, given as of several, as the number wants it.

    >>> agreed(1, "hold"), agreed(1, "are"), agreed(2, "are")
    ('holds', 'is', 'are')
    """
    return verb if number != 1 else _OF_ONE.get(verb, verb + "s")


def grouped(number: int) -> str:
    """Write a number with its thousands apart.

    >>> grouped(1234567)
    '1 234 567'
    """
    return f"{number:,}".replace(",", " ")


def percent(part: float, whole: float) -> str:
    """Write a share.

    >>> percent(1, 8), percent(1, 3000), percent(1, 300000)
    ('12.5 %', '0.033 %', 'under 0.001 %')
    """
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 0.001:
        return "under 0.001 %"
    return f"{share:.3g} %" if share >= 1 else f"{share:.2g} %"


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape as Python does."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
