"""What a diagnosis finds of one code."""

from __future__ import annotations

from typing import Any

import crossent as ce
from crossent.doctor.findings import Finding


def finding(code: str, *arguments: Any, **options: Any) -> Finding | None:
    """The finding of a code, if there is one."""
    found = [one for one in ce.diagnose(*arguments, **options).findings if one.code == code]
    assert len(found) <= 1
    return found[0] if found else None


def severity(code: str, *arguments: Any, **options: Any) -> str:
    """How grave the finding of a code is; empty if there is none."""
    found = finding(code, *arguments, **options)
    return "" if found is None else found.severity
