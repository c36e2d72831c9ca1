"""Commands in the documentation print what its pages show below them."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.pages import OUTPUTS, has_commands, pages
from meta.source import DOCS

WITH_COMMANDS = [page for page in pages() if has_commands(page)]


def test_there_are_pages_with_commands() -> None:
    assert DOCS / "tutorials" / "command_line.md" in WITH_COMMANDS


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(DOCS)))
def test_commands_print_what_is_shown(page: Path) -> None:
    assert OUTPUTS.filled(page) == page.read_text(encoding="utf-8")
