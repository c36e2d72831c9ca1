"""`crossent conventions`: files in, the number of every library out."""

from __future__ import annotations

import warnings
from typing import Annotated, Any

import typer

from crossent.cli import show
from crossent.cli.advice import CommandLine
from crossent.cli.class_names import ClassNames, names_option
from crossent.cli.columns import (
    HOW,
    SOURCES,
    InFormat,
    Label,
    Logits,
    Positive,
    Predictions,
    arguments,
    files_of,
)
from crossent.cli.evaluate import class_weight_option
from crossent.cli.header import Header
from crossent.conventions import conventions

_FILE = "FILE"


def conventions_command(
    sources: Annotated[list[str], typer.Argument(metavar=SOURCES, help=HOW)],
    label: Label = None,
    predictions: Predictions = None,
    positive: Positive = None,
    observed: Annotated[
        float | None,
        typer.Option(metavar="X", help="A loss that was seen: say which convention gives it."),
    ] = None,
    logits: Logits = None,
    loss: Annotated[
        str, typer.Option(metavar="auto|sparse|dense|binary", help="The kind of loss.")
    ] = "auto",
    ignore_class: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="A label that is left out; may be given several times."),
    ] = None,
    class_weight: Annotated[
        str | None,
        typer.Option(metavar="FILE|PAIRS", help='Weights of the classes: a file, or "0=1,1=2.5".'),
    ] = None,
    sample_weight: Annotated[
        str | None, typer.Option(metavar=_FILE, help="A weight for every row.")
    ] = None,
    axis: Annotated[int, typer.Option(metavar="N", help="Class axis of the predictions.")] = -1,
    header: Header = None,
    class_names: ClassNames = None,
    form: InFormat = "csv",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The loss of the same rows as Keras, PyTorch, TensorFlow, optax and others compute it.

    With --observed the convention that reproduces that number is named. Exit status: 0 fine, 1 the
    data is bad, or nothing reproduces the number, 2 the command is wrong.
    """
    line = CommandLine.of(sources)
    given: dict[str, Any] = {
        "ignore_class": tuple(ignore_class) if ignore_class else None,
        "class_weight": None if class_weight is None else class_weight_option(class_weight),
        "sample_weight": sample_weight,
    }
    with (
        show.errors(line, as_json), warnings.catch_warnings(record=True) as caught,
        files_of(sources, form) as files,
    ):  # fmt: skip
        warnings.simplefilter("always")
        found = conventions(
            *arguments(files, predictions), label=label, positive=positive, observed=observed,
            loss=loss, from_logits=logits, axis=axis, header=header,  # type: ignore[arg-type]
            class_names=names_option(class_names), **given,
        )  # fmt: skip
    for item in caught:
        show.warning(item.message, line)
    if as_json:
        show.json_text(found.to_json())
    else:
        print(found)
    if observed is not None and not found.matches:
        raise typer.Exit(1)
