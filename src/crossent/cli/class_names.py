"""The option that names the columns of the predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ClassNames = Annotated[
    str | None,
    typer.Option(
        "--class-names",
        metavar="FILE|A,B,...",
        help="The names of the classes, in the order of the columns; by default the headings.",
    ),
]


def names_option(text: str | None) -> str | list[str] | None:
    """Read names such as cat,dog,fish; a path of a file, or one with a name a line, is left."""
    if text is None:
        return None
    path = text.rpartition(":")[0] if ".npz:" in text.lower() else text
    if Path(path).is_file() or "," not in text:
        return text
    return [name.strip() for name in text.split(",")]
