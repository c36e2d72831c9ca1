"""The options that say which column of a table is what, and how standard input is read."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand

from crossent.core.messages.columns import several_sources
from crossent.stream.columns import pattern
from crossent.stream.readers import SpecError

_STDIN: Final = "/dev/stdin"
_FORMATS: Final = ("csv", "tsv", "jsonl", "arrow")

SOURCES: Final = "[TABLE | LABELS PREDICTIONS]"

HOW: Final = (
    "One table, or labels and predictions: files, PATH:COLUMN for a part of one, a pattern in "
    "quotes for several, - for standard input. .csv, .tsv, .npy, .npz, .parquet, .arrow, .feather, "
    ".jsonl, .safetensors, .pt"
)


Label = Annotated[
    str | None, typer.Option("--label", metavar="COLUMN", help="The column of the labels.")
]
Predictions = Annotated[
    str | None,
    typer.Option(
        "--predictions",
        metavar="COLUMNS",
        help="The columns of the classes: a,b,c or a pattern, 'prob_*'.",
    ),
]
Id = Annotated[
    str | None, typer.Option("--id", metavar="COLUMN", help="A column that names the rows.")
]
LabelLogprob = Annotated[
    str | None,
    typer.Option(
        "--label-logprob",
        metavar="COLUMN",
        help="Log-probabilities of the labels alone, numbers or lists; there are no classes then.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="COLUMN",
        help="A column that says which rows belong together, for the errors; rows: none do.",
    ),
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="COLUMN", help="A column of groups: the 20 largest are reported."),
]
Logits = Annotated[
    bool | None,
    typer.Option(
        "--logits/--probabilities",
        help="What the predictions are; by default told from the values.",
        show_default=False,
    ),
]
Positive = Annotated[
    str | None,
    typer.Option(
        "--positive", metavar="NAME", help="The class that the one score of each row is of."
    ),
]
InFormat = Annotated[
    str,
    typer.Option("--format", metavar="|".join(_FORMATS), help="What standard input holds."),
]


class Command(TyperCommand):
    """A command that takes `-:COLUMN`, a column of standard input, for no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name standard input in another way before options are looked for."""
        return super().parse_args(
            ctx, [f"{_STDIN}{one[1:]}" if one.startswith("-:") else one for one in args]
        )


@contextmanager
def files_of(sources: Sequence[str], form: str, most: int = 2) -> Iterator[list[str]]:
    """Give the names of files; standard input is copied to one, as it is gone through twice.

    Raises
    ------
    OptionError
        If there are more of them than a command can mean.
    """
    if len(sources) > most:
        raise several_sources(pattern(sources))
    dashes = [
        at
        for at, one in enumerate(sources)
        if (one == "-" and not Path("-").exists()) or one.partition(":")[0] == _STDIN
    ]
    if not dashes:
        yield list(sources)
        return
    if form not in _FORMATS:
        raise typer.BadParameter(f"one of {', '.join(_FORMATS)}", param_hint="--format")
    if len(dashes) > 1:
        raise SpecError("-", "standard input can be read once: name a file for the other")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"standard input.{form}"
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        except OSError as error:
            why = error.strerror or error
            raise SpecError("-", f"cannot be copied to {folder} ({why})") from None
        yield [
            f"{path}{one.removeprefix('-').removeprefix(_STDIN)}" if at in dashes else one
            for at, one in enumerate(sources)
        ]


def arguments(files: Sequence[str], predictions: str | None) -> tuple[Any, Any]:
    """Return labels and predictions: names of columns, where one table holds both."""
    if len(files) == 1:
        return files[0], None if predictions is None else [predictions]
    return files[0], files[1]
