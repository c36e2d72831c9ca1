"""`crossent compare`: two or more models on the same rows, all against the first."""

from __future__ import annotations

import json
import warnings
from typing import Annotated, Any

import typer

from crossent.cli import show
from crossent.cli.advice import CommandLine
from crossent.cli.class_names import ClassNames, names_option
from crossent.cli.columns import (
    Cluster,
    Id,
    InFormat,
    Label,
    LabelLogprob,
    Logits,
    Positive,
    Predictions,
    files_of,
)
from crossent.cli.header import Header
from crossent.evaluate import compare
from crossent.evaluate.schema import SCHEMA

_MOST = 64


def compare_command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="[A B | LABELS A B...]",
            help="Two tables that hold labels, or labels and the predictions of models.",
        ),
    ],
    label: Label = None,
    predictions: Predictions = None,
    label_logprob: LabelLogprob = None,
    id: Id = None,
    cluster: Cluster = None,
    positive: Positive = None,
    logits: Logits = None,
    loss: Annotated[
        str, typer.Option(metavar="auto|sparse|dense|binary", help="The kind of loss.")
    ] = "auto",
    ignore_class: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="A label that is left out; may be given several times."),
    ] = None,
    sample_weight: Annotated[
        str | None, typer.Option(metavar="FILE", help="A weight for every row.")
    ] = None,
    confidence: Annotated[
        float, typer.Option(metavar="P", help="Of the intervals, between 0 and 1.")
    ] = 0.95,
    form: InFormat = "csv",
    header: Header = None,
    class_names: ClassNames = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """The difference of models on the same rows, all against the first, with its interval.

    Exit status: 0 fine, also when the models differ, 1 the data is bad, 2 the command is wrong.
    """
    line = CommandLine.of(sources)
    given: dict[str, Any] = {
        "ignore_class": tuple(ignore_class) if ignore_class else None,
        "sample_weight": sample_weight, "label": label, "label_logprob": label_logprob, "id": id,
        "cluster": cluster, "positive": positive, "class_names": names_option(class_names),
        "from_logits": logits, "header": header,
        "predictions": None if predictions is None else [predictions],
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    if len(sources) < 2:
        raise typer.BadParameter("name two tables, or labels and models", param_hint="A B")
    with (
        show.errors(line, as_json), warnings.catch_warnings(record=True) as caught,
        files_of(sources, form, _MOST) as files,
    ):  # fmt: skip
        warnings.simplefilter("always")
        first, *others = files
        pairs: list[tuple[str, ...]] = [(first, others[0])]
        if len(others) > 1:
            pairs = [(first, others[0], other) for other in others[1:]]
        options |= {"loss": loss, "confidence": confidence}
        found = [compare(*pair, **options) for pair in pairs]
    for item in caught:
        show.warning(item.message, line)
    if as_json:
        several = {"schema": SCHEMA, "comparisons": [one.to_dict() for one in found]}
        show.json_text(json.dumps(several, allow_nan=False, indent=2))
    else:
        print("\n\n".join(map(str, found)))
