"""The page of the command has every option, and shows what the command prints."""

from __future__ import annotations

import re

import pytest

from meta.source import DOCS, ROOT, run_python

PAGE = (DOCS / "api" / "command.md").read_text(encoding="utf-8")
COMMANDS = ("evaluate", "compare", "doctor", "explain", "memory", "conventions")
COMMAND = ("-m", "crossent.cli")
SHOWN = re.findall(r"^\$ crossent (.*)\n((?:.+\n|\n(?!```))*?)```", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_on_the_page(command: str) -> None:
    done = run_python(*COMMAND, command, "--help")
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", done.stdout)) - {"--help"}
    assert options
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (own,) = (text for text in section if text.startswith(f"crossent {command}"))
    assert set(re.findall(r"`(--[a-z][a-z-]*)`", own)) == options


@pytest.mark.parametrize(("words", "shown"), SHOWN, ids=[words for words, _ in SHOWN])
def test_the_output_shown_is_printed(words: str, shown: str) -> None:
    done = run_python(*COMMAND, *words.replace("'", "").split(), cwd=ROOT)
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    assert done.stdout == shown


def test_every_command_is_shown() -> None:
    assert {words.split()[0] for words, _ in SHOWN} == set(COMMANDS)
