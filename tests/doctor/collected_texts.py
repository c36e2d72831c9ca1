"""What installed frameworks said when they were called wrongly, as tools/messages_page noted it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).resolve().parents[2] / "tools" / "messages_page" / "data"


class Collected(NamedTuple):
    """A message, whose it is, how it was provoked, and the codes that are right for that."""

    framework: str
    version: str
    text: str
    how: str
    causes: tuple[str, ...]


def collected() -> list[Collected]:
    """Return every message that was noted."""
    found = []
    for path in sorted(DATA.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found += [
            Collected(
                one.get("framework", table["framework"]), one.get("version", table["version"]),
                one["text"], one["how"], tuple(one["causes"]),
            )
            for one in table["message"]
        ]  # fmt: skip
    return found


def collected_texts() -> list[str]:
    """Return the texts alone."""
    return [one.text for one in collected()]
