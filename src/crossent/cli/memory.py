"""`crossent memory`: what a loss needs of memory, as a table with bars."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Annotated

import typer

from crossent.cli import show
from crossent.cli.advice import CommandLine
from crossent.cli.writing import check_target, write_file
from crossent.core.messages import data as messages
from crossent.doctor.footprint import GIB, Footprint, footprint, in_units
from crossent.doctor.report import plots

_BAR = 40
_ENDINGS = (".svg",)


def memory_command(
    rows: Annotated[
        int, typer.Option("--rows", metavar="N", help="Rows; for tokens, batch times length.")
    ],
    classes: Annotated[
        int, typer.Option("--classes", metavar="C", help="Classes; for tokens, the vocabulary.")
    ],
    dtype: Annotated[
        str, typer.Option(metavar="NAME", help="Of the logits: float32, bfloat16, ...")
    ] = "float32",
    label_dtype: Annotated[
        str, typer.Option(metavar="NAME", help="Of integer labels: int64, uint8, ...")
    ] = "int64",
    chunk_rows: Annotated[
        int | None,
        typer.Option(metavar="N", help="Rows of a chunk; by default 256 MiB of float32 logits."),
    ] = None,
    hidden: Annotated[
        int | None,
        typer.Option(metavar="D", help="Features of the last layer: also the loss without logits."),
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(metavar="GIB", help="Memory there is; exit with 1 if whole logits exceed it."),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the sums in this file; needs matplotlib."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Forecast the memory of a cross-entropy: labels, logits, gradient, whole and in chunks."""
    with show.errors(CommandLine("", "", tuple(sys.argv[1:]), sys.argv[0])):
        if limit is not None and not 0 < limit < math.inf:
            raise messages.option(f"`limit` must be a number of GiB above 0; got {limit:g}.")
        step = footprint(rows, classes, dtype, label_dtype, chunk_rows, hidden)
        if svg is not None:
            check_target(svg, _ENDINGS)
            write_file(svg, plots.memory(step), _ENDINGS)
    print(json.dumps(step.to_dict(), indent=2) if as_json else table(step, limit))
    if limit is not None and step.whole > limit * GIB:
        raise typer.Exit(1)


def table(step: Footprint, limit: float | None) -> str:
    """Write the parts and the sums, each with a bar of its size."""
    lines = [(part.name, part.formula, part.bytes) for part in step.parts]
    lines += [
        ("", "", 0),
        ("a step, integer labels", "labels, logits, softmax, gradients", step.whole),
        ("a step, one-hot labels", "the same, one-hot", step.dense),
        ("a step in chunks", f"{step.chunk_rows:,} rows at a time".replace(",", " "), step.chunked),
    ]
    if step.over_layer is not None:
        lines.append(("ce.linear_crossentropy", "no logits are kept", step.over_layer))
    most = max(size for _, _, size in lines)
    names = max(len(name) for name, _, _ in lines)
    formulas = max(len(formula) for _, formula, _ in lines)
    shown = []
    for name, formula, size in lines:
        if not name:
            shown.append("")
            continue
        bar = "█" * max(1, round(_BAR * size / most))
        over = "  over the limit" if limit is not None and size > limit * GIB else ""
        shown.append(f"{name:<{names}}  {formula:<{formulas}}  {in_units(size):>8}  {bar}{over}")
    return "\n".join(shown)
