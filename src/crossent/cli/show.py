"""Errors, warnings and progress on stderr, so that stdout holds the result alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crossent.cli.advice import CommandLine, commands_for, in_words_of_the_command
from crossent.errors import CrossentError, CrossentWarning, OptionError
from crossent.evaluate import SpecError

Update = Callable[[int, int], None]


def exit_status(error: CrossentError) -> int:
    """2 where the command is wrong, 1 where the data is."""
    return 2 if isinstance(error, OptionError | SpecError) else 1


def error(problem: CrossentError, line: CommandLine) -> None:
    """Print an error, and where there are such, commands that mend it."""
    _say(f"error [{problem.code}]: {in_words_of_the_command(problem.text)}")
    _say_commands(commands_for(problem, line))


def save(path: Path, text: str, endings: tuple[str, ...]) -> None:
    """Write a file that was asked for, if its name says what it holds.

    A mistyped command could else write over its own data.
    """
    if path.suffix.lower() not in endings:
        raise SpecError(str(path), f"must have a name that ends in {' or '.join(endings)}")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise SpecError(str(path), f"cannot be written ({problem.strerror})") from None


def warning(problem: Warning | str, line: CommandLine) -> None:
    """Print a warning in one line."""
    if isinstance(problem, CrossentWarning):
        _say(f"warning [{problem.code}]: {in_words_of_the_command(problem.text)}")
    else:
        _say(f"warning: {problem}")


def out_of_memory() -> None:
    """Say that a row, or an array that is read whole, is too large."""
    _say(
        "error: not enough memory: one row, an array that is read whole, or the rows of a large "
        "--chunk-rows are too large; split the rows, or use a machine with more memory"
    )


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
        _say("\nTo go on:")
    for command in commands:
        _say(f"  {command}")


def _say(text: str) -> None:
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
