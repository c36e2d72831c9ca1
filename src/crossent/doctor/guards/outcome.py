"""What a guard raises or warns of: the first finding in words, and the whole report."""

from __future__ import annotations

from crossent.core.errors import CrossentError, CrossentWarning
from crossent.doctor.report import Report


class DiagnosisError(CrossentError):
    """A guard found an error in a batch of training; `report` is the whole diagnosis."""

    def __init__(self, code: str, text: str, report: Report) -> None:
        super().__init__(code, text)
        self.report = report

    def __reduce__(self) -> tuple[type[DiagnosisError], tuple[str, str, Report]]:  # type: ignore[override]
        return type(self), (self.code, self.text, self.report)


class DiagnosisWarning(CrossentWarning):
    """A guard found something in a batch of training; `report` is the whole diagnosis."""

    def __init__(self, code: str, text: str, report: Report) -> None:
        super().__init__(code, text)
        self.report = report

    def __reduce__(self) -> tuple[type[DiagnosisWarning], tuple[str, str, Report]]:  # type: ignore[override]
        return type(self), (self.code, self.text, self.report)
