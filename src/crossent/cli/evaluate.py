"""`crossent evaluate`: options in, library call, result out."""

from __future__ import annotations

import json
import warnings
from typing import Annotated, Any

import typer

from crossent.cli import show
from crossent.cli.advice import CommandLine
from crossent.cli.class_names import ClassNames, names_option
from crossent.cli.columns import (
    HOW,
    SOURCES,
    By,
    Cluster,
    Id,
    InFormat,
    Label,
    LabelLogprob,
    Logits,
    Positive,
    Predictions,
    arguments,
    files_of,
)
from crossent.cli.header import Header
from crossent.evaluate import Evaluation, evaluate

_FILE = "FILE"


def evaluate_command(
    sources: Annotated[list[str], typer.Argument(metavar=SOURCES, help=HOW)],
    label: Label = None,
    predictions: Predictions = None,
    id: Id = None,
    cluster: Cluster = None,
    by: By = None,
    bytes_: Annotated[
        str | None,
        typer.Option(
            "--bytes", metavar="N|COLUMN", help="Bytes that the rows stand for: bits per byte."
        ),
    ] = None,
    positive: Positive = None,
    label_logprob: LabelLogprob = None,
    logits: Logits = None,
    loss: Annotated[
        str,
        typer.Option(
            metavar="auto|sparse|dense|binary",
            help="sparse: class indices. dense: "
            "one-hot or soft rows. binary: a 0 or 1 for every prediction. auto: by "
            "the shapes.",
        ),
    ] = "auto",
    ignore_class: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            help="Leave out rows with this label; may be given several times.",
            show_default=False,
        ),
    ] = None,
    class_weight: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|PAIRS",
            help='A weight for every class: a file, or pairs such as "0=1.0,1=2.5".',
        ),
    ] = None,
    class_mask: Annotated[
        str | None, typer.Option(metavar=_FILE, help="1 where a class exists, 0 where it does not.")
    ] = None,
    sample_weight: Annotated[
        str | None,
        typer.Option(metavar="COLUMN|FILE", help="A weight for every row."),
    ] = None,
    target_prob: Annotated[
        str | None,
        typer.Option(
            metavar=_FILE, help="Probabilities of the K classes that LABELS names in every row."
        ),
    ] = None,
    pos_weight: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER|FILE", help="Binary: multiplies the loss where the target is 1."
        ),
    ] = None,
    label_smoothing: Annotated[
        float | None, typer.Option(metavar="X", help="Share of the target spread over all classes.")
    ] = None,
    z_loss: Annotated[
        float | None, typer.Option(metavar="X", help="Logits: add X * logsumexp**2.")
    ] = None,
    epsilon: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Probabilities: clip to [X, 1-X]; 1e-07 if not given, 0 for the exact value.",
        ),
    ] = None,
    normalize: Annotated[
        bool | None,
        typer.Option(
            "--normalize/--no-normalize",
            help="Probabilities: divide rows by their sum, "
            "or take rows that do not sum to 1 as they are.",
            show_default=False,
        ),
    ] = None,
    axis: Annotated[
        int | None,
        typer.Option(metavar="N", help="Class axis of the predictions; -1 if not given."),
    ] = None,
    top_k: Annotated[int, typer.Option(metavar="K", help="Report the top-K accuracy.")] = 5,
    per_class: Annotated[
        bool | None,
        typer.Option(
            "--per-class/--no-per-class",
            help="Report every class; by default where there are from 3 to 30.",
            show_default=False,
        ),
    ] = None,
    confidence: Annotated[
        float, typer.Option(metavar="P", help="Of the intervals, between 0 and 1.")
    ] = 0.95,
    worst: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Report the K rows with the largest loss; 0 if not given, 5 with --id.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object; numbers that JSON lacks are the "
            'strings "nan", "inf" and "-inf".',
        ),
    ] = False,
    chunk_rows: Annotated[
        int | None, typer.Option(metavar="N", help="Rows read at a time; the result is the same.")
    ] = None,
    header: Header = None,
    class_names: ClassNames = None,
    form: InFormat = "csv",
    no_progress: Annotated[bool, typer.Option("--no-progress", help="No progress bar.")] = False,
) -> None:
    """Loss, perplexity and accuracy of predictions for their labels.

    The files may be larger than memory. Whether the predictions are logits or probabilities is
    told from their values and said; if it cannot be told, say --logits or --probabilities.
    """  # fmt: skip
    line = CommandLine.of(sources)
    given: dict[str, Any] = {
        "ignore_class": tuple(ignore_class) if ignore_class else None,
        "class_mask": class_mask, "sample_weight": sample_weight, "target_prob": target_prob,
        "label_smoothing": label_smoothing, "z_loss": z_loss, "epsilon": epsilon,
        "normalize": normalize, "axis": axis,
        "class_weight": None if class_weight is None else class_weight_option(class_weight),
        "pos_weight": None if pos_weight is None else _number_or_file(pos_weight),
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    with (
        show.errors(line, as_json), warnings.catch_warnings(record=True) as caught,
        show.progress(not no_progress) as bar, files_of(sources, form) as files,
    ):  # fmt: skip
        warnings.simplefilter("always")
        result: Evaluation = evaluate(
            *arguments(files, predictions), label=label, id=id, cluster=cluster, by=by,
            bytes=None if bytes_ is None else _whole_or_word(bytes_),
            positive=positive, confidence=confidence, label_logprob=label_logprob,
            loss=loss, from_logits=logits, top_k=top_k,  # type: ignore[arg-type]
            per_class=per_class, worst=worst, chunk_rows=chunk_rows, progress=bar,
            header=header, class_names=names_option(class_names), **options,
        )  # fmt: skip
    for item in caught:
        show.warning(item.message, line)
    if as_json:
        show.json_text(json.dumps(result.to_dict(), allow_nan=False, indent=2))
    else:
        print(result)


def class_weight_option(text: str) -> str | dict[int, float]:
    """Read pairs such as 0=1.0,1=2.5; anything else names a file."""
    if "=" not in text:
        return text
    weights: dict[int, float] = {}
    for pair in text.split(","):
        name, _, value = pair.partition("=")
        try:
            weights[int(name)] = float(value)
        except ValueError:
            message = f"{pair!r} is not a pair CLASS=WEIGHT such as 0=1.5"
            raise typer.BadParameter(message, param_hint="--class-weight") from None
    return weights


def _whole_or_word(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _number_or_file(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
