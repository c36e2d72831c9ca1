"""`crossent doctor` and `crossent explain`: files or a message in, findings out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from crossent.cli import show
from crossent.cli.advice import CommandLine, commands_for, in_words_of_the_command
from crossent.cli.class_names import ClassNames, names_option
from crossent.cli.columns import (
    HOW,
    InFormat,
    Label,
    Positive,
    Predictions,
    arguments,
    files_of,
)
from crossent.cli.header import Header
from crossent.cli.writing import check_target, write_file
from crossent.core.errors import CrossentError
from crossent.doctor import Finding, Report, diagnose, explain

_FILE = "FILE"
_ENDINGS = (".html", ".htm")


def doctor_command(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TABLE | LABELS [PREDICTIONS]]", help=HOW, show_default=False),
    ] = None,
    label: Label = None,
    predictions: Predictions = None,
    positive: Positive = None,
    classes: Annotated[
        int | None,
        typer.Option("--classes", metavar="C", help="Number of classes, for labels alone."),
    ] = None,
    logits: Annotated[
        bool | None,
        typer.Option(
            "--logits/--probabilities",
            help="What the loss takes; by default told from the values.",
            show_default=False,
        ),
    ] = None,
    loss: Annotated[
        str,
        typer.Option(
            metavar="auto|sparse|dense|binary|NAME",
            help="The kind of loss, or the name of a framework's, such as torch.nn.NLLLoss.",
        ),
    ] = "auto",
    ignore_class: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="A label that is left out; may be given several times."),
    ] = None,
    sample_weight: Annotated[
        str | None, typer.Option(metavar=_FILE, help="A weight for every row.")
    ] = None,
    label_smoothing: Annotated[
        float | None, typer.Option(metavar="X", help="The label smoothing of the loss.")
    ] = None,
    axis: Annotated[
        int | None,
        typer.Option(metavar="N", help="Class axis of the predictions; -1 if not given."),
    ] = None,
    framework: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='Whose loss it is: torch, keras, optax, "torch 1.10".'),
    ] = None,
    observed: Annotated[
        float | None, typer.Option(metavar="X", help="A loss that was seen for these rows.")
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(metavar="X", help="An accuracy that was seen for these rows.")
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Report these codes alone: CE103, or CE1 for all CE1xx."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Do not report these codes.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the report with pictures of the data to this file; needs matplotlib.",
        ),
    ] = None,
    catalogue: Annotated[
        bool, typer.Option("--list", help="List every code with its cause, and stop.")
    ] = False,
    form: InFormat = "csv",
    header: Header = None,
    class_names: ClassNames = None,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="No progress bar.")] = False,
) -> None:
    """Find what is wrong with LABELS and PREDICTIONS, and say how to fix it.

    Labels alone are checked if --classes says how many classes there are. The files may be larger
    than memory. Exit status: 0 healthy, 1 errors were found (--strict: or warnings), 2 misuse.
    """
    if catalogue:
        _list()
        return
    if not sources:
        raise typer.BadParameter("name a file of labels", param_hint="LABELS")
    line = CommandLine.of(sources)
    given: dict[str, Any] = {
        "num_classes": classes, "ignore_class": tuple(ignore_class) if ignore_class else None,
        "sample_weight": sample_weight, "label_smoothing": label_smoothing, "axis": axis,
        "framework": framework, "observed": observed, "accuracy": accuracy,
        "header": header, "class_names": names_option(class_names), "label": label,
        "positive": positive,
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    inputs = (*sources, sample_weight)
    with show.errors(line, as_json), files_of(sources, form) as files:
        if html is not None:
            check_target(html, _ENDINGS, inputs)
        with show.progress(not no_progress) as bar:
            report = diagnose(
                *arguments(files, predictions), loss=loss, from_logits=logits,
                select=tuple(select or ()), ignore=tuple(ignore or ()), progress=bar,
                pictures=html is not None, **options,
            )  # fmt: skip
        if html is not None:
            write_file(html, _in_words(report).to_html(), _ENDINGS, inputs)
    if as_json:
        show.json_text(report.to_json())
    else:
        _print(report, line)
    if report.errors or (strict and report.warnings):
        raise typer.Exit(1)


def _print(report: Report, line: CommandLine) -> None:
    """Print the report in the words of the command line, with the commands that fix it."""
    text = in_words_of_the_command(str(_in_words(report)))
    show.findings(text)
    grave = [finding for finding in report.findings if finding.severity != "note"]
    for finding in grave[:1]:
        commands = commands_for(_as_error(finding), line)
        if commands:
            print("\nTo go on:")
        for command in commands:
            print(f"  {command}")


def _in_words(report: Report) -> Report:
    findings = tuple(
        finding.rewritten(in_words_of_the_command(finding.fix)) for finding in report.findings
    )
    return replace(report, findings=findings)


def _as_error(finding: Finding) -> CrossentError:
    """The table of commands is by codes of errors."""
    return CrossentError(finding.code, f"{finding.seen} {finding.fix}")


def _list() -> None:
    from crossent.doctor.catalogue import all_checks

    for check in all_checks():
        print(f"{check.code}  {check.title}")


def explain_command(
    thing: Annotated[
        list[str],
        typer.Argument(
            metavar="THING",
            help="An error message as it is, a loss value, or a code. - reads standard input.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what an error message, a loss value or a code means; no data is needed.

    Exit status: 0 it is known, 1 it is not (the nearest causes are shown), 2 misuse.
    """
    text = _from_stdin() if thing == ["-"] else " ".join(thing)
    with show.errors(CommandLine("", "", tuple(sys.argv[1:]), sys.argv[0])):
        explanation = explain(text)
    if as_json:
        show.json_text(explanation.to_json())
    else:
        print(explanation)
    if not explanation.known:
        raise typer.Exit(1)


def _from_stdin() -> str:
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")  # a message is known by its words
    try:
        return sys.stdin.read()
    except OSError as error:
        show.say(f"error: standard input cannot be read ({error.strerror})")
        raise typer.Exit(2) from None
