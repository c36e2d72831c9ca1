"""What a page of docs/errors alone holds: it is written there by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).resolve().parents[2] / "docs" / "errors"
IMPORTS = "import numpy as np\nimport crossent as ce\n"
"""What every example begins with."""

_CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)


class Words(NamedTuple):
    """The sections of a page that no check says."""

    guards: str  # what looks like it and is not reported
    example: str  # Python that shows it; what it prints stands below it on the page
    fixed: str  # the same with the advice followed
    sources: str  # where people met it: a list of links, or nothing


def words_of(code: str) -> Words:
    """Read the page of a code; raise ValueError if a section is missing."""
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    sections = dict(part.split("\n\n", 1) for part in text.split("\n## ")[1:])
    try:
        guards = sections["What it is not"].strip()
        examples = (sections["An example"], sections["The same, fixed"])
    except KeyError as error:
        raise ValueError(f"docs/errors/{code}.md has no section {error}") from None
    found = [_CODE.search(part) for part in examples]
    if not all(found):
        raise ValueError(f"docs/errors/{code}.md: both examples need a block of Python")
    example, fixed = (part[1].rstrip() for part in found if part)
    sources = sections.get("Where people met it", "").strip()
    return Words(guards, example.removeprefix(IMPORTS).strip("\n"), fixed, sources)
