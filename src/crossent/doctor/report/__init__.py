"""The report: findings in order, as text, as HTML for a notebook, as JSON."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from crossent.core.errors import OptionError
from crossent.doctor.findings import GRAVITY, Finding, Severity

if TYPE_CHECKING:
    from crossent.doctor.report.html import Page
    from crossent.doctor.report.page import Pictured

WIDTH: Final = 80
"""Columns of a report: as many as the narrowest usual terminal has."""


@dataclass(frozen=True)
class Report:
    """What a diagnosis found, in order: what comes first may be the cause of what comes later.

    Parameters
    ----------
    findings : tuple of Finding
        Sorted: shapes, types, range and marks, targets, predictions, numerics, means, training.
    looked_at : str
        What was looked at, in a few words.
    reading : str
        What the predictions are and how that was told; empty without predictions.
    pictured : object, optional
        The arrays themselves, for the pictures of `to_html`.

    Examples
    --------
    >>> import crossent as ce
    >>> report = ce.diagnose([0, 1, 2], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]],
    ...                      from_logits=False)
    >>> report.healthy, report.codes
    (True, [])
    >>> print(report)
    healthy: 3 labels, 3 classes, predictions (3, 3) float64
    """

    findings: tuple[Finding, ...]
    looked_at: str
    reading: str = ""
    pictured: Pictured | None = field(default=None, repr=False, compare=False)

    @property
    def healthy(self) -> bool:
        """Whether there is no error and no warning."""
        return not self.errors and not self.warnings

    @property
    def codes(self) -> list[str]:
        """The codes, in the order of the findings."""
        return [finding.code for finding in self.findings]

    @property
    def errors(self) -> list[Finding]:
        """The findings that make the loss wrong."""
        return self._of("error")

    @property
    def warnings(self) -> list[Finding]:
        """The findings that are very likely not what was meant."""
        return self._of("warning")

    @property
    def notes(self) -> list[Finding]:
        """What is worth knowing."""
        return self._of("note")

    def _of(self, severity: Severity) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == severity]

    @property
    def verdict(self) -> str:
        """The findings counted: ``"1 error, 2 notes"``, or ``"healthy"``."""
        counts = [
            f"{len(found)} {word}{'' if len(found) == 1 else 's'}"
            for word in GRAVITY
            if (found := self._of(word))
        ]
        return ", ".join(counts if not self.healthy else ["healthy", *counts])

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.looked_at}"]
        if self.reading:
            lines.append(self.reading)
        for finding in self.findings:
            lines += ["", f"{finding.code} {finding.severity}: {finding.title}"]
            for name, text in (("seen", finding.seen), ("why", finding.why), ("do", finding.fix)):
                lines += _paragraph(name, text)
        return "\n".join(lines)

    __repr__ = __str__

    def to_dict(self) -> dict[str, object]:
        """Return the report as words and lists.

        Returns
        -------
        dict
            ``healthy``, ``looked_at``, ``reading`` and ``findings``.
        """
        return {
            "healthy": self.healthy,
            "looked_at": self.looked_at,
            "reading": self.reading,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def to_json(self) -> str:
        """Return the report as a JSON object.

        Returns
        -------
        str
            The object of `to_dict`, indented.
        """
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_html(self) -> str:
        """Return the report as one HTML file, with pictures of the data.

        It holds everything that it shows, runs no script and asks for nothing from the network.
        Unless `diagnose` was called with ``pictures=True``, the arrays or files are read once more,
        in blocks, so they must still be what they were.

        Returns
        -------
        str
            The findings, then what the data is, how often each class occurs, the losses, how far
            the probabilities can be trusted, what is confused with what, the hardest rows, and the
            sums of rows of probabilities; of that, what is known.

        Raises
        ------
        OptionError
            If there is something to draw and matplotlib is not installed: it comes with the extra
            ``crossent[plots]``.
        """
        from crossent.doctor.report import html

        return html.write(self._page(drawn=True))

    def _repr_html_(self) -> str:
        from crossent.doctor.report import html

        try:
            return html.short(self._page(drawn=self._collected))
        except OptionError as error:  # matplotlib is not installed
            return html.short(replace(self._page(drawn=False), unseen=str(error)))

    @property
    def _collected(self) -> bool:
        """Whether what the pictures show was collected while the data was read."""
        return self.pictured is not None and self.pictured.given.pictures

    def _page(self, *, drawn: bool) -> Page:
        from crossent.doctor.report.html import Page

        if self.pictured is not None:
            return self.pictured.page(self, drawn=drawn)
        facts = (("Predictions", self.reading),) if self.reading else ()
        return Page(self.looked_at, self.verdict, self.findings, facts)


def _paragraph(name: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"  {name:<5}", subsequent_indent=" " * 7,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
