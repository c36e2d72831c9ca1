"""The command `crossent`."""

from __future__ import annotations

import _thread
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from crossent import __version__
from crossent.cli.conventions import conventions_command
from crossent.cli.doctor import doctor_command, explain_command
from crossent.cli.evaluate import evaluate_command
from crossent.cli.memory import memory_command

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# Plain help: drawing it with rich costs more time than everything else together.
app = typer.Typer(
    name="crossent",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("evaluate", no_args_is_help=True)(evaluate_command)
app.command("doctor", no_args_is_help=True)(doctor_command)
app.command("memory", no_args_is_help=True)(memory_command)
app.command("conventions", no_args_is_help=True)(conventions_command)
# A loss may be negative: "crossent explain -0.7" is a value, not an option.
app.command("explain", no_args_is_help=True, context_settings={"ignore_unknown_options": True})(
    explain_command
)

INTERRUPTED = 130
"""What shells report for a program that Ctrl-C ended."""

AGAIN = 0.05  # seconds


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crossent {__version__}")
        raise typer.Exit


@app.callback()
def crossent(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Cross-entropy of predictions: the number, and why it is that number.

    Exit status: 0 fine, 1 the data is bad, 2 the command is.
    """


def _interrupt_again(lost: UnraisableHookArgs) -> None:
    """Repeat a Ctrl-C that came in a call from C, where exceptions end: llvmlite compiles so."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    later = threading.Timer(AGAIN, _thread.interrupt_main)
    later.daemon = True
    later.start()


def main() -> None:
    """Run the command and exit."""
    sys.unraisablehook = _interrupt_again
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ± is no reason to fail
    try:
        app(prog_name="crossent")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
