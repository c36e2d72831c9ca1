"""The page of the command has every option, and shows what the command prints."""

from __future__ import annotations

import re

from meta.source import DOCS, ROOT, run_python

PAGE = (DOCS / "api" / "command.md").read_text(encoding="utf-8")
COMMAND = ("-m", "crossent.cli")


def test_every_option_is_on_the_page() -> None:
    done = run_python(*COMMAND, "evaluate", "--help")
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", done.stdout)) - {"--help"}
    assert len(options) > 10
    assert set(re.findall(r"`(--[a-z][a-z-]*)`", PAGE)) == options


def test_the_output_shown_is_printed() -> None:
    (words, shown) = re.findall(r"^\$ crossent (.*)\n((?:.+\n)*?)```", PAGE, re.MULTILINE)[0]
    done = run_python(*COMMAND, *words.split(), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown
