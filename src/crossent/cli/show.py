"""Errors, warnings and progress on stderr, so that stdout holds the result alone."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import typer

from crossent.cli.advice import CommandLine, commands_for, in_words_of_the_command
from crossent.core.errors import CrossentError, CrossentWarning, OptionError
from crossent.doctor.report.wording import plain
from crossent.evaluate import SpecError
from crossent.evaluate.schema import SCHEMA

_LONGEST: Final = 10_000
"""Characters of a message."""

_WIDEST: Final = 100
"""Columns of a message on a terminal; longer lines are hard to read."""

Update = Callable[[int, int], None]


@contextmanager
def errors(line: CommandLine, as_json: bool = False) -> Iterator[None]:
    """Print an error of the library, or that memory is short, and end with its exit status.

    With `as_json` standard output gets one JSON object too.
    """
    try:
        yield
    except CrossentError as problem:
        if as_json:
            said = {"code": problem.code, "message": in_words_of_the_command(problem.text)}
            json_text(json.dumps({"schema": SCHEMA, "error": said}, indent=2))
        error(problem, line)
        raise typer.Exit(exit_status(problem)) from None
    except MemoryError:
        say(
            "error: not enough memory: one row, an array that is read whole, or the rows of a "
            "large --chunk-rows are too large; split the rows, or use a machine with more memory"
        )
        raise typer.Exit(1) from None


def exit_status(error: CrossentError) -> int:
    """2 where the command is wrong, 1 where the data is."""
    return 2 if isinstance(error, OptionError | SpecError) else 1


def error(problem: CrossentError, line: CommandLine) -> None:
    """Print an error, and the commands that fix it if there are any."""
    say(f"error [{problem.code}]: {in_words_of_the_command(problem.text)}")
    _say_commands(commands_for(problem, line))


def warning(problem: Warning | str, line: CommandLine) -> None:
    """Print a warning."""
    if isinstance(problem, CrossentWarning):
        say(f"warning [{problem.code}]: {in_words_of_the_command(problem.text)}")
    else:
        say(f"warning: {problem}")


def json_text(text: str) -> None:
    """Print JSON, with escapes where standard output cannot hold a letter."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2)
    print(text)


def findings(text: str) -> None:
    """Print a report; on a terminal the codes are coloured by their gravity."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console
    from rich.highlighter import RegexHighlighter
    from rich.theme import Theme

    class Codes(RegexHighlighter):
        base_style = "doctor."
        highlights = [  # noqa: RUF012
            r"^(?P<error>CE\d{3} error)", r"^(?P<warning>CE\d{3} warning)",
            r"^(?P<note>CE\d{3} note)", r"^(?P<healthy>healthy)", r"^  (?P<do>do   .*)",
        ]  # fmt: skip

    colours = {
        "doctor.error": "bold red", "doctor.warning": "bold yellow", "doctor.note": "bold blue",
        "doctor.healthy": "bold green", "doctor.do": "bold",
    }  # fmt: skip
    console = Console(theme=Theme(colours), highlight=False, soft_wrap=True)
    highlight = Codes()
    for line in text.splitlines():
        console.print(highlight(line))


def _say_commands(commands: list[str]) -> None:
    if commands:
        _write("\nTo go on:")
    for command in commands:
        _write(f"  {command}")


def say(text: str) -> None:
    """Print one line to standard error, whatever is in it: names of files may hold anything.

    On a terminal a long line is wrapped; in a file or a pipe it stays one line, for `grep`.
    """
    line = plain(text, _LONGEST)
    if sys.stderr is not None and sys.stderr.isatty():  # None where it was closed
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        line = textwrap.fill(
            line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
    _write(line)


def _write(text: str) -> None:
    with contextlib.suppress(OSError):  # it is full, or nobody reads it: there is no other place
        print(text, file=sys.stderr)


@contextmanager
def progress(wanted: bool) -> Iterator[Update | None]:
    """Show a bar on a terminal; anywhere else give None."""
    if not (wanted and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), "rows", TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
