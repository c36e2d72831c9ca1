"""The command `crossent`."""

from __future__ import annotations

import _thread
import errno
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from crossent import __version__
from crossent.cli import show
from crossent.cli.columns import Command
from crossent.cli.compare import compare_command
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
app.command("evaluate", cls=Command, no_args_is_help=True)(evaluate_command)
app.command("compare", cls=Command, no_args_is_help=True)(compare_command)
app.command("doctor", cls=Command, no_args_is_help=True)(doctor_command)
app.command("memory", no_args_is_help=True)(memory_command)
app.command("conventions", cls=Command, no_args_is_help=True)(conventions_command)
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

    Exit status: 0 fine, 1 the data is bad or a file cannot be written, 2 the command is wrong.
    """


def _interrupt_again(lost: UnraisableHookArgs) -> None:
    """Repeat a Ctrl-C that came during a callback from C, which drops exceptions (llvmlite)."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    later = threading.Timer(AGAIN, _ctrl_c)
    later.daemon = True
    later.start()


def _ctrl_c() -> None:
    """Send the main thread a Ctrl-C that also ends what it waits for, if the system has a way."""
    main_thread = threading.main_thread().ident
    if main_thread is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        _thread.interrupt_main()


def main() -> None:
    """Run the command and exit."""
    sys.unraisablehook = _interrupt_again
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ± is no reason to fail
    try:
        status = _run()
        sys.stdout.flush()
    except OSError as error:
        status = _lost(error)
    for stream in (sys.stdout, sys.stderr):
        _give_up_unwritten(stream)
    sys.exit(status)


def _run() -> str | int | None:
    """Run the command and return its exit status."""
    try:
        app(prog_name="crossent")
    except SystemExit as end:
        return end.code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _open_closed_streams() -> None:
    """Give each standard stream that was closed a file, so that no other file takes its number.

    What is written to standard output fails then, as it should.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _lost(error: OSError) -> int:
    """Say that the result could not be written, unless the reader went away, as `head` does."""
    if error.errno != errno.EPIPE:
        what = "standard output cannot be written" if error.filename is None else error.filename
        show.say(f"error: {what} ({error.strerror or error})")
    return 1


def _give_up_unwritten(stream: TextIO) -> None:
    """Drop what a stream cannot write: Python would complain about it on exit."""
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    main()
