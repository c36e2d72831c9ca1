"""Reading and running the Python blocks of a page, and the output blocks that follow them."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from meta.source import DOCS, ROOT, loaded

ARTICLE = DOCS / "article.md"
MIGRATION = DOCS / "migrate.md"
OUTPUTS = loaded(ROOT / "tools" / "page_outputs.py")
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A Python block; `shown` is the text block right after it, None if there is none."""

    line: int  # of its first line of code, counted from 1
    code: str
    shown: str | None


@dataclass(frozen=True)
class Outcome:
    """What a block printed, and what it raised."""

    printed: str
    error: Exception | None


def blocks_of(text: str) -> list[Block]:
    """Return the Python blocks of a page in order."""
    found: list[Block] = []
    fences = list(FENCE.finditer(text))
    for fence, after in pairwise([*fences, None]):
        if fence is None or fence["language"] != "python":
            continue
        shown = None
        if after is not None and after["language"] == "text":
            between = text[fence.end() : after.start()]
            shown = after["body"] if not between.strip() else None
        line = text.count("\n", 0, fence.start("body")) + 1
        found.append(Block(line, fence["body"], shown))
    return found


def run_blocks(blocks: list[Block], name: str) -> list[Outcome]:
    """Run blocks in order in one namespace; one that raises does not stop the later ones."""
    namespace: dict[str, object] = {"__name__": "__page__"}
    outcomes = []
    for block in blocks:
        # Blank lines in front, so that a traceback names the line of the page.
        code = compile("\n" * (block.line - 1) + block.code, name, "exec")
        error = None
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                exec(code, namespace)
            except Exception as raised:
                error = raised
        outcomes.append(Outcome(printed.getvalue(), error))
    return outcomes


def compare(block: Block, outcome: Outcome) -> None:
    """Fail unless a block ran and printed what the page shows."""
    if outcome.error is not None:
        raise outcome.error
    assert outcome.printed == (block.shown or "")


def pages() -> list[Path]:
    """Return every page of the documentation but those that have tests of their own."""
    return sorted(set(DOCS.rglob("*.md")) - {ARTICLE, MIGRATION})


def has_commands(page: Path) -> bool:
    """Whether a page shows what commands print; all of its blocks are run together."""
    text = page.read_text(encoding="utf-8")
    return any(shown["language"] == "sh" for shown in OUTPUTS.SHOWN.finditer(text))


def section_of(page: Path, heading: str) -> str:
    """Return the part of a page under a heading of the second level."""
    _, _, rest = page.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0]
